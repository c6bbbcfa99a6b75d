/* Sound: registers, FIFOs, and the mixer.
 *
 * Nothing happens between samples: whoever is about to change something first has the samples made
 * up to now.
 */
#include "devices/gba_apu.h"

#include <stdio.h>
#include <string.h>

#include "devices/gba_apu_parts.h"

/* Offsets from the first register, 0x60 of the I/O area. */
enum {
	SOUND1CNT_L = 0x00,
	SOUND3CNT_L = 0x10,
	SOUNDCNT_L = 0x20,
	SOUNDCNT_H = 0x22,
	SOUNDCNT_X = 0x24,
	SOUNDBIAS = 0x28,
	NOTHING = 0x2c,
	WAVE_RAM = 0x30,
	FIFO_A = 0x40
};

#define FLUSH_CYCLES     (64 * GBA_SAMPLE_CYCLES)
#define SEQUENCER_CYCLES 32768 /* 512 Hz */
#define FIFO_REQUEST     16    /* bytes or fewer: four words fit */
#define LEVEL_ZERO       0x200 /* of the ten bits that are put out */

/* Which generator a register belongs to, and whether it is its frequency: SOUND1CNT_H and _X,
 * SOUND2CNT_L and _H, SOUND3CNT_H and _X, SOUND4CNT_L and _H.  -1: none of these. */
struct tone_register {
	int8_t generator;
	bool frequency;
	uint16_t readable, writable;
};

static struct tone_register tone_register(uint64_t at)
{
	switch (at) {
	case 0x02: return (struct tone_register){GBA_SQUARE1, false, 0xffc0, 0xffff};
	case 0x04: return (struct tone_register){GBA_SQUARE1, true, 0x4000, 0x47ff};
	case 0x08: return (struct tone_register){GBA_SQUARE2, false, 0xffc0, 0xffff};
	case 0x0c: return (struct tone_register){GBA_SQUARE2, true, 0x4000, 0x47ff};
	case 0x12: return (struct tone_register){GBA_WAVE, false, 0xe000, 0xe0ff};
	case 0x14: return (struct tone_register){GBA_WAVE, true, 0x4000, 0x47ff};
	case 0x18: return (struct tone_register){GBA_NOISE, false, 0xff00, 0xff3f};
	case 0x1c: return (struct tone_register){GBA_NOISE, true, 0x40ff, 0x40ff};
	default: return (struct tone_register){-1, false, 0, 0};
	}
}

/* --- The mixer --- */

/* Generators: quarters of four bits, up to four of them, each up to 0x80 of the ten bits. */
static int generators(const struct gba_apu_state *s, const int level[4], unsigned side)
{
	static const uint8_t shifts[4] = {2, 1, 0, 0};
	unsigned enabled = s->cnt_l >> (side ? 12 : 8),
		 volume = (s->cnt_l >> (side ? 4 : 0) & 7) + 1;
	int sum = 0;

	for (unsigned n = 0; n < GBA_APU_GENERATORS; n++)
		sum += enabled >> n & 1 ? level[n] : 0;
	return sum * (int)volume / 4 >> shifts[s->cnt_h & 3];
}

static int fifos(const struct gba_apu_state *s, unsigned side)
{
	int sum = 0;

	for (unsigned n = 0; n < 2; n++)
		if (s->cnt_h >> (8 + 4 * n + side) & 1)
			sum += s->sample[n] * (s->cnt_h >> (2 + n) & 1 ? 4 : 2);
	return sum;
}

