/* The operands of the text columns: what each name of operands.def prints. */
#include <inttypes.h>
#include <stdio.h>

#include "cpu/arm7tdmi/disasm.h"
#include "cpu/arm7tdmi/exec.h"

#define FLAG(bit, letter)       ((bit) << 8 | (letter))
#define SPAN(hi, lo)            ((hi) << 8 | (lo))
#define SCALED(hi, lo, shift)   ((shift) << 16 | SPAN(hi, lo))
#define LABEL(width, shift, pc) ((pc) << 16 | (shift) << 8 | (width))

static uint32_t field(uint32_t w, uint32_t arg)
{
	return BITS(w, arg >> 8 & 255, arg & 255);
}

/* --- registers and flags --- */

static const char *const registers[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9",
    "r10", "r11", "r12", "sp", "lr", "pc"};

static void print_reg(struct text *t, uint32_t w, uint64_t pc, uint32_t lo)
{
	text_add(t, "%s", registers[w >> lo & 15]);
}

static void print_low_reg(struct text *t, uint32_t w, uint64_t pc, uint32_t lo)
{
	text_add(t, "%s", registers[w >> lo & 7]);
}

static void print_high_d(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%s", registers[BIT(w, 7) << 3 | BITS(w, 2, 0)]);
}

static void print_condition(struct text *t, uint32_t w, uint64_t pc, uint32_t lo)
{
	static const char names[16][3] = {"eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi",
	    "ls", "ge", "lt", "gt", "le", "", ""};
	text_add(t, "%s", names[w >> lo & 15]);
}

/* A letter if a bit is set. */
static void print_flag(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (BIT(w, arg >> 8))
		text_add(t, "%c", (int)(arg & 255));
}

static void print_numbered(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%c%" PRIu32, (int)(arg >> 8), w >> (arg & 255) & 15);
}

/* --- immediates and shifts --- */

static void print_bits(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, field(w, arg));
}

static void print_scaled(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, field(w, arg) << (arg >> 16));
}

/* In an address, left out when it is zero. */
static void print_offset(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (!field(w, arg))
		return;
	text_add(t, ", ");
	print_scaled(t, w, pc, arg);
}

/* A value has several encodings; all but that of the smallest rotation are spelled out. */
static void print_rotated(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	uint32_t rotation = BITS(w, 11, 8) * 2, v = rotate_right(BITS(w, 7, 0), rotation);
	for (uint32_t smaller = 0; smaller < rotation; smaller += 2) {
		if (rotate_right(v, 32 - smaller) > 0xff)
			continue;
		text_imm(t, BITS(w, 7, 0));
		text_add(t, ", ");
		text_imm(t, rotation);
		return;
	}
	text_imm(t, v);
}

static void print_udf(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BITS(w, 19, 8) << 4 | BITS(w, 3, 0));
}

static void print_shift_right(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BITS(w, 10, 6) ? BITS(w, 10, 6) : 32);
}

static const char shift_names[4][4] = {"lsl", "lsr", "asr", "ror"};

static void print_shift_type(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%s", shift_names[BITS(w, 6, 5)]);
}

static bool is_rrx(uint32_t w)
{
	return BITS(w, 6, 5) == 3 && !BITS(w, 11, 7);
}

static void print_shift_op(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%s", is_rrx(w) ? "rrx" : shift_names[BITS(w, 6, 5)]);
}

/* LSR and ASR by 0 are by 32. */
static uint32_t shift_amount(uint32_t w)
{
	uint32_t amount = BITS(w, 11, 7);
	return amount || !BITS(w, 6, 5) ? amount : 32;
}

static void print_amount(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (is_rrx(w))
		return;
	text_add(t, ", ");
	text_imm(t, shift_amount(w));
}

static void print_shift(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (is_rrx(w)) {
		text_add(t, ", rrx");
	} else if (shift_amount(w)) {
		text_add(t, ", %s ", shift_names[BITS(w, 6, 5)]);
		text_imm(t, shift_amount(w));
	}
}

/* --- status registers and branches --- */

static void print_psr(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, BIT(w, 22) ? "spsr" : "cpsr");
}

