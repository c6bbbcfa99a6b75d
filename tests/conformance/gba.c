/* Runs Game Boy Advance cartridges that judge themselves and prints one line for each.
 *
 * usage: conformance_gba TABLE FILE...
 *
 * How a program tells its verdict is in the table (gba.txt), by the name of the file:
 *	r12		it runs on the spot, and register 12 is 0 or the number of the first test
 *that failed (jsmolka) log		what it writes to its SRAM: a line with "FAIL" for each
 *failure (the mGBA suite) picture HASH	the picture at the end has this hash (XXH3-64 of its 15-bit
 *colours) A row may end in "xfail REASON": then failing is expected, and passing is not.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "machine/boards/gba_parts.h"

#define SECONDS 30

struct row {
	char name[64], how[16], argument[64], reason[200];
	bool xfail;
};

struct verdict {
	bool known, pass;
	char text[160];
};

static uint8_t rom[GBA_ROM_MAX + 1];

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Fields separated by tabs: name, how, argument or "-", reason or nothing. */
static bool find_row(FILE *table, const char *name, struct row *r)
{
	char line[512];

	rewind(table);
	while (fgets(line, sizeof line, table)) {
		memset(r, 0, sizeof *r);
		int n = sscanf(line, "%63[^\t#]\t%15s\t%63[^\t\n]\txfail %199[^\n]", r->name,
		    r->how, r->argument, r->reason);
		r->xfail = n == 4;
		if (n >= 3 && !strcmp(r->name, name))
			return true;
	}
	return false;
}

static struct verdict judge_log(const struct machine *m)
{
	struct verdict v = {.known = true};
	uint32_t size;
	uint64_t changes;
	const char *log = (const char *)gba_backup(m, &size, &changes);
	unsigned failures = 0;

	for (uint32_t at = 0; at + 4 <= size && log[at] && changes; at++)
		failures += !memcmp(log + at, "FAIL", 4);
	v.pass = changes && !failures;
	snprintf(v.text, sizeof v.text, changes ? "%u failures" : "no log", failures);
	return v;
}

/* Is the next instruction a branch to itself?  Else the program has not come to its end. */
static bool stands_still(const struct gba *g)
{
	const struct arm7tdmi *c = &g->cpu;

	return c->s.pipe[0] == (arm7tdmi_cpsr(c) & PSR_T ? 0xe7fe : 0xeafffffe);
}

static struct verdict judge(struct machine *m, const struct row *r)
{
	const struct gba *g = (const struct gba *)m;
	uint64_t hash = XXH3_64bits(g->ppu.s.frame, sizeof g->ppu.s.frame);
	struct verdict v = {.known = true};

	if (!strcmp(r->how, "log"))
		return judge_log(m);
	if (!strcmp(r->how, "r12")) {
		v.pass = !g->cpu.s.r[12] && stands_still(g);
		snprintf(v.text, sizeof v.text, "r12 = %" PRIu32 "%s", g->cpu.s.r[12],
		    stands_still(g) ? "" : ", still running");
		return v;
	}
	v.known = !strcmp(r->how, "picture");
	v.pass = v.known && hash == strtoull(r->argument, NULL, 16);
	snprintf(
	    v.text, sizeof v.text, "picture %016" PRIx64 ", r12 = %" PRIu32, hash, g->cpu.s.r[12]);
	return v;
}

/* 0: as expected, 1: not, 2: the file cannot be run. */
static int run_file(FILE *table, const char *path)
{
	struct board_config k = {.rom = rom};
	FILE *f = fopen(path, "rb");
	char why[200] = "cannot be read";
	struct row r;

	k.rom_size = f ? fread(rom, 1, sizeof rom, f) : 0;
	if (f)
		fclose(f);
	struct machine *m = f ? gba_new(&k, why, sizeof why) : NULL;
	if (!m) {
		printf("%-24s error      %s\n", base_name(path), why);
		return 2;
	}
	if (!find_row(table, base_name(path), &r))
		memset(&r, 0, sizeof r);
	machine_run(m, SECONDS * GBA_HZ);
	struct verdict v = judge(m, &r);
	const char *word = !v.known  ? "unknown"
			   : v.pass  ? r.xfail ? "XPASS" : "pass"
			   : r.xfail ? "xfail"
				     : "FAIL";
	printf(
	    "%-24s %-10s %s%s%s\n", base_name(path), word, v.text, r.xfail ? ": " : "", r.reason);
	machine_free(m);
	return v.known && v.pass == r.xfail;
}

int main(int count, char **arguments)
{
	FILE *table = count > 2 ? fopen(arguments[1], "r") : NULL;
	int worst = 0;

	if (!table) {
		fprintf(stderr, "usage: conformance_gba TABLE FILE...\n");
		return 2;
	}
	for (int i = 2; i < count; i++) {
		int result = run_file(table, arguments[i]);
		worst = result > worst ? result : worst;
	}
	fclose(table);
	return worst;
}
