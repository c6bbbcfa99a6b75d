/* Power State Coordination Interface 1.1 (DEN 0022) and the part of the SMC Calling Convention 1.1
 * (DEN 0028) that system software asks for, answered on behalf of absent firmware. */
#ifndef MYNA_BOARDS_PSCI_H
#define MYNA_BOARDS_PSCI_H

#include "cpu/arm64/arm64.h"

/* An arm64_call_fn; every CPU of the machine must be a struct arm64. */
bool psci_call(void *owner, struct arm64 *c, bool smc);

#endif
