/* PL011 UART (Arm PrimeCell UART, DDI 0183G, revision r1p5).
 *
 * Registers: one region of PRIMECELL_SIZE bytes, pl011_ops, 32-bit registers.
 * Wires out: irq, the combined interrupt UARTINTR.  The DMA requests are not implemented.
 * Endpoint:  a serial port.
 * Clock:     none.  A byte leaves at the moment it is written, so the transmit FIFO is always
 *            empty and the baud rate has no effect; input moves from the port's queue into the
 *            receive FIFO as soon as there is room, so it is never overrun from outside.
 */
#ifndef MYNA_DEVICES_PL011_H
#define MYNA_DEVICES_PL011_H

#include "machine/bus.h"
#include "machine/device.h"
#include "machine/endpoint.h"
#include "machine/wire.h"

#define PL011_FIFO 32

struct pl011_state {
	uint32_t rsr;              /* receive errors: OE BE PE FE in bits 3..0 */
	uint32_t ilpr, ibrd, fbrd; /* low-power and baud rate divisors: kept, without effect */
	uint32_t lcr_h, cr, ifls;
	uint32_t imsc, ris; /* interrupt mask and raw status */
	uint32_t dmacr;
	uint32_t head, level;      /* receive FIFO: oldest entry, entries held */
	uint16_t fifo[PL011_FIFO]; /* data, with its errors in bits 11..8 */
};

struct pl011 {
	struct device dev;
	struct pl011_state s;
	struct wire irq;
	struct serial_port *port;
};

extern const struct device_type pl011_type;
extern const struct bus_ops pl011_ops; /* owner: struct pl011 */

void pl011_init(struct pl011 *u, const char *tag);
/* Attach the serial port; the UART becomes its ready_owner. */
void pl011_connect(struct pl011 *u, struct serial_port *port);

#endif
