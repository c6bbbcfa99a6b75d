/* Random words and blocks; see generate.h.  What a word needs is read off its row's text and its
 * own disassembly, so there is no second description of any instruction. */
#include "tests/insn/generate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "tests/insn/words.h"

/* --- words ----------------------------------------------------------------------------- */

/* Load or store exclusive; CASP is its 32-bit pair form. */
static bool is_exclusive(uint32_t w)
{
	return (w >> 24 & 0x3f) == 8 && !(w >> 23 & 1) && (w >> 31 || !(w >> 21 & 1));
}

/* Writeback to a register that is also transferred, a pair loaded into one register, a status
 * register that is also data or base. */
static bool unpredictable(const struct insn_row *row, uint32_t w)
{
	uint32_t t = w & 31, n = w >> 5 & 31, t2 = w >> 10 & 31, s = w >> 16 & 31;
	bool pair = (w >> 27 & 7) == 5 || (is_exclusive(w) && w >> 21 & 1);
	if (!(row->flags & INSN_UNPRED))
		return false;
	if (is_exclusive(w) && row->flags & INSN_STORE)
		return s == t || (pair && s == t2) || (s == n && n != 31);
	if (pair && row->flags & INSN_LOAD && t == t2)
		return true;
	return !is_exclusive(w) && n != 31 && !(row->flags & INSN_FP) &&
	       (n == t || (pair && n == t2));
}

bool generate_word(struct random *r, const struct decoder *d, uint32_t row, uint32_t *word)
{
	return word_of_row(r, d, row, unpredictable, word);
}

/* --- memory operands ------------------------------------------------------------------- */

/* "[x3, w4, sxtw #2]", "[sp, #-8]!" or "[x1], #16", taken apart. */
struct memory_operand {
	int base, index; /* register numbers; index -1: none */
	bool word, sign; /* how the index is extended */
	unsigned shift;
	int64_t offset;
};

static bool parse_memory(const char *text, struct memory_operand *m)
{
	const char *p = strchr(text, '[');
	while (p && p[1] != 'x' && p[1] != 's')
		p = strchr(p + 1, '[');
	if (!p)
		return false;
	*m = (struct memory_operand){.base = p[1] == 's' ? 31 : atoi(p + 2), .index = -1};
	const char *end = strchr(p, ']'), *comma = strchr(p, ',');
	if (!end || !comma || comma > end)
		return end != NULL;
	if (comma[2] == '#') {
		m->offset = strtoll(comma + 3, NULL, 0);
		return true;
	}
	m->word = comma[2] == 'w';
	m->index = comma[3] == 'z' ? 31 : atoi(comma + 3);
	m->sign = memmem(comma, (size_t)(end - comma), "sxtw", 4) != NULL;
	const char *amount = memchr(comma, '#', (size_t)(end - comma));
	m->shift = amount ? (unsigned)atoi(amount + 1) : 0;
	return true;
}

/* Atomic, exclusive and ordered accesses must be aligned. */
static bool must_align(uint32_t w)
{
	return (w >> 24 & 0x3f) == 8 ||
	       ((w >> 24 & 0x3b) == 0x38 && (w >> 21 & 1) && !(w >> 10 & 3));
}

/* Somewhere in memory such that 64 bytes from there are inside it. */
static uint64_t random_target(struct random *r, uint64_t memory, bool align)
{
	uint64_t at = memory + random_below(r, IMAGE_MEMORY - 64);
	return align || random_chance(r, 50) ? at & ~UINT64_C(15) : at;
}

/* --- units ----------------------------------------------------------------------------- */

static void emit(struct block *b, uint32_t word)
{
	b->words[b->length++] = word;
}

/* MOVZ and MOVK. */
static void emit_constant(struct block *b, unsigned reg, uint64_t value)
{
	emit(b, 0xd2800000 | (uint32_t)(value & 0xffff) << 5 | reg);
	for (uint32_t i = 1; i < 4; i++)
		if (value >> i * 16 & 0xffff)
			emit(b,
			    0xf2800000 | i << 21 | (uint32_t)(value >> i * 16 & 0xffff) << 5 | reg);
}

static uint64_t random_value(struct random *r);

