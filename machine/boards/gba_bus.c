/* Between the CPU, DMA and memory: what lies where, and what an access costs.
 *
 * Plain memory is the CPU's own business (windows).  The cartridge is plain memory as long as
 * nothing is prefetched from it; while prefetching is on, its costs depend on what came before, and
 * accesses come through here.  So do those with an effect, bytes to video memory, and all that is
 * not there: the bus then keeps the opcode that was fetched last.
 */
#include <string.h>

#include "machine/boards/gba_parts.h"

#define ROM_BURST 0x20000u /* an access to a multiple of it is never sequential */

static uint64_t now(const struct gba *g)
{
	return machine_now(&g->m);
}

static void pass(struct gba *g, unsigned cycles)
{
	arm7tdmi_pass(&g->cpu, cycles);
}

/* Registers are seen as they are at the end of the access. */
static void events(struct gba *g)
{
	if (g->cpu.cpu.budget <= 0 && g->m.running)
		machine_pass(&g->m);
}

static unsigned cost(const struct gba *g, uint32_t address, unsigned size, unsigned access)
{
	bool sequential = (access & ARM7_KIND) == ARM7_SEQ;

	if (address >> 28)
		return 1;
	return g->waits.costs.cycles[address >> 24][sequential][size / 2];
}

/* --- Values --- */

/* The opcode fetched last; in Thumb state two of them, or one twice, by what they came from. */
static uint32_t open_bus(const struct gba *g)
{
	const struct arm7tdmi *c = &g->cpu;
	uint32_t last = c->s.pipe[1] & 0xffff, before = c->s.pipe[0] & 0xffff;
	bool aligned = !(c->s.r[15] & 2);

	if (!c->thumb)
		return c->s.pipe[1];
	switch (c->s.r[15] >> 24) {
	case GBA_BIOS:
	case GBA_OAM: return aligned ? last * 0x10001u : last << 16 | before;
	case GBA_IWRAM: return aligned ? before << 16 | last : last << 16 | before;
	default: return last * 0x10001u;
	}
}

static uint32_t host_read(const uint8_t *p, unsigned size)
{
	uint32_t value = 0;

	memcpy(&value, p, size);
	return value;
}

static bool in_bios(const struct gba *g)
{
	return arm7tdmi_pc(&g->cpu) < GBA_BIOS_SIZE;
}

/* Only code in it can read the BIOS. */
static uint32_t read_bios(const struct gba *g, uint32_t address, unsigned size, uint32_t open)
{
	uint32_t word = open;

	if (address < GBA_BIOS_SIZE)
		word = in_bios(g) ? host_read(g->bios + (address & ~3u), 4) : g->bus.s.bios;
	return word >> (address & 3 & ~(size - 1)) * 8;
}

static uint32_t read_rom(const struct gba *g, uint32_t address, unsigned size)
{
	uint32_t offset = address & (GBA_ROM_MAX - 1);

	if (size == 1)
		return gba_cart_read_rom(&g->cart, offset) >> (offset & 1) * 8 & 0xff;
	if (size == 2)
		return gba_cart_read_rom(&g->cart, offset);
	return gba_cart_read_rom(&g->cart, offset & ~3u) |
	       (uint32_t)gba_cart_read_rom(&g->cart, (offset & ~3u) + 2) << 16;
}

/* What is read at an address, its time having passed; low bits of the address below the size count
 * only on the 8-bit bus. */
static uint32_t value_at(struct gba *g, uint32_t address, unsigned size, uint32_t open)
{
	uint32_t at = address & ~(size - 1);

	switch (address >> 24) {
	case GBA_BIOS: return read_bios(g, at, size, open);
	case GBA_EWRAM: return host_read(g->ewram + (at & (GBA_EWRAM_SIZE - 1)), size);
	case GBA_IWRAM: return host_read(g->iwram + (at & (GBA_IWRAM_SIZE - 1)), size);
	case GBA_IO: return gba_io_read(g, at & 0xffffff, size, open);
	case GBA_PALETTE: return host_read((uint8_t *)g->ppu.s.palette + (at & 0x3ff), size);
	case GBA_VRAM: return gba_ppu_read_vram(&g->ppu, at & 0xffffff, size);
	case GBA_OAM: return host_read((uint8_t *)g->ppu.s.oam + (at & 0x3ff), size);
	case GBA_PAK_RAM:
	case GBA_PAK_RAM_LAST: return gba_cart_read_backup(&g->cart, address) * 0x01010101u;
	default: break;
	}
	if (address >> 24 < GBA_ROM || address >> 28)
		return open >> (at & 3) * 8;
	if (gba_cart_is_eeprom(&g->cart, at))
		return gba_cart_read_eeprom(&g->cart);
	return read_rom(g, at, size);
}

