/* --help and the manual page, both written from options.def and the list of exit statuses. */
#include "frontend/help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "frontend/commands.h"

#define HELP_WIDTH  80
#define HELP_COLUMN 26

const char help_summary[] = "myna - run other machines' software, the same way every time";

/* Print `text` wrapped, each further line at `indent`; the cursor stands at `column`. */
static void print_wrapped(FILE *out, const char *text, unsigned column, unsigned indent)
{
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > indent && column + 1 + word > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)word, text);
		column += (unsigned)word;
		text += word;
		text += *text == ' ';
	}
	fputc('\n', out);
}

/* "  left      right, wrapped". */
static void print_row(FILE *out, const char *left, const char *right)
{
	int n = fprintf(out, "  %s", left);

	if (n > HELP_COLUMN - 2) {
		fputc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - n, "");
	print_wrapped(out, right, HELP_COLUMN, HELP_COLUMN);
}

/* "--memory SIZE, -m": what stands left of an option's text.  QEMU's -kernel for --kernel goes
 * without saying. */
static void describe_option(const struct option *p, char *text, size_t size)
{
	int n = snprintf(text, size, "--%s%s%s", p->name,
	    p->argument && p->argument[0] != '[' ? " " : "", p->argument ? p->argument : "");

	for (const char *alias = p->aliases; alias && *alias && (size_t)n < size;) {
		size_t length = strcspn(alias, " ");

		if (length != strlen(p->name) + 1 || strncmp(alias + 1, p->name, length - 1))
			n += snprintf(text + n, size - (size_t)n, ", %.*s", (int)length, alias);
		alias += length;
		alias += *alias == ' ';
	}
}

static void print_options(FILE *out, unsigned mask, bool shared)
{
	char left[160];

	for (unsigned i = 0; i < option_count; i++) {
		const struct option *p = &option_table[i];
		bool everywhere = p->commands == (1u << COMMAND_COUNT) - 1;

		if (!(p->commands & mask) || everywhere != shared)
			continue;
		describe_option(p, left, sizeof(left));
		print_row(out, left, p->text);
	}
}

static void print_statuses(FILE *out)
{
#define STATUS(id, number, meaning) print_row(out, #number, meaning);
	STATUS_LIST(STATUS)
#undef STATUS
}

void help_general(FILE *out)
{
	char left[80];

	fprintf(out, "%s\n\nusage: myna COMMAND [operands] [options]\n\ncommands:\n", help_summary);
	for (unsigned i = 0; i < COMMAND_COUNT; i++) {
		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].operands);
		print_row(out, left, commands[i].summary);
	}
	fputs("\noptions of every command:\n", out);
	print_options(out, ~0u, true);
	fputs("\nexit status:\n", out);
	print_statuses(out);
	fputs("\n'myna COMMAND --help' explains a command with its options.\n", out);
}

void help_command(FILE *out, enum command_id id)
{
	const struct command *c = &commands[id];

	fprintf(out, "usage: myna %s%s%s [options]\n\n%c%s.\n", c->name, c->operands[0] ? " " : "",
	    c->operands, toupper((unsigned char)c->summary[0]), c->summary + 1);
	fputs(c->text[0] ? "\n" : "", out);
	if (c->text[0])
		print_wrapped(out, c->text, 0, 0);
	fputs("\noptions:\n", out);
	print_options(out, 1u << id, false);
	print_options(out, 1u << id, true);
	fputs("\nQEMU's spelling with one dash (-kernel, -append) is understood too.\n", out);
}

/* Text for roff: nothing in it may be taken for a request or turned into typography. */
static void roff_text(FILE *out, const char *text)
{
	for (bool line_start = true; *text; text++, line_start = false) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '\'')
			fputs("\\(aq", out);
		else
			fputc(*text, out);
	}
}

static void roff_option(FILE *out, const struct option *p)
{
	char left[160];

	describe_option(p, left, sizeof(left));
	fputs(".TP\n.B ", out);
	roff_text(out, left);
	fputc('\n', out);
	roff_text(out, p->text);
	fputc('\n', out);
}

static void roff_section(FILE *out, const char *title)
{
	fprintf(out, ".SH %s\n", title);
}

static void roff_command(FILE *out, enum command_id id)
{
	const struct command *c = &commands[id];

	fputs(".SS ", out);
	fprintf(out, "\"myna %s", c->name);
	fputs(c->operands[0] ? " " : "", out);
	roff_text(out, c->operands);
	fputs("\"\n", out);
	fputc(toupper((unsigned char)c->summary[0]), out);
	roff_text(out, c->summary + 1);
	fputs(".\n", out);
	roff_text(out, c->text);
	fputs(c->text[0] ? "\n" : "", out);
	for (unsigned i = 0; i < option_count; i++) {
		if (option_table[i].commands == 1u << id)
			roff_option(out, &option_table[i]);
	}
}

void help_manual(FILE *out)
{
	fputs(".TH MYNA 1\n", out);
	roff_section(out, "NAME");
	roff_text(out, help_summary);
	fputc('\n', out);
	roff_section(out, "SYNOPSIS");
	fputs(".B myna\n.I command\n[operands] [options]\n", out);
	roff_section(out, "DESCRIPTION");
	roff_text(out,
	    "Emulates whole machines: CPU, memory, devices and clock, in one process and "
	    "without privileges. Time is counted in executed instructions, so the same "
	    "options and files lead to the same final state on every host.");
	fputc('\n', out);
	roff_section(out, "COMMANDS");
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		roff_command(out, (enum command_id)i);
	roff_section(out, "OPTIONS OF EVERY COMMAND");
	for (unsigned i = 0; i < option_count; i++) {
		if (option_table[i].commands == (1u << COMMAND_COUNT) - 1)
			roff_option(out, &option_table[i]);
	}
	roff_section(out, "KEYS");
	roff_text(out,
	    "While a serial port is on the terminal, Ctrl-A is the escape key. Ctrl-A x ends "
	    "the run, Ctrl-A p presses the machine's power key, Ctrl-A h lists the keys, "
	    "Ctrl-A Ctrl-A sends Ctrl-A to the guest. "
	    "Ctrl-C goes to the guest.");
	fputc('\n', out);
	roff_section(out, "EXIT STATUS");
#define STATUS(id, number, meaning)          \
	fputs(".TP\n.B " #number "\n", out); \
	roff_text(out, meaning);             \
	fputc('\n', out);
	STATUS_LIST(STATUS)
#undef STATUS
}

enum status command_help(const struct options *o)
{
	struct suggestion near;
	char guess[80];

	if (!o->operand_count) {
		help_general(stdout);
		return STATUS_OK;
	}
	near = suggestion_for(o->operands[0]);
	for (unsigned i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(near.typed, commands[i].name)) {
			help_command(stdout, (enum command_id)i);
			return STATUS_OK;
		}
		suggestion_offer(&near, commands[i].name);
	}
	return complain(STATUS_USAGE, "help: unknown command '%.60s'%s", near.typed,
	    suggestion_text(&near, guess, sizeof(guess)));
}

enum status command_man(const struct options *o)
{
	help_manual(stdout);
	return STATUS_OK;
}
