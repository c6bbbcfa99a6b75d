/* Self-hosted hardware breakpoints and watchpoints: DDI 0487 D2.8 and D2.10.  Two of each;
 * addresses only (DBGBCR.BT 0), no linking and no context matching. */
#ifndef MYNA_CPU_ARM64_DEBUG_H
#define MYNA_CPU_ARM64_DEBUG_H

#include "cpu/arm64/sysreg.h"

#define DEBUG_POINTS 2 /* ID_AA64DFR0_EL1.BRPs and WRPs are one less */

/* Can any match at all?  Then instructions are executed singly, or no TLB entry is made. */
bool debug_breakpoints_armed(const struct arm64_state *s);
bool debug_watchpoints_armed(const struct arm64_state *s);

/* Is a debug exception due for the instruction at PC, for an access of `size` bytes? */
bool debug_breakpoint_hit(const struct arm64 *c);
bool debug_watchpoint_hit(
    const struct arm64 *c, enum tlb_context context, uint64_t va, unsigned size, bool write);

sysreg_write_fn write_mdscr, write_oslar;
sysreg_write_fn write_dbgbcr0, write_dbgbcr1, write_dbgwcr0, write_dbgwcr1;
sysreg_read_fn read_mdscr;
sysreg_read_fn read_dbgbcr0, read_dbgbcr1, read_dbgwcr0, read_dbgwcr1;

#endif
