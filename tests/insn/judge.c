#include "tests/insn/judge.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/insn/normalise.h"

struct judge {
	const uint32_t *words;
	size_t count, at;
	size_t size; /* bytes of an instruction */
	csh capstone;
	FILE *objdump; /* NULL: Capstone */
	char file[32]; /* what objdump reads */
};

/* Little-endian words to a file. */
static bool write_words(struct judge *j)
{
	strcpy(j->file, "/tmp/insn-XXXXXX");
	int fd = mkstemp(j->file);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!f)
		return false;
	bool ok = fwrite(j->words, sizeof *j->words, j->count, f) == j->count;
	return !fclose(f) && ok;
}

static bool open_objdump(struct judge *j, const char *command)
{
	char line[512];
	if (!write_words(j))
		return false;
	snprintf(line, sizeof line, "%s -D -z -b binary -m aarch64 --adjust-vma=0x%" PRIx64 " %s",
	    command, JUDGE_PC, j->file);
	j->objdump = popen(line, "r");
	return j->objdump != NULL;
}

struct judge *judge_open(const char *name, const uint32_t *words, size_t count)
{
	struct judge *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	j->words = words;
	j->count = count;
	j->size = 4;
	bool ok = strcmp(name, "capstone")
		      ? open_objdump(j, name)
		      : cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &j->capstone) == CS_ERR_OK;
	if (ok)
		return j;
	fprintf(stderr, "cannot start %s\n", name);
	judge_close(j);
	return NULL;
}

struct judge *judge_open_arm(const uint32_t *words, size_t count, bool thumb)
{
	struct judge *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	j->words = words;
	j->count = count;
	j->size = thumb ? 2 : 4;
	/* r9 to r12 have several names. */
	if (cs_open(CS_ARCH_ARM, thumb ? CS_MODE_THUMB : CS_MODE_ARM, &j->capstone) == CS_ERR_OK &&
	    cs_option(j->capstone, CS_OPT_SYNTAX, CS_OPT_SYNTAX_NOREGNAME) == CS_ERR_OK)
		return j;
	fprintf(stderr, "cannot start capstone\n");
	judge_close(j);
	return NULL;
}

void judge_close(struct judge *j)
{
	if (j->objdump)
		pclose(j->objdump);
	if (j->capstone)
		cs_close(&j->capstone);
	if (j->file[0])
		unlink(j->file);
	free(j);
}

static void ask_capstone(struct judge *j, char text[JUDGE_TEXT])
{
	char line[JUDGE_TEXT] = "undefined";
	cs_insn *insn;
	size_t n = cs_disasm(j->capstone, (const uint8_t *)&j->words[j->at], j->size,
	    JUDGE_PC + j->size * j->at, 1, &insn);
	if (n) {
		snprintf(line, sizeof line, "%s %s", insn->mnemonic, insn->op_str);
		cs_free(insn, n);
	}
	normalise(line, text, JUDGE_TEXT);
}

/* "    40001000:\t8b030041 \tadd\tx1, x2, x3 // comment" */
static bool ask_objdump(struct judge *j, char text[JUDGE_TEXT])
{
	char line[JUDGE_TEXT], *p;
	do {
		if (!fgets(line, sizeof line, j->objdump))
			return false;
		p = strchr(line, '\t');
		p = p ? strchr(p + 1, '\t') : NULL;
	} while (!p);
	char *comment = strstr(p, "//");
	if (!comment)
		comment = strstr(p, " <");
	if (comment)
		*comment = 0;
	bool undefined = strstr(p, ".inst") != NULL;
	normalise(undefined ? "undefined" : p + 1, text, JUDGE_TEXT);
	return true;
}

bool judge_next(struct judge *j, char text[JUDGE_TEXT])
{
	if (j->at == j->count)
		return false;
	bool ok = true;
	if (j->objdump)
		ok = ask_objdump(j, text);
	else
		ask_capstone(j, text);
	j->at++;
	return ok;
}