static void set_up_memory(
    struct random *r, struct block *b, uint32_t w, uint64_t memory, const struct memory_operand *m)
{
	bool align = must_align(w) || m->base == 31;
	uint64_t index = 0;
	if (m->index == m->base) /* base + base << shift: make the sum small by halves */
		return;
	if (m->index >= 0 && m->index != 31) {
		index = random_value(r);
		emit_constant(b, (unsigned)m->index, index);
	}
	if (m->word)
		index = m->sign ? (uint64_t)(int64_t)(int32_t)index : (uint32_t)index;
	uint64_t base = random_target(r, memory, align) - (index << m->shift) - (uint64_t)m->offset;
	if (m->base != 31) {
		emit_constant(b, (unsigned)m->base, base);
		return;
	}
	unsigned spare = m->index == 9 ? 10 : 9;
	emit_constant(b, spare, base);
	emit(b, 0x9100001f | spare << 5); /* mov sp, x9 */
}

#define CLREX 0xd503305f

/* A store-exclusive either follows the load that arms it or is certain to fail. */
static void set_up_exclusive(
    struct random *r, struct block *b, const struct insn_row *row, uint32_t w)
{
	if (!is_exclusive(w) || !(row->flags & INSN_STORE))
		return;
	uint32_t n = w >> 5 & 31, t = (n + 7) % 30, t2 = (n + 11) % 30;
	bool pair = w >> 21 & 1;
	if (random_chance(r, 25))
		emit(b, CLREX);
	else
		emit(b, (w & 0xc0200000) | 0x08400000 | (pair ? t2 << 10 : 0x7c00) | 0x001f0000 |
			    n << 5 | t);
}

/* Where the label of a literal load or a branch is kept; 0 if it has none. */
static unsigned label_field(const struct insn_row *row, unsigned *place)
{
	*place = strstr(row->text, "%label26") ? 0 : 5;
	return strstr(row->text, "%label26")   ? 26
	       : strstr(row->text, "%label19") ? 19
	       : strstr(row->text, "%label14") ? 14
					       : 0;
}

static void set_label(const struct insn_row *row, uint32_t *w, int64_t words)
{
	unsigned place, width = label_field(row, &place);
	uint32_t mask = ((UINT32_C(1) << width) - 1) << place;
	*w = (*w & ~mask) | ((uint32_t)words << place & mask);
}

#define NOP           0xd503201f
#define LITERAL_WORDS 4 /* the longest, a Q register */

/* Literals are the block's own code, further up. */
static void set_up_literal(
    struct random *r, struct block *b, const struct insn_row *row, uint32_t *w)
{
	while (b->length < LITERAL_WORDS)
		emit(b, NOP);
	unsigned farthest = b->length - LITERAL_WORDS;
	set_label(row, w, -(int64_t)(LITERAL_WORDS + random_below(r, farthest + 1)));
}

bool generate_usable(const struct insn_row *row)
{
	return !(row->flags & (INSN_SYSTEM | INSN_PRIV));
}

static bool is_named(const char *row, const char *const *names, int count)
{
	for (int k = 0; k < count; k++)
		if (!strcmp(names[k], row))
			return true;
	return count == 0;
}

unsigned generate_rows(
    const struct decoder *d, const char *const *names, int count, bool lowered, uint32_t *rows)
{
	static const char *const lowerings[] = {
#define LOWERING(name) #name,
#include "cpu/arm64/lowerings.def"
#undef LOWERING
	};
	const int all = lowered ? sizeof lowerings / sizeof lowerings[0] : 0;
	unsigned n = 0;
	for (uint32_t i = 0; i < d->count; i++) {
		const struct insn_row *row = &d->rows[i];
		if (generate_usable(row) && is_named(row->name, names, count) &&
		    is_named(row->name, lowerings, all))
			rows[n++] = i;
	}
	return n;
}

/* BR, BLR, RET: the address is only known when all units are; ADR in front is patched then. */
static bool is_register_branch(uint32_t w)
{
	return (w & 0xff9ffc1f) == 0xd61f0000;
}

static void emit_unit(struct random *r, const struct insn_row *row, uint32_t word, uint64_t memory,
    struct block *b, struct unit *u)
{
	struct memory_operand m;
	char text[160];
	unsigned place;
	u->start = (uint8_t)b->length;
	arm64_disassemble(word, 0, text, sizeof text);
	if (row->flags & (INSN_LOAD | INSN_STORE)) {
		if (label_field(row, &place)) {
			set_up_literal(r, b, row, &word);
		} else if (parse_memory(text, &m)) {
			set_up_memory(r, b, word, memory, &m);
			set_up_exclusive(r, b, row, word);
		}
	}
	if (is_register_branch(word))
		emit(b, 0x10000000 | (word >> 5 & 31));
	u->at = (uint8_t)b->length;
	emit(b, word);
}

