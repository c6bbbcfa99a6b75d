/* The Game Boy Advance's parts and map, shared by the files that build it.  Addresses are those of
 * GBATEK, "GBA Memory Map" and "GBA I/O Map". */
#ifndef MYNA_BOARDS_GBA_PARTS_H
#define MYNA_BOARDS_GBA_PARTS_H

#include "cpu/arm7tdmi/arm7tdmi.h"
#include "devices/gba_apu.h"
#include "devices/gba_cart.h"
#include "devices/gba_dma.h"
#include "devices/gba_irq.h"
#include "devices/gba_keypad.h"
#include "devices/gba_ppu.h"
#include "devices/gba_sio.h"
#include "devices/gba_timer.h"
#include "devices/gba_waits.h"
#include "machine/boards/gba.h"

/* Upper byte of an address. */
enum gba_region {
	GBA_BIOS = 0x00,
	GBA_EWRAM = 0x02,
	GBA_IWRAM = 0x03,
	GBA_IO = 0x04,
	GBA_PALETTE = 0x05,
	GBA_VRAM = 0x06,
	GBA_OAM = 0x07,
	GBA_ROM = 0x08, /* three times 32 MiB, with wait states of their own */
	GBA_ROM_LAST = 0x0d,
	GBA_PAK_RAM = 0x0e,
	GBA_PAK_RAM_LAST = 0x0f,
};

enum gba_io_address {
	GBA_IO_PPU = 0x000,
	GBA_IO_APU = 0x060,
	GBA_IO_DMA = 0x0b0,
	GBA_IO_TIMER = 0x100,
	GBA_IO_SIO = 0x120,
	GBA_IO_KEYPAD = 0x130,
	GBA_IO_RCNT = 0x134,
	GBA_IO_JOY = 0x140,
	GBA_IO_IRQ = 0x200,
	GBA_IO_WAITCNT = 0x204,
	GBA_IO_IME = 0x208,
	GBA_IO_POWER = 0x300,
	GBA_IO_END = 0x400,
	GBA_IO_MEMORY_CONTROL = 0x800, /* at this address in every 64 KiB */
};

#define GBA_BIOS_SIZE  0x4000u
#define GBA_EWRAM_SIZE 0x40000u
#define GBA_IWRAM_SIZE 0x8000u

struct gba_bus_state {
	uint64_t dma_end; /* tick at which DMA last gave the bus back */
	uint32_t bios;    /* the word of it that was fetched last: all that others see */
	uint32_t dma;     /* the value that DMA moved last */
};

/* What lies between the CPU and the parts: gba_bus.c. */
struct gba_bus {
	struct device dev;
	struct gba_bus_state s;
};

struct gba {
	struct machine m;
	struct arm7tdmi cpu;
	struct gba_bus bus;
	struct gba_ppu ppu;
	struct gba_apu apu;
	struct gba_dma dma;
	struct gba_timer timer;
	struct gba_irq irq;
	struct gba_keypad keypad;
	struct gba_sio sio;
	struct gba_waits waits;
	struct gba_cart cart;
	struct screen screen;
	struct audio audio;
	struct input_queue pad;
	struct event wake; /* the CPU goes on after a halt */
	uint8_t *ewram, *iwram;
	uint8_t *rom;      /* malloc'ed, whole pages and a word */
	uint32_t rom_size; /* bytes of the file */
	uint8_t bios[GBA_BIOS_SIZE + 8];
};

/* The boot ROM that is built in. */
extern const uint8_t gba_boot_rom[];
extern const uint32_t gba_boot_rom_size;

/* The cartridge that is built in. */
extern const uint8_t gba_demo_rom[];
extern const uint32_t gba_demo_rom_size;

extern const struct device_type gba_bus_type;
extern const struct bus_ops gba_io_ops; /* owner: struct gba */

/* Connect CPU and DMA to memory. */
void gba_bus_connect(struct gba *g);
/* Windows as costs and cartridge are now. */
void gba_bus_map(struct gba *g);

/* An access to the I/O area; `offset` is from its start and aligned, size 1, 2 or 4.  Reads give
 * `open` where nothing answers. */
uint32_t gba_io_read(struct gba *g, uint32_t offset, unsigned size, uint32_t open);
void gba_io_write(struct gba *g, uint32_t offset, uint32_t value, unsigned size);

#endif
