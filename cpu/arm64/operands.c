/* The operands of the text column: what each name of operands.def prints (DDI 0487, C6 and C7,
 * sections "Assembler Symbols"). */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/disasm.h"
#include "cpu/arm64/exec.h"

/* Bits hi:lo as one argument. */
#define SPAN(hi, lo) ((hi) << 8 | (lo))

static uint32_t field(uint32_t w, uint32_t arg)
{
	return BITS(w, arg >> 8, arg & 255);
}

/* --- registers ------------------------------------------------------------------------- */

/* How the letter of a register is found. */
enum {
	W,
	X,
	SF,
	BIT30,
	SIZE3,
	IMM5_GENERAL,
	B,
	H,
	S,
	D,
	Q,
	V,
	FTYPE,
	SIZE,
	SIZE_WIDE,
	SZ,
	IMMH,
	IMMH_WIDE,
	IMM5,
	LDST,
	PAIR,
};
#define REG(kind, place)      ((kind) << 16 | (place))
#define REG_NEXT(kind, place) (REG(kind, place) | 1 << 8)

static const char width_letters[] = "bhsdq???";

static unsigned immh_size(uint32_t w)
{
	return BITS(w, 22, 19) ? 31 - (unsigned)__builtin_clz(BITS(w, 22, 19)) : 5;
}

static unsigned imm5_size(uint32_t w)
{
	return BITS(w, 20, 16) ? (unsigned)__builtin_ctz(BITS(w, 20, 16)) : 5;
}

static unsigned ldst_size(uint32_t w)
{
	return BIT(w, 23) << 2 | BITS(w, 31, 30);
}

static char reg_letter(uint32_t w, uint32_t kind)
{
	switch (kind) {
	case W: return 'w';
	case X: return 'x';
	case SF: return BIT(w, 31) ? 'x' : 'w';
	case BIT30: return BIT(w, 30) ? 'x' : 'w';
	case SIZE3: return BITS(w, 31, 30) == 3 ? 'x' : 'w';
	case IMM5_GENERAL: return imm5_size(w) == 3 ? 'x' : 'w';
	case FTYPE: return "sd?h"[BITS(w, 23, 22)];
	case SIZE: return width_letters[BITS(w, 23, 22)];
	case SIZE_WIDE: return width_letters[BITS(w, 23, 22) + 1];
	case SZ: return "sd"[BIT(w, 22)];
	case IMMH: return width_letters[immh_size(w)];
	case IMMH_WIDE: return width_letters[immh_size(w) + 1];
	case IMM5: return width_letters[imm5_size(w)];
	case LDST: return width_letters[ldst_size(w)];
	case PAIR: return "sdq?"[BITS(w, 31, 30)];
	case V: return 'v';
	default: return width_letters[kind - B];
	}
}

static void print_reg(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	char letter = reg_letter(w, arg >> 16);
	uint32_t n = ((w >> (arg & 255)) + (arg >> 8 & 1)) & 31;
	if (n == 31 && (letter == 'w' || letter == 'x'))
		text_add(t, "%czr", letter);
	else
		text_add(t, "%c%" PRIu32, letter, n);
}

static void print_reg_sp(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if ((w >> (arg & 255) & 31) != 31)
		print_reg(t, w, pc, arg);
	else
		text_add(t, reg_letter(w, arg >> 16) == 'w' ? "wsp" : "sp");
}

/* --- immediates ------------------------------------------------------------------------ */

static void print_bits(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, field(w, arg));
}

static void print_imm12_sh(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BITS(w, 21, 10));
	if (BIT(w, 22))
		text_add(t, ", lsl #12");
}

static void print_bitmask(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	uint64_t mask = bitmask_immediate(w);
	text_imm(t, BIT(w, 31) ? mask : (uint32_t)mask);
}

static void print_imm16_hw(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BITS(w, 20, 5));
	if (BITS(w, 22, 21))
		text_add(t, ", lsl #%" PRIu32, BITS(w, 22, 21) * 16);
}

/* MOV (wide immediate, inverted if arg). */
static void print_mov_wide(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	uint64_t v = (uint64_t)BITS(w, 20, 5) << BITS(w, 22, 21) * 16;
	v = arg ? ~v : v;
	text_simm(t, BIT(w, 31) ? (int64_t)v : (int32_t)v);
}

