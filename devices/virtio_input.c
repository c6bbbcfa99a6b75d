/* virtio input device (virtio 1.2, section 5.8).  Event types, codes and properties are those of
 * the Linux input subsystem, which the specification refers to. */
#include "devices/virtio_input.h"

#include <string.h>

#define QUEUE_EVENT 0

#define LATENCY_NS 10000
#define EVENT_SIZE 8 /* le16 type, le16 code, le32 value */

/* Event types and codes (Linux input-event-codes.h). */
enum { EV_SYN = 0, EV_KEY = 1, EV_REL = 2, EV_ABS = 3, EV_REP = 0x14 };
enum { REL_WHEEL = 8, ABS_X = 0, ABS_Y = 1, BTN_LEFT = 0x110, BTN_MIDDLE = 0x112 };
enum { KEY_FIRST = 1, KEY_LAST = 255 };

/* Configuration (5.8.4). */
enum { CFG_NAME = 0x01, CFG_IDS = 0x03, CFG_EV_BITS = 0x11, CFG_ABS_INFO = 0x12 };
enum { AT_SELECT = 0, AT_SUBSEL = 1, AT_SIZE = 2, AT_DATA = 8 };
enum { IDS_SIZE = 8, ABS_INFO_SIZE = 20 };
#define BUS_VIRTUAL 6

static const struct field fields[] = {
    FIELD(struct virtio_input_state, delivered, 0),
    FIELD(struct virtio_input_state, select, 0),
    FIELD(struct virtio_input_state, subsel, 0),
    FIELD(struct virtio_input_state, report, 0),
    FIELD_ARRAY(struct virtio_input_state, reserved, 0),
};

static struct virtio_input *input_of(struct virtio_function *f)
{
	return (struct virtio_input *)((char *)f - offsetof(struct virtio_input, function));
}

/* --- what the device is ------------------------------------------------------------------- */

/* Set bits `low` to `high`; returns the bytes of the map that count. */
static uint8_t bits(uint8_t *map, unsigned low, unsigned high)
{
	for (unsigned i = low; i <= high; i++)
		map[i / 8] |= (uint8_t)(1u << i % 8);
	return (uint8_t)(high / 8 + 1);
}

static uint8_t event_bits(const struct virtio_input *v, uint8_t *map)
{
	bool tablet = v->kind == VIRTIO_INPUT_TABLET;

	switch (v->s.subsel) {
	case EV_KEY:
		return tablet ? bits(map, BTN_LEFT, BTN_MIDDLE) : bits(map, KEY_FIRST, KEY_LAST);
	case EV_REL: return tablet ? bits(map, REL_WHEEL, REL_WHEEL) : 0;
	case EV_ABS: return tablet ? bits(map, ABS_X, ABS_Y) : 0;
	case EV_REP: return tablet ? 0 : bits(map, 0, 1);
	default: return 0;
	}
}

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

static uint8_t axis(const struct virtio_input *v, uint8_t *data)
{
	if (v->kind != VIRTIO_INPUT_TABLET || v->s.subsel > ABS_Y)
		return 0;
	put16(data + 4, INPUT_POINTER_MAX); /* after the minimum, which is 0 */
	return ABS_INFO_SIZE;
}

static uint8_t ids(uint8_t *data)
{
	put16(data, BUS_VIRTUAL); /* then vendor and product, which are 0 */
	put16(data + 6, 1);       /* version */
	return IDS_SIZE;
}

/* The configuration follows from what is selected. */
static void update(struct virtio_input *v)
{
	static const char *const names[] = {"myna keyboard", "myna tablet"};
	uint8_t *c = v->config, *data = c + AT_DATA, n = 0;

	memset(c, 0, sizeof v->config);
	switch (v->s.select) {
	case CFG_NAME:
		n = (uint8_t)strlen(names[v->kind]);
		memcpy(data, names[v->kind], n);
		break;
	case CFG_IDS: n = v->s.subsel ? 0 : ids(data); break;
	case CFG_EV_BITS: n = event_bits(v, data); break;
	case CFG_ABS_INFO: n = axis(v, data); break;
	default: break;
	}
	c[AT_SELECT] = v->s.select;
	c[AT_SUBSEL] = v->s.subsel;
	c[AT_SIZE] = n;
}

