/* What the Arm PrimeCell peripherals share: the identification registers.
 *
 * Eight words at 0xfe0..0xffc hold one byte each: four of the peripheral's number, then four that
 * say "PrimeCell" (0x0d 0xf0 0x05 0xb1).
 */
#ifndef MYNA_DEVICES_PRIMECELL_H
#define MYNA_DEVICES_PRIMECELL_H

#include <stdbool.h>
#include <stdint.h>

#define PRIMECELL_SIZE 0x1000 /* bytes of register space */

#define PRIMECELL_ID_BASE  0xfe0
#define PRIMECELL_PCELL_ID UINT64_C(0xb105f00d)

static inline bool primecell_is_id(uint64_t offset)
{
	return offset >= PRIMECELL_ID_BASE && offset < PRIMECELL_SIZE;
}

/* The identification register at `offset` of a peripheral whose PeriphID3..0 bytes are
 * `periph_id`, most significant first. */
static inline uint32_t primecell_id(uint32_t periph_id, uint64_t offset)
{
	uint64_t all = PRIMECELL_PCELL_ID << 32 | periph_id;
	return all >> ((offset - PRIMECELL_ID_BASE) / 4 * 8) & 0xff;
}

#endif
