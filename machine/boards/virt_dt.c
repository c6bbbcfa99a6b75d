/* The virt board's device tree, written with libfdt (Devicetree Specification 0.4; bindings of the
 * Linux kernel). */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "machine/boards/virt_parts.h"

#define TREE_SIZE 65536

enum phandle { PHANDLE_GIC = 1, PHANDLE_CLOCK, PHANDLE_GPIO };

/* Interrupt specifier: type, number, flags. */
enum { GIC_SPI = 0, GIC_PPI = 1 };
enum { IRQ_EDGE_RISING = 1, IRQ_LEVEL_HIGH = 4 };

/* Errors stick: the first one is reported at the end. */
struct tree {
	void *fdt;
	int error;
};

static void note(struct tree *t, int result)
{
	if (!t->error && result < 0)
		t->error = result;
}

static void begin(struct tree *t, const char *name)
{
	note(t, fdt_begin_node(t->fdt, name));
}

static void end(struct tree *t)
{
	note(t, fdt_end_node(t->fdt));
}

static void text(struct tree *t, const char *name, const char *value)
{
	note(t, fdt_property_string(t->fdt, name, value));
}

static void cell(struct tree *t, const char *name, uint32_t value)
{
	note(t, fdt_property_u32(t->fdt, name, value));
}

static void number64(struct tree *t, const char *name, uint64_t value)
{
	note(t, fdt_property_u64(t->fdt, name, value));
}

static void flag(struct tree *t, const char *name)
{
	note(t, fdt_property(t->fdt, name, NULL, 0));
}

/* Several strings: `bytes` includes every terminator. */
static void texts(struct tree *t, const char *name, const char *value, int bytes)
{
	note(t, fdt_property(t->fdt, name, value, bytes));
}

