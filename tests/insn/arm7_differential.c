/* Random instructions of ARMv4T on myna's interpreter and on qemu-arm, an independent emulator in a
 * process of its own.
 *
 *	arm7_differential QEMU-ARM [ROUNDS [SEED]]
 *
 * A round is an ELF file written here, word by word, so no compiler for ARM is needed: each of its
 * cases loads registers and flags, executes one instruction, and stores them; at the end it writes
 * registers and memory to standard output.  The same cases run here, at the same addresses, and
 * everything is compared.
 *
 * Left out: branches and what takes exceptions; r14, which holds the program's own pointer, and
 *r15; what is unpredictable in ARMv4 or differs in the architecture that is emulated there
 *(addresses that are not aligned, a base in a list, C after a multiplication).  See arm7_exec.c for
 *those. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpu/arm7tdmi/disasm.h"
#include "cpu/arm7tdmi/table.h"
#include "tests/insn/arm7_bench.h"
#include "tests/insn/words.h"

#define CASES       256
#define CODE        0x00100000u /* where the program stands there */
#define CODE_WORDS  (CASES * 40 + 32)
#define REGISTERS   0x02000000u
#define MEMORY      ARM7_BENCH_DATA
#define CASE_MEMORY (ARM7_BENCH_RAM / CASES)
#define OURS        0x1000u /* where the instruction stands here */
#define SHOWN       10

/* What goes in and comes out of a case, as the program lays it out: r0 to r13, and the flags. */
struct registers {
	uint32_t r[15], cpsr, unused[16];
};

struct test_case {
	const struct insn_row *row;
	uint32_t word;
	bool thumb;
};

struct round {
	struct test_case test[CASES];
	uint32_t code[CODE_WORDS];
	unsigned length;
	struct registers in_out[CASES][2]; /* before, after */
	uint8_t memory[ARM7_BENCH_RAM];
	struct registers theirs[CASES][2];
	uint8_t their_memory[ARM7_BENCH_RAM];
};

/* --- choosing instructions --- */

static bool usable(const struct insn_row *row)
{
	return !(row->flags & (INSN_BRANCH | INSN_SYSTEM)) && strcmp(row->name, "bl_high") &&
	       strcmp(row->name, "adr") && strcmp(row->name, "ldr_pc");
}

/* Keep offsets inside a case's memory, around the middle of which a base points. */
static uint32_t near(const struct insn_row *row, uint32_t w, bool thumb)
{
	bool half = strstr(row->name, "rh_") || strstr(row->name, "rsh_");
	if (thumb)
		return strstr(row->name, "_sp") && row->flags ? w & ~0xe0u : w;
	if (strstr(row->text, "%address_imm8"))
		return w & ~(0xc00u | (half ? 1 : 0));
	if (strstr(row->text, "%address_imm"))
		return w & ~(strchr(row->name, 'b') ? 0xfc0u : 0xf83u);
	if (strstr(row->text, "%address_reg") && !strstr(row->text, "%address_reg8"))
		return w & ~(w & 0x40 ? 0x20 : 0xf00); /* no ROR, LSL by one at most */
	return w;
}

/* Registers of the operand in brackets, or the first register; -1: none. */
struct operands {
	int base, index;
};

static int number(const char *text)
{
	if (!strncmp(text, "sp", 2))
		return 13;
	return *text == 'r' ? atoi(text + 1) : -1;
}

static struct operands memory_operands(const char *text)
{
	const char *bracket = strchr(text, '[');
	struct operands o = {-1, -1};
	if (!bracket) {
		o.base = number(strchr(text, ' ') + 1);
		if (!strncmp(text, "push", 4) || !strncmp(text, "pop", 3))
			o.base = 13;
		return o;
	}
	o.base = number(bracket + 1);
	const char *comma = strchr(bracket, ',');
	if (comma && strncmp(comma, ", lsl", 5))
		o.index = number(comma + 2 + (comma[2] == '-'));
	return o;
}

static unsigned uses(const char *text, int reg)
{
	char name[8];
	unsigned n = 0;
	snprintf(name, sizeof name, reg == 13 ? "sp" : "r%d", reg);
	for (const char *p = text; (p = strstr(p, name)); p += strlen(name))
		n += p[strlen(name)] < '0' || p[strlen(name)] > '9';
	return n;
}

