/* Printing and reading blocks. */
#include "jit/ir_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "jit/jit.h"
#include "jit/vector.h"

static const char *const type_names[] = {
    [IR_VOID] = "", [IR_I32] = "i32", [IR_I64] = "i64", [IR_V128] = "v128"};
#define TYPES (sizeof type_names / sizeof *type_names)

/* Operations without a value; the type of some says how wide they look at their operand. */
static bool has_value(enum ir_op op)
{
	return ir_ops[op].flags & (IR_PURE | IR_SLOW | IR_FLAGS) || op == IR_LOAD ||
	       op == IR_PROBE || op == IR_LOAD_HOST;
}

/* --- Printing --- */

static void print_insn(const struct ir_block *b, unsigned n, FILE *f)
{
	const struct ir_insn *i = &b->insn[n];
	const ir_ref arg[3] = {i->a, i->b, i->c};
	const char *comma = " ";
	if (has_value((enum ir_op)i->op))
		fprintf(f, "v%u = ", n);
	fprintf(f, "%s%s%s", ir_ops[i->op].name, i->type ? " " : "", type_names[i->type]);
	for (unsigned k = 0; k < ir_ops[i->op].args; k++, comma = ", ")
		fprintf(f, "%sv%u", comma, arg[k]);
	if (i->imm)
		fprintf(f, "%s#0x%" PRIx64, comma, i->imm);
	if (i->info)
		fprintf(f, " /0x%x", i->info);
	fprintf(f, " @%u\n", i->at);
}

void ir_print(const struct ir_block *b, FILE *f)
{
	fprintf(f, "block pc 0x%" PRIx64 " context %u guest %u", b->pc, b->context, b->guest_count);
	if (b->turn)
		fprintf(f, " turn %u to 0x%" PRIx64, b->turn, b->turn_pc);
	fputc('\n', f);
	for (unsigned n = 1; n < b->count; n++)
		print_insn(b, n, f);
}

/* --- Reading --- */

struct reader {
	const char *p;
	unsigned line;
	char *why;
	size_t size;
	bool failed;
};

static bool fail(struct reader *r, const char *format, ...)
{
	if (r->failed)
		return false;
	r->failed = true;
	int n = snprintf(r->why, r->size, "line %u: ", r->line);
	if (n < 0 || (size_t)n >= r->size)
		return false;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(r->why + n, r->size - (size_t)n, format, arguments);
	va_end(arguments);
	return false;
}

static void skip_space(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\t')
		r->p++;
	if (*r->p == ';')
		while (*r->p && *r->p != '\n')
			r->p++;
}

static bool at_end_of_line(struct reader *r)
{
	skip_space(r);
	return *r->p == '\n' || !*r->p;
}

/* To the next line that holds something; false at the end of the text. */
static bool next_line(struct reader *r)
{
	while (at_end_of_line(r) && *r->p) {
		r->p++;
		r->line++;
	}
	return *r->p;
}

static bool accept(struct reader *r, char c)
{
	skip_space(r);
	if (*r->p != c)
		return false;
	r->p++;
	return true;
}

/* The length of the word here: letters, digits, underscores. */
static size_t word(struct reader *r)
{
	size_t n = 0;
	skip_space(r);
	while (isalnum((unsigned char)r->p[n]) || r->p[n] == '_')
		n++;
	return n;
}

static bool accept_word(struct reader *r, const char *s)
{
	size_t n = word(r);
	if (n != strlen(s) || strncmp(r->p, s, n) != 0)
		return false;
	r->p += n;
	return true;
}

/* Decimal, or hexadecimal after 0x. */
static bool number(struct reader *r, const char *what, uint64_t max, uint64_t *v)
{
	size_t n = word(r);
	unsigned base = n > 2 && r->p[0] == '0' && r->p[1] == 'x' ? 16 : 10;
	*v = 0;
	if (!n)
		return fail(r, "%s: a number is missing", what);
	for (size_t k = base == 16 ? 2 : 0; k < n; k++) {
		int c = tolower((unsigned char)r->p[k]);
		unsigned digit = isdigit(c)   ? (unsigned)c - '0'
				 : isalpha(c) ? (unsigned)c - 'a' + 10
					      : 99;
		if (digit >= base)
			return fail(
			    r, "%s: not a number: %.*s", what, (int)(n < 40 ? n : 40), r->p);
		if (digit > max || *v > (max - digit) / base)
			return fail(r, "%s: more than %" PRIu64, what, max);
		*v = *v * base + digit;
	}
	r->p += n;
	return true;
}

