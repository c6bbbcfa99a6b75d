/* Starting the virt board: a Linux Image by the arm64 boot protocol (Documentation/arm64/booting of
 * the kernel), any other kernel as flat code at the start of RAM + 512 KiB, or firmware in flash.
 */
#include <stdio.h>
#include <string.h>

#include "machine/boards/virt_parts.h"

#define MIB          (UINT64_C(1) << 20)
#define KERNEL_ALIGN (2 * MIB)
#define FLAT_OFFSET  0x80000
#define DTB_ALIGN    (64 * 1024)
#define DTB_SPACE    (2 * MIB) /* the largest tree the boot protocol allows */

struct image_header {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags;
	uint64_t reserved[3];
	uint32_t magic; /* "ARM\x64" */
	uint32_t pe;
};
#define IMAGE_MAGIC     0x644d5241u
#define FLAG_BIG_ENDIAN 1

static uint64_t align_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

/* Offset in RAM and space needed, the bss included. */
static bool kernel_extent(
    const struct board_config *k, uint64_t *offset, uint64_t *space, char *why, size_t size)
{
	struct image_header h;
	*offset = FLAT_OFFSET;
	*space = k->kernel_size;
	if (k->kernel_size < sizeof h)
		return true;
	memcpy(&h, k->kernel, sizeof h);
	if (h.magic != IMAGE_MAGIC)
		return true;
	if (h.flags & FLAG_BIG_ENDIAN) {
		snprintf(why, size, "--kernel: a big-endian kernel; use a little-endian one");
		return false;
	}
	if (h.image_size) { /* else an old kernel whose text_offset is 0x80000 by convention */
		*offset = h.text_offset;
		if (h.image_size > *space)
			*space = h.image_size;
	}
	if (*offset > k->memory || *space > k->memory || *offset + *space > k->memory) {
		snprintf(why, size,
		    "--kernel: needs %llu MiB, the machine has %llu MiB; "
		    "raise --memory",
		    (unsigned long long)((*offset + *space + MIB - 1) / MIB),
		    (unsigned long long)(k->memory / MIB));
		return false;
	}
	return true;
}

/* The tree goes where firmware expects it, at the start of RAM; with a kernel, to the end of the
 * first 512 MiB, and the initrd right below it. */
bool virt_boot_plan(struct virt *v, char *why, size_t size)
{
	const struct board_config *k = &v->config;
	v->dtb_at = VIRT_RAM;
	if (k->firmware) /* which loads a kernel itself, through fw_cfg */
		return true;
	uint64_t offset, space;
	if (!kernel_extent(k, &offset, &space, why, size))
		return false;
	uint64_t window = k->memory < 512 * MIB ? k->memory : 512 * MIB;
	uint64_t kernel = offset ? offset : 0;
	uint64_t kernel_end = align_up(kernel + space, 4096);
	uint64_t initrd_space = align_up(k->initrd_size, 4096);
	if (window < DTB_SPACE || kernel_end > window - DTB_SPACE) {
		snprintf(why, size,
		    "--kernel: no room for kernel and device tree in %llu MiB; "
		    "raise --memory",
		    (unsigned long long)(k->memory / MIB));
		return false;
	}
	uint64_t dtb = window - DTB_SPACE;
	if (initrd_space > dtb - kernel_end) {
		snprintf(why, size,
		    "--initrd: %llu MiB do not fit beside the kernel in %llu MiB; "
		    "raise --memory",
		    (unsigned long long)((k->initrd_size + MIB - 1) / MIB),
		    (unsigned long long)(k->memory / MIB));
		return false;
	}
	v->kernel_at = VIRT_RAM + kernel;
	v->dtb_at = VIRT_RAM + dtb;
	v->initrd_at = k->initrd_size ? v->dtb_at - initrd_space : 0;
	return true;
}

static void place(struct virt *v, uint64_t at, const void *data, size_t n)
{
	memcpy(v->ram + (at - VIRT_RAM), data, n);
}

void virt_boot(struct virt *v)
{
	const struct board_config *k = &v->config;
	place(v, v->dtb_at, v->dtb, v->dtb_size);
	if (k->firmware) {
		arm64_power_on(v->cpu[0], VIRT_FLASH, 0);
		return;
	}
	place(v, v->kernel_at, k->kernel, k->kernel_size);
	if (v->initrd_at)
		place(v, v->initrd_at, k->initrd, k->initrd_size);
	arm64_power_on(v->cpu[0], v->kernel_at, v->dtb_at);
}
