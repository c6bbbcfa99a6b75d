/* The Game Boy Advance. */
#include "machine/boards/gba.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "machine/boards/gba_parts.h"

#define FRAME_CYCLES (GBA_LINE_CYCLES * GBA_LINES)

/* Cycles from an event to the instruction that an interrupt replaces, beyond the CPU's own: those
 * of IF and of the AND. */
#define IRQ_DELAY 1

/* --- Wires --- */

static struct wire irq(struct gba *g, unsigned source)
{
	return (struct wire){gba_irq_line, &g->irq, source};
}

static struct wire dma(struct gba *g, unsigned trigger)
{
	return (struct wire){gba_dma_trigger, &g->dma, trigger};
}

static void capture(void *owner, unsigned number, int level)
{
	gba_dma_trigger(owner, number ? GBA_DMA_CAPTURE_END : GBA_DMA_CAPTURE, level);
}

static void timer_overflow(void *owner, unsigned number, int level)
{
	struct gba *g = owner;

	if (level)
		gba_apu_overflow(&g->apu, number);
}

static void dma_request(void *owner, unsigned number, int level)
{
	struct gba *g = owner;

	if (level)
		arm7tdmi_request(&g->cpu);
}

static void wake(void *owner)
{
	struct gba *g = owner;

	arm7tdmi_wake(&g->cpu);
}

/* The CPU goes on when the interrupt has come through its synchroniser, not before. */
static void begin_to_wake(void *owner, unsigned number, int level)
{
	struct gba *g = owner;

	if (level && g->cpu.s.halted && g->wake.due == EVENT_NEVER)
		event_at(&g->wake, machine_now(&g->m) + g->cpu.sync);
}

/* Only the boot ROM may do this. */
static void halt(void *owner, unsigned number, int level)
{
	struct gba *g = owner;

	if (!level || arm7tdmi_pc(&g->cpu) >= GBA_BIOS_SIZE)
		return;
	arm7tdmi_halt(&g->cpu);
	begin_to_wake(g, 0, gba_irq_wakes(&g->irq));
}

static void costs_changed(void *owner, unsigned number, int level)
{
	if (level)
		gba_bus_map(owner);
}

/* --- Parts --- */

static void add_irq(struct gba *g)
{
	gba_irq_init(&g->irq, "irq");
	g->irq.irq = (struct wire){arm7tdmi_irq_line, &g->cpu, 0};
	g->irq.wake = (struct wire){begin_to_wake, g, 0};
	event_init(&g->wake, &g->m.sched, "wake", wake, g);
	g->irq.halt = (struct wire){halt, g, 0};
	machine_add_device(&g->m, &g->irq.dev);
}

static void add_dma(struct gba *g)
{
	gba_dma_init(&g->dma, "dma", &g->m.sched);
	for (unsigned n = 0; n < GBA_DMA_CHANNELS; n++)
		g->dma.irq[n] = irq(g, GBA_IRQ_DMA0 + n);
	g->dma.request = (struct wire){dma_request, g, 0};
	machine_add_device(&g->m, &g->dma.dev);
}

static void add_timers(struct gba *g)
{
	gba_timer_init(&g->timer, "timer", &g->m.sched);
	for (unsigned n = 0; n < GBA_TIMERS; n++)
		g->timer.irq[n] = irq(g, GBA_IRQ_TIMER0 + n);
	for (unsigned n = 0; n < 2; n++)
		g->timer.overflow[n] = (struct wire){timer_overflow, g, n};
	machine_add_device(&g->m, &g->timer.dev);
}

static void add_ppu(struct gba *g)
{
	gba_ppu_init(&g->ppu, "ppu", &g->m.sched);
	g->ppu.vblank = irq(g, GBA_IRQ_VBLANK);
	g->ppu.hblank = irq(g, GBA_IRQ_HBLANK);
	g->ppu.vcount = irq(g, GBA_IRQ_VCOUNT);
	g->ppu.dma_vblank = dma(g, GBA_DMA_VBLANK);
	g->ppu.dma_hblank = dma(g, GBA_DMA_HBLANK);
	g->ppu.capture = (struct wire){capture, &g->dma, 0};
	g->ppu.screen = &g->screen;
	g->screen = (struct screen){
	    .name = "screen0",
	    .width = GBA_SCREEN_WIDTH,
	    .height = GBA_SCREEN_HEIGHT,
	    .stride = GBA_SCREEN_WIDTH * sizeof g->ppu.s.frame[0],
	    .format = PIXELS_BGR555,
	    .pixels = g->ppu.s.frame,
	    .frame_ticks = FRAME_CYCLES,
	};
	machine_add_device(&g->m, &g->ppu.dev);
	machine_add_screen(&g->m, &g->screen);
}

static void add_apu(struct gba *g)
{
	gba_apu_init(&g->apu, "apu", &g->m.sched);
	g->apu.fifo[0] = dma(g, GBA_DMA_FIFO_A);
	g->apu.fifo[1] = dma(g, GBA_DMA_FIFO_B);
	g->apu.audio = &g->audio;
	g->audio.name = "audio0";
	g->audio.rate = GBA_AUDIO_RATE;
	machine_add_device(&g->m, &g->apu.dev);
	machine_add_audio(&g->m, &g->audio);
}