static void print_psr_fields(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	print_psr(t, w, pc, arg);
	if (BITS(w, 19, 16))
		text_add(t, "_%s%s%s%s", BIT(w, 19) ? "f" : "", BIT(w, 18) ? "s" : "",
		    BIT(w, 17) ? "x" : "", BIT(w, 16) ? "c" : "");
}

static void print_label(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	unsigned width = arg & 255, shift = arg >> 8 & 255;
	uint32_t offset = sign_extend(BITS(w, width - 1, 0), width) << shift;
	text_imm(t, (uint32_t)pc + (arg >> 16) + offset);
}

/* --- addresses and lists --- */

enum { ADDRESS_IMM12, ADDRESS_SHIFTED, ADDRESS_IMM8, ADDRESS_REGISTER, ADDRESS_COPROCESSOR };

/* LDRT and so on: post-indexed with the bit that means writeback otherwise. */
static void print_translate(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (!BIT(w, 24) && BIT(w, 21))
		text_add(t, "t");
}

static void print_register_offset(struct text *t, uint32_t w, uint32_t kind)
{
	text_add(t, ", %s%s", BIT(w, 23) ? "" : "-", registers[BITS(w, 3, 0)]);
	if (kind == ADDRESS_SHIFTED)
		print_shift(t, w, 0, 0);
}

/* An offset of zero is left out, but not -0, which is another word, and not behind the bracket. */
static void print_immediate_offset(struct text *t, uint32_t w, uint32_t kind)
{
	uint32_t v = kind == ADDRESS_IMM12  ? BITS(w, 11, 0)
		     : kind == ADDRESS_IMM8 ? BITS(w, 11, 8) << 4 | BITS(w, 3, 0)
					    : BITS(w, 7, 0) << 2;
	bool written = !BIT(w, 24) || BIT(w, 21);
	if (v || !BIT(w, 23) || written)
		text_add(t, v < 10 ? ", #%s%" PRIu32 : ", #%s0x%" PRIx32, BIT(w, 23) ? "" : "-", v);
}

static void print_address(struct text *t, uint32_t w, uint64_t pc, uint32_t kind)
{
	text_add(t, "[%s%s", registers[BITS(w, 19, 16)], BIT(w, 24) ? "" : "]");
	if (kind == ADDRESS_COPROCESSOR && !BITS(w, 24, 23)) /* the offset is data for it */
		text_add(t, ", {%" PRIu32 "}", BITS(w, 7, 0));
	else if (kind == ADDRESS_SHIFTED || kind == ADDRESS_REGISTER)
		print_register_offset(t, w, kind);
	else if (kind == ADDRESS_COPROCESSOR && !BIT(w, 24) && !BIT(w, 21))
		text_add(t, ", {%" PRIu32 "}", BITS(w, 7, 0));
	else
		print_immediate_offset(t, w, kind);
	if (BIT(w, 24))
		text_add(t, BIT(w, 21) ? "]!" : "]");
}

static void print_block_mode(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	static const char modes[4][3] = {"da", "", "db", "ib"};
	text_add(t, "%s", modes[BITS(w, 24, 23)]);
}

static void add_list(struct text *t, uint32_t list)
{
	const char *separator = "{";
	for (unsigned n = 0; n < 16; n++) {
		if (!BIT(list, n))
			continue;
		text_add(t, "%s%s", separator, registers[n]);
		separator = ", ";
	}
	text_add(t, list ? "}" : "{}");
}

static void print_list(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	add_list(t, BITS(w, 15, 0));
}

static void print_user_bank(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (BIT(w, 22))
		text_add(t, " ^");
}

/* Bit 8 stands for register `high`, unless that is 0. */
static void print_thumb_list(struct text *t, uint32_t w, uint64_t pc, uint32_t high)
{
	add_list(t, BITS(w, 7, 0) | (high ? BIT(w, 8) << high : 0));
}

/* LDM writes back a base that it does not load. */
static void print_thumb_writeback(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (!BIT(w, BITS(w, 10, 8)))
		text_add(t, "!");
}

/* --- the table --- */

#define OPERAND(name, function, arg) {#name, print_##function, arg},
static const struct operand operands[] = {
#include "cpu/arm7tdmi/operands.def"
};

const struct operand_table arm7_operands = {operands, sizeof operands / sizeof operands[0]};