static void write_rom(struct gba *g, uint32_t address, uint32_t value, unsigned size)
{
	bool was_readable = g->cart.s.gpio_readable;

	if (gba_cart_is_eeprom(&g->cart, address)) {
		gba_cart_write_eeprom(&g->cart, (uint16_t)value);
		return;
	}
	gba_cart_write_rom(&g->cart, address, (uint16_t)value);
	if (size == 4)
		gba_cart_write_rom(&g->cart, address + 2, (uint16_t)(value >> 16));
	if (was_readable != (bool)g->cart.s.gpio_readable)
		gba_bus_map(g);
}

static void write_value(struct gba *g, uint32_t address, uint32_t value, unsigned size)
{
	uint32_t at = address & ~(size - 1);

	switch (address >> 24) {
	case GBA_EWRAM: memcpy(g->ewram + (at & (GBA_EWRAM_SIZE - 1)), &value, size); break;
	case GBA_IWRAM: memcpy(g->iwram + (at & (GBA_IWRAM_SIZE - 1)), &value, size); break;
	case GBA_IO: gba_io_write(g, at & 0xffffff, value, size); break;
	case GBA_PALETTE: gba_ppu_write_palette(&g->ppu, at, value, size); break;
	case GBA_VRAM: gba_ppu_write_vram(&g->ppu, at & 0xffffff, value, size); break;
	case GBA_OAM: gba_ppu_write_oam(&g->ppu, at, value, size); break;
	case GBA_PAK_RAM:
	case GBA_PAK_RAM_LAST:
		/* Eight lines: those that the address chooses. */
		gba_cart_write_backup(
		    &g->cart, address, (uint8_t)(value >> (address & (size - 1)) * 8));
		break;
	default:
		if (address >> 24 >= GBA_ROM && !(address >> 28))
			write_rom(g, at, value, size);
		break;
	}
}

/* --- Time --- */

static void pass_data(struct gba *g, uint32_t address, unsigned size, bool sequential)
{
	uint32_t region = address >> 24;

	if (region >= GBA_ROM && region <= GBA_PAK_RAM_LAST)
		pass(g, gba_waits_data(&g->waits, now(g), address, size, sequential));
	else
		pass(g, cost(g, address, size, sequential ? ARM7_SEQ : ARM7_NONSEQ));
	if (region == GBA_IO)
		events(g);
}

/* --- The CPU --- */

static uint32_t cpu_read(struct gba *g, uint32_t address, unsigned size, unsigned access)
{
	/* Right behind DMA the bus still holds what that has moved. */
	bool behind = g->bus.s.dma_end == now(g);

	pass_data(g, address, size, (access & ARM7_KIND) == ARM7_SEQ);
	return value_at(g, address, size, behind ? g->bus.s.dma : open_bus(g));
}

static void cpu_write(
    struct gba *g, uint32_t address, uint32_t value, unsigned size, unsigned access)
{
	pass_data(g, address, size, (access & ARM7_KIND) == ARM7_SEQ);
	write_value(g, address, value, size);
}

static uint32_t cpu_fetch(struct gba *g, uint32_t address, unsigned size, unsigned access)
{
	uint32_t region = address >> 24;

	if (region >= GBA_ROM && region <= GBA_ROM_LAST) {
		bool sequential = (access & ARM7_KIND) == ARM7_SEQ;
		pass(g, gba_waits_fetch(&g->waits, now(g), address, size, sequential));
		return read_rom(g, address, size);
	}
	pass(g, cost(g, address, size, access));
	if (address >= GBA_BIOS_SIZE)
		return value_at(g, address, size, open_bus(g));
	g->bus.s.bios = host_read(g->bios + (address & ~3u), 4);
	return g->bus.s.bios >> (size == 2 ? address & 2 : 0) * 8;
}

#define READ(name, size)                                                     \
	static uint32_t name(void *owner, uint32_t address, unsigned access) \
	{                                                                    \
		return cpu_read(owner, address, size, access);               \
	}
#define WRITE(name, size)                                                                \
	static void name(void *owner, uint32_t address, uint32_t value, unsigned access) \
	{                                                                                \
		cpu_write(owner, address, value, size, access);                          \
	}
#define FETCH(name, size)                                                    \
	static uint32_t name(void *owner, uint32_t address, unsigned access) \
	{                                                                    \
		return cpu_fetch(owner, address, size, access);              \
	}

READ(read8, 1)
READ(read16, 2)
READ(read32, 4)
WRITE(write8, 1)
WRITE(write16, 2)
WRITE(write32, 4)
FETCH(fetch16, 2)
FETCH(fetch32, 4)

/* Events first; then whoever wants the bus has it. */
static void attend(void *owner)
{
	struct gba *g = owner;

	machine_pass(&g->m);
	if (!gba_dma_wants_bus(&g->dma))
		return;
	gba_dma_run(&g->dma);
	g->bus.s.dma_end = now(g);
	/* The cartridge has to be told the address again. */
	if (g->cpu.s.fetch == ARM7_SEQ)
		g->cpu.s.fetch = ARM7_NONSEQ;
	machine_pass(&g->m);
	/* It gives up only to let the CPU do a little. */
	if (gba_dma_wants_bus(&g->dma))
		arm7tdmi_request(&g->cpu);
}

