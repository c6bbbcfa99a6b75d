/* The parser over options.def.
 *
 * GNU habits (--name value, --name=value, --no-name, -- ends options, options anywhere) plus the
 * spellings of QEMU that each row lists.
 */
#include "frontend/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpu/engine.h"
#include "frontend/commands.h"

const struct command commands[COMMAND_COUNT] = {
#define COMMAND(id, name, operands, function, summary, text) \
	[COMMAND_##id] = {name, operands, function, summary, text},
#include "frontend/options.def"
};

#define FOR(id) (1u << COMMAND_##id)
#define FOR_ALL ((1u << COMMAND_COUNT) - 1)

const struct option option_table[] = {
#define OPTION(commands, kind, member, name, aliases, argument, low, high, text)                  \
	{commands, OPTION_##kind, offsetof(struct options, member), name, aliases, argument, low, \
	    high, text},
#include "frontend/options.def"
};
const unsigned option_count = sizeof(option_table) / sizeof(option_table[0]);

/* The parser's place on the line. */
struct parser {
	struct options *o;
	int argc, next;
	char *const *argv;
	char *why;
	size_t size;
};

/* Is `spelling` (`n` bytes, with its dashes) one of the words in `aliases`? */
static bool alias_matches(const char *aliases, const char *spelling, size_t n)
{
	while (aliases && *aliases) {
		size_t length = strcspn(aliases, " ");

		if (length == n && !memcmp(aliases, spelling, n))
			return true;
		aliases += length;
		aliases += *aliases == ' ';
	}
	return false;
}

static bool option_matches(const struct option *p, const char *spelling, size_t n)
{
	return (n == strlen(p->name) + 2 && !memcmp(spelling, "--", 2) &&
		   !memcmp(spelling + 2, p->name, n - 2)) ||
	       alias_matches(p->aliases, spelling, n);
}

/* The option of that spelling; `*negated` for the --no- form of a flag. */
static const struct option *find_option(const char *spelling, size_t n, bool *negated)
{
	char positive[64];

	*negated = false;
	for (unsigned i = 0; i < option_count; i++) {
		if (option_matches(&option_table[i], spelling, n))
			return &option_table[i];
	}
	if (n < 6 || n - 3 >= sizeof(positive) || memcmp(spelling, "--no-", 5))
		return NULL;
	snprintf(positive, sizeof(positive), "--%.*s", (int)(n - 5), spelling + 5);
	for (unsigned i = 0; i < option_count; i++) {
		const struct option *p = &option_table[i];

		if (p->kind == OPTION_FLAG && option_matches(p, positive, n - 3)) {
			*negated = true;
			return p;
		}
	}
	return NULL;
}

static enum status fail_unknown(struct parser *s, const char *spelling, size_t n)
{
	char typed[64], guess[80], word[64];
	struct suggestion near;

	snprintf(typed, sizeof(typed), "%.*s", (int)(n < 60 ? n : 60), spelling);
	near = suggestion_for(typed);
	for (unsigned i = 0; i < option_count; i++) {
		if (s->o->command != COMMAND_NONE &&
		    !(option_table[i].commands & 1u << s->o->command))
			continue;
		snprintf(word, sizeof(word), "--%s", option_table[i].name);
		suggestion_offer(&near, word);
	}
	snprintf(s->why, s->size, "unknown option '%s'%s", typed,
	    suggestion_text(&near, guess, sizeof(guess)));
	return STATUS_USAGE;
}

/* Are the values of a TEXT option listed in its argument column? */
static bool is_choice(const char *argument)
{
	return argument[strspn(argument, "abcdefghijklmnopqrstuvwxyz0123456789-|")] == 0;
}

static bool choice_allowed(const char *choices, const char *value, struct suggestion *near)
{
	char word[32];

	while (*choices) {
		size_t n = strcspn(choices, "|");

		if (n == strlen(value) && !memcmp(choices, value, n))
			return true;
		snprintf(word, sizeof(word), "%.*s", (int)n, choices);
		suggestion_offer(near, word);
		choices += n;
		choices += *choices == '|';
	}
	return false;
}

static enum status store_text(struct parser *s, const struct option *p, const char *spelling,
    const char *value, const char **member)
{
	struct suggestion near = suggestion_for(value);
	char guess[80];

	if (is_choice(p->argument) && !choice_allowed(p->argument, value, &near)) {
		snprintf(s->why, s->size, "%s %.60s: allowed is %s%s", spelling, value, p->argument,
		    suggestion_text(&near, guess, sizeof(guess)));
		return STATUS_USAGE;
	}
	*member = value;
	return STATUS_OK;
}

static enum status store_value(
    struct parser *s, const struct option *p, const char *spelling, const char *value)
{
	void *member = (char *)s->o + p->member;
	struct option_list *list = member;
	bool good = true;

	switch (p->kind) {
	case OPTION_TEXT: return store_text(s, p, spelling, value, member);
	case OPTION_LIST:
		if (list->count == OPTION_LIST_MAX) {
			snprintf(
			    s->why, s->size, "%s: at most %u times", spelling, OPTION_LIST_MAX);
			return STATUS_USAGE;
		}
		list->items[list->count++] = value;
		break;
	case OPTION_NUMBER:
		good = parse_number(value, spelling, p->low, p->high, member, s->why, s->size);
		break;
	case OPTION_SIZE:
		good = parse_size(value, spelling, p->low, p->high, member, s->why, s->size);
		break;
	case OPTION_TIME:
		good = parse_time(value, spelling, p->low, p->high, member, s->why, s->size);
		break;
	case OPTION_FLAG: break;
	}
	return good ? STATUS_OK : STATUS_USAGE;
}

/* Does the command at hand know the option?  Before the command anything may come. */
static enum status check_command(struct parser *s, const struct option *p, const char *spelling)
{
	if (s->o->command == COMMAND_NONE || (p->commands & 1u << s->o->command))
		return STATUS_OK;
	snprintf(s->why, s->size, "'myna %s' has no option %s; see 'myna %s --help'",
	    commands[s->o->command].name, spelling, commands[s->o->command].name);
	return STATUS_USAGE;
}

static enum status parse_option(struct parser *s, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	bool negated;
	const struct option *p = find_option(word, n, &negated);
	char spelling[64];
	enum status status;

	if (!p)
		return fail_unknown(s, word, n);
	snprintf(spelling, sizeof(spelling), "%.*s", (int)n, word);
	status = check_command(s, p, spelling);
	if (status)
		return status;
	if (p->kind == OPTION_FLAG) {
		if (equals) {
			snprintf(s->why, s->size, "%s takes no value; --no-%s is its opposite",
			    spelling, p->name);
			return STATUS_USAGE;
		}
		*(bool *)((char *)s->o + p->member) = !negated;
		if (p->member == offsetof(struct options, pace))
			s->o->pace_given = true;
		return STATUS_OK;
	}
	if (equals)
		return store_value(s, p, spelling, equals + 1);
	if (p->argument[0] == '[') {
		*(uint64_t *)((char *)s->o + p->member) = p->low;
		return STATUS_OK;
	}
	if (s->next == s->argc) {
		snprintf(
		    s->why, s->size, "%s needs a value: %s %s", spelling, spelling, p->argument);
		return STATUS_USAGE;
	}
	return store_value(s, p, spelling, s->argv[s->next++]);
}

bool names_file(const char *word)
{
	return strpbrk(word, "./") || !access(word, F_OK);
}

static enum status parse_command(struct parser *s, const char *word)
{
	struct suggestion near = suggestion_for(word);
	char guess[80];

	for (unsigned i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(commands[i].name, word)) {
			s->o->command = (enum command_id)i;
			return STATUS_OK;
		}
		suggestion_offer(&near, commands[i].name);
	}
	/* `myna FILE` runs it. */
	if (names_file(word)) {
		s->o->command = COMMAND_RUN;
		s->o->operands[s->o->operand_count++] = word;
		return STATUS_OK;
	}
	snprintf(s->why, s->size, "unknown command '%.60s'%s%s", word,
	    suggestion_text(&near, guess, sizeof(guess)),
	    near.best[0] ? "" : "; see 'myna --help', or 'myna run virt --kernel FILE'");
	return STATUS_USAGE;
}

