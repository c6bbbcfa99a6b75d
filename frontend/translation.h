/* The options of the translator, what shows its work, and what --stats says of it. */
#ifndef MYNA_FRONTEND_TRANSLATION_H
#define MYNA_FRONTEND_TRANSLATION_H

#include "frontend/dump.h"
#include "frontend/options.h"
#include "frontend/perf_map.h"

struct machine;

/* What looks at blocks as they are translated. */
struct translation {
	struct dump dump;
	struct perf_map perf;
};

/* Fill the engine's options and open what they name; says what is wrong. */
enum status translation_open(
    struct translation *t, const struct options *o, struct engine_options *e);
/* No more blocks come.  Not STATUS_OK if some could not be shown. */
enum status translation_close(struct translation *t);

/* What the translator did in a run of so many executed instructions, as 'key: value' lines. */
void translation_print_stats(const struct machine *m, uint64_t executed);

#endif
