/* How long the Game Boy Advance's memory takes: WAITCNT, the internal memory control, and the
 * prefetch buffer of the game pak (GBATEK, "GBA System Control", "GBA GamePak Prefetch").
 *
 * Registers: WAITCNT at 0x204 of the I/O area, gba_waits_ops, and the memory control at 0x800,
 *            gba_memory_control_ops; 16-bit, offsets from the register.
 * Wire out:  changed, a pulse when the costs have become others.
 *
 * Prefetch: while nobody else uses the cartridge, the unit reads halfwords ahead of the code that
 * was fetched last, each in the time of a sequential access, until it has eight.  It is not run: at
 * a fetch, what it holds follows from the time since the last one.
 */
#ifndef MYNA_DEVICES_GBA_WAITS_H
#define MYNA_DEVICES_GBA_WAITS_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/wire.h"

/* Cycles of an access of 2^n bytes by upper byte of the address, [0] not sequential, [1]
 * sequential. */
struct gba_costs {
	uint8_t cycles[16][2][3];
};

struct gba_waits_state {
	uint64_t since;   /* tick at which the halfword was begun that is being prefetched */
	uint32_t head;    /* address of the oldest halfword held, or being prefetched */
	uint32_t held;    /* halfwords in the buffer at `since` */
	uint32_t control; /* internal memory control */
	uint16_t waitcnt;
	uint8_t active; /* the unit reads ahead from `head` on */
	uint8_t reserved;
};

struct gba_waits {
	struct device dev;
	struct gba_waits_state s;
	struct wire changed;
	struct gba_costs costs; /* follow from the registers */
};

extern const struct device_type gba_waits_type;
extern const struct bus_ops gba_waits_ops, gba_memory_control_ops; /* owner: struct gba_waits */

void gba_waits_init(struct gba_waits *w, const char *tag);

static inline bool gba_waits_prefetches(const struct gba_waits *w)
{
	return w->s.waitcnt >> 14 & 1;
}

/* Cycles that code at `address` in the cartridge takes, 2 or 4 bytes, when the access begins at
 * `now`.  What the buffer holds is known by its address, not by the kind of the access. */
unsigned gba_waits_fetch(
    struct gba_waits *w, uint64_t now, uint32_t address, unsigned size, bool sequential);

/* The same of an access to data, 1, 2 or 4 bytes: it ends prefetching. */
unsigned gba_waits_data(
    struct gba_waits *w, uint64_t now, uint32_t address, unsigned size, bool sequential);

#endif
