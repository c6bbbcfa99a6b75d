/* Random operations on vectors for the blocks of differential.c. */
#include <string.h>

#include "jit/vector.h"
#include "tests/ir/make.h"

/* --- Values --- */

/* 64 bits of lanes of one size, many of them at the ends of their range, or numbers. */
uint64_t any_lanes(struct random *r)
{
	static const uint64_t edge[] = {0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x7fff, 0x8000,
	    0xffff, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX};
	static const uint64_t singles[] = {0x3f800000, 0xbfc00000, 0x7f800000, 0xff800000,
	    0x7fc00001, 0xffa00000, 0x00800000, 0x80800000, 0x7f7fffff, 0x00000001, 0x4f000000,
	    0xcf000000, 0x1f800000, 0x5f000000, 0x40490fdb, 0x7fffff};
	static const uint64_t doubles[] = {UINT64_C(0x3ff0000000000000),
	    UINT64_C(0xbff8000000000000), UINT64_C(0x7ff0000000000000),
	    UINT64_C(0xfff0000000000000), UINT64_C(0x7ff8000000000001),
	    UINT64_C(0xfff4000000000000), UINT64_C(0x0010000000000000),
	    UINT64_C(0x8010000000000000), UINT64_C(0x7fefffffffffffff), 1,
	    UINT64_C(0x41e0000000000000), UINT64_C(0xc3e0000000000000),
	    UINT64_C(0x1ff0000000000000), UINT64_C(0x43e0000000000000),
	    UINT64_C(0x400921fb54442d18), UINT64_C(0xfffffffffffff)};
	unsigned kind = random_below(r, 8), bits = 8u << random_below(r, 4);
	uint64_t v = 0;
	if (kind == 0)
		return singles[random_below(r, 16)] | singles[random_below(r, 16)] << 32;
	if (kind == 1)
		return doubles[random_below(r, 16)];
	if (kind > 4)
		return random_next(r);
	for (unsigned at = 0; at < 64; at += bits) {
		uint64_t lane = random_chance(r, 60)
				    ? edge[random_below(r, sizeof edge / sizeof *edge)]
				    : random_next(r);
		v |= (lane & UINT64_MAX >> (64 - bits)) << at;
	}
	return v;
}

ir_ref keep_vector(struct maker *m, ir_ref v)
{
	return m->vector[m->vectors++ % POOL] = v;
}

ir_ref some_vector(struct maker *m)
{
	unsigned have = m->vectors < POOL ? m->vectors : POOL;
	if (have && random_chance(m->r, 65))
		return m->vector[random_below(m->r, have)];
	if (random_chance(m->r, 20)) {
		static const unsigned ends[] = {8, 16, 32, 64};
		uint64_t low = any_lanes(m->r),
			 high = random_chance(m->r, 50) ? any_lanes(m->r) : 0;
		if (random_chance(m->r, 30)) { /* few bits: the rest is known to be 0 */
			low &= UINT64_MAX >> (64 - ends[random_below(m->r, 4)]);
			high = 0;
		}
		return ir_vconst(m->b, low, high);
	}
	return keep_vector(m, ir_get(m->b, IR_V128, VECTOR(random_below(m->r, VECTORS))));
}

/* --- Lanes --- */

static ir_ref make_lanes(struct maker *m, enum ir_op op, ir_ref a, ir_ref b, ir_ref c)
{
	unsigned info;
	do
		info = random_below(m->r, 4);
	while (!(vector_infos(op) >> info & 1));
	return keep_vector(m, ir_append(m->b, op, IR_V128, a, b, c, info, 0));
}

/* Any operation on lanes that has no number. */
static void make_operation(struct maker *m)
{
	enum ir_op op;
	do
		op = random_below(m->r, IR_OP_COUNT);
	while (!vector_is_lanes(op) || op == IR_VSHL || op == IR_VSHR || op == IR_VSAR);
	ir_ref v[3] = {0, 0, 0};
	for (unsigned k = 0; k < ir_ops[op].args; k++)
		v[k] = k && random_chance(m->r, 10) ? v[0] : some_vector(m);
	make_lanes(m, op, v[0], v[1], v[2]);
}

static void make_shift(struct maker *m)
{
	enum ir_op op = IR_VSHL + random_below(m->r, 3);
	unsigned size = random_below(m->r, 4);
	keep_vector(
	    m, ir_vector_imm(m->b, op, size, some_vector(m), random_below(m->r, 8u << size)));
}

/* --- Permutations --- */

static void lanes_at_random(struct maker *m, uint8_t *p)
{
	unsigned size = 1u << random_below(m->r, 4), sources = 1 + random_below(m->r, 2);
	unsigned zeros = random_chance(m->r, 30) ? 30 : 0;
	for (unsigned k = 0; k < 16; k += size) {
		unsigned from = random_below(m->r, sources * 16 / size) * size;
		bool zero = random_chance(m->r, zeros);
		for (unsigned j = 0; j < size; j++)
			p[k + j] = (uint8_t)(zero ? IR_SHUFFLE_ZERO : from + j);
	}
}

