/* myna: the command line.  Finds the command and calls it; nothing else happens here. */
#include <signal.h>
#include <stdio.h>

#include "frontend/commands.h"
#include "frontend/help.h"

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

	/* A reader that went away or a file that may not grow is an error of the write, not the end
	 * of the process. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (status)
		return complain(status, "%s", why);
	status = answer(&o);
	if (fflush(stdout) && status == STATUS_OK)
		status = complain(STATUS_TRY_AGAIN, "cannot write to standard output: %m");
	return (int)status;
}