static void configure(struct virtio_function *f, uint32_t offset, uint8_t value)
{
	struct virtio_input *v = input_of(f);

	if (offset == AT_SELECT)
		v->s.select = value;
	if (offset == AT_SUBSEL)
		v->s.subsel = value;
	update(v);
}

/* --- events ------------------------------------------------------------------------------- */

static void encode(uint8_t *to, unsigned type, unsigned code, uint32_t value)
{
	put16(to, type);
	put16(to + 2, code);
	put16(to + 4, value & 0xffff);
	put16(to + 6, value >> 16);
}

/* The next event in the driver's form.  A report ends after each event, but x and y are one. */
static bool next_event(struct virtio_input *v, uint8_t *out)
{
	struct input_event e;

	if (v->s.report) {
		v->s.report = 0;
		encode(out, EV_SYN, 0, 0);
		return true;
	}
	if (!v->queue || !input_take(v->queue, &e))
		return false;
	v->s.report = !(e.kind == INPUT_POINTER && e.code == ABS_X);
	switch (e.kind) {
	case INPUT_POINTER: encode(out, EV_ABS, e.code, (uint32_t)e.value); break;
	case INPUT_WHEEL: encode(out, EV_REL, REL_WHEEL, (uint32_t)e.value); break;
	default: encode(out, EV_KEY, e.code, (uint32_t)e.value); break;
	}
	return true;
}

static uint64_t latency(struct virtio_function *f, unsigned queue, const struct virtq_chain *c)
{
	return LATENCY_NS;
}

static enum virtio_served serve(
    struct virtio_function *f, unsigned queue, const struct virtq_chain *c, uint32_t *written)
{
	struct virtio_input *v = input_of(f);
	uint8_t event[EVENT_SIZE];

	if (queue != QUEUE_EVENT)
		return VIRTIO_DONE;
	if (c->in_size < sizeof event)
		return VIRTIO_BAD;
	if (!next_event(v, event))
		return VIRTIO_LATER;
	v->s.delivered++;
	*written = (uint32_t)virtq_write(f->bus, c, 0, event, sizeof event);
	return VIRTIO_DONE;
}

static const struct virtio_function_type function_type = {
    .id = VIRTIO_ID_INPUT,
    .queues = 2,
    .latency = latency,
    .serve = serve,
    .configure = configure,
};

/* --- the device --------------------------------------------------------------------------- */

static void reset(struct device *d)
{
	update((struct virtio_input *)d);
}

static bool loaded(struct device *d, char *why, size_t size)
{
	struct virtio_input *v = (struct virtio_input *)d;

	v->s.report = v->s.report != 0;
	update(v);
	return true;
}

const struct device_type virtio_input_type = {
    .name = "virtio-input",
    .description = "virtio keyboard or tablet (virtio 1.2, 5.8)",
    .table = STATE_TABLE(struct virtio_input_state, fields),
    .reset = reset,
    .loaded = loaded,
};

unsigned virtio_input_kinds(enum virtio_input_kind kind)
{
	return kind == VIRTIO_INPUT_KEYBOARD
		   ? 1u << INPUT_KEY
		   : 1u << INPUT_KEY | 1u << INPUT_POINTER | 1u << INPUT_WHEEL;
}

void virtio_input_init(struct virtio_input *v, const char *tag, enum virtio_input_kind kind)
{
	v->kind = kind;
	v->function.type = &function_type;
	v->function.config = v->config;
	v->function.config_size = sizeof v->config;
	device_init(&v->dev, &virtio_input_type, tag, &v->s);
	update(v);
}

static void input_ready(void *owner)
{
	struct virtio_input *v = owner;
	struct input_event lost;

	if (v->function.accepted)
		virtio_kick(&v->function, QUEUE_EVENT);
	else
		while (input_take(v->queue, &lost))
			;
}

void virtio_input_connect(struct virtio_input *v, struct input_queue *q)
{
	v->queue = q;
	q->ready = input_ready;
	q->ready_owner = v;
}
