/* Names of system registers and of the operations of SYS, from sysregs.def. */
#include "cpu/arm64/disasm.h"
#include "cpu/arm64/exec.h"

enum { RO = 1, WO = 2, RW = 3 };

#define SYSREG(name, op0, op1, crn, crm, op2, access, ...) \
	{#name, (op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2), access},
#define SYSCONST SYSREG
#define SYSFUNC  SYSREG
static const struct sysreg_name names[] = {
#include "cpu/arm64/sysregs.def"
};

const struct sysreg_name *arm64_sysreg_name(uint32_t word)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].key == BITS(word, 20, 5))
			return &names[i];
	return NULL;
}
