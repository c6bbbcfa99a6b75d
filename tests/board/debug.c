/* Hardware breakpoints and watchpoints on the virt board: a program that arms one of each and takes
 * both exceptions, under all engines. */
#include <criterion/criterion.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "machine/boards/virt_arm64.h"

#define BREAKPOINT_OFFSET 0x3c
#define DATA_OFFSET       0x48
#define VECTOR_OFFSET     0xa00 /* synchronous, current EL with SP_ELx */

static const uint32_t program[] = {
    0x10004000, /* adr x0, 800 */
    0xd518c000, /* msr vbar_el1, x0 */
    0xd510109f, /* msr oslar_el1, xzr */
    0x10000181, /* adr x1, 3c */
    0xd5100081, /* msr dbgbvr0_el1, x1 */
    0xd2803ce2, /* mov x2, #0x1e7 */
    0xd51000a2, /* msr dbgbcr0_el1, x2 */
    0x10000164, /* adr x4, 48 */
    0xd51000c4, /* msr dbgwvr0_el1, x4 */
    0xd283fee2, /* mov x2, #0x1ff7 */
    0xd51000e2, /* msr dbgwcr0_el1, x2 */
    0xd2940002, /* mov x2, #0xa000 */
    0xd5100242, /* msr mdscr_el1, x2 */
    0xd5033fdf, /* isb */
    0xd50348ff, /* msr daifclr, #0x8 */
    0xd503201f, /* nop */
    0x14000000, /* b 40 */
};

/* First exception: keep ESR in x6, ELR in x7, go on to a store that is watched.  Second: ESR in x8,
 * FAR in x9. */
static const uint32_t handler[] = {
    0xd5385205, /* mrs x5, esr_el1 */
    0xb50000e6, /* cbnz x6, a20 */
    0xaa0503e6, /* mov x6, x5 */
    0xd5384027, /* mrs x7, elr_el1 */
    0xd51000bf, /* msr dbgbcr0_el1, xzr */
    0xd50348ff, /* msr daifclr, #0x8 */
    0xf9000084, /* str x4, [x4] */
    0x14000000, /* b a1c */
    0xaa0503e8, /* mov x8, x5 */
    0xd5386009, /* mrs x9, far_el1 */
    0x14000000, /* b a28 */
};

static uint8_t image[0x1000];

static void check(enum engine_kind engine)
{
	char why[200] = "";
	memcpy(image, program, sizeof program);
	memcpy(image + VECTOR_OFFSET, handler, sizeof handler);
	struct board_config k = {.memory = UINT64_C(64) << 20,
	    .smp = 1,
	    .gic_version = 3,
	    .engine = {.kind = engine},
	    .kernel = image,
	    .kernel_size = sizeof image};
	struct machine *m = virt_arm64_new(&k, why, sizeof why);
	cr_assert(m, "%s", why);
	const struct arm64_state *s = &((struct arm64 *)m->cpus[0])->s;
	uint64_t start = s->pc;
	machine_run(m, 1000);
	cr_expect_eq(s->x[6] >> 26, 0x31, "ESR %#llx", (unsigned long long)s->x[6]);
	cr_expect_eq(s->x[7], start + BREAKPOINT_OFFSET);
	cr_expect_eq(s->x[8], UINT64_C(0x35) << 26 | 1 << 25 | 1 << 6 | 0x22);
	cr_expect_eq(s->x[9], start + DATA_OFFSET);
	machine_free(m);
}

Test(debug, breakpoint_and_watchpoint_interpreted)
{
	check(ENGINE_INTERP);
}

Test(debug, breakpoint_and_watchpoint_translated)
{
	check(ENGINE_JIT);
}

Test(debug, breakpoint_and_watchpoint_evaluated)
{
	check(ENGINE_EVAL);
}
