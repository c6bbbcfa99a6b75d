/* Loads and stores of vector registers at page boundaries, for every row of the table that is one:
 * across two pages they do what they do inside one, and a fault changes no register. */
#include <criterion/criterion.h>

#include "cpu/arm64/exec.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/table.h"

#define RAM      UINT64_C(0x40000000)
#define RAM_SIZE (UINT64_C(64) << 12)
#define PAGE     4096
/* Offsets in RAM: tables of levels 1 to 3, then data.  PRESENT and the page before it are mapped,
 * ABSENT follows one that is. */
#define LEVEL1        0
#define LEVEL2        PAGE
#define LEVEL3        (2 * PAGE)
#define CODE          (3 * PAGE)
#define PRESENT       (17 * PAGE)
#define ABSENT        (32 * PAGE)
#define WORDS_PER_ROW 300

static struct machine machine;
static struct arm64 cpu;
static struct code_page page;
static uint8_t *ram;
static uint64_t seed;

static uint64_t random64(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return seed ^ seed >> 29;
}

static void map(void)
{
	uint64_t *level1 = (uint64_t *)(ram + LEVEL1), *level2 = (uint64_t *)(ram + LEVEL2),
		 *level3 = (uint64_t *)(ram + LEVEL3);
	level1[RAM >> 30] = (RAM + LEVEL2) | 3;
	level2[0] = (RAM + LEVEL3) | 3;
	for (unsigned n = 0; n < RAM_SIZE / PAGE; n++)
		if (n != ABSENT / PAGE)
			level3[n] = (RAM + n * PAGE) | 1 << 10 | 3 << 8 | 3;
}

/* One CPU at EL1 with an identity map of normal memory in TTBR0 (4 KiB pages, 39 bits). */
static void start(void)
{
	char why[100];
	seed = 1;
	machine_init(&machine, "test", 1000000000);
	machine.bus = bus_new(40);
	cr_assert(machine.bus);
	ram = machine_add_ram(&machine, "ram", RAM, RAM_SIZE);
	cr_assert(ram && arm64_init(&cpu, &machine, 0, "cpu0"));
	machine_add_cpu(&machine, &cpu.cpu);
	arm64_power_on(&cpu, RAM + CODE, 0);
	map();
	cpu.s.mair_el1 = 0xff;
	cpu.s.ttbr0_el1 = RAM + LEVEL1;
	cpu.s.tcr_el1 = 25 | 1 << 23 | UINT64_C(25) << 16;
	cpu.s.sctlr_el1 |= SCTLR_M;
	cpu.s.cpacr_el1 = 3 << 20;
	cr_assert(cpu.cpu.dev.type->loaded(&cpu.cpu.dev, why, sizeof why));
	cpu.code = &page;
	cpu.pc_page = RAM + CODE;
}

static void stop(void)
{
	arm64_free(&cpu);
	machine_free(&machine);
}

TestSuite(simd_memory, .init = start, .fini = stop);

/* A word of the row that accesses [Xn]: immediates are 0, a register offset is XZR, and a
 * post-index register is not Xn itself.  False: the fields drawn are none of this. */
static bool draw_word(const struct insn_row *r, uint32_t *word)
{
	bool index = strstr(r->name, "_reg") != NULL;
	uint32_t fields = (uint32_t)random64() & ~r->mask, bit = UINT32_C(1) << 31;
	for (const char *p = r->pattern; *p; p++) {
		if (*p == ' ')
			continue;
		if (*p == 'i')
			fields &= ~bit;
		else if (*p == 'm' && index)
			fields |= bit;
		bit >>= 1;
	}
	*word = r->value | fields;
	arm64_decode(*word, &page.insn[0]);
	bool own_index = strstr(r->name, "_post") && BITS(*word, 20, 16) == BITS(*word, 9, 5);
	if (own_index && BITS(*word, 9, 5) != 31)
		return false;
	return &arm64_decoder()->rows[page.insn[0].row] == r;
}

static bool wanted(const struct insn_row *r)
{
	const uint32_t either = INSN_LOAD | INSN_STORE;
	return (r->flags & INSN_FP) && (r->flags & either) && !strstr(r->name, "literal");
}

static void fill_registers(struct arm64_state *s)
{
	for (unsigned n = 0; n < 31; n++)
		s->x[n] = random64();
	for (unsigned n = 0; n < ARM64_V_COUNT; n++)
		s->v[n] = random64();
}

/* Run page.insn[0] from `before` with its base at `va`. */
static const struct insn *run_at(const struct arm64_state *before, uint64_t va)
{
	unsigned n = BITS(page.insn[0].w, 9, 5);
	cpu.s = *before;
	set_x_or_sp(&cpu, n, va);
	return page.insn[0].exec(&cpu, &page.insn[0]);
}

