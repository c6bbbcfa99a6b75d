/* Rewind: what was pushed comes back, in order and in bounded memory. */
#include <criterion/criterion.h>
#include <string.h>

#include "frontend/rewind.h"
#include "machine/snapshot.h"
#include "tests/unit/fake.h"

#define STEP 1000

static struct state_hash hashes[200];
static char why[300];

static bool same(struct state_hash a, struct state_hash b)
{
	return a.high == b.high && a.low == b.low;
}

static void scribble(struct fake *f, unsigned i)
{
	struct ram_block *ram = &f->m.ram[0];

	memset(ram->host + (i * 7919) % (ram->size - 64), (int)i + 1, 64);
}

static void push_many(struct fake *f, struct rewind *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		machine_run(&f->m, STEP);
		scribble(f, i);
		hashes[i] = machine_hash(&f->m);
		cr_assert(rewind_push(r, &f->m, why, sizeof(why)), "%s", why);
	}
}

Test(rewind, states_come_back_newest_first)
{
	struct fake *f = fake_new(1, 1, 7, FAKE_ALL);
	struct rewind *r = rewind_new(64 << 20);

	push_many(f, r, 50);
	cr_expect_eq(rewind_count(r), 50);
	machine_run(&f->m, STEP);
	for (unsigned i = 50; i-- > 0;) {
		cr_assert(rewind_back(r, &f->m, why, sizeof(why)), "%s", why);
		cr_expect(same(machine_hash(&f->m), hashes[i]), "state %u", i);
		machine_run(&f->m, STEP / 2); /* must not change what is remembered */
	}
	cr_assert(rewind_back(r, &f->m, why, sizeof(why)));
	cr_expect(same(machine_hash(&f->m), hashes[0]), "the oldest stays");
	rewind_free(r);
	fake_free(f);
}

Test(rewind, time_goes_on_from_where_it_went_back_to)
{
	struct fake *f = fake_new(1, 1, 7, FAKE_ALL);
	struct rewind *r = rewind_new(64 << 20);

	push_many(f, r, 10);
	for (unsigned i = 0; i < 5; i++)
		cr_assert(rewind_back(r, &f->m, why, sizeof(why)));
	push_many(f, r, 20);
	for (unsigned i = 20; i-- > 0;) {
		cr_assert(rewind_back(r, &f->m, why, sizeof(why)));
		cr_expect(same(machine_hash(&f->m), hashes[i]), "state %u", i);
	}
	rewind_free(r);
	fake_free(f);
}

Test(rewind, memory_is_bounded_and_the_oldest_go)
{
	struct fake *f = fake_new(1, 1, 7, FAKE_ALL);
	struct rewind *r = rewind_new(64 << 20);
	size_t all, one, limit;
	unsigned kept;

	push_many(f, r, 200);
	all = rewind_bytes(r);
	rewind_clear(r);
	cr_assert(rewind_push(r, &f->m, why, sizeof(why)));
	one = rewind_bytes(r);
	rewind_free(r);
	fake_free(f);

	f = fake_new(1, 1, 7, FAKE_ALL);
	limit = one + (all - one) / 2;
	r = rewind_new(limit);
	push_many(f, r, 200);
	cr_expect_leq(rewind_bytes(r), limit);
	kept = rewind_count(r);
	cr_expect(kept > 20 && kept < 180, "%u", kept);
	for (unsigned i = 0; i < kept; i++) {
		cr_assert(rewind_back(r, &f->m, why, sizeof(why)));
		cr_expect(same(machine_hash(&f->m), hashes[199 - i]), "state %u", i);
	}
	rewind_free(r);
	fake_free(f);
}

Test(rewind, what_does_not_fit_is_said)
{
	struct fake *f = fake_new(1, 1, 7, FAKE_ALL);
	struct rewind *r = rewind_new(1);

	cr_expect_not(rewind_push(r, &f->m, why, sizeof(why)));
	cr_expect(strstr(why, "more than rewind may have"), "%s", why);
	cr_expect_eq(rewind_count(r), 0);
	cr_expect_not(rewind_back(r, &f->m, why, sizeof(why)));
	rewind_free(r);
	fake_free(f);
}
