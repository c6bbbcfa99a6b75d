/* Printing translated blocks. */
#include "frontend/dump.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <string.h>

#include "jit/ir_text.h"

#define BYTES_WIDTH \
	32 /* columns of an instruction's bytes: ten of them with their blanks, and some */

bool dump_parts(const char *words, unsigned *parts)
{
	static const char *const names[] = {"guest", "lowered", "ir", "host"};

	for (*parts = 0; *words;) {
		size_t n = strcspn(words, ","), k = 0;

		while (k < sizeof(names) / sizeof(names[0]) &&
		       (strlen(names[k]) != n || memcmp(names[k], words, n)))
			k++;
		if (k == sizeof(names) / sizeof(names[0]))
			return false;
		*parts |= 1u << k;
		words += n;
		words += *words == ',';
	}
	return *parts;
}

static void print_guest(FILE *out, const struct engine_block *b)
{
	char text[160];

	for (unsigned n = 0; n < b->count; n++) {
		const uint64_t pc = ir_pc(b->ir, n);
		const uint32_t word = b->words[(int64_t)(pc - b->pc) / 4];

		b->disassemble(word, pc, text, sizeof(text));
		fprintf(out, "  @%-3u %016" PRIx64 "  %08" PRIx32 "  %s\n", n, pc, word, text);
	}
}

static void print_insn(const struct dump *d, const cs_insn *i, const struct engine_code *code)
{
	FILE *out = d->out;
	size_t at = i->address - code->offset;
	bool marked = d->mark >= code->at + at && d->mark < code->at + at + i->size;
	int width = 0;

	fprintf(out, "%s +%04zx  ", marked ? "=>" : "  ", at);
	for (unsigned n = 0; n < i->size; n++)
		width += fprintf(out, "%02x ", i->bytes[n]);
	fprintf(out, "%*s%s%s%s\n", width < BYTES_WIDTH ? BYTES_WIDTH - width : 0, "", i->mnemonic,
	    i->op_str[0] ? " " : "", i->op_str);
}

/* Addresses are offsets in the code memory, so jumps from one part to another can be followed. */
static void print_host(const struct dump *d, const char *title, const struct engine_code *code)
{
	const uint8_t *bytes = code->at;
	size_t left = code->size;
	uint64_t address = code->offset;
	cs_insn *insn;
	csh capstone;

	if (!code->size)
		return;
	fprintf(d->out, "%s: %zu bytes at %#zx\n", title, code->size, code->offset);
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &capstone) != CS_ERR_OK)
		return;
	cs_option(capstone, CS_OPT_SKIPDATA, CS_OPT_ON);
	insn = cs_malloc(capstone);
	while (insn && cs_disasm_iter(capstone, &bytes, &left, &address, insn))
		print_insn(d, insn, code);
	if (insn)
		cs_free(insn, 1);
	cs_close(&capstone);
}

void dump_block(void *dump, const struct engine_block *b, enum engine_stage stage)
{
	const struct dump *d = dump;

	if (stage == ENGINE_LOWERED) {
		fprintf(d->out, "--- block of %u at %#" PRIx64 "\n", b->count, b->pc);
		if (d->parts & DUMP_GUEST)
			print_guest(d->out, b);
		if (d->parts & DUMP_LOWERED)
			ir_print(b->ir, d->out);
		return;
	}
	if (d->parts & DUMP_IR)
		ir_print(b->ir, d->out);
	if (d->parts & DUMP_HOST) {
		print_host(d, "host", &b->code[0]);
		print_host(d, "host, out of line", &b->code[1]);
	}
}