static bool named_number(struct reader *r, const char *name, uint64_t max, uint64_t *v)
{
	if (!accept_word(r, name))
		return fail(r, "'%s' expected", name);
	return number(r, name, max, v);
}

static bool read_header(struct reader *r, struct ir_block *b)
{
	uint64_t pc, context, guest;
	if (!next_line(r) || !accept_word(r, "block"))
		return fail(r, "'block' expected");
	if (!named_number(r, "pc", UINT64_MAX, &pc) ||
	    !named_number(r, "context", JIT_CONTEXTS - 1, &context) ||
	    !named_number(r, "guest", UINT8_MAX, &guest))
		return false;
	ir_begin(b, pc, (unsigned)context);
	b->guest_count = (unsigned)guest;
	if (accept_word(r, "turn")) {
		uint64_t turn;
		if (!number(r, "turn", UINT8_MAX, &turn) ||
		    !named_number(r, "to", UINT64_MAX, &b->turn_pc))
			return false;
		b->turn = (unsigned)turn;
	}
	return at_end_of_line(r) || fail(r, "more after the block's header");
}

static bool read_op(struct reader *r, struct ir_insn *i)
{
	for (unsigned op = 0; op < IR_OP_COUNT; op++) {
		if (accept_word(r, ir_ops[op].name)) {
			i->op = (uint8_t)op;
			return true;
		}
	}
	size_t n = word(r);
	return fail(r, "unknown operation '%.*s'", (int)(n < 40 ? n : 40), r->p);
}

static bool read_ref(struct reader *r, const struct ir_block *b, ir_ref *v)
{
	uint64_t n;
	skip_space(r);
	if (*r->p != 'v' || !isdigit((unsigned char)r->p[1]))
		return fail(r, "operand expected, as v1");
	r->p++;
	if (!number(r, "operand", IR_MAX_OPS - 1, &n))
		return false;
	if (n == IR_NONE || n >= b->count || !has_value((enum ir_op)b->insn[n].op))
		return fail(r, "v%u is no value of an operation above", (unsigned)n);
	*v = (ir_ref)n;
	return true;
}

static bool read_operands(struct reader *r, const struct ir_block *b, struct ir_insn *i)
{
	ir_ref *arg[3] = {&i->a, &i->b, &i->c};
	unsigned args = ir_ops[i->op].args;
	for (unsigned k = 0; k < args; k++) {
		if (k && !accept(r, ','))
			return fail(r, "%s has %u operands", ir_ops[i->op].name, args);
		if (!read_ref(r, b, arg[k]))
			return false;
	}
	bool comma = args && accept(r, ',');
	if (accept(r, '#')) {
		if (args && !comma)
			return fail(r, "',' expected before '#'");
		return number(r, "#", UINT64_MAX, &i->imm);
	}
	return !comma || fail(r, "%s has %u operands", ir_ops[i->op].name, args);
}

/* --- What must hold for an operation to be evaluated and compiled --- */

static bool carries_flags(const struct ir_block *b, ir_ref v)
{
	return ir_ops[b->insn[v].op].flags & IR_FLAGS;
}

static bool takes_flags(const struct ir_insn *i)
{
	return i->op == IR_SET_FLAGS || i->op == IR_CCMP || i->op == IR_SELECT ||
	       i->op == IR_EXIT_COND;
}

static bool is_comparison(enum ir_op op)
{
	return op == IR_FCMP || op == IR_FCCMP;
}

static bool is_memory(enum ir_op op)
{
	return op == IR_LOAD || op == IR_STORE || op == IR_LOAD_HOST || op == IR_STORE_HOST;
}

static bool is_test(enum ir_op op)
{
	return op == IR_EXIT_ZERO || op == IR_EXIT_NONZERO || op == IR_EXIT_BIT || op == IR_REFUSE;
}

/* The type that operand `k` has to have; I64 stands for both of numbers. */
static enum ir_type operand_type(const struct ir_insn *i, unsigned k)
{
	enum ir_op op = (enum ir_op)i->op;
	bool vector = i->type == IR_V128;
	switch (op) {
	case IR_SET: return vector ? IR_V128 : IR_I64;
	case IR_STORE:
	case IR_STORE_HOST: return vector && k == 1 ? IR_V128 : IR_I64;
	case IR_INSERT: return k == 0 ? IR_V128 : IR_I64;
	case IR_SHUFFLE: return k < 2 ? IR_V128 : IR_I64;
	case IR_EXTRACT:
	case IR_STICKY: return IR_V128;
	case IR_FCMP:
	case IR_FCCMP: return k < 2 ? IR_V128 : IR_I64;
	default: return vector_is_lanes(op) ? IR_V128 : IR_I64;
	}
}