static enum status parse_word(struct parser *s, bool *only_operands)
{
	const char *word = s->argv[s->next++];
	const unsigned most = sizeof(s->o->operands) / sizeof(s->o->operands[0]);

	if (!*only_operands && !strcmp(word, "--")) {
		*only_operands = true;
		return STATUS_OK;
	}
	if (!*only_operands && word[0] == '-' && word[1])
		return parse_option(s, word);
	if (s->o->command == COMMAND_NONE)
		return parse_command(s, word);
	if (s->o->operand_count == most) {
		snprintf(s->why, s->size, "'%.60s' is one operand too many; see 'myna %s --help'",
		    word, commands[s->o->command].name);
		return STATUS_USAGE;
	}
	s->o->operands[s->o->operand_count++] = word;
	return STATUS_OK;
}

/* After a mistake: is help or the version asked for further on? */
static bool rest_asks_for_help(struct parser *s)
{
	for (; s->next < s->argc && strcmp(s->argv[s->next], "--"); s->next++) {
		const char *word = s->argv[s->next];

		if (!strcmp(word, "--help") || !strcmp(word, "-h"))
			s->o->help = true;
		if (!strcmp(word, "--version"))
			s->o->version = true;
	}
	return s->o->help || s->o->version;
}

static void set_defaults(struct options *o)
{
	*o = (struct options){
	    .command = COMMAND_NONE,
	    .memory = UINT64_C(512) << 20,
	    .smp = 1,
	    .gic_version = 3,
	    .engine = "jit",
	    .window = true,
	    .audio = true,
	};
}

enum status options_parse(struct options *o, int argc, char *const argv[], char *why, size_t size)
{
	struct parser s = {o, argc, 1, argv, why, size};
	bool only_operands = false;

	set_defaults(o);
	why[0] = 0;
	while (s.next < argc) {
		enum status status = parse_word(&s, &only_operands);

		if (status)
			return o->help || o->version || rest_asks_for_help(&s) ? STATUS_OK : status;
	}
	if (o->command != COMMAND_NONE || o->help || o->version)
		return STATUS_OK;
	snprintf(why, size, "no command; see 'myna --help'");
	return STATUS_USAGE;
}
