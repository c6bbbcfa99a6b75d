/* PL031 real-time clock (Arm PrimeCell RTC, DDI 0224B).
 *
 * Registers: one region of PRIMECELL_SIZE bytes, pl031_ops, 32-bit registers.
 * Wires out: irq (RTCINTR).
 * Clock:     guest time.  After reset the counter shows `epoch` (seconds, chosen by the board)
 *            plus the seconds the machine has run; host time never enters.
 */
#ifndef MYNA_DEVICES_PL031_H
#define MYNA_DEVICES_PL031_H

#include "machine/bus.h"
#include "machine/device.h"
#include "machine/event.h"
#include "machine/wire.h"

struct pl031_state {
	uint32_t offset; /* RTCDR minus the seconds of guest time */
	uint32_t mr;     /* match */
	uint32_t lr;     /* last value loaded */
	uint32_t imsc, ris;
};

struct pl031 {
	struct device dev;
	struct pl031_state s;
	struct wire irq;
	struct event match;
	struct clock_ratio seconds;
	uint32_t epoch;
	char event_name[32];
};

extern const struct device_type pl031_type;
extern const struct bus_ops pl031_ops; /* owner: struct pl031 */

void pl031_init(
    struct pl031 *r, const char *tag, struct scheduler *sched, uint64_t tick_hz, uint32_t epoch);

#endif
