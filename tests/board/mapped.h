/* A virt machine whose MMU is on from the start, since only then code is translated: the program
 * stands at 0x40080000, and each 1 GiB of a 39-bit address space is the RAM's. */
#ifndef MYNA_TESTS_BOARD_MAPPED_H
#define MYNA_TESTS_BOARD_MAPPED_H

#include <stdio.h>
#include <string.h>

#include "cpu/arm64/arm64.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/registers.h"
#include "machine/boards/virt_arm64.h"

#define MAPPED_TABLE UINT64_C(0x40800000) /* in RAM, behind the program */
#define MAPPED_DATA  (MAPPED_TABLE + 4096)
#define MAPPED_BLOCK UINT64_C(0x40000701) /* 1 GiB, AF, inner shareable, EL1 read/write */

/* NULL with a reason in `why`, also if the engine is not the one asked for. */
static inline struct machine *mapped_machine(const uint32_t *program, size_t program_size,
    struct engine_options engine, char *why, size_t size)
{
	struct board_config k = {.memory = UINT64_C(64) << 20,
	    .smp = 1,
	    .gic_version = 3,
	    .engine = engine,
	    .kernel = program,
	    .kernel_size = program_size};
	struct machine *m = virt_arm64_new(&k, why, size);
	if (m && virt_engine_refused(m)) {
		snprintf(why, size, "%s", virt_engine_refused(m));
		machine_free(m);
		m = NULL;
	}
	if (!m)
		return NULL;
	struct arm64 *c = (struct arm64 *)m->cpus[0];
	const struct bus_region *ram = bus_find(m->bus, MAPPED_TABLE);
	for (unsigned n = 0; n < 512; n++) {
		const uint64_t entry = MAPPED_BLOCK;
		memcpy(ram->host + (MAPPED_TABLE - ram->base) + 8 * n, &entry, sizeof entry);
	}
	c->s.ttbr0_el1 = MAPPED_TABLE;
	c->s.tcr_el1 =
	    25 | UINT64_C(1) << 23 | UINT64_C(2) << 32; /* 39 bits, no TTBR1, 40-bit PA */
	c->s.mair_el1 = 0xff;
	c->s.sctlr_el1 |= SCTLR_M;
	c->s.x[0] = MAPPED_DATA;
	mode_changed(c);
	return m;
}

#endif
