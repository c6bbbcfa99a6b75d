/* Loads and stores of every kind around the boundary of two pages that are mapped, unmapped,
 * read-only or device memory, with and without alignment checking.
 *
 * An access that succeeds must leave what the same access leaves in the middle of a page that holds
 * the same bytes. One that faults must leave every register and every byte as they were, and must
 * say where and why. So the scattered way of doing it is checked against the straight one. */
#include "guest.h"

#define WINDOW    0x80000000u /* two pages, not in this order in memory */
#define BOUNDARY  (WINDOW + PAGE_SIZE)
#define REFERENCE 0x80400000u

enum { STORES = 1, LOADS = 2, ALIGNED = 4 };
enum kind {
	LOAD = LOADS,
	STORE = STORES,
	ORDERED_LOAD = LOADS | ALIGNED,
	ORDERED_STORE = STORES | ALIGNED,
	ATOMIC = LOADS | STORES | ALIGNED,
};

struct access {
	u16 unit, bytes;
	enum kind kind;
};

#define ACCESS(text, unit, bytes, kind) {unit, bytes, kind},
static const struct access accesses[] = {
#include "access.def"
};
#undef ACCESS

extern const u32 words[];
__asm__(".section .rodata\n.balign 4\n.arch armv8.3-a\nwords:\n"
#define ACCESS(text, unit, bytes, kind) text "\n"
#include "access.def"
#undef ACCESS
	".text\n");

static u8 *first, *second; /* the window's pages */

/* What is expected of the second page, and of alignment. */
struct terrain {
	u64 attributes[2]; /* of the pages; 0: unmapped */
	bool checked;      /* SCTLR_EL1.A */
};

/* --- Memory and registers before and after --- */

/* The aligned words around an address: from 64 bytes below to 128 above. */
#define WORDS_BELOW 8
struct memory {
	u64 word[WORDS_BELOW + 16];
};

/* Not through the window, which may be unmapped. */
static volatile u64 *word_at(u64 va, unsigned n)
{
	va = (va & ~7u) + (n - WORDS_BELOW) * 8;
	return (volatile u64 *)((va < BOUNDARY ? first : second) + va % PAGE_SIZE);
}

static void look(u64 va, struct memory *m)
{
	for (unsigned n = 0; n < COUNT(m->word); n++)
		m->word[n] = *word_at(va, n);
}

static u64 differences(const void *a, const void *b, size_t bytes)
{
	const u64 *x = a, *y = b;
	u64 different = 0;
	for (size_t n = 0; n < bytes / 8; n++)
		different |= x[n] ^ y[n];
	return different;
}

static void fill(u8 *page)
{
	for (unsigned n = 0; n < PAGE_SIZE / 8; n++)
		((u64 *)page)[n] = random_next();
}

static void start_registers(struct registers *r, u64 va)
{
	u64 seed = random_next();
	for (unsigned n = 0; n < 31; n++)
		r->x[n] = seed += 0x9e3779b97f4a7c15;
	for (unsigned n = 0; n < 32; n++)
		for (unsigned k = 0; k < 2; k++)
			r->v[n][k] = seed += 0x9e3779b97f4a7c15;
	r->x[1] = va;
	r->x[6] = 0; /* an index */
	r->nzcv = seed & 0xf0000000;
}

/* --- What should happen --- */

enum outcome { SUCCEEDS, FAULTS, UNPREDICTABLE };

struct expectation {
	enum outcome outcome;
	u64 far, esr;
};

static struct expectation fault(u64 far, bool write, unsigned status)
{
	u64 esr = (u64)EC_DATA_ABORT << 26 | 1 << 25 | (u64)write << 6 | status;
	return (struct expectation){FAULTS, far, esr};
}

/* Alignment that is checked whatever the memory comes before translation, by device memory after.
 */
static struct expectation expect(const struct access *a, const struct terrain *t, u64 va)
{
	u64 last = va + a->bytes - 1;
	bool stores = a->kind & STORES, loads = a->kind & LOADS, misaligned = va % a->unit != 0;
	unsigned from = va >= BOUNDARY, to = last >= BOUNDARY;
	bool straddles = from != to && (BOUNDARY - va) % a->unit;
	if (misaligned && (a->kind & ALIGNED || t->checked))
		return fault(va, !loads, FAULT_ALIGNMENT);
	for (unsigned n = from; n <= to; n++) {
		u64 where = n == from ? va : BOUNDARY, attributes = t->attributes[n];
		bool device = attributes & PAGE_DEVICE;
		if (!attributes)
			return fault(where, !loads, FAULT_TRANSLATION + 3);
		if (device && straddles)
			return (struct expectation){UNPREDICTABLE, 0, 0};
		if (device && misaligned)
			return fault(where, !loads, FAULT_ALIGNMENT);
		if (stores && attributes & PAGE_READ_ONLY)
			return fault(where, true, FAULT_PERMISSION + 3);
	}
	return (struct expectation){SUCCEEDS, 0, 0};
}