static void print_adr(struct text *t, uint32_t w, uint64_t pc, uint32_t shift)
{
	uint64_t offset = (uint64_t)sign_extend(BITS(w, 23, 5) << 2 | BITS(w, 30, 29), 21) << shift;
	text_imm(t, (pc >> shift << shift) + offset);
}
#define print_adrp print_adr

static void print_label(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	unsigned width = (arg >> 8) - (arg & 255) + 1;
	text_imm(t, pc + (uint64_t)sign_extend(field(w, arg), width) * 4);
}

static void print_test_bit(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BIT(w, 31) << 5 | BITS(w, 23, 19));
}

static const char conditions[16][3] = {
    "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};

static void print_cond(struct text *t, uint32_t w, uint64_t pc, uint32_t place)
{
	text_add(t, "%s", conditions[w >> place & 15]);
}

/* The opposite condition, for CSET and its like. */
static void print_cond_not(struct text *t, uint32_t w, uint64_t pc, uint32_t place)
{
	text_add(t, "%s", conditions[(w >> place & 15) ^ 1]);
}

static const char shifts[4][4] = {"lsl", "lsr", "asr", "ror"};

static void print_shift(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (BITS(w, 23, 22) || BITS(w, 15, 10))
		text_add(t, ", %s #%" PRIu32, shifts[BITS(w, 23, 22)], BITS(w, 15, 10));
}

static const char extends[8][5] = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};

/* ADD and SUB (extended register): LSL is preferred where a stack pointer is involved. */
static void print_extend(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	uint32_t option = BITS(w, 15, 13), amount = BITS(w, 12, 10);
	bool sp = BITS(w, 9, 5) == 31 || (!BIT(w, 29) && BITS(w, 4, 0) == 31);
	print_reg(t, w, pc, REG(BIT(w, 31) && (option & 3) == 3 ? X : W, 16));
	if (sp && option == (BIT(w, 31) ? 3 : 2)) {
		if (amount)
			text_add(t, ", lsl #%" PRIu32, amount);
		return;
	}
	text_add(t, ", %s", extends[option]);
	if (amount)
		text_add(t, " #%" PRIu32, amount);
}

/* --- bit fields (SBFM, BFM, UBFM) ------------------------------------------------------ */

static uint32_t reg_size(uint32_t w)
{
	return BIT(w, 31) ? 64 : 32;
}

/* SBFIZ, BFI: lsb = -immr. */
static void print_bfi_lsb(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, (reg_size(w) - BITS(w, 21, 16)) % reg_size(w));
}

static void print_bfi_width(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BITS(w, 15, 10) + 1);
}

/* SBFX, BFXIL: width = imms - immr + 1. */
static void print_bfx_width(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BITS(w, 15, 10) - BITS(w, 21, 16) + 1);
}

static void print_lsl_amount(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, reg_size(w) - 1 - BITS(w, 15, 10));
}

/* --- memory ---------------------------------------------------------------------------- */

static void optional(struct text *t, int64_t v)
{
	if (v) {
		text_add(t, ", ");
		text_simm(t, v);
	}
}

static void print_simm(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_simm(t, sign_extend(field(w, arg), (arg >> 8) - (arg & 255) + 1));
}

static void print_simm_opt(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	optional(t, sign_extend(field(w, arg), (arg >> 8) - (arg & 255) + 1));
}

static void print_uimm(struct text *t, uint32_t w, uint64_t pc, uint32_t scale)
{
	optional(t, (int64_t)BITS(w, 21, 10) << scale);
}

static void print_uimm_ldst(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	print_uimm(t, w, pc, ldst_size(w));
}

static int64_t simm7(uint32_t w, uint32_t scale)
{
	return sign_extend(BITS(w, 21, 15), 7) * (1 << scale);
}

static void print_simm7(struct text *t, uint32_t w, uint64_t pc, uint32_t scale)
{
	text_simm(t, simm7(w, scale));
}

static void print_simm7_pair(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_simm(t, simm7(w, 2 + BITS(w, 31, 30)));
}

static void print_simm7_opt(struct text *t, uint32_t w, uint64_t pc, uint32_t scale)
{
	optional(t, simm7(w, scale));
}

static void print_simm7_pair_opt(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	optional(t, simm7(w, 2 + BITS(w, 31, 30)));
}