/* --- DMA --- */

static uint32_t dma_read(void *owner, uint32_t address, unsigned size, bool first)
{
	struct gba *g = owner;

	pass_data(g, address, size, !first);
	events(g);
	g->bus.s.dma = value_at(g, address, size, g->bus.s.dma);
	return g->bus.s.dma;
}

static void dma_write(void *owner, uint32_t address, uint32_t value, unsigned size, bool first)
{
	struct gba *g = owner;

	pass_data(g, address, size, !first);
	events(g);
	write_value(g, address, value, size);
}

static void dma_idle(void *owner, unsigned cycles)
{
	struct gba *g = owner;

	pass(g, cycles);
	events(g);
}

/* --- Windows --- */

static struct arm7tdmi_window window(
    const struct gba *g, enum gba_region region, uint8_t *host, uint32_t mask, uint32_t size)
{
	const uint8_t(*cycles)[3] = g->waits.costs.cycles[region];
	struct arm7tdmi_window w = {.host = host, .mask = mask, .size = size};

	for (unsigned kind = 0; kind < ARM7_KINDS; kind++)
		for (unsigned word = 0; word < 2; word++)
			w.cycles[kind][word] = cycles[kind == ARM7_SEQ][1 + word];
	return w;
}

/* Behind internal cycles the cartridge has to be told the address again. */
static void map_rom(struct gba *g)
{
	struct arm7tdmi_windows *w = g->cpu.windows;
	bool plain = !gba_waits_prefetches(&g->waits), port = g->cart.s.gpio_readable;

	for (unsigned region = GBA_ROM; region <= GBA_ROM_LAST; region++) {
		struct arm7tdmi_window rom =
		    window(g, region, g->rom, GBA_ROM_MAX - 1, plain ? g->rom_size & ~3u : 0);
		rom.burst = ROM_BURST;
		if (gba_cart_is_eeprom(&g->cart, (region - GBA_ROM) << 24))
			rom.size = 0;
		w->fetch[region] = rom;
		if (port)
			rom.size = 0;
		w->read[region] = rom;
	}
}

void gba_bus_map(struct gba *g)
{
	struct arm7tdmi_windows *w = g->cpu.windows;
	struct arm7tdmi_window ewram = window(
				   g, GBA_EWRAM, g->ewram, GBA_EWRAM_SIZE - 1, GBA_EWRAM_SIZE),
			       iwram = window(
				   g, GBA_IWRAM, g->iwram, GBA_IWRAM_SIZE - 1, GBA_IWRAM_SIZE),
			       palette = window(
				   g, GBA_PALETTE, (uint8_t *)g->ppu.s.palette, 0x3ff, 0x400),
			       vram = window(g, GBA_VRAM, g->ppu.s.vram, 0x1ffff, GBA_VRAM_SIZE),
			       oam = window(g, GBA_OAM, (uint8_t *)g->ppu.s.oam, 0x3ff, 0x400);

	w->fetch[GBA_EWRAM] = w->read[GBA_EWRAM] = w->write[GBA_EWRAM] = ewram;
	w->fetch[GBA_IWRAM] = w->read[GBA_IWRAM] = w->write[GBA_IWRAM] = iwram;
	w->fetch[GBA_VRAM] = w->read[GBA_VRAM] = vram;
	w->read[GBA_PALETTE] = palette;
	w->read[GBA_OAM] = oam;
	map_rom(g);
	arm7tdmi_windows_changed(&g->cpu);
}

void gba_bus_connect(struct gba *g)
{
	g->cpu.bus = (struct arm7tdmi_bus){
	    .owner = g,
	    .read8 = read8,
	    .read16 = read16,
	    .read32 = read32,
	    .write8 = write8,
	    .write16 = write16,
	    .write32 = write32,
	    .fetch16 = fetch16,
	    .fetch32 = fetch32,
	    .attend = attend,
	};
	g->dma.bus = (struct gba_dma_bus){g, dma_read, dma_write, dma_idle};
}

/* --- State --- */

static const struct field fields[] = {
    FIELD(struct gba_bus_state, dma_end, UINT64_MAX),
    FIELD(struct gba_bus_state, bios, 0),
    FIELD(struct gba_bus_state, dma, 0),
};

/* The last one to be loaded: what the windows depend on is there. */
static bool loaded(struct device *d, char *why, size_t size)
{
	gba_bus_map((struct gba *)((uint8_t *)d - offsetof(struct gba, bus)));
	return true;
}

const struct device_type gba_bus_type = {
    .name = "gba_bus",
    .description = "what the Game Boy Advance's bus remembers",
    .table = STATE_TABLE(struct gba_bus_state, fields),
    .loaded = loaded,
};
