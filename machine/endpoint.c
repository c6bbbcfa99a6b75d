/* Endpoints: the serial queue.  It is a ring in the machine's state, so that bytes typed before a
 * snapshot reach the guest after it is loaded. */
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
