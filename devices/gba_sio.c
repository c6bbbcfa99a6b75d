/* The serial port, alone. */
#include "devices/gba_sio.h"

#include <stdio.h>

enum { DATA = 0x00, SIOCNT = 0x08, SEND = 0x0a, RCNT = 0x14, JOYCNT = 0x20, JOYSTAT = 0x3a };

/* Bits of SIOCNT. */
enum {
	OWN_CLOCK = 1 << 0,
	FAST_CLOCK = 1 << 1,
	LINES = 3 << 2, /* SI and SD, or SI and SO: nobody pulls them down */
	START = 1 << 7,
	IRQ = 1 << 14,
	RECEIVE_EMPTY = 1 << 5,
	STATUS = 7 << 4 /* number of the console and error; flags of the UART */
};

enum mode { NORMAL8, NORMAL32, MULTI, UART, GENERAL, JOY };

/* Cycles that the first console of a cable takes until it has given the others up, by SIOCNT bits
 * 0..1: 18 bits of 9600, 38400, 57600, 115200 per second and about 512 cycles.  Measured by the
 * mGBA test suite on a console. */
static const uint16_t multi_cycles[4] = {31976, 8378, 5750, 3140};

/* Cycles beyond those of the bits, from the same measurement. */
#define LAG 6

static enum mode mode_of(const struct gba_sio_state *s)
{
	if (s->rcnt >> 15)
		return s->rcnt >> 14 & 1 ? JOY : GENERAL;
	return (enum mode)(s->control >> 12 & 3);
}

/* Cycles that the transfer takes which SIOCNT begins; 0: it does not end. */
static unsigned transfer_cycles(const struct gba_sio_state *s)
{
	unsigned bit = s->control & FAST_CLOCK ? 8 : 64;

	switch (mode_of(s)) {
	case NORMAL8: return s->control & OWN_CLOCK ? 8 * bit + LAG : 0;
	case NORMAL32: return s->control & OWN_CLOCK ? 32 * bit + LAG : 0;
	case MULTI: return multi_cycles[s->control & 3] + LAG;
	default: return 0;
	}
}

/* A line that nobody pulls down is high. */
static void receive(struct gba_sio_state *s)
{
	switch (mode_of(s)) {
	case NORMAL8: s->send = 0xff; break;
	case NORMAL32: s->data[0] = s->data[1] = 0xffff; break;
	case MULTI:
		s->data[0] = s->send;
		s->data[1] = s->data[2] = s->data[3] = 0xffff;
		break;
	default: break;
	}
}

static void done(void *owner)
{
	struct gba_sio *p = owner;

	receive(&p->s);
	p->s.control &= (uint16_t)~START;
	if (p->s.control & IRQ) {
		wire_set(&p->irq, 1);
		wire_set(&p->irq, 0);
	}
}

/* Data that can be written; the JOY bus has none while it is not chosen. */
static uint16_t *data_register(struct gba_sio_state *s, uint64_t at)
{
	enum mode mode = mode_of(s);

	switch (at) {
	case DATA:
	case DATA + 2: return mode == NORMAL32 ? &s->data[at / 2] : NULL;
	case SEND: return mode == UART ? NULL : &s->send;
	default: return NULL;
	}
}

/* What the port's lines and partners say in SIOCNT. */
static uint16_t control(const struct gba_sio_state *s)
{
	uint16_t kept = s->control & (uint16_t)~STATUS;

	switch (mode_of(s)) {
	case NORMAL8:
	case NORMAL32:
	case MULTI: return kept | LINES;
	case UART: return kept | RECEIVE_EMPTY;
	default: return kept;
	}
}

/* The levels of SC, SD, SI and SO. */
static uint16_t lines(const struct gba_sio_state *s)
{
	switch (mode_of(s)) {
	case NORMAL8:
	case NORMAL32: return 0x5;
	case JOY: return 0xc;
	/* Those that are inputs are pulled up. */
	case GENERAL: return (uint16_t)((s->rcnt | ~(s->rcnt >> 4)) & 15);
	default: return 0xf;
	}
}

static uint64_t read_half(struct gba_sio_state *s, uint64_t at)
{
	switch (at) {
	case DATA:
	case DATA + 2:
	case DATA + 4:
	case DATA + 6: return s->data[at / 2];
	case SIOCNT: return control(s);
	case SEND: return mode_of(s) == UART ? 0 : s->send;
	case RCNT: return (s->rcnt & 0xfff0) | lines(s);
	case JOYCNT: return s->joy_control;
	default: return 0;
	}
}

static uint64_t gba_sio_read(void *owner, uint64_t offset, unsigned size)
{
	struct gba_sio *p = owner;

	return gba_part(read_half(&p->s, offset & ~UINT64_C(1)), offset, size);
}

static void write_control(struct gba_sio *p, uint16_t value)
{
	bool starts = value & ~p->s.control & START;
	unsigned cycles;

	p->s.control = value & 0x7fff;
	if (!(value & START)) {
		event_cancel(&p->done);
	} else if (starts) {
		cycles = transfer_cycles(&p->s);
		if (cycles)
			event_at(&p->done, scheduler_now(p->done.sched) + cycles);
	}
}

static void gba_sio_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_sio *p = owner;
	uint64_t at = offset & ~UINT64_C(1);
	uint16_t *data = data_register(&p->s, at);

	if (at == SIOCNT)
		write_control(p, gba_merge(p->s.control, offset, value, size));
	else if (at == JOYCNT)
		/* Three flags that are cleared by ones; nothing sets them. */
		p->s.joy_control = gba_merge(p->s.joy_control, offset, value, size) & 0x40;
	else if (at == RCNT)
		p->s.rcnt = gba_merge(p->s.rcnt, offset, value, size) & 0xc1ff;
	else if (data)
		*data = gba_merge(*data, offset, value, size);
}

const struct bus_ops gba_sio_ops = {gba_sio_read, gba_sio_write, gba_sio_read, 1, 2};

static const struct field fields[] = {
    FIELD_ARRAY(struct gba_sio_state, data, 0),
    FIELD(struct gba_sio_state, control, 0),
    FIELD(struct gba_sio_state, send, 0),
    FIELD(struct gba_sio_state, rcnt, 0x8000),
    FIELD(struct gba_sio_state, joy_control, 0),
};

const struct device_type gba_sio_type = {
    .name = "gba_sio",
    .description = "serial port of the Game Boy Advance, nothing connected (GBATEK)",
    .table = STATE_TABLE(struct gba_sio_state, fields),
};

void gba_sio_init(struct gba_sio *p, const char *tag, struct scheduler *sched)
{
	device_init(&p->dev, &gba_sio_type, tag, &p->s);
	snprintf(p->event_name, sizeof p->event_name, "%s.done", tag);
	event_init(&p->done, sched, p->event_name, done, p);
}