static void print_index(struct text *t, uint32_t w, uint64_t pc, uint32_t scale)
{
	uint32_t option = BITS(w, 15, 13), scaled = BIT(w, 12);
	print_reg(t, w, pc, REG(option & 1 ? X : W, 16));
	if (option == 3 && !scaled)
		return;
	text_add(t, ", %s", option == 3 ? "lsl" : extends[option]);
	if (scaled)
		text_add(t, " #%" PRIu32, scale);
}

static void print_index_ldst(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	print_index(t, w, pc, ldst_size(w));
}

/* What stands in the mnemonic of ordered and atomic accesses. */
static void print_access_size(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	static const char letters[4][2] = {"b", "h", "", ""};
	text_add(t, "%s", letters[BITS(w, 31, 30)]);
}

static void print_acquire_release(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%s%s", BIT(w, 23) ? "a" : "", BIT(w, 22) ? "l" : "");
}

static void print_acquire_release_cas(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%s%s", BIT(w, 22) ? "a" : "", BIT(w, 15) ? "l" : "");
}

static void print_release(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, BIT(w, 22) ? "l" : "");
}

static void print_prfop(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	static const char types[3][4] = {"pld", "pli", "pst"};
	uint32_t type = BITS(w, 4, 3), level = BITS(w, 2, 1);
	if (type < 3 && level < 3)
		text_add(
		    t, "%sl%" PRIu32 "%s", types[type], level + 1, BIT(w, 0) ? "strm" : "keep");
	else
		text_imm(t, BITS(w, 4, 0));
}

/* A name of sysregs.def: operations such as DC_ZVA are two words. */
static void text_lower(struct text *t, const char *name)
{
	bool operation = !strncmp(name, "DC_", 3) || !strncmp(name, "IC_", 3) ||
			 !strncmp(name, "AT_", 3) || !strncmp(name, "TLBI_", 5);
	for (; *name; name++) {
		bool blank = operation && *name == '_';
		text_add(t, "%c", blank ? ' ' : tolower((unsigned char)*name));
		operation = operation && !blank;
	}
}

/* --- system ---------------------------------------------------------------------------- */

static void print_sysreg(struct text *t, uint32_t w, uint64_t pc, uint32_t access)
{
	const struct sysreg_name *n = arm64_sysreg_name(w);
	if (n && n->access & access)
		text_lower(t, n->name);
	else
		text_add(t, "s%" PRIu32 "_%" PRIu32 "_c%" PRIu32 "_c%" PRIu32 "_%" PRIu32,
		    BITS(w, 20, 19), BITS(w, 18, 16), BITS(w, 15, 12), BITS(w, 11, 8),
		    BITS(w, 7, 5));
}

static void print_sysop(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "#%" PRIu32 ", c%" PRIu32 ", c%" PRIu32 ", #%" PRIu32, BITS(w, 18, 16),
	    BITS(w, 15, 12), BITS(w, 11, 8), BITS(w, 7, 5));
}

/* The alias of SYS: operation and register.  What works on everything (IC IALLU, TLBI VMALLE1) has
 * none to name. */
static void print_sysop_name(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	const struct sysreg_name *n = arm64_sysreg_name(w);
	bool everything = BITS(w, 7, 5) == 0 &&
			  (BITS(w, 15, 12) == 8 || BITS(w, 11, 8) == 1 || BITS(w, 11, 8) == 5);
	text_lower(t, n ? n->name : "sys");
	if (everything)
		return;
	text_add(t, ", ");
	print_reg(t, w, pc, REG(X, 0));
}

static void print_barrier(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	static const char domains[4][4] = {"osh", "nsh", "ish", ""};
	static const char types[4][3] = {"", "ld", "st", ""};
	uint32_t option = BITS(w, 11, 8);
	if (option == 15)
		text_add(t, "sy");
	else if (option & 3)
		text_add(t, "%s%s", domains[option >> 2], types[option & 3]);
	else
		text_imm(t, option);
}

static void print_optional_crm(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (BITS(w, 11, 8) != 15) {
		text_add(t, " ");
		text_imm(t, BITS(w, 11, 8));
	}
}

/* --- vectors --------------------------------------------------------------------------- */