static void add_ports(struct gba *g)
{
	input_init(&g->pad, "pad0", 1u << INPUT_BUTTON);
	machine_add_input(&g->m, &g->pad);
	gba_keypad_init(&g->keypad, "keypad");
	gba_keypad_connect(&g->keypad, &g->pad);
	g->keypad.irq = irq(g, GBA_IRQ_KEYPAD);
	machine_add_device(&g->m, &g->keypad.dev);
	gba_sio_init(&g->sio, "sio", &g->m.sched);
	g->sio.irq = irq(g, GBA_IRQ_SIO);
	machine_add_device(&g->m, &g->sio.dev);
}

static void add_waits(struct gba *g)
{
	gba_waits_init(&g->waits, "waits");
	g->waits.changed = (struct wire){costs_changed, g, 0};
	machine_add_device(&g->m, &g->waits.dev);
}

static bool add_cart(struct gba *g, const struct board_config *k)
{
	/* Whole pages, and a word that may be read behind them. */
	size_t pages = (k->rom_size + BUS_PAGE_SIZE - 1) / BUS_PAGE_SIZE * BUS_PAGE_SIZE;

	g->rom = calloc(1, pages + 8);
	if (!g->rom)
		return false;
	memcpy(g->rom, k->rom, k->rom_size);
	g->rom_size = (uint32_t)k->rom_size;
	gba_cart_init(&g->cart, "cart", &g->m.sched, g->rom, g->rom_size, k->rtc_epoch);
	if (k->backup)
		gba_cart_fill(&g->cart, k->backup, k->backup_size);
	machine_add_device(&g->m, &g->cart.dev);
	return bus_map_memory(g->m.bus, "rom", (uint64_t)GBA_ROM << 24, pages, g->rom, true);
}

static bool add_cpu(struct gba *g)
{
	if (!arm7tdmi_init(&g->cpu, &g->m, "cpu"))
		return false;
	g->cpu.sync += IRQ_DELAY;
	machine_add_cpu(&g->m, &g->cpu.cpu);
	return true;
}

static bool add_memory(struct gba *g, const struct board_config *k)
{
	struct bus *b = g->m.bus;

	if (k->firmware)
		memcpy(g->bios, k->firmware, k->firmware_size);
	else
		memcpy(g->bios, gba_boot_rom, gba_boot_rom_size);
	g->ewram = machine_add_ram(&g->m, "ewram", (uint64_t)GBA_EWRAM << 24, GBA_EWRAM_SIZE);
	g->iwram = machine_add_ram(&g->m, "iwram", (uint64_t)GBA_IWRAM << 24, GBA_IWRAM_SIZE);
	return g->ewram && g->iwram &&
	       bus_map_memory(b, "bios", (uint64_t)GBA_BIOS << 24, GBA_BIOS_SIZE, g->bios, true) &&
	       bus_map_memory(
		   b, "vram", (uint64_t)GBA_VRAM << 24, GBA_VRAM_SIZE, g->ppu.s.vram, false) &&
	       bus_map_mmio(b, "io", (uint64_t)GBA_IO << 24, GBA_IO_END, &gba_io_ops, g);
}

/* --- The board --- */

static bool build(struct gba *g, const struct board_config *k)
{
	g->m.bus = bus_new(32);
	if (!g->m.bus || !add_cpu(g) || !add_memory(g, k))
		return false;
	add_irq(g);
	add_dma(g);
	add_timers(g);
	add_ppu(g);
	add_apu(g);
	add_ports(g);
	add_waits(g);
	if (!add_cart(g, k))
		return false;
	device_init(&g->bus.dev, &gba_bus_type, "bus", &g->bus.s);
	machine_add_device(&g->m, &g->bus.dev);
	gba_bus_connect(g);
	return true;
}

static void reset(struct machine *m)
{
	struct gba *g = (struct gba *)m;

	gba_bus_map(g);
}

static void destroy(struct machine *m)
{
	struct gba *g = (struct gba *)m;

	arm7tdmi_free(&g->cpu);
	free(g->rom);
	free(g);
}

static bool check(const struct board_config *k, char *why, size_t size)
{
	if (!k->rom_size)
		snprintf(why, size, "an empty file is no cartridge: give a .gba file");
	else if (k->rom_size > GBA_ROM_MAX)
		snprintf(
		    why, size, "the cartridge is larger than 32 MiB, all that the console reaches");
	else if (k->firmware_size > GBA_BIOS_SIZE)
		snprintf(why, size, "--bios: larger than 16 KiB; give the console's boot ROM");
	else
		return true;
	return false;
}

struct machine *gba_new(const struct board_config *given, char *why, size_t size)
{
	struct board_config own = *given;
	const struct board_config *k = &own;

	if (!own.rom) {
		own.rom = gba_demo_rom;
		own.rom_size = gba_demo_rom_size;
	}
	if (!check(k, why, size))
		return NULL;
	struct gba *g = calloc(1, sizeof *g);
	if (!g) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	machine_init(&g->m, "gba", GBA_HZ);
	g->m.reset = reset;
	g->m.destroy = destroy;
	if (!build(g, k)) {
		snprintf(why, size, "out of memory");
		machine_free(&g->m);
		return NULL;
	}
	/* ROMs do not come with a state. */
	snprintf(g->m.config, sizeof g->m.config, "rom=%016llx bios=%016llx",
	    (unsigned long long)XXH3_64bits(g->rom, g->rom_size),
	    (unsigned long long)XXH3_64bits(g->bios, sizeof g->bios));
	machine_reset(&g->m);
	return &g->m;
}

const uint8_t *gba_backup(const struct machine *m, uint32_t *size, uint64_t *changes)
{
	const struct gba *g = (const struct gba *)m;

	*size = gba_cart_backup_size(&g->cart);
	*changes = g->cart.changes;
	return g->cart.data;
}
