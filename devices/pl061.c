/* PL061 GPIO (DDI 0190B). */
#include "devices/pl061.h"

#include "devices/primecell.h"

#define PL061_PERIPH_ID 0x00041061

/* GPIODATA occupies 0x000..0x3ff: address bits 9..2 select which pins an access concerns. */
#define DATA_END 0x400

enum {
	DIR = 0x400,
	IS = 0x404,
	IBE = 0x408,
	IEV = 0x40c,
	IE = 0x410,
	RIS = 0x414,
	MIS = 0x418,
	IC = 0x41c,
	AFSEL = 0x420
};

/* Levels on the pins. */
static uint8_t pins(const struct pl061_state *s)
{
	return (s->data & s->dir) | (s->in & ~s->dir);
}

/* Raw interrupt status: levels as they are now, edges as remembered. */
static uint8_t raw_status(const struct pl061_state *s)
{
	uint8_t active = ~(pins(s) ^ s->iev);
	return (s->is & active) | (~s->is & s->edges);
}

static void update(struct pl061 *g)
{
	wire_set(&g->irq, (raw_status(&g->s) & g->s.ie) != 0);
	for (unsigned i = 0; i < 8; i++)
		wire_set(&g->out[i], (g->s.data & g->s.dir) >> i & 1);
}

/* Remember the edges between `before` and the present pins, then drive the wires. */
static void pins_changed(struct pl061 *g, uint8_t before)
{
	struct pl061_state *s = &g->s;
	uint8_t now = pins(s), changed = now ^ before;
	s->edges |= changed & ~s->is & (s->ibe | (uint8_t) ~(now ^ s->iev));
	update(g);
}

void pl061_input(void *owner, unsigned number, int level)
{
	struct pl061 *g = owner;
	uint8_t before = pins(&g->s), bit = 1u << (number & 7);
	g->s.in = level ? g->s.in | bit : g->s.in & ~bit;
	pins_changed(g, before);
}

static uint64_t pl061_read(void *owner, uint64_t offset, unsigned size)
{
	const struct pl061_state *s = &((struct pl061 *)owner)->s;
	if (offset < DATA_END)
		return pins(s) & offset >> 2;
	if (primecell_is_id(offset))
		return primecell_id(PL061_PERIPH_ID, offset);
	switch (offset) {
	case DIR: return s->dir;
	case IS: return s->is;
	case IBE: return s->ibe;
	case IEV: return s->iev;
	case IE: return s->ie;
	case RIS: return raw_status(s);
	case MIS: return raw_status(s) & s->ie;
	case AFSEL: return s->afsel;
	default: return 0;
	}
}

static void pl061_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct pl061 *g = owner;
	struct pl061_state *s = &g->s;
	uint8_t before = pins(s), v = (uint8_t)value;
	if (offset < DATA_END) {
		uint8_t mask = offset >> 2 & 0xff;
		s->data = (s->data & ~mask) | (v & mask);
	}
	switch (offset) {
	case DIR: s->dir = v; break;
	case IS: s->is = v; break;
	case IBE: s->ibe = v; break;
	case IEV: s->iev = v; break;
	case IE: s->ie = v; break;
	case IC: s->edges &= ~v; break;
	case AFSEL: s->afsel = v; break;
	default: break;
	}
	pins_changed(g, before);
}

const struct bus_ops pl061_ops = {pl061_read, pl061_write, pl061_read, 4, 4};

static const struct field fields[] = {
    FIELD(struct pl061_state, data, 0),
    FIELD(struct pl061_state, dir, 0),
    FIELD(struct pl061_state, is, 0),
    FIELD(struct pl061_state, ibe, 0),
    FIELD(struct pl061_state, iev, 0),
    FIELD(struct pl061_state, ie, 0),
    FIELD(struct pl061_state, edges, 0),
    FIELD(struct pl061_state, afsel, 0),
    FIELD(struct pl061_state, in, 0),
};

static void pl061_reset(struct device *d)
{
	update((struct pl061 *)d);
}

static bool pl061_loaded(struct device *d, char *why, size_t size)
{
	update((struct pl061 *)d); /* every value of every field is possible */
	return true;
}

const struct device_type pl061_type = {
    .name = "pl061",
    .description = "general-purpose I/O, Arm PrimeCell PL061 (DDI 0190B)",
    .table = STATE_TABLE(struct pl061_state, fields),
    .reset = pl061_reset,
    .loaded = pl061_loaded,
};

void pl061_init(struct pl061 *g, const char *tag)
{
	device_init(&g->dev, &pl061_type, tag, &g->s);
}
