/* The serial port of the Game Boy Advance with nothing plugged in (GBATEK, "GBA Communication
 * Ports").
 *
 * Registers: 0x120..0x12b (data, SIOCNT), 0x134 (RCNT), 0x140..0x15b (JOY bus) of the I/O area,
 *            gba_sio_ops, 16-bit; offsets count from 0x120.
 * Wires out: irq, a pulse at the end of a transfer.
 * Clock:     a tick is a cycle of 2^24 Hz.
 *
 * A transfer with the port's own clock takes its time and receives ones; one with a partner's clock
 * never ends.  In multi-player mode the console is alone on the cable, as the first one.  The UART
 * and the JOY bus stay silent.
 */
#ifndef MYNA_DEVICES_GBA_SIO_H
#define MYNA_DEVICES_GBA_SIO_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/event.h"
#include "machine/wire.h"

#define GBA_SIO_REGISTERS 0x40

struct gba_sio_state {
	uint16_t data[4]; /* SIODATA32 or SIOMULTI0..3 */
	uint16_t control; /* SIOCNT */
	uint16_t send;    /* SIODATA8, SIOMLT_SEND */
	uint16_t rcnt;
	uint16_t joy_control;
};

struct gba_sio {
	struct device dev;
	struct gba_sio_state s;
	struct wire irq;
	struct event done; /* end of the transfer */
	char event_name[32];
};

extern const struct device_type gba_sio_type;
extern const struct bus_ops gba_sio_ops; /* owner: struct gba_sio */

void gba_sio_init(struct gba_sio *p, const char *tag, struct scheduler *sched);

#endif
