/* Preferred spellings: the rows of aliases.def and their conditions. */
#include <pthread.h>

#include "cpu/arm64/bitmask.h"
#include "cpu/arm64/disasm.h"
#include "cpu/arm64/exec.h"
#include "cpu/decode.h"

/* MOV (to/from SP) */
static bool involves_sp(uint32_t w)
{
	return BITS(w, 4, 0) == 31 || BITS(w, 9, 5) == 31;
}

/* A shifted zero is left to MOVZ and MOVN themselves. */
static bool movz_is_mov(uint32_t w)
{
	return BITS(w, 20, 5) || !BITS(w, 22, 21);
}

static bool movn_is_mov(uint32_t w)
{
	return movz_is_mov(w) && (BIT(w, 31) || BITS(w, 20, 5) != 0xffff);
}

/* One halfword of `v` may be set. */
static bool is_movz(uint64_t v)
{
	for (unsigned i = 0; i < 64; i += 16)
		if (!(v & ~(UINT64_C(0xffff) << i)))
			return true;
	return false;
}

/* ORR with the zero register is MOV, except for what MOVZ or MOVN can do (MoveWidePreferred()). */
static bool orr_is_mov(uint32_t w)
{
	uint64_t v = bitmask_immediate(w);
	if (BIT(w, 31))
		return !is_movz(v) && !is_movz(~v);
	return !is_movz((uint32_t)v) && !is_movz((uint32_t)~v);
}

/* SBFIZ, BFI, UBFIZ */
static bool inserts(uint32_t w)
{
	return BITS(w, 15, 10) < BITS(w, 21, 16);
}

/* LSL (immediate) */
static bool shifts_left(uint32_t w)
{
	uint32_t last = BIT(w, 31) ? 63 : 31;
	return BITS(w, 15, 10) != last && BITS(w, 15, 10) + 1 == BITS(w, 21, 16);
}

static bool rn_is_rm(uint32_t w)
{
	return BITS(w, 9, 5) == BITS(w, 20, 16);
}

/* The condition has an opposite. */
static bool not_always(uint32_t w)
{
	return BITS(w, 15, 13) != 7;
}

/* CINC, CINV, CNEG; for the first two Rn = 31 is CSET and CSETM, which come earlier. */
static bool increments(uint32_t w)
{
	return rn_is_rm(w) && not_always(w);
}

/* UMOV of a whole word or doubleword. */
static bool moves_all_bits(uint32_t w)
{
	return !BITS(w, 17, 16) && BITS(w, 19, 18);
}

/* DC, IC, AT, TLBI */
static bool sys_operation(uint32_t w)
{
	return arm64_sysreg_name(w);
}

#define ALIAS(pattern, applies, text) {pattern, applies, text, 0, 0},
static struct alias aliases[] = {
#include "cpu/arm64/aliases.def"
};
#define ALIASES (sizeof aliases / sizeof aliases[0])

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void parse_patterns(void)
{
	alias_init(aliases, ALIASES);
}

const char *arm64_alias(uint32_t word)
{
	pthread_once(&once, parse_patterns);
	return alias_find(aliases, ALIASES, word);
}

const char *arm64_alias_text(unsigned i)
{
	return i < ALIASES ? aliases[i].text : NULL;
}

const char *arm64_alias_pattern(unsigned i)
{
	return i < ALIASES ? aliases[i].pattern : NULL;
}
