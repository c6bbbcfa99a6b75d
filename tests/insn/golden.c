/* What every instruction becomes on the host, for golden.py to make text of.
 *
 *	golden FILE
 *
 * Prints a line for each usable row of the instruction table: an example word, how it is done, the
 * operations of the IR that are left of it; for x86-64 with AVX2 and with all of AVX-512 the code
 *of the straight path and the bytes out of line; the disassembly of the word. The word is the one
 *FILE has for the row; a row that FILE lacks gets a new one. Nothing is run, so any host prints the
 *same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/engine.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/registers.h"
#include "cpu/arm64/table.h"
#include "jit/ir.h"
#include "tests/insn/generate.h"

/* RAM, one block of 1 GiB, which EL1 sees at its own address. */
#define RAM        UINT64_C(0x40000000)
#define RAM_SIZE   (UINT64_C(1) << 20)
#define TABLE      RAM
#define CODE       (RAM + 0x1000)
#define BLOCK_1G   UINT64_C(0x40000701) /* AF, inner shareable */
#define BRANCH_OWN 0x14000000u          /* b to itself */
#define NOP        0xd503201fu
#define TRIES      4000
#define CODE_MOST  4096

enum level { AVX2, ALL, LEVELS };

/* What a block became. */
struct outcome {
	const char *how;
	unsigned ir; /* operations that make code */
	uint8_t hot[CODE_MOST];
	size_t hot_bytes, cold_bytes;
	bool addressed; /* there are addresses of functions out of line */
};

struct golden {
	struct machine machine;
	struct arm64 cpu;
	uint8_t *ram;
	struct outcome last;
};

static void look(void *owner, const struct engine_block *b, enum engine_stage stage)
{
	struct golden *g = owner;
	struct outcome *o = &g->last;
	if (stage != ENGINE_TRANSLATED || b->code[0].size > CODE_MOST)
		return;
	o->how = "native";
	for (unsigned n = 1; n < b->ir->count; n++) {
		enum ir_op op = b->ir->insn[n].op;
		o->ir += op != IR_CONST;
		o->addressed |= (ir_ops[op].flags & IR_SLOW) != 0;
		if (op == IR_CALL)
			o->how = "call";
		else if (op == IR_HELPER)
			o->how = "helper";
	}
	memcpy(o->hot, b->code[0].at, b->code[0].size);
	o->hot_bytes = b->code[0].size;
	o->cold_bytes = b->code[1].size;
}

/* --- A CPU that only translates ---------------------------------------------------------- */

static void set_up(struct golden *g)
{
	const uint64_t table[2] = {0, BLOCK_1G};
	struct arm64_state *s = &g->cpu.s;
	memcpy(g->ram + (TABLE - RAM), table, sizeof table);
	arm64_power_on(&g->cpu, CODE, 0);
	s->ttbr0_el1 = TABLE;
	s->tcr_el1 = 25 | UINT64_C(1) << 23 | UINT64_C(2) << 32; /* 39 bits, no TTBR1, 40-bit PA */
	s->mair_el1 = 0xff;
	s->cpacr_el1 = 3 << 20;
	s->sctlr_el1 = SCTLR_RES1 | SCTLR_M | SCTLR_SA | SCTLR_SA0;
	mode_changed(&g->cpu);
}

static struct golden *golden_open(enum level level)
{
	struct golden *g = calloc(1, sizeof *g);
	struct arm64 *const cpus[] = {&g->cpu};
	const struct engine_options options = {.kind = ENGINE_JIT,
	    .traps = ENGINE_TRAPS_ALWAYS,
	    .avx2_only = level == AVX2,
	    .emit_all = true,
	    .watch = look,
	    .watch_owner = g};
	char why[240];
	machine_init(&g->machine, "golden", 1000000000);
	g->machine.bus = bus_new(40);
	g->ram = machine_add_ram(&g->machine, "ram", RAM, RAM_SIZE);
	if (!g->ram || !arm64_init(&g->cpu, &g->machine, 0, "cpu0"))
		return NULL;
	machine_add_cpu(&g->machine, &g->cpu.cpu);
	if (!engine_attach(cpus, 1, &options, why, sizeof why)) {
		fprintf(stderr, "%s\n", why);
		return NULL;
	}
	machine_reset(&g->machine);
	set_up(g);
	return g;
}

static void golden_close(struct golden *g)
{
	arm64_free(&g->cpu);
	machine_free(&g->machine);
	free(g);
}

