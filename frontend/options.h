/* The command line: options.def as data, and the parser over it. */
#ifndef MYNA_FRONTEND_OPTIONS_H
#define MYNA_FRONTEND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontend/status.h"

enum command_id {
#define COMMAND(id, ...) COMMAND_##id,
#include "frontend/options.def"
	COMMAND_COUNT,
	COMMAND_NONE = COMMAND_COUNT
};

#define OPTION_LIST_MAX 32
struct option_list {
	const char *items[OPTION_LIST_MAX];
	unsigned count;
};

/* What was asked for.  Strings point into argv. */
struct options {
	enum command_id command;
	const char *operands[4];
	unsigned operand_count;
#define FLAG                                bool
#define TEXT                                const char *
#define LIST                                struct option_list
#define NUMBER                              uint64_t
#define SIZE                                uint64_t
#define TIME                                uint64_t
#define OPTION(commands, kind, member, ...) kind member;
#include "frontend/options.def"
#undef FLAG
#undef TEXT
#undef LIST
#undef NUMBER
#undef SIZE
#undef TIME
	bool pace_given; /* --pace or --no-pace was said */
};

typedef enum status command_fn(const struct options *o);

struct command {
	const char *name, *operands;
	command_fn *function;
	const char *summary, *text;
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER, OPTION_SIZE, OPTION_TIME };

struct option {
	unsigned commands; /* bit per enum command_id */
	enum option_kind kind;
	size_t member; /* offset in struct options */
	const char *name, *aliases, *argument;
	uint64_t low, high;
	const char *text;
};

extern const struct command commands[COMMAND_COUNT];
extern const struct option option_table[];
extern const unsigned option_count;

/* Fill `o` from the command line (argv[0] is skipped).  Not STATUS_OK: `why` is one sentence.
 * --help and --version win over every mistake elsewhere on the line. */
enum status options_parse(struct options *o, int argc, char *const argv[], char *why, size_t size);

/* Is an operand meant as a file rather than as the name of a command or machine? */
bool names_file(const char *word);

/* Readers of a single value; false with a sentence naming `option` in `why`. */
bool parse_number(const char *text, const char *option, uint64_t low, uint64_t high, uint64_t *out,
    char *why, size_t size);
bool parse_size(const char *text, const char *option, uint64_t low, uint64_t high, uint64_t *out,
    char *why, size_t size);
bool parse_time(const char *text, const char *option, uint64_t low, uint64_t high, uint64_t *out,
    char *why, size_t size);

/* Interpret C escapes (and any other escaped character as itself) in the `n` bytes at `text`.
 * `out` needs room for `n` bytes.  Returns the length, or -1 for an escape cut short. */
long unescape(const char *text, size_t n, char *out);

/* Edits (insert, delete, replace, swap neighbours) that make `a` out of `b`, at most `limit`. */
unsigned edit_distance(const char *a, const char *b, unsigned limit);

/* The nearest of the words offered so far. */
struct suggestion {
	const char *typed;
	unsigned distance;
	char best[48]; /* empty: none is near */
};
struct suggestion suggestion_for(const char *typed);
void suggestion_offer(struct suggestion *s, const char *word);
/* "; did you mean 'x'?" or "": for the end of a message. */
const char *suggestion_text(const struct suggestion *s, char *text, size_t size);

#endif
