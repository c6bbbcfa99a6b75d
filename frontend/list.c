/* myna list machines|cpus|devices. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "devices/devices.h"
#include "frontend/commands.h"
#include "machine/boards/boards.h"

struct entry {
	const char *name, *description;
	const char *cpu; /* of a machine, else NULL */
};

static const struct entry cpus[] = {
    {"arm64", "Armv8.2-A, 64-bit state, EL0 and EL1", NULL},
    {"arm7tdmi", "Armv4T, exact to the cycle", NULL},
};

static bool machine_entry(unsigned i, struct entry *e)
{
	*e = (struct entry){boards[i].name, boards[i].description, boards[i].cpu};
	return e->name != NULL;
}

static bool cpu_entry(unsigned i, struct entry *e)
{
	if (i >= sizeof(cpus) / sizeof(cpus[0]))
		return false;
	*e = cpus[i];
	return true;
}

static bool device_entry(unsigned i, struct entry *e)
{
	if (!device_types[i])
		return false;
	*e = (struct entry){device_types[i]->name, device_types[i]->description, NULL};
	return true;
}

static const struct listing {
	const char *name;
	bool (*entry)(unsigned i, struct entry *e);
} listings[] = {
    {"machines", machine_entry},
    {"cpus", cpu_entry},
    {"devices", device_entry},
};

static enum status print_json(const struct listing *l)
{
	json_t *array = json_array();
	struct entry e;
	int failed = !array;

	for (unsigned i = 0; !failed && l->entry(i, &e); i++) {
		json_t *object =
		    json_pack("{s:s, s:s}", "name", e.name, "description", e.description);

		if (object && e.cpu)
			json_object_set_new(object, "cpu", json_string(e.cpu));
		failed = json_array_append_new(array, object);
	}
	if (!failed)
		failed = json_dumpf(array, stdout, JSON_INDENT(2));
	json_decref(array);
	putchar('\n');
	return failed ? complain(STATUS_TRY_AGAIN, "cannot write JSON") : STATUS_OK;
}

static void print_text(const struct listing *l)
{
	struct entry e;

	for (unsigned i = 0; l->entry(i, &e); i++)
		printf("%-16s%s\n", e.name, e.description);
}

enum status command_list(const struct options *o)
{
	struct suggestion near;
	char guess[80];

	if (o->operand_count != 1)
		return complain(STATUS_USAGE, "list: say what: machines, cpus or devices");
	near = suggestion_for(o->operands[0]);
	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++) {
		if (!strcmp(listings[i].name, near.typed)) {
			if (o->json)
				return print_json(&listings[i]);
			print_text(&listings[i]);
			return STATUS_OK;
		}
		suggestion_offer(&near, listings[i].name);
	}
	return complain(STATUS_USAGE, "list: no list of '%.60s'%s", near.typed,
	    suggestion_text(&near, guess, sizeof(guess)));
}
