/* What a user can choose about a machine.  Each board takes what it has a use for, and says what it
 * needs.  Files are whole files in memory, not owned; NULL if absent. */
#ifndef MYNA_BOARDS_CONFIG_H
#define MYNA_BOARDS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"

struct block_backend;

struct board_config {
	struct engine_options engine;
	uint64_t rtc_epoch; /* seconds since 1970 at power-on */
	uint64_t seed;      /* for virtio-rng and the device tree's seeds */
	/* virt */
	uint64_t memory;      /* bytes, multiple of 1 MiB, 16 MiB..64 GiB */
	unsigned smp;         /* 1..8 */
	unsigned gic_version; /* 2 or 3 */
	bool screen;          /* a framebuffer, a keyboard and a tablet */
	const void *kernel;
	size_t kernel_size;
	const void *initrd;
	size_t initrd_size;
	const void *dtb; /* user's device tree instead of ours */
	size_t dtb_size;
	const void *firmware; /* runs from flash at 0; gba: instead of the built-in boot ROM */
	size_t firmware_size;
	const char *append;
	struct block_backend *drives[8];
	unsigned drive_count;
	/* gba */
	const void *rom; /* the cartridge; NULL: the demo that is built in */
	size_t rom_size;
	const void *backup; /* what the cartridge has kept */
	size_t backup_size;
};

#endif
