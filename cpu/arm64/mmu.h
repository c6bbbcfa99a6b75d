/* VMSAv8-64 stage 1 translation for EL1&0: DDI 0487 D5 (D8 in later issues). */
#ifndef MYNA_CPU_ARM64_MMU_H
#define MYNA_CPU_ARM64_MMU_H

#include "cpu/arm64/arm64.h"

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };

/* Fault status codes (ESR_ELx.ISS, DFSC/IFSC); the level is added where the code has one. */
enum fault_status {
	FSC_ADDRESS_SIZE = 0x00,
	FSC_TRANSLATION = 0x04,
	FSC_ACCESS_FLAG = 0x08,
	FSC_PERMISSION = 0x0c,
	FSC_EXTERNAL = 0x10,
	FSC_EXTERNAL_WALK = 0x14,
	FSC_ALIGNMENT = 0x21,
	FSC_NONE = 0xff
};

struct translation {
	uint8_t fault;           /* FSC_NONE, or the code to report */
	uint8_t page_bits;       /* size of the mapping: 2^page_bits bytes */
	bool readable, writable; /* what this context may do without another walk */
	bool global;
	bool device;   /* Device memory: unaligned accesses fault */
	uint8_t attr;  /* MAIR attribute, for PAR_EL1 */
	uint8_t share; /* SH */
	uint64_t pa;   /* of the address asked for */
};

/* Translate `va` for an access in `context`; updates the access flag and dirty state in memory
 * where TCR_EL1.HA and HD ask for it. */
struct translation mmu_translate(
    struct arm64 *c, uint64_t va, enum access access, enum tlb_context context);

/* The context of ordinary data accesses, from EL and PSTATE.PAN. */
static inline enum tlb_context mmu_context(const struct arm64_state *s)
{
	return s->el == 0 ? TLB_EL0 : s->pan ? TLB_EL1_PAN : TLB_EL1;
}

/* The ASID in use, from TTBRn_EL1 as TCR_EL1.A1 says. */
uint16_t mmu_asid(const struct arm64_state *s);

/* `va` as it becomes the PC: without the byte that TCR_EL1.TBIn ignores. */
uint64_t mmu_untagged(const struct arm64_state *s, uint64_t va);

/* --- Software TLB --- */

/* No access may write to the host page `host` without coming to the slow path first. */
void tlb_forbid_writes(struct arm64 *c, const uint8_t *host);
void tlb_flush_all(struct arm64 *c);
void tlb_flush_non_global(struct arm64 *c);
/* Drop what maps the page of `va` (bits 55:12), whatever its size. */
void tlb_flush_page(struct arm64 *c, uint64_t va);

#endif
