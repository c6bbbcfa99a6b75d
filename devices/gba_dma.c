/* DMA: a trigger makes a channel ready two cycles later, and the first ready channel has the bus.
 * Between any two units a better channel may take over. */
#include "devices/gba_dma.h"

#include <stdio.h>

enum { SAD = 0, DAD = 4, CNT_L = 8, CNT_H = 10, STRIDE = 12 };

enum {
	REPEAT = 1 << 9,
	WORDS = 1 << 10,
	IRQ = 1 << 14,
	ENABLE = 1 << 15,
};

enum start { IMMEDIATELY, AT_VBLANK, AT_HBLANK, SPECIAL };
enum step { INCREMENT, DECREMENT, FIXED, INCREMENT_RELOAD };

#define LOWEST_SOURCE 0x02000000u /* below is nothing that DMA can read */
#define ROM           0x08000000u
#define ROM_END       0x0e000000u
#define FIFO_WORDS    4

/* Channels that trigger each other for ever still leave the CPU an access now and then. */
#define MOST_AT_ONCE 0x100000

/* What of the registers exists: the first channels do not reach the cartridge. */
static const uint32_t source_mask[4] = {0x07ffffff, 0x0fffffff, 0x0fffffff, 0x0fffffff};
static const uint32_t target_mask[4] = {0x07ffffff, 0x07ffffff, 0x07ffffff, 0x0fffffff};
static const uint16_t control_mask[4] = {0xf7e0, 0xf7e0, 0xf7e0, 0xffe0};
static const uint32_t most_units[4] = {0x4000, 0x4000, 0x4000, 0x10000};

static enum start start_of(const struct gba_dma_state *s, unsigned n)
{
	return s->control[n] >> 12 & 3;
}

static enum step target_step(const struct gba_dma_state *s, unsigned n)
{
	return s->control[n] >> 5 & 3;
}

static enum step source_step(const struct gba_dma_state *s, unsigned n)
{
	return s->control[n] >> 7 & 3;
}

/* Channels 1 and 2 feed the sound, always a fixed number of words. */
static bool feeds_fifo(const struct gba_dma_state *s, unsigned n)
{
	return (n == 1 || n == 2) && start_of(s, n) == SPECIAL;
}

static unsigned unit(const struct gba_dma_state *s, unsigned n)
{
	return feeds_fifo(s, n) || s->control[n] & WORDS ? 4 : 2;
}

static void update(struct gba_dma *d)
{
	wire_set(&d->request, d->s.active != 0);
}

/* --- Starting --- */

static void schedule(struct gba_dma *d)
{
	uint64_t due = EVENT_NEVER;

	for (unsigned n = 0; n < GBA_DMA_CHANNELS; n++)
		if (d->s.triggered >> n & 1 && d->s.ready[n] < due)
			due = d->s.ready[n];
	event_at(&d->start, due);
}

static void start(void *owner)
{
	struct gba_dma *d = owner;
	uint64_t now = scheduler_now(d->start.sched);

	for (unsigned n = 0; n < GBA_DMA_CHANNELS; n++) {
		uint8_t bit = (uint8_t)(1 << n);
		if (!(d->s.triggered & bit) || d->s.ready[n] > now)
			continue;
		d->s.triggered &= (uint8_t)~bit;
		d->s.active |= bit;
		d->s.begun &= (uint8_t)~bit;
	}
	schedule(d);
	update(d);
}

static void make_ready(struct gba_dma *d, unsigned n)
{
	/* A channel that is still at work misses its trigger. */
	if ((d->s.triggered | d->s.active) >> n & 1)
		return;
	d->s.ready[n] = scheduler_now(d->start.sched) + GBA_DMA_DELAY;
	d->s.triggered |= (uint8_t)(1 << n);
	schedule(d);
}

static uint32_t units_of(const struct gba_dma_state *s, unsigned n)
{
	uint32_t count = s->count[n] & (most_units[n] - 1);

	return feeds_fifo(s, n) ? FIFO_WORDS : count ? count : most_units[n];
}

static void stop(struct gba_dma *d, unsigned n)
{
	uint8_t others = (uint8_t) ~(1 << n);

	d->s.control[n] &= (uint16_t)~ENABLE;
	d->s.triggered &= others;
	d->s.active &= others;
	schedule(d);
}

