/* The translator as the command line sees it. */
#include "frontend/translation.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "frontend/commands.h"
#include "frontend/session.h"
#include "machine/boards/virt_arm64.h"

static void show(void *owner, const struct engine_block *b, enum engine_stage stage)
{
	struct translation *t = owner;

	if (t->dump.out)
		dump_block(&t->dump, b, stage);
	if (t->perf.out && stage == ENGINE_TRANSLATED)
		perf_map_block(&t->perf, b);
}

static enum status open_dump(struct dump *d, const struct options *o)
{
	const char *path = o->jit_dump_file;

	if (!o->jit_dump)
		return path ? complain(STATUS_USAGE, "--jit-dump-file: say what with --jit-dump")
			    : STATUS_OK;
	if (!dump_parts(o->jit_dump, &d->parts))
		return complain(STATUS_USAGE,
		    "--jit-dump %.60s: give words of guest,lowered,ir,host with commas",
		    o->jit_dump);
	d->out = path ? fopen(path, "we") : stderr;
	return d->out ? STATUS_OK
		      : complain(STATUS_USAGE, "--jit-dump-file %s: %s", path, strerror(errno));
}

enum status translation_open(
    struct translation *t, const struct options *o, struct engine_options *e)
{
	char why[160];
	enum status status;

	if (!engine_named(o->engine, &e->kind)) /* the parser has checked it */
		return STATUS_INTERNAL;
	e->lockstep = o->jit_lockstep;
	e->cache_bytes = o->jit_cache;
	e->avx2_only = o->jit_avx2;
	e->traps = o->jit_no_traps ? ENGINE_TRAPS_NEVER : ENGINE_TRAPS_SELDOM;
	e->random = o->jit_random_ra;
	e->anonymous = o->perf_map;
	e->clock = o->stats ? host_clock : NULL;
	if (e->lockstep && e->kind == ENGINE_INTERP)
		return complain(STATUS_USAGE,
		    "--jit-lockstep: compares with the interpreter; give --engine jit or eval");
	status = open_dump(&t->dump, o);
	if (!status && o->perf_map && !perf_map_open(&t->perf, why, sizeof(why)))
		status = complain(STATUS_TRY_AGAIN, "%s", why);
	if (t->dump.out || t->perf.out) {
		e->watch = show;
		e->watch_owner = t;
	}
	return status;
}

enum status translation_close(struct translation *t)
{
	FILE *out = t->dump.out;
	bool lost = out && ferror(out);

	perf_map_close(&t->perf);
	t->dump.out = NULL;
	if (out && out != stderr)
		lost |= fclose(out) != 0;
	return lost ? complain(STATUS_TRY_AGAIN, "--jit-dump: cannot write all of it") : STATUS_OK;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0.0;
}

void translation_print_stats(const struct machine *m, uint64_t executed)
{
	struct engine_stats s;

	if (!virt_engine_stats(m, &s))
		return;
	printf("translated_blocks: %" PRIu64 "\n", s.blocks);
	printf("translated_instructions: %" PRIu64 "\n", s.instructions);
	printf("translate_ns_per_instruction: %.1f\n", ratio(s.translate_ns, s.instructions));
	printf("code_bytes_per_instruction: %.1f\n", ratio(s.code_bytes, s.instructions));
	printf("helper_calls_per_1000: %.3f\n", 1000 * ratio(s.calls + s.helpers, executed));
	printf("tlb_misses_per_1000: %.3f\n", 1000 * ratio(s.tlb_misses, executed));
	printf("interpreter_calls: %" PRIu64 "\n", s.calls);
	printf("interpreted_singly: %" PRIu64 "\n", s.singles);
	printf("fp_traps: %" PRIu64 "\n", s.fp_traps);
	printf("lookups: %" PRIu64 "\n", s.lookups);
	printf("cache_flushes: %" PRIu64 "\n", s.flushes);
}
