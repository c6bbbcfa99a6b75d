/* Operations in the system register space: DC, IC, AT, TLBI (DDI 0487 C5.3 to C5.5). */
#ifndef MYNA_CPU_ARM64_SYSOP_H
#define MYNA_CPU_ARM64_SYSOP_H

#include "cpu/arm64/sysreg.h"

#define ZVA_BLOCK 64 /* bytes zeroed by DC ZVA: DCZID_EL0.BS = 4 */

sysreg_write_fn cache_by_address, cache_zero;
sysreg_write_fn at_s1e1r, at_s1e1w, at_s1e0r, at_s1e0w, at_s1e1rp, at_s1e1wp;
sysreg_write_fn tlbi_all_is, tlbi_va_is, tlbi_asid_is, tlbi_all, tlbi_va, tlbi_asid;

#endif