static bool types_fit(const struct ir_insn *i)
{
	bool vector = i->type == IR_V128;
	switch ((enum ir_op)i->op) {
	case IR_GET:
	case IR_LOAD:
	case IR_LOAD_HOST:
	case IR_SET:
	case IR_STORE:
	case IR_STORE_HOST: return true;
	case IR_VCONST:
	case IR_SPLAT:
	case IR_INSERT:
	case IR_SHUFFLE: return vector;
	default: return vector == vector_is_lanes((enum ir_op)i->op);
	}
}

static bool is_pattern(uint64_t half)
{
	for (unsigned k = 0; k < 64; k += 8)
		if ((half >> k & 0xff) > 31 && (half >> k & 0xff) != IR_SHUFFLE_ZERO)
			return false;
	return true;
}

/* Upper halves of immediate numbers are constants. */
static bool operands_fit(const struct ir_block *b, const struct ir_insn *i)
{
	const ir_ref arg[3] = {i->a, i->b, i->c};
	uint64_t high;
	for (unsigned k = 0; k < ir_ops[i->op].args; k++)
		if ((b->insn[arg[k]].type == IR_V128) != (operand_type(i, k) == IR_V128))
			return false;
	if (i->op == IR_VCONST)
		return ir_is_const(b, i->a, &high);
	return i->op != IR_SHUFFLE || (ir_is_const(b, i->c, &high) && is_pattern(high));
}

static bool imm_fits(const struct ir_insn *i)
{
	switch ((enum ir_op)i->op) {
	case IR_GET:
	case IR_SET: return i->imm <= INT32_MAX;
	case IR_ADD: return i->imm <= 3;
	case IR_EXTR: return i->imm > 0 && i->imm < (i->type == IR_I64 ? 64 : 32);
	case IR_CCMP:
	case IR_FCCMP: return i->imm <= 0xff;
	case IR_FCMP: return i->imm == 0;
	case IR_SELECT: return i->imm <= 15;
	case IR_REFUSE: return i->imm <= INT32_MAX || i->imm == UINT64_MAX;
	case IR_STICKY: return i->imm <= INT32_MAX;
	case IR_INSERT:
	case IR_EXTRACT: return i->imm < 16u >> (i->info & 3);
	case IR_SHUFFLE: return is_pattern(i->imm);
	case IR_VSHL:
	case IR_VSHR:
	case IR_VSAR: return i->imm < 8u << (i->info & 3);
	case IR_LOAD:
	case IR_STORE:
	case IR_PROBE:
	case IR_LOAD_HOST:
	case IR_STORE_HOST: return (int64_t)i->imm == (int32_t)i->imm;
	default: return true;
	}
}

static bool info_fits(const struct ir_insn *i)
{
	unsigned size_log2 = i->info & 7, stored = i->type == IR_V128 ? 4 : 3;
	unsigned largest = i->type == IR_I32 ? 2 : stored;
	if (vector_is_lanes((enum ir_op)i->op))
		return i->info < 8 && vector_infos((enum ir_op)i->op) >> i->info & 1;
	if (is_comparison((enum ir_op)i->op))
		return !(i->info & ~(IR_F_DOUBLE | IR_F_SIGNAL));
	switch ((enum ir_op)i->op) {
	case IR_LOAD:
	case IR_LOAD_HOST: return size_log2 <= largest && i->info <= (7 | IR_MEM_SIGNED);
	case IR_STORE:
	case IR_STORE_HOST: return i->info <= stored;
	case IR_SPLAT:
	case IR_INSERT:
	case IR_EXTRACT: return i->info <= 3;
	case IR_STICKY: return i->info <= 31;
	case IR_PROBE: return (i->info & ~IR_MEM_WRITE) <= 7;
	case IR_EXIT_COND: return i->info <= 15;
	case IR_EXIT_BIT: return i->info <= 127;
	default: return i->info == 0;
	}
}

