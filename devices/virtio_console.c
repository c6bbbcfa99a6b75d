/* virtio console with one port (virtio 1.2, section 5.3). */
#include "devices/virtio_console.h"

#define QUEUE_RECEIVE  0
#define QUEUE_TRANSMIT 1

#define LATENCY_NS  10000
#define NS_PER_BYTE 100 /* 10 MB/s: a quick line, yet host work stays in step with guest time */
#define MAX_BYTES   (1u << 20) /* of one buffer to send; drivers send a page or a few at a time */

/* The configuration of section 5.3.4; without features nothing in it is valid. */
static const uint8_t config[12];

static const struct field fields[] = {
    FIELD(struct virtio_console_state, received, 0),
    FIELD(struct virtio_console_state, transmitted, 0),
};

static struct virtio_console *console_of(struct virtio_function *f)
{
	return (struct virtio_console *)((char *)f - offsetof(struct virtio_console, function));
}

static uint64_t latency(struct virtio_function *f, unsigned queue, const struct virtq_chain *c)
{
	return LATENCY_NS + (queue == QUEUE_TRANSMIT ? NS_PER_BYTE * c->out_size : 0);
}

static enum virtio_served receive(
    struct virtio_console *v, const struct virtq_chain *c, uint32_t *written)
{
	uint8_t bytes[SERIAL_QUEUE];
	size_t room = c->in_size < sizeof bytes ? c->in_size : sizeof bytes;
	if (room == 0)
		return VIRTIO_BAD;
	size_t n = v->port ? serial_take(v->port, bytes, room) : 0;
	if (n == 0)
		return VIRTIO_LATER;
	v->s.received += n;
	*written = (uint32_t)virtq_write(v->function.bus, c, 0, bytes, n);
	return VIRTIO_DONE;
}

static enum virtio_served transmit(struct virtio_console *v, const struct virtq_chain *c)
{
	uint8_t bytes[4096];
	if (c->out_size > MAX_BYTES)
		return VIRTIO_BAD;
	for (uint64_t at = 0; at < c->out_size;) {
		size_t n = virtq_read(v->function.bus, c, at, bytes, sizeof bytes);
		if (n == 0)
			return VIRTIO_BAD;
		if (v->port)
			serial_output(v->port, bytes, n);
		at += n;
	}
	v->s.transmitted += c->out_size;
	return VIRTIO_DONE;
}

static enum virtio_served serve(
    struct virtio_function *f, unsigned queue, const struct virtq_chain *c, uint32_t *written)
{
	struct virtio_console *v = console_of(f);
	return queue == QUEUE_RECEIVE ? receive(v, c, written) : transmit(v, c);
}

static const struct virtio_function_type function_type = {
    .id = VIRTIO_ID_CONSOLE,
    .queues = 2,
    .latency = latency,
    .serve = serve,
};

const struct device_type virtio_console_type = {
    .name = "virtio-console",
    .description = "virtio console, one port (virtio 1.2, 5.3)",
    .table = STATE_TABLE(struct virtio_console_state, fields),
};

void virtio_console_init(struct virtio_console *v, const char *tag)
{
	v->function.type = &function_type;
	v->function.config = config;
	v->function.config_size = sizeof config;
	device_init(&v->dev, &virtio_console_type, tag, &v->s);
}

static void input_ready(void *owner)
{
	struct virtio_console *v = owner;
	virtio_kick(&v->function, QUEUE_RECEIVE);
}

void virtio_console_connect(struct virtio_console *v, struct serial_port *p)
{
	v->port = p;
	p->ready = input_ready;
	p->ready_owner = v;
}