static void same_effect(const struct insn_row *r, uint32_t word, unsigned back)
{
	enum { SPAN = 128, INSIDE = PRESENT + 1024, ACROSS = PRESENT };
	static struct arm64_state before, inside;
	uint8_t memory[2 * SPAN], after[2 * SPAN];
	unsigned base = BITS(word, 9, 5) + (BITS(word, 9, 5) == 31);
	before = cpu.s;
	fill_registers(&before);
	for (unsigned k = 0; k < sizeof memory; k++)
		memory[k] = (uint8_t)random64();
	memcpy(ram + INSIDE - SPAN, memory, sizeof memory);
	memcpy(ram + ACROSS - SPAN, memory, sizeof memory);
	cr_assert_eq(run_at(&before, RAM + INSIDE - back), &page.insn[1], "%s %08x", r->name, word);
	inside = cpu.s;
	memcpy(after, ram + INSIDE - SPAN, sizeof after);
	cr_assert_eq(run_at(&before, RAM + ACROSS - back), &page.insn[1], "%s %08x", r->name, word);
	inside.x[base] += ACROSS - INSIDE;
	cr_assert_arr_eq((uint8_t *)&inside, (uint8_t *)&cpu.s, sizeof inside,
	    "%s %08x: registers differ at -%u", r->name, word, back);
	cr_assert_arr_eq(after, ram + ACROSS - SPAN, sizeof after, "%s %08x: memory differs at -%u",
	    r->name, word, back);
}

Test(simd_memory, across_pages_as_inside_one)
{
	const struct decoder *d = arm64_decoder();
	uint32_t word;
	for (unsigned k = 0; k < d->count; k++)
		for (unsigned n = 0; wanted(&d->rows[k]) && n < WORDS_PER_ROW; n++)
			if (draw_word(&d->rows[k], &word))
				same_effect(&d->rows[k], word, (unsigned)random64() % 64);
}

/* Distances from the absent page that are out of reach of the shorter accesses count only if the
 * access faults. */
static void fault_changes_nothing(const struct insn_row *r, uint32_t word, unsigned back)
{
	static struct arm64_state before;
	char why[100];
	unsigned base = BITS(word, 9, 5) + (BITS(word, 9, 5) == 31);
	before = cpu.s;
	fill_registers(&before);
	before.x[base] = RAM + ABSENT - back;
	const struct insn *next = run_at(&before, RAM + ABSENT - back);
	cr_assert(back || !next, "%s %08x: no fault", r->name, word);
	if (!next) {
		cr_assert_arr_eq(cpu.s.x, before.x, sizeof before.x, "%s %08x: changes x%s at -%u",
		    r->name, word, cpu.s.x[base] != before.x[base] ? " (base)" : "", back);
		cr_assert_arr_eq(cpu.s.v, before.v, sizeof before.v, "%s %08x: changes v at -%u",
		    r->name, word, back);
		cr_assert_eq(cpu.s.esr_el1 >> 26, 0x25);
		cr_assert_eq(cpu.s.esr_el1 >> 6 & 1, (r->flags & INSN_STORE) != 0);
		cr_assert_eq(cpu.s.far_el1 & ~(uint64_t)(PAGE - 1), RAM + ABSENT);
	}
	cpu.s = before;
	cr_assert(cpu.cpu.dev.type->loaded(&cpu.cpu.dev, why, sizeof why));
	cpu.code = &page;
	cpu.pc_page = RAM + CODE;
}

Test(simd_memory, fault_changes_no_register)
{
	const struct decoder *d = arm64_decoder();
	uint32_t word;
	for (unsigned k = 0; k < d->count; k++)
		for (unsigned n = 0; wanted(&d->rows[k]) && n < WORDS_PER_ROW; n++)
			if (draw_word(&d->rows[k], &word))
				fault_changes_nothing(
				    &d->rows[k], word, n & 1 ? 0 : (unsigned)random64() % 64);
}

/* With SCTLR_EL1.A a register is as strict as its size, a structure as its elements. */
Test(simd_memory, alignment_is_that_of_register_or_element)
{
	static const struct {
		uint32_t word;
		unsigned offset;
		bool fault;
	} cases[] = {
	    {0x3dc00000, 16, false},                       /* ldr q0, [x0] */
	    {0x3dc00000, 8, true}, {0x3d800000, 8, true},  /* str q0, [x0] */
	    {0xad400000, 8, true},                         /* ldp q0, q0, [x0] */
	    {0xfd400000, 8, false},                        /* ldr d0, [x0] */
	    {0xfd400000, 4, true}, {0x4c407000, 1, false}, /* ld1 {v0.16b}, [x0] */
	    {0x4c407800, 4, false},                        /* ld1 {v0.4s}, [x0] */
	    {0x4c407800, 2, true}, {0x4c000c00, 4, true},  /* st4 {v0.2d-v3.2d}, [x0] */
	};
	char why[100];
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		static struct arm64_state before;
		cpu.s.sctlr_el1 |= SCTLR_A;
		cr_assert(cpu.cpu.dev.type->loaded(&cpu.cpu.dev, why, sizeof why));
		cpu.code = &page;
		cpu.pc_page = RAM + CODE;
		before = cpu.s;
		arm64_decode(cases[k].word, &page.insn[0]);
		bool fault = !run_at(&before, RAM + PRESENT + cases[k].offset);
		cr_assert_eq(fault, cases[k].fault, "%08x at +%u", cases[k].word, cases[k].offset);
		cr_assert(!fault || (cpu.s.esr_el1 & 63) == 0x21);
		cpu.s = before;
	}
}