/* Empty lists, r14 and r15, one register in two roles where that has no defined result. */
static bool unsuitable(const struct insn_row *row, uint32_t w, const char *text)
{
	struct operands o;
	if (strstr(text, "pc") || strstr(text, "lr") || strstr(text, "{}") || strchr(text, '^'))
		return true;
	if (!strncmp(row->name, "um", 2) || !strncmp(row->name, "sm", 2))
		return (w >> 16 & 15) == (w >> 12 & 15) || (w & 15) == (w >> 16 & 15) ||
		       (w & 15) == (w >> 12 & 15);
	if (!strcmp(row->name, "mul") || !strcmp(row->name, "mla"))
		return (w & 15) == (w >> 16 & 15);
	if (!(row->flags & (INSN_LOAD | INSN_STORE)))
		return false;
	if (strstr(row->text, "%address_imm8") || strstr(row->text, "%address_reg8"))
		if (!(w >> 24 & 1) && w >> 21 & 1)
			return true;
	o = memory_operands(text);
	return uses(text, o.base) !=
	       (strncmp(text, "push", 4) && strncmp(text, "pop", 3) ? 1u : 0u);
}

static bool draw_test(struct random *r, struct test_case *t, char *text, size_t size)
{
	t->thumb = random_chance(r, 40);
	const struct decoder *d = t->thumb ? &arm7_tables()->thumb : &arm7_tables()->arm;
	uint32_t row = random_below(r, d->count), w;
	if (!usable(&d->rows[row]) || !word_of_row(r, d, row, NULL, &w))
		return false;
	t->row = &d->rows[row];
	w = near(t->row, t->thumb ? w >> 16 : w, t->thumb);
	if (!t->thumb) {
		w &= ~((t->row->value | ~t->row->mask) ^ UINT32_MAX);
		w |= w >> 28 == 15 || random_chance(r, 60) ? 0xe0000000 : 0;
		w &= w >> 28 == 15 ? 0xefffffff : UINT32_MAX;
	}
	t->word = w;
	arm7tdmi_disassemble(w, t->thumb, 0, text, size);
	return arm7_row(w, t->thumb) == t->row && !unsuitable(t->row, w, text);
}

/* --- registers to start from --- */

static uint32_t random_value(struct random *r)
{
	static const uint32_t special[] = {
	    0, 1, 31, 32, 33, 64, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff};
	if (random_chance(r, 40))
		return special[random_below(r, sizeof special / sizeof special[0])];
	return (uint32_t)random_next(r) >> random_below(r, 32);
}

static void draw_registers(
    struct random *r, const struct test_case *t, const char *text, unsigned n, struct registers *g)
{
	for (unsigned k = 0; k < 14; k++)
		g->r[k] = random_value(r);
	g->cpsr = ((uint32_t)random_next(r) & 0xf0000000) | ARM7_USR;
	if (!(t->row->flags & (INSN_LOAD | INSN_STORE)))
		return;
	struct operands o = memory_operands(text);
	bool byte = strchr(t->row->name, 'b');
	bool half = strstr(t->row->name, "rh_") || strstr(t->row->name, "rsh_");
	g->r[o.base] = MEMORY + n * CASE_MEMORY + CASE_MEMORY / 2;
	if (byte)
		g->r[o.base] += random_below(r, 4);
	if (o.index >= 0) {
		g->r[o.index] = random_below(r, 8) * (byte ? 1 : half ? 2 : 4);
		/* Shifted right it must stay aligned: LSR is by 1 or 32, ASR by anything. */
		if (!t->thumb && strstr(t->row->text, "%address_reg") &&
		    !strstr(t->row->text, "%address_reg8") && t->word & 0x60)
			g->r[o.index] = t->word & 0x40 ? 0 : random_below(r, 8) * 8;
	}
}

/* --- the program there --- */

static void emit(struct round *x, uint32_t word)
{
	x->code[x->length++] = word;
}

/* ldr rd, =value */
static void emit_constant(struct round *x, uint32_t rd, uint32_t value)
{
	emit(x, 0xe59f0000 | rd << 12); /* ldr rd, [pc] */
	emit(x, 0xea000000);            /* b over it */
	emit(x, value);
}

