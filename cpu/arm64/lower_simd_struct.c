/* Lowering of loads and stores of structures; semantics as in exec_simd_ldst.c.
 *
 * Memory is a row of chunks of 16 bytes, the last maybe of 8; shuffles lead from chunks to
 * registers and back.  One check covers all of it, and more if its size is no power of two: a check
 * that refuses leaves the instruction to the interpreter.  Registers are written after the last
 * access. */
#include "cpu/arm64/lower_simd.h"

#include <string.h>

#define RT        FIELD_OF(4, 0)
#define CHUNK     4 /* log2 of its bytes */
#define MAX_PARTS 4
#define NOWHERE   IR_SHUFFLE_ZERO

struct structures {
	struct lower *l;
	uint32_t w;
	bool store;
	unsigned parts;     /* registers that elements alternate between */
	unsigned registers; /* ... and that are transferred */
	unsigned size;      /* log2 of an element's bytes */
	unsigned bytes;     /* in memory */
	ir_ref base, host;
};

static unsigned log2_up(unsigned bytes)
{
	return bytes == 1 ? 0 : 32 - (unsigned)__builtin_clz(bytes - 1);
}

static void open_memory(struct structures *s)
{
	const uint32_t w = s->w;
	s->base = lower_base(s->l, RN);
	s->host = ir_probe(s->l->b, log2_up(s->bytes), s->store, s->base, 0);
}

/* Post-index: by a register, or by what was transferred if that is number 31. */
static bool close_memory(const struct structures *s)
{
	const uint32_t w = s->w;
	ir_ref by = RM == 31 ? ir_const(s->l->b, s->bytes) : lower_x(s->l, RM);
	if (FIELD_OF(23, 23))
		lower_set_x_sp(s->l, RN, ir_binary(s->l->b, IR_ADD, IR_I64, s->base, by));
	return true;
}

static unsigned reg_of(const struct structures *s, unsigned part)
{
	const uint32_t w = s->w;
	return (RT + part) & 31;
}

static void set_registers(const struct structures *s, const ir_ref *v)
{
	for (unsigned r = 0; r < s->registers; r++)
		lower_set_v(s->l, reg_of(s, r), v[r]);
}

/* --- Chunks --- */

static unsigned chunk_count(const struct structures *s)
{
	return (s->bytes + 15) / 16;
}

static unsigned chunk_size(const struct structures *s, unsigned k)
{
	return s->bytes - 16 * k < 16 ? CHUNK - 1 : CHUNK;
}

static void load_chunks(const struct structures *s, ir_ref *chunk)
{
	for (unsigned k = 0; k < chunk_count(s); k++)
		chunk[k] =
		    ir_load_host(s->l->b, IR_V128, chunk_size(s, k), s->host, 16 * (int32_t)k);
}

static void store_chunks(const struct structures *s, const ir_ref *chunk)
{
	for (unsigned k = 0; k < chunk_count(s); k++)
		ir_store_host(s->l->b, chunk_size(s, k), s->host, 16 * (int32_t)k, chunk[k]);
}

/* Bytes from up to three sources, numbered through. */
static ir_ref gather(struct ir_block *b, const ir_ref *from, unsigned count, const uint8_t p[16])
{
	uint8_t first[16], last[16];
	for (uint8_t k = 0; k < 16; k++) {
		bool third = p[k] >= 32;
		first[k] = third ? k : p[k];
		last[k] = p[k] == NOWHERE ? NOWHERE : third ? p[k] - 16 : k;
	}
	if (count < 3)
		memcpy(last, p, sizeof last);
	return count == 3 ? ir_shuffle(b, ir_shuffle(b, from[0], from[1], first), from[2], last)
			  : ir_shuffle(b, from[0], from[count - 1], last);
}

/* Where byte `k` of register `part` is in memory. */
static uint8_t place_in_memory(const struct structures *s, unsigned part, unsigned k)
{
	const uint32_t w = s->w;
	unsigned element = k >> s->size, inside = k & ((1u << s->size) - 1);
	if (k >= 8u << FULL)
		return NOWHERE;
	return (uint8_t)(((element * s->parts + part) << s->size) + inside);
}

/* Which byte of which register, 16 to each, byte `k` of memory is. */
static uint8_t place_in_registers(const struct structures *s, unsigned k)
{
	unsigned element = k >> s->size, inside = k & ((1u << s->size) - 1);
	if (k >= s->bytes)
		return NOWHERE;
	return (uint8_t)(16 * (element % s->parts) + (element / s->parts << s->size) + inside);
}

