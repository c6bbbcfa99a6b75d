/* Translated pages are bounded, however often a guest maps one: a program that visits itself at 512
 * addresses ends in the interpreter's state. */
#include <criterion/criterion.h>

#include "machine/snapshot.h"
#include "tests/board/mapped.h"

static const uint32_t program[1024] = {
    0xd2a80002, /* mov x2, #0x40000000 */
    0x10000000, /* adr x0, 4 */
    0x8b020000, /* add x0, x0, x2 */
    0x92409800, /* and x0, x0, #0x7fffffffff */
    0x91000421, /* add x1, x1, #0x1 */
    0xd61f0000, /* br x0 */
};
#define VISITS 20000

static struct state_hash run(struct engine_options options, struct engine_stats *stats)
{
	char why[240] = "";
	struct machine *m = mapped_machine(program, sizeof program, options, why, sizeof why);
	if (!m)
		cr_skip_test("%s", why);
	machine_run(m, 1 + 5 * VISITS);
	cr_expect_eq(((struct arm64 *)m->cpus[0])->s.x[1], VISITS);
	struct state_hash h = machine_hash(m);
	*stats = (struct engine_stats){0};
	virt_engine_stats(m, stats);
	machine_free(m);
	return h;
}

Test(pages, one_page_at_many_addresses)
{
	struct engine_stats s;
	struct state_hash expected = run((struct engine_options){.kind = ENGINE_INTERP}, &s);
	for (enum engine_kind k = ENGINE_EVAL; k <= ENGINE_JIT; k++) {
		struct state_hash h =
		    run((struct engine_options){.kind = k, .cache_bytes = ENGINE_CACHE_LEAST}, &s);
		cr_expect(h.low == expected.low && h.high == expected.high);
		/* The code itself would fit many times over. */
		cr_expect(s.flushes >= 100, "%llu flushes", (unsigned long long)s.flushes);
		h = run((struct engine_options){.kind = k}, &s);
		cr_expect(h.low == expected.low && h.high == expected.high);
		cr_expect_eq(s.flushes, 0);
		cr_expect_eq(s.blocks, 513, "%llu blocks", (unsigned long long)s.blocks);
	}
}