static void emit_case(struct round *x, unsigned n)
{
	const struct test_case *t = &x->test[n];
	emit_constant(x, 14, REGISTERS + n * (uint32_t)sizeof x->in_out[0]);
	emit(x, 0xe59e0000 | offsetof(struct registers, cpsr)); /* ldr r0, [lr, #cpsr] */
	emit(x, 0xe128f000);                                    /* msr cpsr_f, r0 */
	emit(x, 0xe89e3fff);                                    /* ldm lr, {r0-r13} */
	if (t->thumb) {
		emit(x, 0xe51ff004); /* ldr pc, [pc, #-4] */
		emit(x, CODE + 4 * (x->length + 1) + 1);
		emit(x, t->word | 0x46c00000); /* nop */
		emit(x, 0x46c04778);           /* bx pc; nop */
	} else {
		emit(x, t->word);
	}
	for (uint32_t k = 0; k < 14; k++)
		emit(x, 0xe58e0000 | k << 12 | (uint32_t)(sizeof(struct registers) + 4 * k));
	emit(x, 0xe10f0000); /* mrs r0, cpsr */
	emit(x,
	    0xe58e0000 | (uint32_t)(sizeof(struct registers) + offsetof(struct registers, cpsr)));
}

static void emit_write(struct round *x, uint32_t address, uint32_t size)
{
	emit_constant(x, 0, 1);
	emit_constant(x, 1, address);
	emit_constant(x, 2, size);
	emit_constant(x, 7, 4);
	emit(x, 0xef000000);
}

static void emit_program(struct round *x)
{
	x->length = 0;
	for (unsigned n = 0; n < CASES; n++)
		emit_case(x, n);
	emit_write(x, REGISTERS, sizeof x->in_out);
	emit_write(x, MEMORY, sizeof x->memory);
	emit_constant(x, 0, 0);
	emit_constant(x, 7, 1); /* exit */
	emit(x, 0xef000000);
}

/* An ELF executable of three segments. */
static bool write_elf(const struct round *x, FILE *f)
{
	const struct {
		uint32_t address;
		const void *bytes;
		uint32_t size;
	} part[3] = {{CODE, x->code, sizeof x->code}, {MEMORY, x->memory, sizeof x->memory},
	    {REGISTERS, x->in_out, sizeof x->in_out}};
	uint32_t header[13] = {
	    0x464c457f, 0x00010101, 0, 0, 0x00280002, 1, CODE, 52, 0, 0x05000000, 0x00200034, 3, 0};
	uint32_t at = 0x1000;
	fwrite(header, 1, 52, f);
	for (unsigned k = 0; k < 3; k++) {
		uint32_t program[8] = {
		    1, at, part[k].address, part[k].address, part[k].size, part[k].size, 7, 0x1000};
		fwrite(program, 1, sizeof program, f);
		at += (part[k].size + 0xfff) & ~0xfffu;
	}
	at = 0x1000;
	for (unsigned k = 0; k < 3; k++) {
		fseek(f, at, SEEK_SET);
		fwrite(part[k].bytes, 1, part[k].size, f);
		at += (part[k].size + 0xfff) & ~0xfffu;
	}
	return !fflush(f) && !ferror(f);
}

static bool run_there(struct round *x, const char *qemu)
{
	char name[] = "/tmp/arm7-XXXXXX", command[512];
	int fd = mkstemp(name);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!f)
		return false;
	bool ok = write_elf(x, f) && !fchmod(fd, 0700);
	fclose(f);
	snprintf(command, sizeof command, "%s -cpu arm926 %s", qemu, name);
	FILE *out = ok ? popen(command, "r") : NULL;
	if (out) {
		ok = fread(x->theirs, 1, sizeof x->theirs, out) == sizeof x->theirs &&
		     fread(x->their_memory, 1, sizeof x->memory, out) == sizeof x->memory;
		ok = !pclose(out) && ok;
	}
	unlink(name);
	return out && ok;
}

/* --- here, and comparing --- */