static void enable(struct gba_dma *d, unsigned n)
{
	struct gba_dma_state *s = &d->s;

	s->from[n] = s->source[n];
	s->to[n] = s->target[n];
	s->left[n] = units_of(s, n);
	if (start_of(s, n) == IMMEDIATELY)
		make_ready(d, n);
}

/* The FIFO that a channel's target is; -1: none. */
static int fifo_of(const struct gba_dma_state *s, unsigned n)
{
	uint32_t at = s->to[n] & ~3u;

	return at == 0x040000a0 ? 0 : at == 0x040000a4 ? 1 : -1;
}

static bool waits_for(const struct gba_dma_state *s, unsigned n, unsigned trigger)
{
	if (!(s->control[n] & ENABLE))
		return false;
	switch (trigger) {
	case GBA_DMA_VBLANK: return start_of(s, n) == AT_VBLANK;
	case GBA_DMA_HBLANK: return start_of(s, n) == AT_HBLANK;
	case GBA_DMA_FIFO_A:
	case GBA_DMA_FIFO_B:
		return feeds_fifo(s, n) && fifo_of(s, n) == (int)(trigger - GBA_DMA_FIFO_A);
	case GBA_DMA_CAPTURE:
	case GBA_DMA_CAPTURE_END: return n == 3 && start_of(s, n) == SPECIAL;
	default: return false;
	}
}

void gba_dma_trigger(void *owner, unsigned number, int level)
{
	struct gba_dma *d = owner;

	for (unsigned n = 0; level && n < GBA_DMA_CHANNELS; n++) {
		if (!waits_for(&d->s, n, number))
			continue;
		if (number == GBA_DMA_CAPTURE_END)
			stop(d, n);
		else
			make_ready(d, n);
	}
	update(d);
}

/* --- Transferring --- */

static uint32_t stepped(uint32_t address, enum step step, unsigned size)
{
	return step == FIXED ? address : step == DECREMENT ? address - size : address + size;
}

static bool in_rom(uint32_t address)
{
	return address >= ROM && address < ROM_END;
}

/* One unit.  The cartridge counts addresses upwards by itself, whatever the channel means to do,
 * and is told the address once only if source and target both lie there. */
static void transfer(struct gba_dma *d, unsigned n)
{
	struct gba_dma_state *s = &d->s;
	unsigned size = unit(s, n);
	uint32_t from = s->from[n] & ~(size - 1), to = s->to[n] & ~(size - 1);
	bool first = !(s->begun >> n & 1), rom = in_rom(from);

	if (from >= LOWEST_SOURCE) {
		uint32_t value = d->bus.read(d->bus.owner, from, size, first);
		s->latch[n] = size == 4 ? value : (value & 0xffff) * 0x10001u;
	} else {
		d->bus.idle(d->bus.owner, 1);
	}
	d->bus.write(d->bus.owner, to,
	    size == 4 ? s->latch[n] : s->latch[n] >> (to & 2) * 8 & 0xffff, size,
	    first && !(rom && in_rom(to)));
	s->begun |= (uint8_t)(1 << n);
	s->from[n] =
	    stepped(s->from[n], rom ? INCREMENT : source_step(s, n), size) & source_mask[n];
	if (!feeds_fifo(s, n))
		s->to[n] = stepped(s->to[n], target_step(s, n), size) & target_mask[n];
	s->left[n]--;
}

static void finish(struct gba_dma *d, unsigned n)
{
	struct gba_dma_state *s = &d->s;

	s->active &= (uint8_t) ~(1 << n);
	if (s->control[n] & REPEAT && start_of(s, n) != IMMEDIATELY) {
		s->left[n] = units_of(s, n);
		if (target_step(s, n) == INCREMENT_RELOAD && !feeds_fifo(s, n))
			s->to[n] = s->target[n];
	} else {
		s->control[n] &= (uint16_t)~ENABLE;
	}
	if (s->control[n] & IRQ) {
		wire_set(&d->irq[n], 1);
		wire_set(&d->irq[n], 0);
	}
}

void gba_dma_run(struct gba_dma *d)
{
	struct gba_dma_state *s = &d->s;

	if (d->running || !s->active)
		return;
	d->running = true;
	d->bus.idle(d->bus.owner, 1);
	for (unsigned units = MOST_AT_ONCE; s->active && units; units--) {
		unsigned n = (unsigned)__builtin_ctz(s->active);
		if (s->left[n])
			transfer(d, n);
		/* Events in the middle of it may have stopped the channel. */
		if (s->active >> n & 1 && !s->left[n])
			finish(d, n);
	}
	d->bus.idle(d->bus.owner, 1);
	d->running = false;
	update(d);
}

