/* Every type of device there is, sorted by name. */
#ifndef MYNA_DEVICES_DEVICES_H
#define MYNA_DEVICES_DEVICES_H

#include "machine/device.h"

extern const struct device_type *const device_types[]; /* ends with NULL */

#endif
