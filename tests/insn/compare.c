/* Comparing and reporting what random programs leave. */
#include "tests/insn/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/arm64/arm64.h"

#define LDR_X30_ENTRY 0x58ffffde /* ldr x30, the two words in front */
#define NOP           0xd503201f

void slot_fill(
    uint32_t slot[BLOCK_WORDS], const struct image *image, const uint32_t *words, unsigned length)
{
	memset(slot, 0, BLOCK_WORDS * sizeof *slot);
	memcpy(slot, &image->x[30], sizeof image->x[30]);
	slot[SLOT_BODY - 1] = LDR_X30_ENTRY;
	memcpy(slot + SLOT_BODY, words, length * sizeof *words);
}

struct part {
	const char *name;
	size_t offset;
	unsigned count, size;
};

#define PART(member, label, number, bytes)                           \
	{                                                            \
		label, offsetof(struct image, member), number, bytes \
	}
static const struct part parts[] = {
    PART(fault, "exception", 1, 8),
    PART(fault_pc, "exception at", 1, 8),
    PART(x, "x", 31, 8),
    PART(sp, "sp", 1, 8),
    PART(nzcv, "nzcv", 1, 8),
    PART(v, "v", 32, 16),
    PART(fpcr, "fpcr", 1, 8),
    PART(fpsr, "fpsr", 1, 8),
    PART(memory, "memory+8*", IMAGE_MEMORY / 8, 8),
};
#define PARTS (sizeof parts / sizeof parts[0])

static void format_value(char *out, size_t size, const uint8_t *bytes, unsigned width)
{
	uint64_t v[2] = {0};
	memcpy(v, bytes, width);
	if (width == 16)
		snprintf(out, size, "%016" PRIx64 "_%016" PRIx64, v[1], v[0]);
	else
		snprintf(out, size, "%016" PRIx64, v[0]);
}

void image_differing(const struct image *a, const struct image *b, char *out, size_t size)
{
	size_t n = 0;
	out[0] = 0;
	for (unsigned p = 0; p < PARTS; p++) {
		const uint8_t *x = (const uint8_t *)a + parts[p].offset;
		const uint8_t *y = (const uint8_t *)b + parts[p].offset;
		if (memcmp(x, y, (size_t)parts[p].count * parts[p].size) && n < size)
			n += (size_t)snprintf(
			    out + n, size - n, "%s%s", n ? "," : "", parts[p].name);
	}
}

void image_print_differences(
    const struct image *a, const char *a_name, const struct image *b, const char *b_name)
{
	for (unsigned p = 0; p < PARTS; p++) {
		for (unsigned i = 0; i < parts[p].count; i++) {
			char x[40], y[40];
			size_t at = parts[p].offset + (size_t)i * parts[p].size;
			format_value(x, sizeof x, (const uint8_t *)a + at, parts[p].size);
			format_value(y, sizeof y, (const uint8_t *)b + at, parts[p].size);
			if (strcmp(x, y))
				printf("  %s%-4.*u %-6s %s\n  %*s %-6s %s\n", parts[p].name,
				    parts[p].count > 1, i, a_name, x,
				    (int)strlen(parts[p].name) + 4, "", b_name, y);
		}
	}
}

void image_print_operands(const struct image *before, uint32_t w)
{
	static const unsigned places[] = {0, 5, 16, 10};
	for (unsigned i = 0; i < 4; i++) {
		char v[40];
		unsigned n = w >> places[i] & 31;
		format_value(v, sizeof v, (const uint8_t *)&before->v[2 * n], 16);
		printf("  bits %2u: v%-2u %s  x%-2u %016" PRIx64 "\n", places[i], n, v, n,
		    n < 31 ? before->x[n] : before->sp);
	}
	printf("  nzcv %x fpcr %08" PRIx64 " fpsr %08" PRIx64 "\n", (unsigned)(before->nzcv >> 28),
	    before->fpcr, before->fpsr);
}

void block_print(const struct block *b, uint64_t pc)
{
	for (unsigned i = 0; i < b->length; i++) {
		char text[160];
		arm64_disassemble(b->words[i], pc + 4 * i, text, sizeof text);
		printf("    %08" PRIx64 "  %08" PRIx32 "  %s\n", pc + 4 * i, b->words[i], text);
	}
}

/* Blank out what is behind each unit in turn, in the block's own slot because addresses matter;
 * the first that still differs ends in the culprit. */
void find_culprit(run_both_fn *run, void *owner, const struct block *b, struct finding *f)
{
	const struct image start = f->before;
	for (f->unit = 0; f->unit < b->units; f->unit++) {
		struct image mine, theirs;
		uint32_t words[BLOCK_WORDS];
		memcpy(words, b->words, b->length * sizeof *words);
		for (unsigned i = b->unit[f->unit].at + 1u; i < b->length; i++)
			words[i] = NOP;
		if (!run(owner, &start, words, b->length, &mine, &theirs)) {
			f->mine = mine;
			f->theirs = theirs;
			return;
		}
		if (!mine.fault)
			f->before = mine;
	}
}
