/* Taking exceptions to EL1, and coming back: DDI 0487 D1.10 to D1.14. */
#ifndef MYNA_CPU_ARM64_EXCEPTION_H
#define MYNA_CPU_ARM64_EXCEPTION_H

#include "cpu/arm64/arm64.h"

/* Exception classes (ESR_ELx.EC). */
enum exception_class {
	EC_UNKNOWN = 0x00,
	EC_WFX = 0x01,
	EC_FP_ACCESS = 0x07,
	EC_ILLEGAL_STATE = 0x0e,
	EC_SVC64 = 0x15,
	EC_SYSTEM = 0x18,
	EC_FETCH_ABORT = 0x20, /* from EL0; from EL1 one more */
	EC_PC_ALIGNMENT = 0x22,
	EC_DATA_ABORT = 0x24, /* from EL0; from EL1 one more */
	EC_SP_ALIGNMENT = 0x26,
	EC_BREAKPOINT = 0x30,    /* from EL0; from EL1 one more */
	EC_SOFTWARE_STEP = 0x32, /* from EL0; from EL1 one more */
	EC_WATCHPOINT = 0x34,    /* from EL0; from EL1 one more */
	EC_BRK = 0x3c,
};

/* Offsets in the vector table, to which the source's EL and SP add. */
enum vector { VECTOR_SYNC = 0x000, VECTOR_IRQ = 0x080, VECTOR_FIQ = 0x100 };

#define FSC_DEBUG 0x22 /* in the syndrome of breakpoints, watchpoints and steps */

#define ESR_IL (UINT64_C(1) << 25)

/* Enter EL1 with `return_pc` in ELR_EL1; sets c->s.pc to the vector. */
void take_exception(struct arm64 *c, enum vector vector, uint64_t return_pc);

/* A synchronous exception with its syndrome.  `return_pc` is the preferred return address. */
void take_sync(struct arm64 *c, enum exception_class ec, uint32_t iss, uint64_t return_pc);

/* ... at instruction `i`; all return FAULT for the caller to pass on. */
const struct insn *exception_at(
    struct arm64 *c, const struct insn *i, enum exception_class ec, uint32_t iss);
const struct insn *data_abort(
    struct arm64 *c, const struct insn *i, uint64_t va, uint8_t fsc, bool write);
const struct insn *watchpoint(struct arm64 *c, const struct insn *i, uint64_t va, bool write);
const struct insn *sp_alignment_fault(struct arm64 *c, const struct insn *i);

/* PSTATE in the layout of SPSR_EL1. */
uint64_t pstate_get(const struct arm64_state *s);

/* ERET: restore PSTATE and PC from SPSR_EL1 and ELR_EL1. */
void exception_return(struct arm64 *c);

/* Select SP_EL0 or the SP of the current EL. */
void pstate_set_spsel(struct arm64 *c, unsigned spsel);

/* Recompute what EL, PAN and CPACR_EL1 decide, and look at interrupts again. */
void mode_changed(struct arm64 *c);

/* Forget the page being executed and all fetch translations. */
void fetch_flush(struct arm64 *c);
/* ... those of the page of `va`, and of all pages if it may be part of a larger mapping. */
void fetch_flush_page(struct arm64 *c, uint64_t va);

#endif
