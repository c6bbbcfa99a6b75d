/* The arm64 "virt" board. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

#include "cpu/arm64/engine.h"
#include "machine/boards/psci.h"
#include "machine/boards/virt_parts.h"

#define TICKS_PER_SECOND UINT64_C(1000000000) /* a tick is a nanosecond, and an instruction */
#define QUANTUM          10000                /* ticks a CPU may be ahead of the others */
#define MIB              (UINT64_C(1) << 20)
#define POWER_KEY_HELD   (TICKS_PER_SECOND / 10)
#define DTB_LIMIT        (2 * MIB)

/* --- Parts, one function a group, in the order of the map --- */

static bool add_flash(struct virt *v)
{
	const struct board_config *k = &v->config;
	if (!k->firmware)
		return true;
	v->flash = mmap(NULL, VIRT_FLASH_SIZE + BUS_PAGE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (v->flash == MAP_FAILED) {
		v->flash = NULL;
		return false;
	}
	memcpy(v->flash, k->firmware, k->firmware_size);
	return bus_map_memory(v->m.bus, "flash", VIRT_FLASH, VIRT_FLASH_SIZE, v->flash, true);
}

static bool add_variables(struct virt *v)
{
	cfi_flash_init(&v->variables, "variables");
	machine_add_device(&v->m, &v->variables.dev);
	return bus_map_mmio(
	    v->m.bus, "variables", VIRT_VARIABLES, CFI_FLASH_SIZE, &cfi_flash_ops, &v->variables);
}

static bool add_cpus(struct virt *v)
{
	for (unsigned n = 0; n < v->config.smp; n++) {
		struct arm64 *c = v->cpu[n] = calloc(1, sizeof *c);
		snprintf(v->cpu_tag[n], sizeof v->cpu_tag[n], "cpu%u", n);
		if (!c || !arm64_init(c, &v->m, n, v->cpu_tag[n]))
			return false;
		c->call = psci_call;
		machine_add_cpu(&v->m, &c->cpu);
	}
	return true;
}

static int running_cpu(void *owner)
{
	const struct machine *m = owner;
	return m->running ? (int)m->running->index : 0;
}

static bool add_gicv2(struct virt *v)
{
	struct gicv2 *g = &v->gic.v2;
	gicv2_init(g, "gic", v->config.smp, running_cpu, &v->m);
	machine_add_device(&v->m, &g->dev);
	return bus_map_mmio(
		   v->m.bus, "gic.dist", VIRT_GIC_DIST, GICV2_DIST_SIZE, &gicv2_dist_ops, g) &&
	       bus_map_mmio(v->m.bus, "gic.cpu", VIRT_GIC_CPU, GICV2_CPU_SIZE, &gicv2_cpu_ops, g);
}

static bool add_gicv3(struct virt *v)
{
	struct gicv3 *g = &v->gic.v3;
	gicv3_init(g, "gic", v->config.smp);
	machine_add_device(&v->m, &g->dev);
	for (unsigned n = 0; n < v->config.smp; n++)
		v->cpu[n]->icc = (struct arm64_icc){gicv3_icc_read, gicv3_icc_write, g};
	return bus_map_mmio(
		   v->m.bus, "gic.dist", VIRT_GIC_DIST, GICV3_DIST_SIZE, &gicv3_dist_ops, g) &&
	       bus_map_mmio(v->m.bus, "gic.redist", VIRT_GIC_REDIST,
		   (uint64_t)v->config.smp * GICV3_REDIST_STRIDE, &gicv3_redist_ops, g);
}

static bool is_gicv3(const struct virt *v)
{
	return v->config.gic_version == 3;
}

static struct wire spi(struct virt *v, unsigned number)
{
	return (struct wire){is_gicv3(v) ? gicv3_spi_line : gicv2_spi_line, &v->gic, number};
}

static struct wire ppi(struct virt *v, unsigned cpu, unsigned number)
{
	unsigned line = cpu * 32 + 16 + number;
	return (struct wire){is_gicv3(v) ? gicv3_ppi_line : gicv2_ppi_line, &v->gic, line};
}

static bool add_gic(struct virt *v)
{
	if (!(is_gicv3(v) ? add_gicv3(v) : add_gicv2(v)))
		return false;
	struct gic *g = is_gicv3(v) ? &v->gic.v3.g : &v->gic.v2.g;
	for (unsigned n = 0; n < v->config.smp; n++) {
		struct arm64 *c = v->cpu[n];
		g->irq_out[n] = (struct wire){arm64_irq_line, c, 0};
		g->fiq_out[n] = (struct wire){arm64_fiq_line, c, 0};
		c->timer_v = ppi(v, n, VIRT_PPI_TIMER_V);
		c->timer_p = ppi(v, n, VIRT_PPI_TIMER_P);
	}
	return true;
}

static void release_power_key(void *owner)
{
	struct virt *v = owner;
	pl061_input(&v->gpio, VIRT_POWER_KEY_PIN, 0);
}

static void press_power_key(struct machine *m)
{
	struct virt *v = (struct virt *)m;
	pl061_input(&v->gpio, VIRT_POWER_KEY_PIN, 1);
	event_at(&v->power_key_release, machine_now(m) + POWER_KEY_HELD);
}

static bool add_primecells(struct virt *v)
{
	struct bus *b = v->m.bus;
	serial_init(&v->serial0, "serial0");
	machine_add_port(&v->m, &v->serial0);
	pl011_init(&v->uart, "uart0");
	pl011_connect(&v->uart, &v->serial0);
	v->uart.irq = spi(v, VIRT_SPI_UART);
	machine_add_device(&v->m, &v->uart.dev);

	pl031_init(&v->rtc, "rtc", &v->m.sched, v->m.tick_hz, (uint32_t)v->config.rtc_epoch);
	v->rtc.irq = spi(v, VIRT_SPI_RTC);
	machine_add_device(&v->m, &v->rtc.dev);

	pl061_init(&v->gpio, "gpio");
	v->gpio.irq = spi(v, VIRT_SPI_GPIO);
	machine_add_device(&v->m, &v->gpio.dev);
	event_init(&v->power_key_release, &v->m.sched, "power_key", release_power_key, v);

	return bus_map_mmio(b, "uart0", VIRT_UART, PRIMECELL_SIZE, &pl011_ops, &v->uart) &&
	       bus_map_mmio(b, "rtc", VIRT_RTC, PRIMECELL_SIZE, &pl031_ops, &v->rtc) &&
	       bus_map_mmio(b, "gpio", VIRT_GPIO, PRIMECELL_SIZE, &pl061_ops, &v->gpio);
}

static void add_slot(struct virt *v, unsigned n, struct device *d, struct virtio_function *f)
{
	struct virtio_mmio *t = &v->slot[n];
	snprintf(v->slot_tag[n], sizeof v->slot_tag[n], "virtio%u", n);
	virtio_mmio_init(t, &v->m, v->slot_tag[n], f);
	t->irq = spi(v, VIRT_SPI_VIRTIO + n);
	v->row.slot[n] = t;
	machine_add_device(&v->m, &t->dev);
	machine_add_device(&v->m, d);
}

static bool add_disks(struct virt *v)
{
	for (unsigned n = 0; n < v->config.drive_count; n++) {
		struct virtio_blk *d = v->disk[n] = calloc(1, sizeof *d);
		if (!d)
			return false;
		snprintf(v->disk_tag[n], sizeof v->disk_tag[n], "disk%u", n);
		virtio_blk_init(d, &v->m, v->disk_tag[n], v->config.drives[n]);
		add_slot(v, n, &d->dev, &d->function);
	}
	return true;
}

/* What firmware is to start.  Without firmware the kernel has been started already. */
static bool add_fw_cfg(struct virt *v)
{
	const struct board_config *k = &v->config;
	struct fw_cfg *f = &v->fw_cfg;
	fw_cfg_init(f, "fw_cfg", v->m.bus);
	fw_cfg_set_number(f, FW_CFG_NB_CPUS, k->smp);
	if (k->firmware && k->kernel) {
		uint32_t append_size = v->append ? (uint32_t)strlen(v->append) + 1 : 0;
		fw_cfg_set_number(f, FW_CFG_KERNEL_SIZE, (uint32_t)k->kernel_size);
		fw_cfg_set(f, FW_CFG_KERNEL_DATA, k->kernel, (uint32_t)k->kernel_size);
		fw_cfg_set_number(f, FW_CFG_INITRD_SIZE, (uint32_t)k->initrd_size);
		fw_cfg_set(f, FW_CFG_INITRD_DATA, k->initrd, (uint32_t)k->initrd_size);
		fw_cfg_set_number(f, FW_CFG_CMDLINE_SIZE, append_size);
		fw_cfg_set(f, FW_CFG_CMDLINE_DATA, v->append, append_size);
	}
	machine_add_device(&v->m, &f->dev);
	return bus_map_mmio(v->m.bus, "fw_cfg", VIRT_FW_CFG, FW_CFG_SIZE, &fw_cfg_ops, f);
}

static bool add_virtio(struct virt *v)
{
	if (!add_disks(v))
		return false;
	serial_init(&v->hvc0, "hvc0");
	machine_add_port(&v->m, &v->hvc0);
	virtio_console_init(&v->console, "console");
	virtio_console_connect(&v->console, &v->hvc0);
	add_slot(v, VIRT_SLOT_CONSOLE, &v->console.dev, &v->console.function);
	virtio_rng_init(&v->rng, "rng", v->config.seed);
	add_slot(v, VIRT_SLOT_RNG, &v->rng.dev, &v->rng.function);
	return bus_map_mmio(v->m.bus, "virtio", VIRT_VIRTIO, VIRTIO_MMIO_SLOTS * VIRTIO_MMIO_SIZE,
	    &virtio_mmio_row_ops, &v->row);
}

/* A framebuffer that only shows what is in its memory, and what a person in front of it has. */
static bool add_screen(struct virt *v)
{
	if (!v->config.screen)
		return true;
	uint8_t *pixels = machine_add_ram(&v->m, "screen0", VIRT_SCREEN, VIRT_SCREEN_SIZE);
	if (!pixels)
		return false;
	v->screen = (struct screen){
	    .name = "screen0",
	    .width = VIRT_SCREEN_WIDTH,
	    .height = VIRT_SCREEN_HEIGHT,
	    .stride = VIRT_SCREEN_STRIDE,
	    .format = PIXELS_XRGB8888,
	    .pixels = pixels,
	};
	machine_add_screen(&v->m, &v->screen);
	input_init(&v->keys, "keys", virtio_input_kinds(VIRTIO_INPUT_KEYBOARD));
	machine_add_input(&v->m, &v->keys);
	virtio_input_init(&v->keyboard, "keyboard", VIRTIO_INPUT_KEYBOARD);
	virtio_input_connect(&v->keyboard, &v->keys);
	add_slot(v, VIRT_SLOT_KEYBOARD, &v->keyboard.dev, &v->keyboard.function);
	input_init(&v->pointer, "pointer", virtio_input_kinds(VIRTIO_INPUT_TABLET));
	machine_add_input(&v->m, &v->pointer);
	virtio_input_init(&v->tablet, "tablet", VIRTIO_INPUT_TABLET);
	virtio_input_connect(&v->tablet, &v->pointer);
	add_slot(v, VIRT_SLOT_TABLET, &v->tablet.dev, &v->tablet.function);
	return true;
}

/* --- The board --- */

static bool build(struct virt *v)
{
	v->m.bus = bus_new(40);
	if (!v->m.bus)
		return false;
	v->ram = machine_add_ram(&v->m, "ram", VIRT_RAM, v->config.memory);
	return v->ram && add_flash(v) && add_variables(v) && add_cpus(v) && add_gic(v) &&
	       add_primecells(v) && add_fw_cfg(v) && add_virtio(v) && add_screen(v);
}

/* Without a translator the interpreter runs; only comparing the two needs both. */
static bool add_engine(struct virt *v, char *why, size_t size)
{
	const struct engine_options *o = &v->config.engine;
	char *refused = v->engine_refused;
	if (o->kind == ENGINE_INTERP)
		return true;
	if (engine_attach(v->cpu, v->config.smp, o, refused, sizeof v->engine_refused)) {
		refused[0] = 0;
		return true;
	}
	if (o->lockstep)
		snprintf(why, size, "--jit-lockstep: %s", refused);
	return !o->lockstep;
}

static void destroy(struct machine *m);

/* Frontends ask about any machine. */
static bool is_virt(const struct machine *m)
{
	return m->destroy == destroy;
}

bool virt_engine_stats(const struct machine *m, struct engine_stats *stats)
{
	const struct virt *v = (const struct virt *)m;
	if (!is_virt(m) || !v->cpu[0]->engine)
		return false;
	*stats = engine_stats(v->cpu[0]->engine);
	return true;
}

bool virt_engine_crashed(
    struct machine *m, const struct engine_crash *crash, struct engine_block *b)
{
	struct virt *v = (struct virt *)m;
	return is_virt(m) && m->running && v->cpu[0]->engine &&
	       engine_crashed(v->cpu[0]->engine, v->cpu[m->running->index], crash, b);
}

const char *virt_engine_refused(const struct machine *m)
{
	const struct virt *v = (const struct virt *)m;
	return is_virt(m) && v->engine_refused[0] ? v->engine_refused : NULL;
}

static void reset(struct machine *m)
{
	virt_boot((struct virt *)m);
}

static void destroy(struct machine *m)
{
	struct virt *v = (struct virt *)m;
	/* The first CPU owns what they share. */
	for (unsigned n = v->config.smp; n-- > 0;) {
		if (v->cpu[n])
			arm64_free(v->cpu[n]);
		free(v->cpu[n]);
	}
	for (unsigned n = 0; n < VIRT_MAX_DRIVES; n++)
		free(v->disk[n]);
	cfi_flash_free(&v->variables);
	if (v->flash)
		munmap(v->flash, VIRT_FLASH_SIZE + BUS_PAGE_SIZE);
	free(v->dtb);
	free(v->append);
	free(v);
}

static bool check(const struct board_config *k, char *why, size_t size)
{
	if (k->memory < 16 * MIB || k->memory > 65536 * MIB || k->memory % MIB)
		snprintf(why, size, "--memory: give 16M to 64G in whole MiB");
	else if (k->smp < 1 || k->smp > MACHINE_MAX_CPUS)
		snprintf(why, size, "--smp: give 1 to %d CPUs", MACHINE_MAX_CPUS);
	else if (k->gic_version != 2 && k->gic_version != 3)
		snprintf(why, size, "--gic-version: give 2 or 3");
	else if (!k->kernel && !k->firmware)
		snprintf(why, size, "nothing to run: give --kernel or --firmware");
	else if (k->firmware_size > VIRT_FLASH_SIZE)
		snprintf(why, size, "--firmware: larger than the flash (64 MiB)");
	else if (k->firmware && (k->kernel_size | k->initrd_size) >> 32)
		snprintf(why, size, "--kernel, --initrd: firmware takes files below 4 GiB");
	else if (k->dtb_size > DTB_LIMIT)
		snprintf(why, size, "--dtb: larger than 2 MiB, the boot protocol's limit");
	else if (k->drive_count > VIRT_MAX_DRIVES)
		snprintf(why, size, "--drive: at most %d", VIRT_MAX_DRIVES);
	else
		return true;
	return false;
}

/* The user's tree is handed on as it is. */
static bool user_tree(struct virt *v, char *why, size_t size)
{
	v->dtb = malloc(v->config.dtb_size);
	if (!v->dtb) {
		snprintf(why, size, "out of memory");
		return false;
	}
	memcpy(v->dtb, v->config.dtb, v->config.dtb_size);
	v->dtb_size = v->config.dtb_size;
	return true;
}

static uint64_t read_only_hash(const struct board_config *k)
{
	uint64_t hash = XXH3_64bits(k->firmware, k->firmware_size);
	if (!k->firmware)
		return hash;
	hash = XXH3_64bits_withSeed(k->kernel, k->kernel_size, hash);
	hash = XXH3_64bits_withSeed(k->initrd, k->initrd_size, hash);
	return XXH3_64bits_withSeed(k->append, k->append ? strlen(k->append) : 0, hash);
}

struct machine *virt_arm64_new(const struct board_config *config, char *why, size_t size)
{
	if (!check(config, why, size))
		return NULL;
	struct virt *v = calloc(1, sizeof *v);
	if (!v) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	v->config = *config;
	v->append = config->append ? strdup(config->append) : NULL;
	machine_init(&v->m, "virt", TICKS_PER_SECOND);
	v->m.quantum = QUANTUM;
	/* RAM comes with a state; flash and what firmware may load later do not. */
	snprintf(v->m.config, sizeof v->m.config, "gic=%u drives=%u firmware=%016llx%s",
	    config->gic_version, config->drive_count, (unsigned long long)read_only_hash(config),
	    config->screen ? " screen" : "");
	v->m.reset = reset;
	v->m.destroy = destroy;
	v->m.power_key = press_power_key;
	bool ok = virt_boot_plan(v, why, size);
	if (ok && !build(v)) {
		snprintf(why, size, "--memory: the host has no %llu MiB to give; ask for less",
		    (unsigned long long)(config->memory / MIB));
		ok = false;
	}
	ok = ok && add_engine(v, why, size);
	ok = ok && (config->dtb ? user_tree(v, why, size) : virt_device_tree(v, why, size));
	if (!ok) {
		machine_free(&v->m);
		return NULL;
	}
	machine_reset(&v->m);
	return &v->m;
}
