/* myna: the command line.  Finds the command and calls it; nothing else happens here. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "frontend/commands.h"
#include "frontend/help.h"

enum status complain(enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("myna: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return status;
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

static enum status answer(const struct options *o)
{
	if (o->version) {
		puts("myna " MYNA_VERSION);
		return STATUS_OK;
	}
	if (o->help) {
		if (o->command == COMMAND_NONE)
			help_general(stdout);
		else
			help_command(stdout, o->command);
		return STATUS_OK;
	}
	return commands[o->command].function(o);
}

int main(int argc, char *argv[])
{
	struct options o;
	char why[1024];
	enum status status = options_parse(&o, argc, argv, why, sizeof(why));

	/* A reader that went away is an error of the write, not the end of the process. */
	signal(SIGPIPE, SIG_IGN);
	if (status)
		return complain(status, "%s", why);
	status = answer(&o);
	if (fflush(stdout) && status == STATUS_OK)
		status = complain(STATUS_TRY_AGAIN, "cannot write to standard output: %m");
	return (int)status;
}
