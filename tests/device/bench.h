/* A test bench for one device: a bus, a hand-turned clock, a probe for its wires.  No CPU. */
#ifndef MYNA_TESTS_DEVICE_BENCH_H
#define MYNA_TESTS_DEVICE_BENCH_H

#include <criterion/criterion.h>
#include <string.h>

#include "machine/bus.h"
#include "machine/device.h"
#include "machine/event.h"
#include "machine/wire.h"

/* The other end of an output wire. */
struct probe {
	int level;
	unsigned rises;
};

static inline void probe_set(void *owner, unsigned number, int level)
{
	struct probe *p = owner;
	p->rises += level && !p->level;
	p->level = level;
}

static inline struct wire probe_wire(struct probe *p)
{
	return (struct wire){probe_set, p, 0};
}

static inline uint64_t bench_read(struct bus *b, uint64_t pa, unsigned size)
{
	uint64_t value = 0;
	cr_assert(bus_read(b, pa, size, &value), "nothing at %#lx", (unsigned long)pa);
	return value;
}

static inline void bench_write(struct bus *b, uint64_t pa, unsigned size, uint64_t value)
{
	cr_assert(bus_write(b, pa, size, value), "nothing at %#lx", (unsigned long)pa);
}

static inline uint32_t rd(struct bus *b, uint64_t pa)
{
	return (uint32_t)bench_read(b, pa, 4);
}

static inline void wr(struct bus *b, uint64_t pa, uint32_t value)
{
	bench_write(b, pa, 4, value);
}

/* The number that identification registers at `pa` spell, one byte a word. */
static inline uint32_t rd_id(struct bus *b, uint64_t pa)
{
	uint32_t id = 0;
	for (unsigned i = 0; i < 4; i++)
		id |= rd(b, pa + 4 * i) << 8 * i;
	return id;
}

/* Registers that simply keep what is written to some of their bits. */
struct plain_register {
	uint64_t at;
	uint32_t kept;  /* what reads back after all ones */
	uint32_t least; /* what reads back after zero */
};

/* Each register keeps its own bits and a write changes no other one. */
static inline void expect_plain(struct bus *b, const struct plain_register *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < n; j++)
			wr(b, r[j].at, 0);
		wr(b, r[i].at, 0xffffffff);
		for (unsigned j = 0; j < n; j++)
			cr_expect_eq(rd(b, r[j].at), i == j ? r[j].kept : r[j].least,
			    "register %#lx after a write to %#lx", (unsigned long)r[j].at,
			    (unsigned long)r[i].at);
	}
}

static inline bool device_loaded(struct device *d, char *why, size_t size)
{
	return d->type->loaded(d, why, size);
}

#endif