/* "8h": elements of 1 << size bytes in a register of 8 << q bytes. */
static void arrangement(struct text *t, unsigned size, unsigned q)
{
	text_add(t, "%u%c", (8u << q) >> size, width_letters[size]);
}

static void print_q2(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (BIT(w, 30))
		text_add(t, "2");
}

static void print_arrangement(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, BITS(w, 23, 22), BIT(w, 30));
}

static void print_arrangement_wide(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, BITS(w, 23, 22) + 1, 1);
}

static void print_arrangement_pair(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, BITS(w, 23, 22) + 1, BIT(w, 30));
}

static void print_arrangement_ls(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, BITS(w, 11, 10), BIT(w, 30));
}

static void print_arrangement_sz(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, 2 + BIT(w, 22), BIT(w, 30));
}

static void print_arrangement_q(struct text *t, uint32_t w, uint64_t pc, uint32_t size)
{
	arrangement(t, size, BIT(w, 30));
}

static void print_arrangement_immh(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, immh_size(w), BIT(w, 30));
}

static void print_arrangement_immh_wide(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, immh_size(w) + 1, 1);
}

static void print_arrangement_imm5(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, imm5_size(w), BIT(w, 30));
}

static void print_arrangement_sz_half(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, 1 + BIT(w, 22), BIT(w, 30));
}

static void print_arrangement_sz_wide(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	arrangement(t, 2 + BIT(w, 22), 1);
}

static void print_arrangement_sz_pair(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "2%c", "sd"[BIT(w, 22)]);
}

static void print_arrangement_fmlal(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%dh", BIT(w, 30) ? 4 : 2);
}

static void print_crc_size(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%c", "bhwx"[BITS(w, 11, 10)]);
}

static void print_element_size(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "%c", width_letters[BITS(w, 23, 22)]);
}

/* The index is as many of H:L:M (bits 11, 21, 20) as lanes of this size need; M is the top bit
 * of Rm otherwise. */
static void print_by_element(struct text *t, uint32_t w, uint64_t pc, uint32_t size)
{
	uint32_t hl = BIT(w, 11) << 1 | BIT(w, 21), rm = BITS(w, 20, 16);
	uint32_t index = size == 1 ? hl << 1 | BIT(w, 20) : size == 2 ? hl : hl >> 1;
	text_add(t, "v%" PRIu32 ".%c[%" PRIu32 "]", size == 1 ? rm & 15 : rm, width_letters[size],
	    index);
}

static void print_by_element_size(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	print_by_element(t, w, pc, BITS(w, 23, 22));
}

static void print_by_element_sz(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	print_by_element(t, w, pc, 2 + BIT(w, 22));
}

static void print_by_element_dot(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_add(t, "v%" PRIu32 ".4b[%" PRIu32 "]", BITS(w, 20, 16), BIT(w, 11) << 1 | BIT(w, 21));
}

static void print_lane_imm5(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	unsigned size = imm5_size(w);
	text_add(t, "%c[%" PRIu32 "]", width_letters[size], BITS(w, 20, 16) >> (size + 1));
}

static void print_lane_imm4(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	unsigned size = imm5_size(w);
	text_add(t, "%c[%" PRIu32 "]", width_letters[size], BITS(w, 14, 11) >> size);
}

/* --- vector immediates ----------------------------------------------------------------- */

static void print_shift_left(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, BITS(w, 22, 16) - (8u << immh_size(w)));
}

static void print_shift_right(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, (16u << immh_size(w)) - BITS(w, 22, 16));
}

static void print_shift_esize(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, 8u << BITS(w, 23, 22));
}

static uint32_t imm8_abc(uint32_t w)
{
	return BITS(w, 18, 16) << 5 | BITS(w, 9, 5);
}

static void print_imm8_abc(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, imm8_abc(w));
}

static void print_imm8_lsl(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	uint32_t amount = (BIT(w, 15) ? BIT(w, 13) : BITS(w, 14, 13)) * 8;
	text_imm(t, imm8_abc(w));
	if (amount)
		text_add(t, ", lsl #%" PRIu32, amount);
}

static void print_imm8_msl(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, imm8_abc(w));
	text_add(t, ", msl #%d", BIT(w, 12) ? 16 : 8);
}

