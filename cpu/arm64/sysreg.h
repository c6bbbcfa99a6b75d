/* System registers: the table made from sysregs.def, and access to it. */
#ifndef MYNA_CPU_ARM64_SYSREG_H
#define MYNA_CPU_ARM64_SYSREG_H

#include "cpu/arm64/arm64.h"

/* What EL0 may do with a register. */
enum el0_access { EL0_UNDEFINED, EL0_ALLOWED, EL0_TRAPPED };
typedef enum el0_access el0_rule(const struct arm64 *c, bool write);

/* A write may take an exception (address operations); false then. */
typedef uint64_t sysreg_read_fn(struct arm64 *c);
typedef bool sysreg_write_fn(struct arm64 *c, const struct insn *i, uint64_t value);

enum { SYSREG_READ = 1, SYSREG_WRITE = 2 };

struct sysreg {
	const char *name;
	uint16_t key;   /* op0:op1:CRn:CRm:op2, bits 20:5 of MRS and MSR */
	uint8_t access; /* SYSREG_READ, SYSREG_WRITE */
	el0_rule *el0;  /* NULL: undefined at EL0 */
	sysreg_read_fn *read;
	sysreg_write_fn *write;
	uint16_t offset; /* of the member in struct arm64_state, or SYSREG_NO_FIELD */
	uint64_t value;  /* of a constant */
};
#define SYSREG_NO_FIELD UINT16_MAX
#define SYSREG_KEY(op0, op1, crn, crm, op2) \
	((uint16_t)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))

/* The register with that key, or NULL. */
const struct sysreg *sysreg_find(uint16_t key);

/* All rows, for listings and the disassembler. */
const struct sysreg *sysreg_table(unsigned *count);

/* Build the index; called once when the instruction table is built. */
void sysreg_init(void);

#endif