/* Ten bits around the bias, clipped, in steps; the bias itself is no sound. */
static int16_t put_out(const struct gba_apu_state *s, int level)
{
	int bias = s->bias & 0x3fe, step = 2 << (s->bias >> 14);
	int sum = level + bias;

	sum = sum < 0 ? 0 : sum > 0x3ff ? 0x3ff : sum;
	sum = (sum & -step) - (bias & -step);
	sum *= 32768 / LEVEL_ZERO;
	return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

static void make_sample(struct gba_apu *a)
{
	struct gba_apu_state *s = &a->s;
	int level[4], right = 0, left = 0;

	for (unsigned n = 0; n < GBA_APU_GENERATORS; n++) {
		gba_tone_run(s, n, GBA_SAMPLE_CYCLES);
		level[n] = gba_tone_level(s, n);
	}
	if (s->master) {
		right = generators(s, level, 0) + fifos(s, 0);
		left = generators(s, level, 1) + fifos(s, 1);
	}
	if (a->audio)
		audio_put(a->audio, put_out(s, left), put_out(s, right));
}

/* Make the samples up to now. */
static void catch_up(struct gba_apu *a)
{
	struct gba_apu_state *s = &a->s;
	uint64_t now = scheduler_now(a->flush.sched);

	/* Only a state file can say that the last sample was made ages ago. */
	if (now - s->sampled > 4 * FLUSH_CYCLES)
		s->sampled = now / GBA_SAMPLE_CYCLES * GBA_SAMPLE_CYCLES;
	while (s->sampled + GBA_SAMPLE_CYCLES <= now) {
		s->sampled += GBA_SAMPLE_CYCLES;
		make_sample(a);
		if (s->sampled % SEQUENCER_CYCLES == 0 && s->master)
			gba_tone_sequence(s);
	}
}

static void flush(void *owner)
{
	struct gba_apu *a = owner;
	uint64_t now = scheduler_now(a->flush.sched);

	catch_up(a);
	event_at(&a->flush, (now / FLUSH_CYCLES + 1) * FLUSH_CYCLES);
}

/* --- FIFOs --- */

static uint8_t *fifo_bytes(struct gba_apu_state *s, unsigned n)
{
	return n ? s->fifo_b : s->fifo_a;
}

static void fifo_clear(struct gba_apu_state *s, unsigned n)
{
	s->head[n] = s->count[n] = 0;
	s->sample[n] = 0;
}

static void fifo_push(struct gba_apu_state *s, unsigned n, uint8_t byte)
{
	if (s->count[n] < GBA_FIFO_BYTES)
		fifo_bytes(s, n)[(s->head[n] + s->count[n]++) % GBA_FIFO_BYTES] = byte;
}

void gba_apu_overflow(struct gba_apu *a, unsigned timer)
{
	struct gba_apu_state *s = &a->s;

	if (!s->master)
		return;
	for (unsigned n = 0; n < 2; n++) {
		if ((s->cnt_h >> (10 + 4 * n) & 1) != timer)
			continue;
		catch_up(a);
		if (s->count[n]) {
			s->sample[n] = (int8_t)fifo_bytes(s, n)[s->head[n]];
			s->head[n] = (s->head[n] + 1) % GBA_FIFO_BYTES;
			s->count[n]--;
		}
		if (s->count[n] <= FIFO_REQUEST) {
			wire_set(&a->fifo[n], 1);
			wire_set(&a->fifo[n], 0);
		}
	}
}

/* --- Registers --- */

/* The CPU sees the bank that is not played. */
static uint8_t *wave_bytes(struct gba_apu_state *s, uint64_t at)
{
	return s->wave + (s->wave_select & WAVE_BANK ? 0 : 16) + (at - WAVE_RAM);
}

static uint64_t read_half(struct gba_apu *a, uint64_t at)
{
	struct gba_apu_state *s = &a->s;
	struct tone_register r = tone_register(at);

	if (r.generator >= 0)
		return (r.frequency ? s->frequency : s->control)[r.generator] & r.readable;
	switch (at) {
	case SOUND1CNT_L: return s->sweep;
	case SOUND3CNT_L: return s->wave_select;
	case SOUNDCNT_L: return s->cnt_l;
	case SOUNDCNT_H: return s->cnt_h;
	case SOUNDCNT_X:
		return (uint64_t)(s->master << 7 | s->on[3] << 3 | s->on[2] << 2 | s->on[1] << 1 |
				  s->on[0]);
	case SOUNDBIAS: return s->bias;
	default: break;
	}
	if (at >= WAVE_RAM && at < FIFO_A) {
		const uint8_t *bytes = wave_bytes(s, at);
		return (uint64_t)(bytes[0] | bytes[1] << 8);
	}
	/* The gaps between registers read as zero, but for those that hold nothing at all. */
	return at >= FIFO_A || at == NOTHING || at == NOTHING + 2 ? GBA_OPEN_BUS : 0;
}

static uint64_t gba_apu_peek(void *owner, uint64_t offset, unsigned size)
{
	return gba_part(read_half(owner, offset & ~UINT64_C(1)), offset, size);
}

static uint64_t gba_apu_read(void *owner, uint64_t offset, unsigned size)
{
	catch_up(owner);
	return gba_apu_peek(owner, offset, size);
}

static void write_tone(
    struct gba_apu_state *s, struct tone_register r, uint64_t offset, uint64_t value, unsigned size)
{
	unsigned n = (unsigned)r.generator;
	uint16_t *to = (r.frequency ? s->frequency : s->control) + n;
	uint16_t all = gba_merge(*to, offset, value, size), length;

	*to = all & r.writable;
	if (r.frequency) {
		if (all & TRIGGER && gba_lanes(offset, size) & TRIGGER)
			gba_tone_trigger(s, n);
		return;
	}
	length = n == GBA_WAVE ? 256 - (all & 0xff) : 64 - (all & 0x3f);
	if (gba_lanes(offset, size) & 0xff)
		s->length[n] = length;
	gba_tone_control(s, n);
}

static void write_cnt_h(struct gba_apu_state *s, uint16_t value)
{
	for (unsigned n = 0; n < 2; n++)
		if (value >> (11 + 4 * n) & 1)
			fifo_clear(s, n);
	s->cnt_h = value & 0x770f;
}

/* Without power the generators lose their registers; FIFOs are emptied. */
static void write_master(struct gba_apu_state *s, bool on)
{
	if (s->master && !on) {
		s->sweep = s->wave_select = s->cnt_l = 0;
		memset(s->control, 0, sizeof s->control);
		memset(s->frequency, 0, sizeof s->frequency);
		memset(s->length, 0, sizeof s->length);
		memset(s->on, 0, sizeof s->on);
		memset(s->phase, 0, sizeof s->phase);
		fifo_clear(s, 0);
		fifo_clear(s, 1);
	}
	if (!s->master && on)
		s->sequencer = 0;
	s->master = on;
}

static void write_powered(struct gba_apu_state *s, uint64_t offset, uint64_t value, unsigned size)
{
	uint64_t at = offset & ~UINT64_C(1);
	struct tone_register r = tone_register(at);

	if (r.generator >= 0) {
		write_tone(s, r, offset, value, size);
	} else if (at == SOUND1CNT_L) {
		s->sweep = gba_merge(s->sweep, offset, value, size) & 0x7f;
	} else if (at == SOUND3CNT_L) {
		s->wave_select = gba_merge(s->wave_select, offset, value, size) & 0xe0;
		gba_tone_control(s, GBA_WAVE);
	} else if (at == SOUNDCNT_L) {
		s->cnt_l = gba_merge(s->cnt_l, offset, value, size) & 0xff77;
	}
}

static void write_bytes(struct gba_apu_state *s, uint64_t offset, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++, value >>= 8, offset++) {
		if (offset >= FIFO_A)
			fifo_push(s, offset >> 2 & 1, (uint8_t)value);
		else if (offset >= WAVE_RAM)
			*wave_bytes(s, offset) = (uint8_t)value;
	}
}

