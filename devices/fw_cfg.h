/* fw_cfg: the table of named files through which firmware learns about its virtual board.
 *
 * Registers: one region of FW_CFG_SIZE bytes, fw_cfg_ops: data at 0, selector at 8, DMA address
 *            at 16; selector and DMA address are big-endian.
 * Wires:     none.  Clock: none; DMA finishes at the write that starts it.
 * Bus:       DMA reaches guest memory through the bus given to fw_cfg_init().
 *
 * Follows the public specification "QEMU Firmware Configuration Device" for the memory-mapped
 * form.  Items cannot be written by the guest.
 */
#ifndef MYNA_DEVICES_FW_CFG_H
#define MYNA_DEVICES_FW_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/bus.h"
#include "machine/device.h"

/* Items without a name that firmware looks for: what is to be started, and on how many CPUs. */
enum fw_cfg_key {
	FW_CFG_NB_CPUS = 0x05,
	FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_SIZE = 0x0b,
	FW_CFG_KERNEL_DATA = 0x11,
	FW_CFG_INITRD_DATA = 0x12,
	FW_CFG_CMDLINE_SIZE = 0x14,
	FW_CFG_CMDLINE_DATA = 0x15,
};
#define FW_CFG_KEYS 0x20 /* named files come after these */

#define FW_CFG_SIZE      24
#define FW_CFG_FILES     16
#define FW_CFG_NAME_SIZE 56 /* with the final zero */

struct fw_cfg_state {
	uint64_t dma;    /* address written so far */
	uint32_t offset; /* into the selected item */
	uint32_t key;    /* selected item */
};

/* The directory as the guest reads it. */
struct fw_cfg_directory {
	uint8_t count[4];
	struct fw_cfg_entry {
		uint8_t size[4], select[2], reserved[2];
		char name[FW_CFG_NAME_SIZE];
	} entry[FW_CFG_FILES];
};

struct fw_cfg {
	struct device dev;
	struct fw_cfg_state s;
	struct bus *bus;
	unsigned files;
	struct fw_cfg_directory directory;
	struct fw_cfg_data {
		const void *bytes;
		uint32_t size;
	} file[FW_CFG_FILES], item[FW_CFG_KEYS];
	uint8_t number[FW_CFG_KEYS][4];
};

extern const struct device_type fw_cfg_type;
extern const struct bus_ops fw_cfg_ops; /* owner: struct fw_cfg */

void fw_cfg_init(struct fw_cfg *f, const char *tag, struct bus *bus);

/* Offer an item, or a number as an item of four bytes; `bytes` are not owned.  Before the machine
 * runs. */
void fw_cfg_set(struct fw_cfg *f, enum fw_cfg_key key, const void *bytes, uint32_t size);
void fw_cfg_set_number(struct fw_cfg *f, enum fw_cfg_key key, uint32_t number);

/* Offer a file, before the machine runs and in the same order each time; `bytes` are not owned
 * and stay as they are.  False when there are too many or the name is too long. */
bool fw_cfg_add(struct fw_cfg *f, const char *name, const void *bytes, uint32_t size);

#endif