static void run_here(struct round *x, struct arm7_bench *b)
{
	memcpy(b->ram[1], x->memory, sizeof x->memory);
	for (unsigned n = 0; n < CASES; n++) {
		const struct test_case *t = &x->test[n];
		const struct registers *in = &x->in_out[n][0];
		struct registers *out = &x->in_out[n][1];
		arm7_bench_set_word(b, OURS, t->thumb ? t->word | 0x46c00000 : t->word);
		arm7_bench_start(b, OURS, in->cpsr | (t->thumb ? PSR_T : 0));
		memcpy(b->cpu.s.r, in->r, sizeof in->r); /* now that the mode is user's */
		arm7_bench_step(b);
		memcpy(out->r, b->cpu.s.r, sizeof out->r);
		out->cpsr = arm7tdmi_cpsr(&b->cpu);
	}
	memcpy(x->memory, b->ram[1], sizeof x->memory);
}

static bool is_multiply(const struct insn_row *row)
{
	return strstr(row->name, "mul") || strstr(row->name, "mla");
}

static bool same(const struct round *x, unsigned n, uint64_t seed)
{
	const struct test_case *t = &x->test[n];
	const struct registers *in = &x->in_out[n][0], *our = &x->in_out[n][1],
			       *their = &x->theirs[n][1];
	uint32_t flags = is_multiply(t->row) ? 0xd0000000 : 0xf0000000;
	const size_t at = n * CASE_MEMORY;
	bool memory = !memcmp(x->memory + at, x->their_memory + at, CASE_MEMORY);
	if (!memcmp(our->r, their->r, 14 * 4) && !((our->cpsr ^ their->cpsr) & flags) && memory)
		return true;
	char text[80];
	arm7tdmi_disassemble(t->word, t->thumb, 0, text, sizeof text);
	printf("seed %" PRIu64 " case %u: %08" PRIx32 " %s%s\n", seed, n, t->word, text,
	    memory ? "" : ": memory differs");
	for (unsigned k = 0; k < 14; k++)
		if (our->r[k] != their->r[k])
			printf("\tr%u: %08" PRIx32 ", before %08" PRIx32 ", other %08" PRIx32 "\n",
			    k, our->r[k], in->r[k], their->r[k]);
	if ((our->cpsr ^ their->cpsr) & flags)
		printf("\tcpsr: %08" PRIx32 ", before %08" PRIx32 ", other %08" PRIx32 "\n",
		    our->cpsr, in->cpsr, their->cpsr);
	return false;
}

static void draw_round(struct round *x, uint64_t seed)
{
	struct random r = {seed};
	char text[80];
	for (unsigned n = 0; n < CASES; n++) {
		while (!draw_test(&r, &x->test[n], text, sizeof text))
			;
		draw_registers(&r, &x->test[n], text, n, &x->in_out[n][0]);
	}
	for (size_t k = 0; k < sizeof x->memory; k++)
		x->memory[k] = (uint8_t)random_next(&r);
}

/* Rows that no case was of. */
static unsigned not_covered(const struct decoder *d, bool thumb, const uint8_t *seen)
{
	unsigned bad = 0;
	for (unsigned k = 0; k < d->count; k++) {
		if (!usable(&d->rows[k]) || seen[k])
			continue;
		printf("%s row %s was never executed\n", thumb ? "Thumb" : "ARM", d->rows[k].name);
		bad++;
	}
	return bad;
}

int main(int argc, char **argv)
{
	static struct round x;
	static uint8_t seen[2][128];
	const struct arm7_tables *tables = arm7_tables();
	unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 300, different = 0;
	uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	struct arm7_bench *b = arm7_bench_new(false);
	if (argc < 2)
		return 2;
	for (uint64_t seed = first; seed < first + rounds; seed++) {
		draw_round(&x, seed);
		emit_program(&x);
		if (!run_there(&x, argv[1])) {
			printf("seed %" PRIu64 ": %s did not run the program\n", seed, argv[1]);
			return 1;
		}
		run_here(&x, b);
		for (unsigned n = 0; n < CASES; n++) {
			const struct decoder *d = x.test[n].thumb ? &tables->thumb : &tables->arm;
			seen[x.test[n].thumb][x.test[n].row - d->rows] = 1;
			different += !same(&x, n, seed);
			if (different >= SHOWN)
				return 1;
		}
	}
	unsigned bad =
	    not_covered(&tables->arm, false, seen[0]) + not_covered(&tables->thumb, true, seen[1]);
	printf("%u cases, %u different\n", rounds * CASES, different);
	arm7_bench_free(b);
	return different + bad != 0;
}