static void gba_apu_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_apu *a = owner;
	struct gba_apu_state *s = &a->s;
	uint64_t at = offset & ~UINT64_C(1);

	catch_up(a);
	if (at == SOUNDCNT_H)
		write_cnt_h(s, gba_merge(s->cnt_h, offset, value, size));
	else if (at == SOUNDCNT_X && gba_lanes(offset, size) & 0x80)
		write_master(s, value & 0x80);
	else if (at == SOUNDBIAS)
		s->bias = gba_merge(s->bias, offset, value, size) & 0xc3fe;
	else if (at < SOUNDCNT_H && s->master)
		write_powered(s, offset, value, size);
	else
		write_bytes(s, offset, value, size);
}

const struct bus_ops gba_apu_ops = {gba_apu_read, gba_apu_write, gba_apu_peek, 1, 2};

/* --- The device --- */

static const struct field fields[] = {
    FIELD(struct gba_apu_state, sampled, 0),
    FIELD_ARRAY(struct gba_apu_state, timer, 0),
    FIELD(struct gba_apu_state, sweep, 0),
    FIELD(struct gba_apu_state, wave_select, 0),
    FIELD_ARRAY(struct gba_apu_state, control, 0),
    FIELD_ARRAY(struct gba_apu_state, frequency, 0),
    FIELD_ARRAY(struct gba_apu_state, length, 0),
    FIELD(struct gba_apu_state, sweep_shadow, 0),
    FIELD(struct gba_apu_state, noise, 0),
    FIELD(struct gba_apu_state, cnt_l, 0),
    FIELD(struct gba_apu_state, cnt_h, 0),
    FIELD(struct gba_apu_state, bias, LEVEL_ZERO),
    FIELD(struct gba_apu_state, master, 0),
    FIELD(struct gba_apu_state, sequencer, 0),
    FIELD_ARRAY(struct gba_apu_state, on, 0),
    FIELD_ARRAY(struct gba_apu_state, volume, 0),
    FIELD_ARRAY(struct gba_apu_state, envelope_timer, 0),
    FIELD_ARRAY(struct gba_apu_state, phase, 0),
    FIELD(struct gba_apu_state, sweep_timer, 8),
    FIELD(struct gba_apu_state, sweep_on, 0),
    FIELD_ARRAY(struct gba_apu_state, head, 0),
    FIELD_ARRAY(struct gba_apu_state, count, 0),
    FIELD_ARRAY(struct gba_apu_state, sample, 0),
    FIELD_ARRAY(struct gba_apu_state, fifo_a, 0),
    FIELD_ARRAY(struct gba_apu_state, fifo_b, 0),
    FIELD_ARRAY(struct gba_apu_state, wave, 0),
};