/* --- Four registers: in steps that are one instruction of most hosts each --- */

/* Lanes of both in turn, from the low or the high halves. */
static ir_ref zip(struct ir_block *b, unsigned size, ir_ref n, ir_ref m, bool high)
{
	uint8_t p[16];
	for (unsigned k = 0; k < 16; k++) {
		unsigned lane = k >> size, inside = k & ((1u << size) - 1);
		p[k] =
		    (uint8_t)((lane & 1 ? 16 : 0) + (high ? 8 : 0) + (lane / 2 << size) + inside);
	}
	return ir_shuffle(b, n, m, p);
}

/* In each chunk the elements of a register together, a word for each register. */
static ir_ref collect_words(const struct structures *s, ir_ref v)
{
	uint8_t p[16];
	for (unsigned k = 0; k < 16; k++) {
		unsigned element = (k & 3) >> s->size, inside = k & ((1u << s->size) - 1);
		p[k] = (uint8_t)(((element * 4 + k / 4) << s->size) + inside);
	}
	return s->size == 2 ? v : ir_shuffle(s->l->b, v, v, p);
}

/* The upper half, zeros above. */
static ir_ref upper(struct ir_block *b, ir_ref v)
{
	return simd_every_second(b, 3, v, 1);
}

/* Chunks with a word for each register; of short registers there are two. */
static void transpose_words(const struct structures *s, const ir_ref *m, ir_ref *v)
{
	struct ir_block *b = s->l->b;
	for (unsigned high = 0; high < 2; high++) {
		ir_ref t = zip(b, 2, m[0], m[1], high);
		if (chunk_count(s) == 2) {
			v[2 * high] = lower_low_half(s->l, t);
			v[2 * high + 1] = upper(b, t);
			continue;
		}
		ir_ref u = zip(b, 2, m[2], m[3], high);
		v[2 * high] = zip(b, 3, t, u, false);
		v[2 * high + 1] = zip(b, 3, t, u, true);
	}
}

static void load_four(const struct structures *s, ir_ref *m, ir_ref *v)
{
	struct ir_block *b = s->l->b;
	if (s->size == 3) {
		for (unsigned r = 0; r < 4; r++)
			v[r] = zip(b, 3, m[r / 2], m[r / 2 + 2], r & 1);
		return;
	}
	for (unsigned k = 0; k < chunk_count(s); k++)
		m[k] = collect_words(s, m[k]);
	transpose_words(s, m, v);
}

static void store_four(const struct structures *s, const ir_ref *v, ir_ref *m)
{
	struct ir_block *b = s->l->b;
	for (unsigned k = 0; k < chunk_count(s); k += 2) {
		ir_ref even = zip(b, s->size, v[0], v[2], k), odd = zip(b, s->size, v[1], v[3], k);
		m[k] = zip(b, s->size, even, odd, false);
		m[k + 1] = zip(b, s->size, even, odd, true);
	}
}

/* --- Multiple structures --- */

static void load_structures(const struct structures *s)
{
	ir_ref m[MAX_PARTS], v[MAX_PARTS];
	load_chunks(s, m);
	for (unsigned r = 0; r < s->parts && s->parts < 4; r++) {
		uint8_t p[16];
		for (unsigned k = 0; k < 16; k++)
			p[k] = place_in_memory(s, r, k);
		v[r] = gather(s->l->b, m, chunk_count(s), p);
	}
	if (s->parts == 4)
		load_four(s, m, v);
	set_registers(s, v);
}

static void store_structures(const struct structures *s)
{
	ir_ref m[MAX_PARTS], v[MAX_PARTS];
	for (unsigned r = 0; r < s->parts; r++)
		v[r] = lower_v(s->l, reg_of(s, r));
	for (unsigned c = 0; c < chunk_count(s) && s->parts < 4; c++) {
		uint8_t p[16];
		for (unsigned k = 0; k < 16; k++)
			p[k] = place_in_registers(s, 16 * c + k);
		m[c] = gather(s->l->b, v, s->parts, p);
	}
	if (s->parts == 4)
		store_four(s, v, m);
	store_chunks(s, m);
}

/* LD1, ST1: register after register. */
static void transfer_whole(const struct structures *s, unsigned size)
{
	ir_ref v[MAX_PARTS];
	for (unsigned r = 0; r < s->registers; r++) {
		int32_t at = (int32_t)(r << size);
		if (s->store)
			ir_store_host(s->l->b, size, s->host, at, lower_v(s->l, reg_of(s, r)));
		else
			v[r] = ir_load_host(s->l->b, IR_V128, size, s->host, at);
	}
	if (!s->store)
		set_registers(s, v);
}