/* The instruction, behind it a branch to itself; false if there is no code for it. */
static bool translate(struct golden *g, uint32_t word)
{
	const uint32_t code[2] = {word, BRANCH_OWN};
	memcpy(g->ram + (CODE - RAM), code, sizeof code);
	engine_forget_code(g->cpu.engine);
	g->cpu.s.pc = CODE;
	g->last = (struct outcome){.how = NULL};
	return engine_translate(&g->cpu) && g->last.how;
}

/* --- Words ------------------------------------------------------------------------------- */

/* Equal names get equal words, whatever rows there are besides. */
static uint64_t seed_of(const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return hash;
}

/* Is there a register's number at bit `place`, that is, five equal letters that are nowhere else?
 */
static bool has_register(const char *pattern, unsigned place)
{
	char letters[32], letter;
	unsigned n = 0, count = 0;
	for (; *pattern && n < 32; pattern++)
		if (*pattern != ' ')
			letters[31 - n++] = *pattern;
	letter = letters[place];
	for (unsigned k = 0; k < 32; k++)
		count += letters[k] == letter;
	for (unsigned k = 0; k < 5; k++)
		if (letters[place + k] != letter)
			return false;
	return count == 5 && letter > '1';
}

/* All registers are different, and kept in the host's: nothing folds away or is loaded by chance.
 */
static bool is_plain(const struct insn_row *r, uint32_t w)
{
	static const uint8_t places[] = {0, 5, 10, 16};
	uint32_t used = 0;
	for (unsigned k = 0; k < sizeof places; k++) {
		uint32_t n = w >> places[k] & 31;
		if (!has_register(r->pattern, places[k]))
			continue;
		if (n > 5 || used >> n & 1)
			return false;
		used |= UINT32_C(1) << n;
	}
	return true;
}

static bool find_word(const struct decoder *d, uint32_t row, uint32_t *word)
{
	struct random r = {seed_of(d->rows[row].name)};
	bool found = false;
	for (unsigned try = 0; try < TRIES; try++) {
		uint32_t w;
		if (!generate_word(&r, d, row, &w))
			continue;
		if (!found || is_plain(&d->rows[row], w))
			*word = w;
		found = true;
		if (is_plain(&d->rows[row], w))
			break;
	}
	return found;
}

/* The words that the file has. */
static void read_words(const struct decoder *d, const char *path, uint32_t *words, bool *known)
{
	FILE *f = fopen(path, "r");
	char line[300], name[80];
	uint32_t word;
	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%79s %" SCNx32, name, &word) != 2)
			continue;
		const struct insn_row *r = decode(d, word);
		if (r && !strcmp(r->name, name)) {
			words[r - d->rows] = word;
			known[r - d->rows] = true;
		}
	}
	if (f)
		fclose(f);
}

/* --- Lines ------------------------------------------------------------------------------- */

static void print_level(const struct outcome *o)
{
	printf("\t");
	for (size_t n = 0; n < o->hot_bytes; n++)
		printf("%02x", o->hot[n]);
	if (o->addressed)
		printf("\t-");
	else
		printf("\t%zu", o->cold_bytes);
}

static bool print_row(struct golden *const g[LEVELS], const char *name, uint32_t word)
{
	char text[160];
	for (unsigned k = 0; k < LEVELS; k++)
		if (!translate(g[k], word))
			return false;
	arm64_disassemble(word, CODE, text, sizeof text);
	printf("%s\t%08" PRIx32 "\t%s\t%u", name, word, g[AVX2]->last.how, g[AVX2]->last.ir);
	for (unsigned k = 0; k < LEVELS; k++)
		print_level(&g[k]->last);
	printf("\t%s\n", text);
	return true;
}

int main(int argc, char **argv)
{
	const struct decoder *d = arm64_decoder();
	struct golden *const g[LEVELS] = {golden_open(AVX2), golden_open(ALL)};
	uint32_t *words = calloc(d->count, sizeof *words);
	bool *known = calloc(d->count, sizeof *known), good = true;
	if (argc != 2 || !g[AVX2] || !g[ALL] || !words || !known)
		return 2;
	read_words(d, argv[1], words, known);
	good = print_row(g, "empty", NOP);
	for (uint32_t i = 0; i < d->count && good; i++)
		if (generate_usable(&d->rows[i]) && (known[i] || find_word(d, i, &words[i])))
			good = print_row(g, d->rows[i].name, words[i]);
	for (unsigned k = 0; k < LEVELS; k++)
		golden_close(g[k]);
	free(words);
	free(known);
	return good ? 0 : 1;
}