/* --- system instructions at EL0 -------------------------------------------------------- */

/* Words with free bits.  Of the rest of the system rows the effect at EL0 depends on more than
 * struct image holds. */
struct system_word {
	uint32_t value, free;
	uint64_t operand; /* bits of Xt that may be set; 0: Xt is no input */
	bool faults;      /* ends the block */
};

static const struct system_word system_words[] = {
    {0xd53b4200, 0x0000001f, 0, false},          /* mrs xt, nzcv */
    {0xd51b4200, 0x0000001f, UINT64_MAX, false}, /* msr nzcv, xt */
    {0xd53b4400, 0x0000001f, 0, false},          /* mrs xt, fpcr */
    {0xd51b4400, 0x0000001f, 0x07c80000, false}, /* msr fpcr, xt */
    {0xd51b4400, 0x0000001f, 0x07c80000, false}, /* (changes what all that follow do) */
    {0xd53b4420, 0x0000001f, 0, false},          /* mrs xt, fpsr */
    {0xd51b4420, 0x0000001f, 0x0800009f, false}, /* msr fpsr, xt */
    {0xd503201f, 0x00000020, 0, false},          /* nop, yield */
    {0xd503209f, 0x00000020, 0, false},          /* sev, sevl */
    {0xd503261f, 0x000001e0, 0, false},          /* hints without a meaning */
    {0xd503305f, 0x00000f00, 0, false},          /* clrex */
    {0xd503309f, 0x00000f00, 0, false},          /* dsb */
    {0xd50330bf, 0x00000f00, 0, false},          /* dmb */
    {0xd50330df, 0x00000f00, 0, false},          /* isb */
    {0x00000000, 0x0000ffff, 0, true},           /* udf */
    {0xd4000002, 0x001fffe1, 0, true},           /* hvc, smc */
    {0xd4200000, 0x001fffe0, 0, true},           /* brk */
    {0xd4400000, 0x00000000, 0, true},           /* hlt */
    {0xd69f03e0, 0x00000000, 0, true},           /* eret */
    {0xd500407f, 0x00000f00, 0, true},           /* msr uao */
    {0xd500409f, 0x00000f00, 0, true},           /* msr pan */
    {0xd50040bf, 0x00000f00, 0, true},           /* msr spsel */
    {0xd50340df, 0x00000f20, 0, true},           /* msr daifset, daifclr */
};

/* A unit that ends the block is wanted last, and seldom. */
static void emit_system_unit(struct random *r, const struct decoder *d, struct block *b)
{
	const struct system_word *s;
	struct unit *u = &b->unit[b->units];
	bool last = b->units == BLOCK_UNITS - 1;
	do
		s = &system_words[random_below(r, sizeof system_words / sizeof *s)];
	while (s->faults && !last);
	uint32_t word = s->value | ((uint32_t)random_next(r) & s->free);
	const struct insn_row *row = decode(d, word);
	assert(row);
	u->row = (uint32_t)(row - d->rows);
	u->start = (uint8_t)b->length;
	if (s->operand && (word & 31) != 31)
		emit_constant(b, word & 31, random_next(r) & s->operand);
	u->at = (uint8_t)b->length;
	emit(b, word);
	b->units++;
}

/* Branches go to the start of a later unit, or to the end. */
static void resolve_branches(struct random *r, const struct decoder *d, struct block *b)
{
	for (unsigned i = 0; i < b->units; i++) {
		struct unit *u = &b->unit[i];
		const struct insn_row *row = &d->rows[u->row];
		if (!(row->flags & INSN_BRANCH))
			continue;
		unsigned to = i + 1 + random_below(r, 3);
		unsigned target = to < b->units ? b->unit[to].start : b->length;
		if (is_register_branch(b->words[u->at]))
			b->words[u->at - 1] |= (target - (u->at - 1u)) << 5;
		else
			set_label(row, &b->words[u->at], (int64_t)target - u->at);
	}
}

/* A register-branch through XZR goes nowhere; a memory operand whose index is its base has no
 * solution in general. */
static bool cannot_set_up(const struct insn_row *row, uint32_t w)
{
	struct memory_operand m;
	char text[160];
	if (is_register_branch(w))
		return (w >> 5 & 31) == 31;
	if (!(row->flags & (INSN_LOAD | INSN_STORE)))
		return false;
	arm64_disassemble(w, 0, text, sizeof text);
	return parse_memory(text, &m) && m.index == m.base;
}

