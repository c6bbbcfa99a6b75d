/* Endpoints: queues and rings.  Queues of input are in the machine's state, so that what was typed
 * before a snapshot reaches the guest after it is loaded. */
#include "machine/endpoint.h"

#include <string.h>

static const struct field serial_fields[] = {
    FIELD(struct serial_state, head, 0),
    FIELD(struct serial_state, count, 0),
    FIELD_ARRAY(struct serial_state, bytes, 0),
};

static bool serial_loaded(struct device *d, char *why, size_t size)
{
	const struct serial_state *s = d->state;

	if (s->head < SERIAL_QUEUE && s->count <= SERIAL_QUEUE)
		return true;
	snprintf(why, size, "%s: queue of %u bytes at %u", d->tag, s->count, s->head);
	return false;
}

static const struct device_type serial_type = {
    .name = "serial",
    .description = "queue of bytes from a terminal to the guest",
    .table = STATE_TABLE(struct serial_state, serial_fields),
    .loaded = serial_loaded,
};

void serial_init(struct serial_port *p, const char *tag)
{
	memset(p, 0, sizeof *p);
	device_init(&p->dev, &serial_type, tag, &p->s);
}

size_t serial_input(struct serial_port *p, const uint8_t *bytes, size_t n)
{
	size_t done = 0;

	for (; done < n && p->s.count < SERIAL_QUEUE; done++)
		p->s.bytes[(p->s.head + p->s.count++) % SERIAL_QUEUE] = bytes[done];
	if (done && p->ready)
		p->ready(p->ready_owner);
	return done;
}

size_t serial_take(struct serial_port *p, uint8_t *out, size_t n)
{
	size_t done = 0;

	for (; done < n && p->s.count; done++, p->s.count--) {
		out[done] = p->s.bytes[p->s.head];
		p->s.head = (p->s.head + 1) % SERIAL_QUEUE;
	}
	return done;
}

void serial_output(struct serial_port *p, const uint8_t *bytes, size_t n)
{
	if (p->sink)
		p->sink(p->sink_owner, bytes, n);
}

void screen_finish(struct screen *s)
{
	s->frames++;
	if (s->finished)
		s->finished(s->finished_owner, s);
}

void screen_refresh(struct screen *s)
{
	if (s->refresh)
		s->refresh(s->refresh_owner);
}

/* Five bits as eight. */
static uint32_t widen(unsigned bits)
{
	bits &= 31;
	return bits << 3 | bits >> 2;
}

void screen_line(const struct screen *s, unsigned y, uint32_t *out)
{
	const uint8_t *line = (const uint8_t *)s->pixels + (size_t)y * s->stride;

	for (unsigned x = 0; x < s->width; x++) {
		uint32_t rgb = 0;
		uint16_t half;

		if (s->pixels && s->format == PIXELS_XRGB8888) {
			memcpy(&rgb, line + x * sizeof(rgb), sizeof(rgb));
		} else if (s->pixels) {
			memcpy(&half, line + x * sizeof(half), sizeof(half));
			rgb = widen(half) << 16 | widen(half >> 5) << 8 | widen(half >> 10);
		}
		out[x] = rgb | UINT32_C(0xff000000);
	}
}

size_t audio_read(const struct audio *a, uint64_t *position, int16_t (*out)[2], size_t n)
{
	size_t done = 0;

	if (a->written - *position > AUDIO_RING)
		*position = a->written - AUDIO_RING;
	for (; done < n && *position < a->written; done++, ++*position)
		memcpy(out[done], a->ring[*position % AUDIO_RING], sizeof(out[done]));
	return done;
}

static const struct field input_fields[] = {
    FIELD(struct input_state, head, 0),
    FIELD(struct input_state, count, 0),
    FIELD_ARRAY(struct input_state, value, 0),
    FIELD_ARRAY(struct input_state, code, 0),
    FIELD_ARRAY(struct input_state, kind, 0),
};

/* An event of a kind the device does not understand would never have been queued. */
static bool input_loaded(struct device *d, char *why, size_t size)
{
	const struct input_queue *q = (const struct input_queue *)d;
	const struct input_state *s = &q->s;
	bool good = s->head < INPUT_QUEUE && s->count <= INPUT_QUEUE;

	for (uint32_t i = 0; good && i < s->count; i++) {
		uint16_t kind = s->kind[(s->head + i) % INPUT_QUEUE];

		good = kind < INPUT_KINDS && q->kinds >> kind & 1;
	}
	if (!good)
		snprintf(why, size, "%s: queue of %u events at %u", d->tag, s->count, s->head);
	return good;
}

static const struct device_type input_type = {
    .name = "input",
    .description = "queue of events from a person to the guest",
    .table = STATE_TABLE(struct input_state, input_fields),
    .loaded = input_loaded,
};

void input_init(struct input_queue *q, const char *tag, unsigned kinds)
{
	memset(q, 0, sizeof *q);
	q->kinds = kinds;
	device_init(&q->dev, &input_type, tag, &q->s);
}

bool input_put(struct input_queue *q, const struct input_event *events, size_t n)
{
	if (n > INPUT_QUEUE - q->s.count)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!(q->kinds >> events[i].kind & 1))
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t at = (q->s.head + q->s.count++) % INPUT_QUEUE;

		q->s.value[at] = events[i].value;
		q->s.code[at] = events[i].code;
		q->s.kind[at] = (uint16_t)events[i].kind;
	}
	if (n && q->ready)
		q->ready(q->ready_owner);
	return true;
}

bool input_take(struct input_queue *q, struct input_event *e)
{
	uint32_t at = q->s.head;

	if (!q->s.count)
		return false;
	e->kind = (enum input_kind)q->s.kind[at];
	e->code = q->s.code[at];
	e->value = q->s.value[at];
	q->s.head = (at + 1) % INPUT_QUEUE;
	q->s.count--;
	return true;
}
