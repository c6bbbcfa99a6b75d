/* The four timers of the Game Boy Advance (GBATEK, "GBA Timers").
 *
 * Registers: 0x100..0x10f of the I/O area, gba_timer_ops, 16-bit.
 * Wires out: irq[4], a pulse at an overflow if the timer's interrupt is on;
 *            overflow[2], a pulse at each overflow of timer 0 and 1, for the sound FIFOs.
 * Clock:     a tick is a cycle of 2^24 Hz.  The prescaler runs all the time, so the first count of
 * a timer that is started comes early; a timer begins two cycles after it is started.
 */
#ifndef MYNA_DEVICES_GBA_TIMER_H
#define MYNA_DEVICES_GBA_TIMER_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/event.h"
#include "machine/wire.h"

#define GBA_TIMERS          4
#define GBA_TIMER_REGISTERS 0x10
#define GBA_TIMER_DELAY     2

struct gba_timer_state {
	uint64_t since[GBA_TIMERS];   /* tick at which `counter` was right */
	uint64_t changed[GBA_TIMERS]; /* tick at which `reload` was written */
	uint16_t counter[GBA_TIMERS];
	uint16_t reload[GBA_TIMERS];
	uint16_t former[GBA_TIMERS]; /* reload value before that */
	uint16_t control[GBA_TIMERS];
};

struct gba_timer {
	struct device dev;
	struct gba_timer_state s;
	struct wire irq[GBA_TIMERS];
	struct wire overflow[2];
	struct gba_timer_event {
		struct gba_timer *timer;
		unsigned n;
		struct event due; /* the overflow, if somebody takes notice */
		char name[32];
	} events[GBA_TIMERS];
};

extern const struct device_type gba_timer_type;
extern const struct bus_ops gba_timer_ops; /* owner: struct gba_timer */

void gba_timer_init(struct gba_timer *t, const char *tag, struct scheduler *sched);

#endif