/* Set-up takes at most nine words. */
#define UNIT_WORDS     12
#define SYSTEM_PERCENT 4

void generate_block(struct random *r, const struct decoder *d, const uint32_t *rows, unsigned count,
    bool system, uint64_t code, uint64_t memory, struct block *b)
{
	b->length = b->units = 0;
	while (b->units < BLOCK_UNITS &&
	       b->length + UNIT_WORDS + SLOT_BODY + SLOT_EXIT < BLOCK_WORDS) {
		struct unit *u = &b->unit[b->units];
		uint32_t word;
		if (system && random_chance(r, SYSTEM_PERCENT)) {
			emit_system_unit(r, d, b);
			continue;
		}
		u->row = rows[random_below(r, count)];
		if (!generate_word(r, d, u->row, &word) || cannot_set_up(&d->rows[u->row], word))
			continue;
		emit_unit(r, &d->rows[u->row], word, memory, b, u);
		b->units++;
	}
	resolve_branches(r, d, b);
}

/* --- states ---------------------------------------------------------------------------- */

static uint64_t random_value(struct random *r)
{
	static const uint64_t special[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
	    0x7fffffff, 0x80000000, 0xffffffff, UINT64_C(0x100000000), INT64_MAX, UINT64_C(1) << 63,
	    UINT64_MAX, UINT64_MAX - 1};
	switch (random_below(r, 5)) {
	case 0: return special[random_below(r, sizeof special / sizeof special[0])];
	case 1: return UINT64_C(1) << random_below(r, 64);
	case 2: return (uint64_t)((int64_t)random_next(r) >> random_below(r, 64));
	default: return random_next(r);
	}
}

/* Floating point where it is interesting: the format's width in bits and of its fraction. */
static uint64_t random_float(struct random *r, unsigned width, unsigned fraction)
{
	unsigned exponent = width - 1 - fraction;
	uint64_t all = (UINT64_C(1) << exponent) - 1, bias = all >> 1;
	uint64_t e = random_next(r) & all, f = random_next(r) & ((UINT64_C(1) << fraction) - 1);
	switch (random_below(r, 12)) {
	case 0: e = 0; break;          /* subnormal */
	case 1: e = all; break;        /* NaN */
	case 2: e = all, f = 0; break; /* infinity */
	case 3: e = 0, f = 0; break;
	case 4: e = 1; break;       /* about to underflow */
	case 5: e = all - 1; break; /* about to overflow */
	case 6: f = 0; break;       /* power of two */
	case 7: f = (UINT64_C(1) << fraction) - 1; break;
	case 8: e = bias + random_below(r, 66); break; /* near integers */
	case 9: e = bias + random_below(r, 5) - 2; break;
	case 10: e = bias, f &= 7; break;
	default: break;
	}
	if (random_chance(r, 20)) /* exact results and ties */
		f &= ~(uint64_t)0 << random_below(r, fraction);
	return random_below(r, 2) * (UINT64_C(1) << (width - 1)) | (e & all) << fraction | f;
}

static uint64_t random_lanes(struct random *r)
{
	uint64_t v = 0;
	switch (random_below(r, 6)) {
	case 0: return random_value(r);
	case 1:
		for (unsigned i = 0; i < 64; i += 16)
			v |= random_float(r, 16, 10) << i;
		return v;
	case 2:
	case 3: return random_float(r, 32, 23) | random_float(r, 32, 23) << 32;
	default: return random_float(r, 64, 52);
	}
}

void generate_image(struct random *r, struct image *image)
{
	memset(image, 0, sizeof *image);
	for (unsigned i = 0; i < 31; i++)
		image->x[i] = random_value(r);
	image->sp = random_value(r);
	for (unsigned i = 0; i < 64; i++)
		image->v[i] = random_lanes(r);
	image->nzcv = (uint64_t)random_below(r, 16) << 28;
	/* AHP, DN, FZ, RMode, FZ16; half of the time the default. */
	if (random_chance(r, 60))
		image->fpcr =
		    random_next(r) & 0x07c80000 & ~(random_chance(r, 70) ? 0x04000000u : 0);
	image->fpsr = random_chance(r, 10) ? random_next(r) & 0x0800009f : 0;
	for (unsigned i = 0; i < IMAGE_MEMORY; i += 8) {
		uint64_t v = random_lanes(r);
		memcpy(&image->memory[i], &v, 8);
	}
}