/* --- One access --- */

/* The same access where nothing can go wrong: what it makes of registers and memory. */
static void reference(u64 va, struct registers *r, struct memory *m)
{
	u64 at = REFERENCE + 1024 + va % 64;
	volatile u64 *words = (volatile u64 *)(at & ~7u) - WORDS_BELOW;
	for (unsigned n = 0; n < COUNT(m->word); n++)
		words[n] = m->word[n];
	r->x[1] = at;
	execute(r);
	if (r->x[1] - at + 64 <= 128) /* written back rather than loaded */
		r->x[1] += va - at;
	for (unsigned n = 0; n < COUNT(m->word); n++)
		m->word[n] = words[n];
}

static void try(unsigned number, const struct terrain *t, u64 va)
{
	static struct registers got, wanted;
	struct memory around, wanted_around;
	struct expectation e = expect(&accesses[number], t, va);
	if (e.outcome == UNPREDICTABLE)
		return;
	start_registers(&got, va);
	wanted = got;
	look(va, &wanted_around);
	if (e.outcome == SUCCEEDS)
		reference(va, &wanted, &wanted_around);
	taken_count = 0;
	execute(&got);
	look(va, &around);
	if (e.outcome == FAULTS) {
		CHECK(taken.far, e.far);
		CHECK(taken.esr, e.esr);
		CHECK(taken.elr, slot);
	}
	bool good = taken_count == (e.outcome == FAULTS) &&
		    !differences(&got, &wanted, sizeof got) &&
		    !differences(&around, &wanted_around, sizeof around);
	CHECK(good ? 0 : (u64)number << 32 | (va - WINDOW), 0);
}

/* --- All of them --- */

static void set_terrain(const struct terrain *t)
{
	remap(WINDOW, t->attributes[0] ? (u64)first | t->attributes[0] : 0);
	remap(BOUNDARY, t->attributes[1] ? (u64)second | t->attributes[1] : 0);
	WRITE_REGISTER(sctlr_el1, t->checked ? SCTLR | SCTLR_A : SCTLR);
	ISB();
}

/* Whole in the first page, over the boundary at unit and other steps, whole in the second. */
static void everywhere(unsigned number, const struct terrain *t)
{
	int bytes = accesses[number].bytes, unit = accesses[number].unit;
	int step = bytes > 16 ? bytes / 4 : bytes > 4 ? bytes / 2 : 1;
	for (int at = -bytes; at <= 0; at += step)
		try(number, t, BOUNDARY + (u64)at);
	try(number, t, BOUNDARY - (u64)bytes - 1);
	try(number, t, BOUNDARY - (u64)bytes + 1);
	try(number, t, BOUNDARY - (u64)unit);
	try(number, t, BOUNDARY - (u64)unit + 1);
	try(number, t, BOUNDARY - 1);
	try(number, t, BOUNDARY + 64);
}

#define READ_ONLY (PAGE_NORMAL | PAGE_READ_ONLY)
#define DEVICE    (PAGE_NORMAL | PAGE_DEVICE)

static const struct terrain terrains[] = {
    {{PAGE_NORMAL, PAGE_NORMAL}, false},
    {{PAGE_NORMAL, 0}, false},
    {{0, PAGE_NORMAL}, false},
    {{PAGE_NORMAL, READ_ONLY}, false},
    {{PAGE_NORMAL, DEVICE}, false},
    {{DEVICE, PAGE_NORMAL}, false},
    {{PAGE_NORMAL, PAGE_NORMAL}, true},
    {{PAGE_NORMAL, DEVICE}, true},
    {{0, 0}, true},
};

int main(void)
{
	second = pages_new(1); /* below the first one, so that running over its end is noticed */
	first = pages_new(1);
	fill(first);
	fill(second);
	map(REFERENCE, pages_new(1), PAGE_NORMAL);
	on_exception = skip_instruction;
	for (unsigned number = 0; number < COUNT(accesses); number++) {
		put_instruction(words[number]);
		for (unsigned n = 0; n < COUNT(terrains); n++) {
			set_terrain(&terrains[n]);
			everywhere(number, &terrains[n]);
		}
	}
	return 0;
}
