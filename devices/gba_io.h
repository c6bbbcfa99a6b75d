/* What the parts of the Game Boy Advance share: registers are 16 bits wide and written by halfword
 * or by byte; a 32-bit access is two of them, the lower first.  Reads of what no part drives are
 * answered by the board with whatever was on the bus last.
 */
#ifndef MYNA_DEVICES_GBA_IO_H
#define MYNA_DEVICES_GBA_IO_H

#include "machine/bus.h"

/* Set in the result of a read of a register that drives no line. */
#define GBA_OPEN_BUS (UINT64_C(1) << 32)

/* Cycles of the CPU's clock in a second: the machine's tick. */
#define GBA_HZ UINT64_C(16777216)

/* The bits `size` bytes at `offset` cover in the halfword they belong to. */
static inline uint16_t gba_lanes(uint64_t offset, unsigned size)
{
	return size == 2 ? 0xffff : offset & 1 ? 0xff00 : 0x00ff;
}

/* The halfword register that `old` is after a write of `size` bytes at `offset`. */
static inline uint16_t gba_merge(uint16_t old, uint64_t offset, uint64_t value, unsigned size)
{
	uint16_t lanes = gba_lanes(offset, size);
	uint16_t moved = (uint16_t)(size == 1 && offset & 1 ? value << 8 : value);

	return (uint16_t)((old & ~lanes) | (moved & lanes));
}

/* What a read of `size` bytes at `offset` sees of a halfword; GBA_OPEN_BUS stays. */
static inline uint64_t gba_part(uint64_t half, uint64_t offset, unsigned size)
{
	if (size == 2 || half & GBA_OPEN_BUS)
		return half;
	return (half >> (offset & 1) * 8) & 0xff;
}

#endif
