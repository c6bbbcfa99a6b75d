/* The arm64 "virt" board: the memory map and interrupt numbers of QEMU's machine of that name, so
 * kernels and firmware built for it run unmodified.
 *
 * Endpoints: ports[0] is the PL011 "serial0", ports[1] the virtio console "hvc0"; with a screen
 * screens[0], a framebuffer in memory of its own, inputs[0] a keyboard and inputs[1] a tablet.
 */
#ifndef MYNA_BOARDS_VIRT_ARM64_H
#define MYNA_BOARDS_VIRT_ARM64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"

struct block_backend;
struct machine;

struct virt_config {
	uint64_t memory;      /* bytes, multiple of 1 MiB, 16 MiB..64 GiB */
	unsigned smp;         /* 1..8 */
	unsigned gic_version; /* 2 or 3 */
	bool screen;          /* a framebuffer, a keyboard and a tablet */
	struct engine_options engine;
	uint64_t rtc_epoch; /* seconds since 1970 at power-on */
	uint64_t seed;      /* for virtio-rng and the device tree's seeds */
	/* Whole files in memory, not owned; NULL if absent. */
	const void *kernel;
	size_t kernel_size;
	const void *initrd;
	size_t initrd_size;
	const void *dtb; /* user's device tree instead of ours */
	size_t dtb_size;
	const void *firmware; /* runs from flash at 0 */
	size_t firmware_size;
	const char *append;
	struct block_backend *drives[8];
	unsigned drive_count;
};

/* NULL with a sentence naming the option and remedy in `why`. */
struct machine *virt_arm64_new(const struct virt_config *config, char *why, size_t size);

/* What the translator has done; false if the machine has none. */
bool virt_engine_stats(const struct machine *m, struct engine_stats *stats);

/* Is it translated code of the CPU that runs that has crashed?  Then its registers are those of
 * that moment, and `b` is the block; count 0: code around the blocks. */
bool virt_engine_crashed(
    struct machine *m, const struct engine_crash *crash, struct engine_block *b);

/* Why the host cannot run the translator that was asked for, so that the interpreter runs instead;
 * NULL if all is as asked. */
const char *virt_engine_refused(const struct machine *m);

#endif
