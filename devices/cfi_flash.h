/* A bank of CFI flash: two x16 NOR chips side by side, Intel command set (JESD68, command set 1).
 *
 * Registers: one region of CFI_FLASH_SIZE bytes, cfi_flash_ops.  Both chips are commanded together,
 *            by 32-bit accesses with the command in each half.  The low byte of a narrower one
 *            counts as well and for both: U-Boot drives the virt board's flash with 16 bits.
 * Wires:     none.  Clock: none; programming and erasing are done at once.
 *
 * The whole bank is a register region, because a chip that is not in read-array mode answers
 * with its status.  So no code can run from it: a bank that holds firmware is mapped as ROM and
 * this one beside it keeps the firmware's variables.
 *
 * The contents survive a reset.  They are saved as the device's blob: the sectors that are not
 * erased.  Block locks, suspend and the protection registers are not implemented; the commands
 * are accepted.
 */
#ifndef MYNA_DEVICES_CFI_FLASH_H
#define MYNA_DEVICES_CFI_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/bus.h"
#include "machine/device.h"

#define CFI_FLASH_SIZE    0x4000000
#define CFI_FLASH_SECTOR  0x40000 /* bytes erased together, both chips */
#define CFI_FLASH_SECTORS (CFI_FLASH_SIZE / CFI_FLASH_SECTOR)
#define CFI_FLASH_WORDS   32 /* bus accesses of a buffered write */
#define CFI_FLASH_BUFFER  (4 * CFI_FLASH_WORDS)

struct cfi_flash_state {
	uint32_t mode; /* what reads show */
	uint32_t step; /* what the next write is */
	uint32_t status;
	uint32_t count, left; /* accesses of a buffered write: all, still to come */
	uint32_t buffer_at;   /* offset of its first byte */
	uint8_t buffer[CFI_FLASH_BUFFER];
};

struct cfi_flash {
	struct device dev;
	struct cfi_flash_state s;
	uint8_t *sector[CFI_FLASH_SECTORS]; /* NULL: erased */
};

extern const struct device_type cfi_flash_type;
extern const struct bus_ops cfi_flash_ops; /* owner: struct cfi_flash */

void cfi_flash_init(struct cfi_flash *f, const char *tag);
void cfi_flash_free(struct cfi_flash *f);

/* Put `n` bytes at the start of the flash.  False if they do not fit or memory is short. */
bool cfi_flash_fill(struct cfi_flash *f, const void *bytes, size_t n);

#endif