static void print_imm64(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < 8; i++)
		if (imm8_abc(w) >> i & 1)
			v |= UINT64_C(0xff) << i * 8;
	text_imm(t, v);
}

/* VFPExpandImm(): sign, three bits of exponent, four of fraction. */
static void fp_immediate(struct text *t, uint32_t imm8)
{
	int exponent = (int)(imm8 >> 4 & 7);
	double v = 1 + (imm8 & 15) / 16.0;
	exponent = exponent < 4 ? exponent + 1 : exponent - 7;
	v = exponent < 0 ? v / (1 << -exponent) : v * (1 << exponent);
	char digits[32];
	snprintf(digits, sizeof digits, "%.8g", imm8 & 128 ? -v : v);
	text_add(t, "#%s%s", digits, strchr(digits, '.') ? "" : ".0");
}

static void print_fp_imm(struct text *t, uint32_t w, uint64_t pc, uint32_t place)
{
	fp_immediate(t, w >> place & 255);
}

static void print_fp_imm_abc(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	fp_immediate(t, imm8_abc(w));
}

static void print_fbits(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	text_imm(t, 64 - BITS(w, 15, 10));
}

/* --- register lists -------------------------------------------------------------------- */

/* "{v31.8b, v0.8b}" */
static void register_list(struct text *t, uint32_t first, unsigned count, unsigned size, int q)
{
	text_add(t, "{");
	for (unsigned i = 0; i < count; i++) {
		text_add(t, "%sv%" PRIu32 ".", i ? ", " : "", (first + i) & 31);
		if (q >= 0)
			arrangement(t, size, (unsigned)q);
		else
			text_add(t, "%c", width_letters[size]);
	}
	text_add(t, "}");
}

static void print_list(struct text *t, uint32_t w, uint64_t pc, uint32_t count)
{
	register_list(t, BITS(w, 4, 0), count, BITS(w, 11, 10), (int)BIT(w, 30));
}

static void print_table(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	register_list(t, BITS(w, 9, 5), BITS(w, 14, 13) + 1, 0, 1);
}

/* Element size of a load or store of one lane (LD1..LD4, single structure). */
static unsigned lane_size(uint32_t w)
{
	unsigned scale = BITS(w, 15, 14);
	return scale == 3 ? BITS(w, 11, 10) : scale == 2 ? 2 + BIT(w, 10) : scale;
}

static void print_list_lane(struct text *t, uint32_t w, uint64_t pc, uint32_t count)
{
	unsigned size = lane_size(w);
	uint32_t index = (BIT(w, 30) << 3 | BIT(w, 12) << 2 | BITS(w, 11, 10)) >> size;
	register_list(t, BITS(w, 4, 0), count, size, -1);
	text_add(t, "[%" PRIu32 "]", index);
}

/* Registers of LD1..LD4 (multiple structures) by opcode, bits 15:12. */
static unsigned list_length(uint32_t w)
{
	switch (BITS(w, 15, 12)) {
	case 7: return 1;
	case 8:
	case 10: return 2;
	case 4:
	case 6: return 3;
	default: return 4;
	}
}

static void print_post_list(struct text *t, uint32_t w, uint64_t pc, uint32_t arg)
{
	if (BITS(w, 20, 16) != 31)
		print_reg(t, w, pc, REG(X, 16));
	else if (BIT(w, 24))
		text_imm(t, ((BIT(w, 13) << 1 | BIT(w, 21)) + 1) << lane_size(w));
	else
		text_imm(t, list_length(w) * (8u << BIT(w, 30)));
}

/* --- the table ------------------------------------------------------------------------- */

#define OPERAND(name, function, arg) {#name, print_##function, arg},
#define REGISTERS(prefix, kind)                                                               \
	{#prefix "d", print_reg, REG(kind, 0)}, {#prefix "t", print_reg, REG(kind, 0)},       \
	    {#prefix "n", print_reg, REG(kind, 5)}, {#prefix "m", print_reg, REG(kind, 16)},  \
	    {#prefix "s", print_reg, REG(kind, 16)}, {#prefix "a", print_reg, REG(kind, 10)}, \
	    {#prefix "t2", print_reg, REG(kind, 10)},
static const struct operand operands[] = {
#include "cpu/arm64/operands.def"
};

const struct operand_table arm64_operands = {operands, sizeof operands / sizeof operands[0]};