static bool check(struct reader *r, const struct ir_block *b, const struct ir_insn *i)
{
	const char *name = ir_ops[i->op].name;
	enum ir_op op = (enum ir_op)i->op;
	if (op == IR_HELPER || ir_ops[op].flags & IR_SLOW)
		return fail(r, "%s names addresses of the process that printed it", name);
	if (has_value(op) != (i->type != IR_VOID) && !is_test(op) && i->type != IR_V128)
		return fail(r, "%s %s", name, i->type ? "has no type" : "needs a type, as i64");
	if (!types_fit(i))
		return fail(r, "%s does not exist for %s", name, type_names[i->type]);
	if (!operands_fit(b, i))
		return fail(r, "%s cannot have operands of these types", name);
	if (takes_flags(i) && !carries_flags(b, i->a))
		return fail(r, "v%u carries no flags", i->a);
	if (op == IR_CCMP && !carries_flags(b, i->b))
		return fail(r, "v%u carries no flags", i->b);
	if (op == IR_FCCMP && !carries_flags(b, i->c))
		return fail(r, "v%u carries no flags", i->c);
	if (!imm_fits(i))
		return fail(r, "%s cannot have #0x%" PRIx64, name, i->imm);
	if (!info_fits(i))
		return fail(r, "%s%s cannot have /0x%x", name, is_memory(op) ? " of this type" : "",
		    i->info);
	return true;
}

static bool read_at(struct reader *r, const struct ir_block *b, struct ir_insn *i)
{
	uint64_t at;
	if (!accept(r, '@'))
		return fail(r, "'@' and the guest instruction expected");
	if (!number(r, "@", UINT8_MAX, &at))
		return false;
	if (at >= b->guest_count)
		return fail(
		    r, "@%u: the block has %u guest instructions", (unsigned)at, b->guest_count);
	if (at < b->at)
		return fail(r, "@%u after @%u", (unsigned)at, b->at);
	i->at = (uint8_t)at;
	return true;
}

static bool read_type(struct reader *r, struct ir_insn *i)
{
	for (unsigned t = IR_I32; t < TYPES; t++)
		if (accept_word(r, type_names[t]))
			i->type = (uint8_t)t;
	return true;
}

/* "v7 = ", if it is there. */
static bool read_number(struct reader *r, uint64_t *n)
{
	*n = IR_NONE;
	skip_space(r);
	if (*r->p != 'v' || !isdigit((unsigned char)r->p[1]))
		return true;
	r->p++;
	return number(r, "value", IR_MAX_OPS - 1, n) && (accept(r, '=') || fail(r, "'=' expected"));
}

static bool read_insn(struct reader *r, struct ir_block *b)
{
	struct ir_insn i = {0};
	uint64_t n, info = 0;
	if (b->count == IR_MAX_OPS)
		return fail(r, "more than %u operations", IR_MAX_OPS - 1);
	if (!read_number(r, &n) || !read_op(r, &i) || !read_type(r, &i) || !read_operands(r, b, &i))
		return false;
	if (accept(r, '/') && !number(r, "/", UINT8_MAX, &info))
		return false;
	i.info = (uint8_t)info;
	if (!read_at(r, b, &i) || !check(r, b, &i))
		return false;
	if (n != (has_value((enum ir_op)i.op) ? b->count : IR_NONE))
		return fail(r, "%s here is operation %u", ir_ops[i.op].name, b->count);
	if (!at_end_of_line(r))
		return fail(r, "more after the operation");
	b->at = i.at;
	b->insn[b->count++] = i;
	b->vectors |= i.type == IR_V128 || i.op == IR_EXTRACT || i.op == IR_STICKY;
	return true;
}

static bool is_terminal(enum ir_op op)
{
	return op == IR_JUMP || op == IR_JUMP_TO || op == IR_LEAVE;
}

bool ir_read(struct ir_block *b, const char *text, char *why, size_t size)
{
	struct reader r = {.p = text, .line = 1, .why = why, .size = size};
	if (!read_header(&r, b))
		return false;
	while (next_line(&r)) {
		if (b->count > 1 && is_terminal((enum ir_op)b->insn[b->count - 1].op))
			return fail(
			    &r, "%s was the last operation", ir_ops[b->insn[b->count - 1].op].name);
		if (!read_insn(&r, b))
			return false;
	}
	if (b->count == 1 || !is_terminal((enum ir_op)b->insn[b->count - 1].op))
		return fail(&r, "the block does not end with JUMP, JUMP_TO or LEAVE");
	return true;
}
