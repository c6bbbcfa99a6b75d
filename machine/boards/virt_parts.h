/* The virt board's parts and map, shared by the files that build it.  Addresses and interrupt
 * numbers are those of QEMU's "virt" machine (its documentation, docs/system/arm/virt.rst, and the
 * device tree it generates). */
#ifndef MYNA_BOARDS_VIRT_PARTS_H
#define MYNA_BOARDS_VIRT_PARTS_H

#include "cpu/arm64/arm64.h"
#include "devices/cfi_flash.h"
#include "devices/fw_cfg.h"
#include "devices/gicv2.h"
#include "devices/gicv3.h"
#include "devices/pl011.h"
#include "devices/pl031.h"
#include "devices/pl061.h"
#include "devices/primecell.h"
#include "devices/virtio_blk.h"
#include "devices/virtio_console.h"
#include "devices/virtio_input.h"
#include "devices/virtio_mmio.h"
#include "devices/virtio_rng.h"
#include "machine/boards/virt_arm64.h"

enum virt_address {
	VIRT_FLASH = 0x00000000,
	VIRT_FLASH_SIZE = 0x04000000,
	VIRT_VARIABLES = 0x04000000, /* the second flash, where firmware keeps its variables */
	VIRT_GIC_DIST = 0x08000000,
	VIRT_GIC_CPU = 0x08010000,    /* GICv2 */
	VIRT_GIC_REDIST = 0x080a0000, /* GICv3 */
	VIRT_UART = 0x09000000,
	VIRT_RTC = 0x09010000,
	VIRT_FW_CFG = 0x09020000,
	VIRT_GPIO = 0x09030000,
	VIRT_VIRTIO = 0x0a000000,
	VIRT_SCREEN = 0x10000000, /* the screen's memory; where the model has a PCI window */
	VIRT_RAM = 0x40000000,
};

/* Shared interrupts: SPI numbers, INTID - 32. */
enum virt_spi { VIRT_SPI_UART = 1, VIRT_SPI_RTC = 2, VIRT_SPI_GPIO = 7, VIRT_SPI_VIRTIO = 16 };

/* Private interrupts: PPI numbers, INTID - 16. */
enum virt_ppi { VIRT_PPI_PMU = 7, VIRT_PPI_TIMER_V = 11, VIRT_PPI_TIMER_P = 14 };

#define VIRT_POWER_KEY_PIN 3

#define VIRT_MAX_DRIVES 8
enum virt_slot {
	VIRT_SLOT_CONSOLE = VIRT_MAX_DRIVES,
	VIRT_SLOT_RNG,
	VIRT_SLOT_KEYBOARD,
	VIRT_SLOT_TABLET,
	VIRT_SLOTS_USED
};

/* A line is four bytes a pixel without a gap. */
#define VIRT_SCREEN_WIDTH  1024
#define VIRT_SCREEN_HEIGHT 768
#define VIRT_SCREEN_STRIDE (VIRT_SCREEN_WIDTH * 4)
#define VIRT_SCREEN_SIZE   (VIRT_SCREEN_STRIDE * VIRT_SCREEN_HEIGHT)

struct virt {
	struct machine m;
	struct board_config config; /* what it points to stays with the caller */
	char *append;               /* our copy */
	char engine_refused[240];   /* see virt_engine_refused(); "" if it was not */
	struct arm64 *cpu[MACHINE_MAX_CPUS];
	char cpu_tag[MACHINE_MAX_CPUS][8];
	union {
		struct gicv2 v2;
		struct gicv3 v3;
	} gic;
	struct cfi_flash variables;
	struct fw_cfg fw_cfg;
	struct pl011 uart;
	struct pl031 rtc;
	struct pl061 gpio;
	struct event power_key_release;
	struct virtio_mmio_row row;
	struct virtio_mmio slot[VIRT_SLOTS_USED];
	char slot_tag[VIRT_SLOTS_USED][16];
	struct virtio_blk *disk[VIRT_MAX_DRIVES];
	char disk_tag[VIRT_MAX_DRIVES][8];
	struct virtio_console console;
	struct virtio_rng rng;
	struct serial_port serial0, hvc0;
	/* With a screen. */
	struct screen screen;
	struct virtio_input keyboard, tablet;
	struct input_queue keys, pointer;
	uint8_t *ram;
	uint8_t *flash;
	void *dtb; /* what the guest is given; malloc'ed */
	size_t dtb_size;
	uint64_t kernel_at, initrd_at, dtb_at; /* guest physical; 0 if absent */
};

/* Decide where kernel, initrd and device tree go; false with a reason. */
bool virt_boot_plan(struct virt *v, char *why, size_t size);
/* Copy them into RAM and start CPU 0: part of every reset. */
void virt_boot(struct virt *v);

/* Build the device tree into v->dtb; false when memory is short. */
bool virt_device_tree(struct virt *v, char *why, size_t size);

#endif