static void cells(struct tree *t, const char *name, const uint32_t *value, unsigned count)
{
	void *p;
	note(t, fdt_property_placeholder(t->fdt, name, (int)(count * 4), &p));
	for (unsigned k = 0; k < count && !t->error; k++)
		fdt32_st((char *)p + k * 4, value[k]);
}
#define CELLS(t, name, ...) \
	cells(t, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* One address range with 64-bit cells. */
static void reg(struct tree *t, uint64_t base, uint64_t size)
{
	CELLS(t, "reg", (uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
	    (uint32_t)size);
}

static void begin_at(struct tree *t, const char *name, uint64_t base)
{
	char full[64];
	snprintf(full, sizeof full, "%s@%llx", name, (unsigned long long)base);
	begin(t, full);
}

static uint64_t split_mix(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void chosen(struct tree *t, const struct virt *v)
{
	uint64_t seed = v->config.seed, rng[4];
	begin(t, "chosen");
	text(t, "stdout-path", "/pl011@9000000");
	if (v->append)
		text(t, "bootargs", v->append);
	if (v->initrd_at) {
		number64(t, "linux,initrd-start", v->initrd_at);
		number64(t, "linux,initrd-end", v->initrd_at + v->config.initrd_size);
	}
	number64(t, "kaslr-seed", split_mix(&seed));
	for (unsigned k = 0; k < 4; k++)
		rng[k] = split_mix(&seed);
	note(t, fdt_property(t->fdt, "rng-seed", rng, sizeof rng));
	end(t);
}

static void memory(struct tree *t, const struct virt *v)
{
	begin_at(t, "memory", VIRT_RAM);
	text(t, "device_type", "memory");
	reg(t, VIRT_RAM, v->config.memory);
	end(t);
}

static void cpus(struct tree *t, const struct virt *v)
{
	begin(t, "cpus");
	cell(t, "#address-cells", 1);
	cell(t, "#size-cells", 0);
	for (unsigned k = 0; k < v->config.smp; k++) {
		begin_at(t, "cpu", k);
		text(t, "device_type", "cpu");
		text(t, "compatible", "arm,armv8");
		cell(t, "reg", k);
		text(t, "enable-method", "psci");
		end(t);
	}
	end(t);
}

static void psci(struct tree *t)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";
	begin(t, "psci");
	texts(t, "compatible", compatible, sizeof compatible);
	text(t, "method", "hvc");
	end(t);
}

static void timer(struct tree *t)
{
	begin(t, "timer");
	text(t, "compatible", "arm,armv8-timer");
	/* secure, non-secure physical, virtual, hypervisor */
	CELLS(t, "interrupts", GIC_PPI, 13, IRQ_LEVEL_HIGH, GIC_PPI, VIRT_PPI_TIMER_P,
	    IRQ_LEVEL_HIGH, GIC_PPI, VIRT_PPI_TIMER_V, IRQ_LEVEL_HIGH, GIC_PPI, 10, IRQ_LEVEL_HIGH);
	flag(t, "always-on");
	end(t);
	begin(t, "pmu");
	text(t, "compatible", "arm,armv8-pmuv3");
	CELLS(t, "interrupts", GIC_PPI, VIRT_PPI_PMU, IRQ_LEVEL_HIGH);
	end(t);
}

static void gic(struct tree *t, const struct virt *v)
{
	const uint32_t smp = v->config.smp;
	begin_at(t, "intc", VIRT_GIC_DIST);
	cell(t, "#interrupt-cells", 3);
	flag(t, "interrupt-controller");
	cell(t, "#address-cells", 2);
	cell(t, "#size-cells", 2);
	cell(t, "phandle", PHANDLE_GIC);
	if (v->config.gic_version == 3) {
		text(t, "compatible", "arm,gic-v3");
		cell(t, "#redistributor-regions", 1);
		CELLS(t, "reg", 0, VIRT_GIC_DIST, 0, GICV3_DIST_SIZE, 0, VIRT_GIC_REDIST, 0,
		    smp * GICV3_REDIST_STRIDE);
	} else {
		text(t, "compatible", "arm,cortex-a15-gic");
		CELLS(t, "reg", 0, VIRT_GIC_DIST, 0, 0x10000, 0, VIRT_GIC_CPU, 0, 0x10000);
	}
	end(t);
}

/* Only the flash that takes commands; the one with the firmware is read-only. */
static void flash(struct tree *t)
{
	begin_at(t, "flash", VIRT_VARIABLES);
	text(t, "compatible", "cfi-flash");
	reg(t, VIRT_VARIABLES, CFI_FLASH_SIZE);
	cell(t, "bank-width", 4);
	end(t);
}

static void clock_node(struct tree *t)
{
	begin(t, "apb-pclk");
	text(t, "compatible", "fixed-clock");
	cell(t, "#clock-cells", 0);
	cell(t, "clock-frequency", 24000000);
	text(t, "clock-output-names", "clk24mhz");
	cell(t, "phandle", PHANDLE_CLOCK);
	end(t);
}

/* What all PrimeCells say; the caller ends the node. */
static void begin_primecell(struct tree *t, const char *name, uint64_t base, const char *compatible,
    int bytes, uint32_t spi)
{
	begin_at(t, name, base);
	texts(t, "compatible", compatible, bytes);
	reg(t, base, PRIMECELL_SIZE);
	CELLS(t, "interrupts", GIC_SPI, spi, IRQ_LEVEL_HIGH);
}

static void primecells(struct tree *t)
{
	static const char uart[] = "arm,pl011\0arm,primecell";
	static const char rtc[] = "arm,pl031\0arm,primecell";
	static const char gpio[] = "arm,pl061\0arm,primecell";
	static const char two_clocks[] = "uartclk\0apb_pclk";

	begin_primecell(t, "pl011", VIRT_UART, uart, sizeof uart, VIRT_SPI_UART);
	CELLS(t, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
	texts(t, "clock-names", two_clocks, sizeof two_clocks);
	end(t);
	begin_primecell(t, "pl031", VIRT_RTC, rtc, sizeof rtc, VIRT_SPI_RTC);
	cell(t, "clocks", PHANDLE_CLOCK);
	text(t, "clock-names", "apb_pclk");
	end(t);
	begin_primecell(t, "pl061", VIRT_GPIO, gpio, sizeof gpio, VIRT_SPI_GPIO);
	cell(t, "clocks", PHANDLE_CLOCK);
	text(t, "clock-names", "apb_pclk");
	cell(t, "#gpio-cells", 2);
	flag(t, "gpio-controller");
	cell(t, "phandle", PHANDLE_GPIO);
	end(t);
}

static void fw_cfg(struct tree *t)
{
	begin_at(t, "fw-cfg", VIRT_FW_CFG);
	text(t, "compatible", "qemu,fw-cfg-mmio");
	reg(t, VIRT_FW_CFG, FW_CFG_SIZE);
	flag(t, "dma-coherent");
	end(t);
}

static void power_key(struct tree *t)
{
	enum { KEY_POWER = 116 };
	begin(t, "gpio-keys");
	text(t, "compatible", "gpio-keys");
	begin(t, "poweroff");
	text(t, "label", "GPIO Key Poweroff");
	cell(t, "linux,code", KEY_POWER);
	CELLS(t, "gpios", PHANDLE_GPIO, VIRT_POWER_KEY_PIN, 0);
	end(t);
	end(t);
}

static void virtio(struct tree *t)
{
	for (uint32_t k = 0; k < VIRTIO_MMIO_SLOTS; k++) {
		uint64_t base = VIRT_VIRTIO + k * VIRTIO_MMIO_SIZE;
		begin_at(t, "virtio_mmio", base);
		text(t, "compatible", "virtio,mmio");
		reg(t, base, VIRTIO_MMIO_SIZE);
		CELLS(t, "interrupts", GIC_SPI, VIRT_SPI_VIRTIO + k, IRQ_EDGE_RISING);
		flag(t, "dma-coherent");
		end(t);
	}
}

/* Linux takes it up without a driver of ours (bindings/display/simple-framebuffer.yaml). */
static void screen(struct tree *t, const struct virt *v)
{
	if (!v->config.screen)
		return;
	begin_at(t, "framebuffer", VIRT_SCREEN);
	text(t, "compatible", "simple-framebuffer");
	reg(t, VIRT_SCREEN, VIRT_SCREEN_SIZE);
	cell(t, "width", VIRT_SCREEN_WIDTH);
	cell(t, "height", VIRT_SCREEN_HEIGHT);
	cell(t, "stride", VIRT_SCREEN_STRIDE);
	text(t, "format", "x8r8g8b8");
	end(t);
}

static void root(struct tree *t, const struct virt *v)
{
	begin(t, "");
	text(t, "compatible", "linux,dummy-virt");
	text(t, "model", "linux,dummy-virt");
	cell(t, "#address-cells", 2);
	cell(t, "#size-cells", 2);
	cell(t, "interrupt-parent", PHANDLE_GIC);
	flag(t, "dma-coherent");
	chosen(t, v);
	memory(t, v);
	cpus(t, v);
	psci(t);
	timer(t);
	gic(t, v);
	flash(t);
	clock_node(t);
	primecells(t);
	power_key(t);
	fw_cfg(t);
	virtio(t);
	screen(t, v);
	end(t);
}

bool virt_device_tree(struct virt *v, char *why, size_t size)
{
	struct tree t = {.fdt = malloc(TREE_SIZE)};
	if (!t.fdt) {
		snprintf(why, size, "out of memory");
		return false;
	}
	note(&t, fdt_create(t.fdt, TREE_SIZE));
	note(&t, fdt_finish_reservemap(t.fdt));
	root(&t, v);
	note(&t, fdt_finish(t.fdt));
	v->dtb = t.fdt;
	v->dtb_size = t.error ? 0 : fdt_totalsize(t.fdt);
	if (t.error)
		snprintf(why, size,
		    "--append: the device tree does not fit in %d KiB (%s); "
		    "shorten it",
		    TREE_SIZE / 1024, fdt_strerror(t.error));
	return !t.error;
}
