/* The interrupt controller of the Game Boy Advance (GBATEK, "GBA Interrupt Control").
 *
 * Registers: IE, IF and IME at 0x200, 0x202 and 0x208 of the I/O area, gba_irq_ops, 16-bit; offsets
 *            count from 0x200.  POSTFLG and HALTCNT at 0x300 and 0x301, gba_power_ops.
 * Wires in:  gba_irq_line, `number` is enum gba_irq_source: a rising edge sets the bit of IF.
 * Wires out: irq (IME and a bit in IE and IF), wake (such a bit, whatever IME says: ends a halt),
 * halt (a pulse: HALTCNT has been written; stopping the clocks is not told from halting the CPU).
 */
#ifndef MYNA_DEVICES_GBA_IRQ_H
#define MYNA_DEVICES_GBA_IRQ_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/wire.h"

enum gba_irq_source {
	GBA_IRQ_VBLANK,
	GBA_IRQ_HBLANK,
	GBA_IRQ_VCOUNT,
	GBA_IRQ_TIMER0,
	GBA_IRQ_SIO = 7,
	GBA_IRQ_DMA0,
	GBA_IRQ_KEYPAD = 12,
	GBA_IRQ_CART,
	GBA_IRQ_SOURCES
};

struct gba_irq_state {
	uint16_t enabled, flags, master;
	uint16_t started; /* POSTFLG */
};

struct gba_irq {
	struct device dev;
	struct gba_irq_state s;
	struct wire irq, wake, halt;
};

extern const struct device_type gba_irq_type;
extern const struct bus_ops gba_irq_ops, gba_power_ops; /* owner: struct gba_irq */

void gba_irq_init(struct gba_irq *q, const char *tag);
void gba_irq_line(void *owner, unsigned number, int level);

/* Is an interrupt waiting that ends a halt? */
static inline bool gba_irq_wakes(const struct gba_irq *q)
{
	return q->s.enabled & q->s.flags;
}

#endif
