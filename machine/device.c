/* Devices: what is the same for all of them. */
#include "machine/device.h"

void device_init(struct device *d, const struct device_type *type, const char *tag, void *state)
{
	*d = (struct device){.type = type, .tag = tag, .state = state};
	state_reset(&type->table, state);
}

void device_reset(struct device *d)
{
	state_reset(&d->type->table, d->state);
	if (d->type->reset)
		d->type->reset(d);
}
