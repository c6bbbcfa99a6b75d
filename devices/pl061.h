/* PL061 GPIO (Arm PrimeCell GPIO, DDI 0190B).
 *
 * Registers: one region of PRIMECELL_SIZE bytes, pl061_ops, 32-bit registers of 8 useful bits.
 * Wires in:  pl061_input, number = pin 0..7; unconnected pins are pulled down.
 * Wires out: irq (GPIOINTR); out[8], the pins while they are outputs (0 while inputs).
 * Clock:     none.
 *
 * On the virt board pin 3 is the power key: the board raises and lowers pl061_input(gpio, 3, ..).
 */
#ifndef MYNA_DEVICES_PL061_H
#define MYNA_DEVICES_PL061_H

#include "machine/bus.h"
#include "machine/device.h"
#include "machine/wire.h"

struct pl061_state {
	uint8_t data;  /* output latch */
	uint8_t dir;   /* 1: output */
	uint8_t is;    /* interrupt sense, 1: level */
	uint8_t ibe;   /* both edges */
	uint8_t iev;   /* 1: rising edge or high level */
	uint8_t ie;    /* mask, 1: enabled */
	uint8_t edges; /* edges seen and not yet cleared */
	uint8_t afsel; /* alternate function: kept, without effect */
	uint8_t in;    /* levels of the input wires */
};

struct pl061 {
	struct device dev;
	struct pl061_state s;
	struct wire irq;
	struct wire out[8];
};

extern const struct device_type pl061_type;
extern const struct bus_ops pl061_ops; /* owner: struct pl061 */

void pl061_init(struct pl061 *g, const char *tag);
void pl061_input(void *owner, unsigned number, int level); /* a wire_fn */

#endif