/* --- Registers --- */

static uint64_t gba_dma_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_dma *d = owner;
	unsigned n = (unsigned)offset / STRIDE % GBA_DMA_CHANNELS;

	switch (offset % STRIDE & ~UINT64_C(1)) {
	case CNT_L: return 0;
	case CNT_H: return gba_part(d->s.control[n], offset, size);
	default: return GBA_OPEN_BUS;
	}
}

static void write_address(uint32_t *to, uint32_t mask, uint64_t offset, uint64_t v, unsigned size)
{
	unsigned shift = offset & 2 ? 16 : 0;
	uint32_t half = gba_merge((uint16_t)(*to >> shift), offset, v, size);

	*to = ((*to & ~(UINT32_C(0xffff) << shift)) | half << shift) & mask;
}

static void write_control(struct gba_dma *d, unsigned n, uint16_t value)
{
	bool was = d->s.control[n] & ENABLE, is = value & ENABLE;

	d->s.control[n] = value & control_mask[n];
	if (is && !was)
		enable(d, n);
	else if (was && !is)
		stop(d, n);
	update(d);
}

static void gba_dma_write(void *owner, uint64_t offset, uint64_t v, unsigned size)
{
	struct gba_dma *d = owner;
	struct gba_dma_state *s = &d->s;
	unsigned n = (unsigned)offset / STRIDE % GBA_DMA_CHANNELS;

	switch (offset % STRIDE & ~UINT64_C(1)) {
	case SAD:
	case SAD + 2: write_address(&s->source[n], source_mask[n], offset, v, size); break;
	case DAD:
	case DAD + 2: write_address(&s->target[n], target_mask[n], offset, v, size); break;
	case CNT_L: s->count[n] = gba_merge(s->count[n], offset, v, size); break;
	default: write_control(d, n, gba_merge(s->control[n], offset, v, size)); break;
	}
}

const struct bus_ops gba_dma_ops = {gba_dma_read, gba_dma_write, gba_dma_read, 1, 2};

/* --- The device --- */

static const struct field fields[] = {
    FIELD_ARRAY(struct gba_dma_state, ready, 0),
    FIELD_ARRAY(struct gba_dma_state, source, 0),
    FIELD_ARRAY(struct gba_dma_state, target, 0),
    FIELD_ARRAY(struct gba_dma_state, from, 0),
    FIELD_ARRAY(struct gba_dma_state, to, 0),
    FIELD_ARRAY(struct gba_dma_state, left, 0),
    FIELD_ARRAY(struct gba_dma_state, latch, 0),
    FIELD_ARRAY(struct gba_dma_state, count, 0),
    FIELD_ARRAY(struct gba_dma_state, control, 0),
    FIELD(struct gba_dma_state, triggered, 0),
    FIELD(struct gba_dma_state, active, 0),
    FIELD(struct gba_dma_state, begun, 0),
    FIELD_ARRAY(struct gba_dma_state, reserved, 0),
};

static void gba_dma_reset(struct device *dev)
{
	update((struct gba_dma *)dev);
}

static bool gba_dma_loaded(struct device *dev, char *why, size_t size)
{
	struct gba_dma *d = (struct gba_dma *)dev;
	bool good = !((d->s.triggered | d->s.active) >> GBA_DMA_CHANNELS);

	for (unsigned n = 0; n < GBA_DMA_CHANNELS; n++)
		good &= d->s.left[n] <= most_units[n];
	if (!good)
		snprintf(why, size, "%s: a channel that does not exist or does not end", dev->tag);
	/* Whoever grants the bus does not remember that it has been asked. */
	if (good)
		update(d);
	return good;
}

const struct device_type gba_dma_type = {
    .name = "gba_dma",
    .description = "four DMA channels of the Game Boy Advance (GBATEK)",
    .table = STATE_TABLE(struct gba_dma_state, fields),
    .reset = gba_dma_reset,
    .loaded = gba_dma_loaded,
};

void gba_dma_init(struct gba_dma *d, const char *tag, struct scheduler *sched)
{
	device_init(&d->dev, &gba_dma_type, tag, &d->s);
	snprintf(d->event_name, sizeof d->event_name, "%s.start", tag);
	event_init(&d->start, sched, d->event_name, start, d);
}
