/* Bits of A64 system registers, and what this CPU implements: DDI 0487 D13 (D17). */
#ifndef MYNA_CPU_ARM64_REGISTERS_H
#define MYNA_CPU_ARM64_REGISTERS_H

#include <stdint.h>

#define ARM64_PA_BITS 40 /* ID_AA64MMFR0_EL1.PARange = 2 */

/* SCTLR_EL1 */
#define SCTLR_M    (UINT64_C(1) << 0)
#define SCTLR_A    (UINT64_C(1) << 1)
#define SCTLR_SA   (UINT64_C(1) << 3)
#define SCTLR_SA0  (UINT64_C(1) << 4)
#define SCTLR_UMA  (UINT64_C(1) << 9)
#define SCTLR_DZE  (UINT64_C(1) << 14)
#define SCTLR_UCT  (UINT64_C(1) << 15)
#define SCTLR_NTWI (UINT64_C(1) << 16)
#define SCTLR_NTWE (UINT64_C(1) << 18)
#define SCTLR_WXN  (UINT64_C(1) << 19)
#define SCTLR_SPAN (UINT64_C(1) << 23)
#define SCTLR_UCI  (UINT64_C(1) << 26)
/* RES1 here: EOS(11), TSCXT(20), EIS(22), LSMAOE(28), nTLSMD(29). */
#define SCTLR_RES1 UINT64_C(0x30500800)

/* TCR_EL1 */
#define TCR_A1 (UINT64_C(1) << 22)
#define TCR_AS (UINT64_C(1) << 36)
#define TCR_HA (UINT64_C(1) << 39)
#define TCR_HD (UINT64_C(1) << 40)

/* MDSCR_EL1 */
#define MDSCR_SS   (UINT64_C(1) << 0)
#define MDSCR_TDCC (UINT64_C(1) << 12)
#define MDSCR_KDE  (UINT64_C(1) << 13)

/* SPSR_EL1 */
#define SPSR_SS  (UINT64_C(1) << 21)
#define SPSR_IL  (UINT64_C(1) << 20)
#define SPSR_PAN (UINT64_C(1) << 22)
#define SPSR_UAO (UINT64_C(1) << 23)

/* DAIF as kept in struct arm64_state. */
#define DAIF_D 8u
#define DAIF_A 4u
#define DAIF_I 2u
#define DAIF_F 1u

#endif
