/* The generic timer of a CPU: DDI 0487 D11 (D12).  CNTVOFF is 0: both counters are one. */
#ifndef MYNA_CPU_ARM64_TIMER_H
#define MYNA_CPU_ARM64_TIMER_H

#include "cpu/arm64/sysreg.h"

/* Recompute both outputs and the next events; after reset, load and every register write. */
void timer_update(struct arm64 *c);
void timer_init(struct arm64 *c);

/* CNTKCTL_EL1: what EL0 may read. */
#define CNTKCTL_EL0PCTEN 1u
#define CNTKCTL_EL0VCTEN 2u

el0_rule el0_counter_read, el0_cntpct, el0_cntvct, el0_cntp, el0_cntv;
sysreg_read_fn read_cntfrq, read_counter;
sysreg_read_fn read_cntp_tval, read_cntp_ctl, read_cntp_cval;
sysreg_read_fn read_cntv_tval, read_cntv_ctl, read_cntv_cval;
sysreg_write_fn write_cntp_tval, write_cntp_ctl, write_cntp_cval;
sysreg_write_fn write_cntv_tval, write_cntv_ctl, write_cntv_cval;

#endif
