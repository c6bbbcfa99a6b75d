/* PMUv3 with the cycle counter alone (PMCR_EL0.N = 0): DDI 0487 D7 (D13).  A cycle is one
 * executed instruction, the unit of this machine's time. */
#ifndef MYNA_CPU_ARM64_PMU_H
#define MYNA_CPU_ARM64_PMU_H

#include "cpu/arm64/sysreg.h"

el0_rule el0_pmu;
sysreg_read_fn read_pmcr, read_pmcnten, read_pmovs, read_pmccntr, read_pmxevtyper, read_pminten;
sysreg_write_fn write_pmcr, write_pmcntenset, write_pmcntenclr, write_pmovsclr, write_pmovsset;
sysreg_write_fn write_pmccntr, write_pmxevtyper, write_pmintenset, write_pmintenclr;

#endif
