/* PSCI: CPUs on and off, system off and reset. */
#include "machine/boards/psci.h"

#define SMC64 0x40000000u /* calling convention bit: 64-bit arguments */

enum psci_function {
	SMCCC_VERSION = 0x80000000,
	SMCCC_ARCH_FEATURES = 0x80000001,
	PSCI_VERSION = 0x84000000,
	PSCI_CPU_SUSPEND = 0x84000001,
	PSCI_CPU_OFF = 0x84000002,
	PSCI_CPU_ON = 0x84000003,
	PSCI_AFFINITY_INFO = 0x84000004,
	PSCI_MIGRATE_INFO_TYPE = 0x84000006,
	PSCI_SYSTEM_OFF = 0x84000008,
	PSCI_SYSTEM_RESET = 0x84000009,
	PSCI_FEATURES = 0x8400000a,
	PSCI_SYSTEM_RESET2 = 0x84000012,
};

enum psci_result {
	SUCCESS = 0,
	NOT_SUPPORTED = -1,
	INVALID_PARAMETERS = -2,
	ALREADY_ON = -4,
};

#define PSCI_1_1               0x10001
#define SMCCC_1_1              0x10001
#define AFFINITY_MASK          UINT64_C(0xff00ffffff)
#define POWER_DOWN             (1u << 16) /* power_state: StateType */
#define MIGRATION_NOT_REQUIRED 2

static struct arm64 *cpu_by_affinity(struct machine *m, uint64_t mpidr)
{
	for (unsigned k = 0; k < m->cpu_count; k++) {
		struct arm64 *c = (struct arm64 *)m->cpus[k];
		if ((c->mpidr & AFFINITY_MASK) == mpidr)
			return c;
	}
	return NULL;
}

static int64_t cpu_on(struct machine *m, uint64_t mpidr, uint64_t entry, uint64_t context)
{
	struct arm64 *c = cpu_by_affinity(m, mpidr);
	if (!c)
		return INVALID_PARAMETERS;
	if (c->s.powered)
		return ALREADY_ON;
	arm64_power_on(c, entry, context);
	return SUCCESS;
}

static int64_t cpu_off(struct arm64 *c)
{
	c->s.powered = 0;
	cpu_kick(&c->cpu);
	return SUCCESS;
}

/* Standby is WFI; nothing deeper exists. */
static int64_t cpu_suspend(struct arm64 *c, uint64_t power_state)
{
	if (power_state & POWER_DOWN)
		return INVALID_PARAMETERS;
	if (!(c->s.irq | c->s.fiq)) {
		c->s.waiting = 1;
		cpu_kick(&c->cpu);
	}
	return SUCCESS;
}

static int64_t affinity_info(struct machine *m, uint64_t mpidr, uint64_t level)
{
	struct arm64 *c = level == 0 ? cpu_by_affinity(m, mpidr) : NULL;
	return c ? !c->s.powered : INVALID_PARAMETERS;
}

static int64_t features(uint32_t function)
{
	switch (function & ~SMC64) {
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_ON:
	case PSCI_AFFINITY_INFO:
	case PSCI_SYSTEM_RESET2: return SUCCESS;
	}
	switch (function) {
	case SMCCC_VERSION:
	case PSCI_VERSION:
	case PSCI_CPU_OFF:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES: return SUCCESS;
	}
	return NOT_SUPPORTED;
}

static int64_t smccc_features(uint32_t function)
{
	return function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES ? SUCCESS
									    : NOT_SUPPORTED;
}

static int64_t system_off(struct machine *m)
{
	machine_power_off(m, 0);
	return SUCCESS;
}

static int64_t system_reset(struct machine *m)
{
	machine_request_reset(m);
	return SUCCESS;
}

/* Calls that come in a 32-bit and a 64-bit form; the former sees 32-bit arguments. */
static int64_t call_either(struct arm64 *c, uint32_t function, uint64_t mask)
{
	struct machine *m = c->cpu.machine;
	uint64_t a = c->s.x[1] & mask, b = c->s.x[2] & mask, d = c->s.x[3] & mask;
	switch (function & ~SMC64) {
	case PSCI_CPU_SUSPEND: return cpu_suspend(c, a);
	case PSCI_CPU_ON: return cpu_on(m, a, b, d);
	case PSCI_AFFINITY_INFO: return affinity_info(m, a, b);
	case PSCI_SYSTEM_RESET2: return system_reset(m);
	}
	return NOT_SUPPORTED;
}

static int64_t call(struct arm64 *c, uint32_t function)
{
	switch (function) {
	case SMCCC_VERSION: return SMCCC_1_1;
	case SMCCC_ARCH_FEATURES: return smccc_features((uint32_t)c->s.x[1]);
	case PSCI_VERSION: return PSCI_1_1;
	case PSCI_CPU_OFF: return cpu_off(c);
	case PSCI_MIGRATE_INFO_TYPE: return MIGRATION_NOT_REQUIRED;
	case PSCI_SYSTEM_OFF: return system_off(c->cpu.machine);
	case PSCI_SYSTEM_RESET: return system_reset(c->cpu.machine);
	case PSCI_FEATURES: return features((uint32_t)c->s.x[1]);
	}
	return call_either(c, function, function & SMC64 ? UINT64_MAX : UINT32_MAX);
}

bool psci_call(void *owner, struct arm64 *c, bool smc)
{
	c->s.x[0] = (uint64_t)call(c, (uint32_t)c->s.x[0]);
	return true;
}