static void gba_apu_reset(struct device *d)
{
	struct gba_apu *a = (struct gba_apu *)d;
	uint64_t now = scheduler_now(a->flush.sched);

	a->s.sampled = now / GBA_SAMPLE_CYCLES * GBA_SAMPLE_CYCLES;
	event_at(&a->flush, (now / FLUSH_CYCLES + 1) * FLUSH_CYCLES);
}

static bool gba_apu_loaded(struct device *d, char *why, size_t size)
{
	struct gba_apu_state *s = &((struct gba_apu *)d)->s;
	bool good = s->sampled % GBA_SAMPLE_CYCLES == 0 && s->sequencer < 8 && s->master <= 1;

	for (unsigned n = 0; n < 2; n++)
		good &= s->head[n] < GBA_FIFO_BYTES && s->count[n] <= GBA_FIFO_BYTES;
	for (unsigned n = 0; n < GBA_APU_GENERATORS; n++)
		good &= s->on[n] <= 1 && s->volume[n] < 16 && s->timer[n] >= 0 &&
			s->phase[n] < (n == GBA_WAVE ? 64 : 8);
	if (!good)
		snprintf(why, size, "%s: a state that no run comes to", d->tag);
	return good;
}

const struct device_type gba_apu_type = {
    .name = "gba_apu",
    .description = "sound of the Game Boy Advance (GBATEK)",
    .table = STATE_TABLE(struct gba_apu_state, fields),
    .reset = gba_apu_reset,
    .loaded = gba_apu_loaded,
};

void gba_apu_init(struct gba_apu *a, const char *tag, struct scheduler *sched)
{
	device_init(&a->dev, &gba_apu_type, tag, &a->s);
	snprintf(a->event_name, sizeof a->event_name, "%s.flush", tag);
	event_init(&a->flush, sched, a->event_name, flush, a);
}
