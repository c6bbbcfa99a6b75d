/* virtio entropy device (virtio 1.2, section 5.4) over SplitMix64 (Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014). */
#include "devices/virtio_rng.h"

#include <string.h>

#define LATENCY_NS 10000
#define MAX_BYTES  4096 /* of one buffer; a driver takes what it is given (5.4.6) */

static const struct field fields[] = {
    FIELD(struct virtio_rng_state, position, 0),
};

static uint64_t next(struct virtio_rng *r)
{
	uint64_t z = r->s.position += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct virtio_rng *rng_of(struct virtio_function *f)
{
	return (struct virtio_rng *)((char *)f - offsetof(struct virtio_rng, function));
}

static uint64_t latency(struct virtio_function *f, unsigned queue, const struct virtq_chain *c)
{
	return LATENCY_NS;
}

static enum virtio_served serve(
    struct virtio_function *f, unsigned queue, const struct virtq_chain *c, uint32_t *written)
{
	struct virtio_rng *r = rng_of(f);
	uint64_t words[MAX_BYTES / sizeof(uint64_t)];
	size_t n = c->in_size < MAX_BYTES ? c->in_size : MAX_BYTES;
	if (n == 0)
		return VIRTIO_BAD;
	for (size_t i = 0; i * sizeof words[0] < n; i++)
		words[i] = next(r);
	*written = (uint32_t)virtq_write(f->bus, c, 0, words, n);
	return VIRTIO_DONE;
}

static const struct virtio_function_type function_type = {
    .id = VIRTIO_ID_ENTROPY,
    .queues = 1,
    .latency = latency,
    .serve = serve,
};

static void reset(struct device *d)
{
	struct virtio_rng *r = (struct virtio_rng *)d;
	r->s.position = r->seed;
}

const struct device_type virtio_rng_type = {
    .name = "virtio-rng",
    .description = "virtio entropy device, seeded (virtio 1.2, 5.4)",
    .table = STATE_TABLE(struct virtio_rng_state, fields),
    .reset = reset,
};

void virtio_rng_init(struct virtio_rng *r, const char *tag, uint64_t seed)
{
	r->seed = seed;
	r->function.type = &function_type;
	device_init(&r->dev, &virtio_rng_type, tag, &r->s);
	reset(&r->dev);
}
