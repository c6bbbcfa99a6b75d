/* What must hold for every type of device there is. */
#include <criterion/criterion.h>
#include <string.h>

#include "devices/devices.h"

Test(device_types, tables_tile)
{
	for (unsigned i = 0; device_types[i]; i++) {
		const char *row = state_tiles(&device_types[i]->table);
		cr_expect_null(
		    row, "%s: the table does not tile the state at %s", device_types[i]->name, row);
	}
}

Test(device_types, are_sorted_and_described)
{
	for (unsigned i = 0; device_types[i]; i++) {
		cr_expect(device_types[i]->description && *device_types[i]->description);
		if (i)
			cr_expect_lt(strcmp(device_types[i - 1]->name, device_types[i]->name), 0,
			    "%s is out of order", device_types[i]->name);
	}
}

Test(device_types, reset_values_fit)
{
	for (unsigned i = 0; device_types[i]; i++) {
		const struct state_table *t = &device_types[i]->table;
		for (unsigned f = 0; f < t->count; f++)
			cr_expect(t->fields[f].width == 8 ||
				      !(t->fields[f].reset >> 8 * t->fields[f].width),
			    "%s.%s", device_types[i]->name, t->fields[f].name);
	}
}
