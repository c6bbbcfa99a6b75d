/* myna snapshot: looks at saved states and changes their form, without a machine. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/commands.h"
#include "frontend/saved_state.h"
#include "machine/snapshot.h"
#include "machine/statefile.h"

static const char *const kind_names[] = {
    [SECTION_MACHINE] = "machine",
    [SECTION_DEVICE] = "device",
    [SECTION_BLOB] = "data",
    [SECTION_EVENTS] = "events",
    [SECTION_RAM] = "ram",
    [SECTION_HASHES] = "hashes",
    [SECTION_STORE] = "store",
    [SECTION_INDEX] = "index",
};

static const char *kind_name(unsigned kind)
{
	return kind < sizeof(kind_names) / sizeof(kind_names[0]) && kind_names[kind]
		   ? kind_names[kind]
		   : "unknown";
}

static void print_machine(const struct state_file *f, const struct section *s)
{
	char why[256];
	uint8_t *text = section_load(f, s, why, sizeof(why));

	if (text && printable((const char *)text, strlen((const char *)text)))
		printf("machine: %s\n", text);
	free(text);
}

static void print_section(const struct section *s)
{
	printf("  %-8s %-16s %12" PRIu64 " %12" PRIu64 "%s\n", kind_name(s->e.kind),
	    printable(s->name, strlen(s->name)) ? s->name : "?", s->e.size, s->e.stored,
	    s->e.form == FORM_CHUNKED ? "  packed" : "");
}

static enum status snapshot_info(const char *path, int fd)
{
	struct state_file f;
	char why[512];

	if (!state_file_open(&f, fd, why, sizeof(why)))
		return complain(STATUS_MEDIA, "snapshot info %s: %s", path, why);
	printf("file: %s\nsize: %" PRIu64 "\n", path, f.size);
	for (unsigned i = 0; i < f.count; i++) {
		if (f.sections[i].e.kind == SECTION_MACHINE)
			print_machine(&f, &f.sections[i]);
	}
	printf(
	    "sections: %u\n  %-8s %-16s %12s %12s\n", f.count, "kind", "name", "bytes", "stored");
	for (unsigned i = 0; i < f.count; i++)
		print_section(&f.sections[i]);
	state_file_close(&f);
	return STATUS_OK;
}

static enum status snapshot_check(const char *path, int fd)
{
	char why[512];

	if (!snapshot_verify(fd, why, sizeof(why)))
		return complain(STATUS_MEDIA, "snapshot verify %s: %s", path, why);
	printf("%s: intact\n", path);
	return STATUS_OK;
}

/* The first operand says what to do with the file that is the second; pack and unpack write the
 * third. */
static const struct action {
	const char *name;
	enum status (*look)(const char *path, int fd);
	saved_state_fn *convert;
} actions[] = {
    {"info", snapshot_info, NULL},
    {"verify", snapshot_check, NULL},
    {"pack", NULL, snapshot_pack},
    {"unpack", NULL, snapshot_unpack},
};

static enum status act(const struct action *a, const char *const *paths)
{
	int fd = open(paths[0], O_RDONLY | O_CLOEXEC);
	char why[1024];
	enum status status;

	if (fd < 0)
		return complain(STATUS_MEDIA, "snapshot %s %s: %s%s", a->name, paths[0],
		    strerror(errno), errno == ENOENT ? "; check the path" : "");
	if (a->look) {
		status = a->look(paths[0], fd);
	} else {
		status = saved_state_convert(fd, paths[1], a->convert, why, sizeof(why));
		if (status)
			complain(status, "snapshot %s: %s", a->name, why);
	}
	close(fd);
	return status;
}

enum status command_snapshot(const struct options *o)
{
	struct suggestion near;
	char guess[80];

	if (!o->operand_count)
		return complain(STATUS_USAGE, "snapshot: say what: info, verify, pack or unpack");
	near = suggestion_for(o->operands[0]);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		const struct action *a = &actions[i];

		suggestion_offer(&near, a->name);
		if (strcmp(a->name, near.typed))
			continue;
		if (o->operand_count != (a->convert ? 3 : 2))
			return complain(STATUS_USAGE, "snapshot %s: name %s", a->name,
			    a->convert ? "the file to read and the file to write" : "one file");
		return act(a, o->operands + 1);
	}
	return complain(STATUS_USAGE, "snapshot: cannot '%.60s'%s", near.typed,
	    suggestion_text(&near, guess, sizeof(guess)));
}
