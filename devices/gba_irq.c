/* Interrupts: three registers and an AND. */
#include "devices/gba_irq.h"

enum { IE = 0x0, IF = 0x2, IME = 0x8 };

#define SOURCES ((1u << GBA_IRQ_SOURCES) - 1)

static void update(struct gba_irq *q)
{
	bool wanted = gba_irq_wakes(q);

	wire_set(&q->wake, wanted);
	wire_set(&q->irq, wanted && q->s.master);
}

void gba_irq_line(void *owner, unsigned number, int level)
{
	struct gba_irq *q = owner;

	if (!level)
		return;
	q->s.flags = (uint16_t)((q->s.flags | 1u << number) & SOURCES);
	update(q);
}

static uint64_t gba_irq_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_irq *q = owner;

	switch (offset & ~UINT64_C(1)) {
	case IE: return gba_part(q->s.enabled, offset, size);
	case IF: return gba_part(q->s.flags, offset, size);
	case IME: return gba_part(q->s.master, offset, size);
	default: return 0;
	}
}

static void gba_irq_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_irq *q = owner;

	switch (offset & ~UINT64_C(1)) {
	case IE: q->s.enabled = gba_merge(q->s.enabled, offset, value, size) & SOURCES; break;
	case IF: q->s.flags &= (uint16_t)~gba_merge(0, offset, value, size); break;
	case IME: q->s.master = gba_merge(q->s.master, offset, value, size) & 1; break;
	default: break;
	}
	update(q);
}

const struct bus_ops gba_irq_ops = {gba_irq_read, gba_irq_write, gba_irq_read, 1, 2};

static uint64_t power_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_irq *q = owner;

	return gba_part(offset & 2 ? 0 : q->s.started, offset, size);
}

/* The flag cannot be cleared. */
static void power_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_irq *q = owner;

	if (offset & 2)
		return;
	if (gba_lanes(offset, size) & 1)
		q->s.started |= value & 1;
	if (gba_lanes(offset, size) & 0x100) {
		wire_set(&q->halt, 1);
		wire_set(&q->halt, 0);
	}
}

const struct bus_ops gba_power_ops = {power_read, power_write, power_read, 1, 2};

static const struct field fields[] = {
    FIELD(struct gba_irq_state, enabled, 0),
    FIELD(struct gba_irq_state, flags, 0),
    FIELD(struct gba_irq_state, master, 0),
    FIELD(struct gba_irq_state, started, 0),
};

static void gba_irq_reset(struct device *d)
{
	update((struct gba_irq *)d);
}

const struct device_type gba_irq_type = {
    .name = "gba_irq",
    .description = "interrupt controller of the Game Boy Advance (GBATEK)",
    .table = STATE_TABLE(struct gba_irq_state, fields),
    .reset = gba_irq_reset,
};

void gba_irq_init(struct gba_irq *q, const char *tag)
{
	device_init(&q->dev, &gba_irq_type, tag, &q->s);
}