/* Bytes in sequence, with zeros before or after. */
static void run_of_bytes(struct maker *m, uint8_t *p)
{
	unsigned from = random_below(m->r, 17), before = random_below(m->r, 16);
	unsigned count = random_chance(m->r, 40) ? 16 : 1u << random_below(m->r, 5);
	if (random_chance(m->r, 60))
		before = 0;
	memset(p, IR_SHUFFLE_ZERO, 16);
	for (unsigned k = before; k < 16 && k < before + count; k++)
		p[k] = (uint8_t)(from + k - before);
}

/* Lanes of both sources in turn: neighbours, or every second. */
static void lanes_in_turn(struct maker *m, uint8_t *p)
{
	unsigned size = random_below(m->r, 4), high = random_below(m->r, 2);
	bool zip = random_chance(m->r, 50);
	for (unsigned k = 0; k < 16; k++) {
		unsigned lane = k >> size, inside = k & ((1u << size) - 1), from;
		if (zip)
			from = (lane & 1) * 16 + high * 8 + (lane / 2 << size);
		else
			from = (2 * lane + high) << size;
		p[k] = (uint8_t)((from + inside) & 31);
	}
}

/* All of one source where it is, but for one lane or some. */
static void lanes_exchanged(struct maker *m, uint8_t *p)
{
	unsigned size = 1u << random_below(m->r, 4), from = random_below(m->r, 16 / size) * size;
	bool in_place = random_chance(m->r, 60);
	for (unsigned k = 0; k < 16; k++)
		p[k] = (uint8_t)k;
	for (unsigned k = 0; k < 16; k += size)
		for (unsigned j = 0; j < size && random_chance(m->r, in_place ? 100 : 60); j++)
			if (in_place ? (from >> k / size & 1) : k == from)
				p[k + j] =
				    (uint8_t)(16 +
					      (in_place ? k
							: random_below(m->r, 16 / size) * size) +
					      j);
	if (random_chance(m->r, 50))
		for (unsigned k = 0; k < 16; k++)
			p[k] ^= 16;
}

static void make_shuffle(struct maker *m)
{
	typedef void pattern_fn(struct maker *, uint8_t *);
	static pattern_fn *const patterns[] = {
	    lanes_at_random, lanes_at_random, run_of_bytes, lanes_in_turn, lanes_exchanged};
	uint8_t p[16];
	patterns[random_below(m->r, sizeof patterns / sizeof *patterns)](m, p);
	ir_ref a = some_vector(m), b = random_chance(m->r, 20) ? a : some_vector(m);
	keep_vector(m, ir_shuffle(m->b, a, b, p));
}

/* --- Between general values, memory, slots and vectors --- */

static void make_insert(struct maker *m)
{
	unsigned size = random_below(m->r, 4), lane = random_below(m->r, 16u >> size);
	ir_ref v = some_value(m), a = some_vector(m);
	if (random_chance(m->r, 30)) {
		a = ir_vconst(m->b, 0, 0);
		lane = random_chance(m->r, 50) ? 0 : lane;
	}
	keep_vector(m, ir_insert(m->b, size, a, lane, v));
}

static void make_splat(struct maker *m)
{
	ir_ref v = some_value(m);
	keep_vector(m, ir_append(m->b, IR_SPLAT, IR_V128, v, 0, 0, random_below(m->r, 4), 0));
}

static void make_extract(struct maker *m)
{
	unsigned size = random_below(m->r, 4);
	ir_ref v = some_vector(m);
	keep_value(m, ir_extract(m->b, size, v, random_below(m->r, 16u >> size)));
}

static void make_sticky(struct maker *m)
{
	ir_ref v = some_vector(m);
	ir_append(m->b, IR_STICKY, IR_VOID, v, 0, 0, random_below(m->r, 31), OFFSET(sticky));
}

static void make_load(struct maker *m)
{
	int32_t disp;
	ir_ref address = make_address(m, &disp);
	keep_vector(m, ir_load(m->b, IR_V128, random_below(m->r, 5), address, disp));
}

static void make_store(struct maker *m)
{
	int32_t disp;
	ir_ref address = make_address(m, &disp), v = some_vector(m);
	ir_store(m->b, random_below(m->r, 5), address, disp, v);
}

static void make_probe(struct maker *m)
{
	int32_t disp;
	bool write = random_chance(m->r, 50);
	unsigned size = 4 + random_below(m->r, 3);
	ir_ref address = make_address(m, &disp);
	ir_ref host = ir_probe(m->b, size, write, address, disp);
	for (int32_t at = 0; at < 1 << size; at += 16) {
		if (write)
			ir_store_host(m->b, random_below(m->r, 5), host, at, some_vector(m));
		else
			keep_vector(
			    m, ir_load_host(m->b, IR_V128, random_below(m->r, 5), host, at));
	}
}

static void make_set(struct maker *m)
{
	ir_set(m->b, VECTOR(random_below(m->r, VECTORS)), some_vector(m));
}

void make_vector(struct maker *m)
{
	static make_fn *const makers[] = {make_operation, make_operation, make_operation,
	    make_operation, make_operation, make_operation, make_operation, make_shift,
	    make_shuffle, make_shuffle, make_shuffle, make_insert, make_splat, make_extract,
	    make_sticky, make_load, make_store, make_probe, make_set, make_set, make_set, make_set};
	makers[random_below(m->r, sizeof makers / sizeof *makers)](m);
}