static bool multiple(struct lower *l, uint32_t w, bool store, unsigned parts, unsigned registers)
{
	struct structures s = {l, w, store, parts, registers, .size = FIELD_OF(11, 10)};
	s.bytes = registers * 8u << FULL;
	open_memory(&s);
	if (parts == 1)
		transfer_whole(&s, 3 + FULL);
	else if (store)
		store_structures(&s);
	else
		load_structures(&s);
	return close_memory(&s);
}

/* --- One structure --- */

static struct structures open_one(
    struct lower *l, uint32_t w, bool store, unsigned parts, unsigned size)
{
	struct structures s = {l, w, store, parts, parts, size, .bytes = parts << size};
	open_memory(&s);
	return s;
}

/* Size and lane number: bits 15:14 are the size, and with it how much of Q:S:size is the lane's
 * number; D has S = 0 and size = 01. */
static bool one_lane(struct lower *l, uint32_t w, bool store, unsigned parts)
{
	unsigned size = FIELD_OF(15, 14) + (FIELD_OF(15, 14) == 2 && FIELD_OF(10, 10));
	unsigned lane = (FIELD_OF(30, 30) << 3 | FIELD_OF(12, 10)) >> size;
	struct structures s = open_one(l, w, store, parts, size);
	ir_ref v[MAX_PARTS];
	for (unsigned p = 0; p < parts; p++) {
		ir_ref old = lower_v(l, reg_of(&s, p));
		int32_t at = (int32_t)(p << size);
		if (store)
			ir_store_host(l->b, size, s.host, at, ir_extract(l->b, size, old, lane));
		else
			v[p] = ir_insert(
			    l->b, size, old, lane, ir_load_host(l->b, IR_I64, size, s.host, at));
	}
	if (!store)
		set_registers(&s, v);
	return close_memory(&s);
}

static bool all_lanes(struct lower *l, uint32_t w, unsigned parts)
{
	const unsigned size = FIELD_OF(11, 10);
	struct structures s = open_one(l, w, false, parts, size);
	ir_ref v[MAX_PARTS];
	for (unsigned p = 0; p < parts; p++) {
		ir_ref x = ir_load_host(l->b, IR_V128, size, s.host, (int32_t)(p << size));
		v[p] = simd_broadcast(l->b, size, x, 0);
		if (!FULL)
			v[p] = lower_low_half(l, v[p]);
	}
	set_registers(&s, v);
	return close_memory(&s);
}

#define ROW(name, call)      \
	LOWER(name)          \
	{                    \
		return call; \
	}                    \
	LOWER(name##_post)   \
	{                    \
		return call; \
	}
ROW(ld1_x1, multiple(l, w, false, 1, 1))
ROW(ld1_x2, multiple(l, w, false, 1, 2))
ROW(ld1_x3, multiple(l, w, false, 1, 3))
ROW(ld1_x4, multiple(l, w, false, 1, 4))
ROW(ld2, multiple(l, w, false, 2, 2))
ROW(ld3, multiple(l, w, false, 3, 3))
ROW(ld4, multiple(l, w, false, 4, 4))
ROW(st1_x1, multiple(l, w, true, 1, 1))
ROW(st1_x2, multiple(l, w, true, 1, 2))
ROW(st1_x3, multiple(l, w, true, 1, 3))
ROW(st1_x4, multiple(l, w, true, 1, 4))
ROW(st2, multiple(l, w, true, 2, 2))
ROW(st3, multiple(l, w, true, 3, 3))
ROW(st4, multiple(l, w, true, 4, 4))
ROW(ld1_lane, one_lane(l, w, false, 1))
ROW(ld2_lane, one_lane(l, w, false, 2))
ROW(ld3_lane, one_lane(l, w, false, 3))
ROW(ld4_lane, one_lane(l, w, false, 4))
ROW(st1_lane, one_lane(l, w, true, 1))
ROW(st2_lane, one_lane(l, w, true, 2))
ROW(st3_lane, one_lane(l, w, true, 3))
ROW(st4_lane, one_lane(l, w, true, 4))
ROW(ld1r, all_lanes(l, w, 1))
ROW(ld2r, all_lanes(l, w, 2))
ROW(ld3r, all_lanes(l, w, 3))
ROW(ld4r, all_lanes(l, w, 4))
