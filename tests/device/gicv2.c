/* GICv2: banked registers, SGIs with their sender, targets, groups. */
#include "tests/device/bench.h"

#include "devices/gicv2.h"

#define DIST 0x8000000
#define CPU  0x8010000
#define CPUS 4

enum { /* GICD_* */
	CTLR = 0,
	TYPER = 4,
	IGROUPR = 0x80,
	ISENABLER = 0x100,
	ISPENDR = 0x200,
	ICPENDR = 0x280,
	ISACTIVER = 0x300,
	IPRIORITYR = 0x400,
	ITARGETSR = 0x800,
	ICFGR = 0xc00,
	SGIR = 0xf00,
	CPENDSGIR = 0xf10,
	SPENDSGIR = 0xf20
};

enum { /* GICC_* */
	C_CTLR = CPU,
	PMR = CPU + 4,
	BPR = CPU + 8,
	IAR = CPU + 0xc,
	EOIR = CPU + 0x10,
	RPR = CPU + 0x14,
	HPPIR = CPU + 0x18,
	ABPR = CPU + 0x1c,
	AIAR = CPU + 0x20,
	AEOIR = CPU + 0x24,
	AHPPIR = CPU + 0x28,
	APR0 = CPU + 0xd0,
	IIDR = CPU + 0xfc,
	DIR = CPU + 0x1000
};

enum { GRP0 = 1, GRP1 = 2, ACKCTL = 4, FIQEN = 8, CBPR = 0x10, EOIMODE = 0x200 };

#define SPURIOUS 1023

static struct bus *bus;
static struct gicv2 gic;
static struct probe irq[GIC_CPUS], fiq[GIC_CPUS];
static int current;

static int current_cpu(void *owner)
{
	return *(int *)owner;
}

static void make(struct gicv2 *v, struct probe *i, struct probe *f, unsigned cpus)
{
	gicv2_init(v, "gic", cpus, current_cpu, &current);
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		v->g.irq_out[cpu] = probe_wire(&i[cpu]);
		v->g.fiq_out[cpu] = probe_wire(&f[cpu]);
	}
	device_reset(&v->dev);
}

/* As an operating system without security leaves it: all in Group 0, priority 0xa0. */
static void setup(void)
{
	bus = bus_new(32);
	make(&gic, irq, fiq, CPUS);
	cr_assert(bus_map_mmio(bus, "dist", DIST, GICV2_DIST_SIZE, &gicv2_dist_ops, &gic));
	cr_assert(bus_map_mmio(bus, "cpu", CPU, GICV2_CPU_SIZE, &gicv2_cpu_ops, &gic));
	for (current = 0; current < CPUS; current++) {
		wr(bus, DIST + ISENABLER, 0xffff);
		for (unsigned i = 0; i < 32; i += 4)
			wr(bus, DIST + IPRIORITYR + i, 0xa0a0a0a0);
		wr(bus, PMR, 0xf0);
		wr(bus, C_CTLR, GRP0);
	}
	current = 0;
	for (unsigned i = 32; i < 288; i += 4) {
		wr(bus, DIST + IPRIORITYR + i, 0xa0a0a0a0);
		wr(bus, DIST + ITARGETSR + i, 0x01010101);
	}
	wr(bus, DIST + CTLR, GRP0 | GRP1);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gicv2, .init = setup, .fini = teardown);

static uint32_t rd_as(int cpu, uint64_t pa)
{
	current = cpu;
	return rd(bus, pa);
}

static void wr_as(int cpu, uint64_t pa, uint32_t value)
{
	current = cpu;
	wr(bus, pa, value);
}

static void spi(unsigned intid, int level)
{
	gicv2_spi_line(&gic, intid - 32, level);
}

static void enable_spi(unsigned intid)
{
	wr(bus, DIST + ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

Test(gicv2, says_what_it_is)
{
	cr_expect_eq(rd(bus, DIST + TYPER), (CPUS - 1) << 5 | 8);
	cr_expect_eq(rd(bus, DIST + 0xfe8), 0x2b);
	cr_expect_eq(rd_id(bus, DIST + 0xff0), 0xb105f00d);
	cr_expect_eq(rd(bus, IIDR) >> 16 & 0xf, 2);
}

Test(gicv2, registers_keep_only_their_bits)
{
	static const struct plain_register cpu_rows[] = {
	    {C_CTLR, 0x21f, 0},
	    {PMR, 0xf8, 0},
	    {BPR, 7, 2},
	    {ABPR, 7, 3},
	    {APR0, 0xffffffff, 0},
	    {CPU + 0xe0, 0xffffffff, 0},
	    {CPU + 0xf0, 0, 0},
	};
	static const struct plain_register dist_rows[] = {
	    {DIST + CTLR, 3, 0},
	    {DIST + IGROUPR, 0xffffffff, 0},
	    {DIST + IGROUPR + 32, 0xffffffff, 0},
	    {DIST + IGROUPR + 36, 0, 0},
	    {DIST + IPRIORITYR + 32, 0xf8f8f8f8, 0},
	    {DIST + IPRIORITYR + 284, 0xf8f8f8f8, 0},
	    {DIST + IPRIORITYR + 288, 0, 0},
	    {DIST + ITARGETSR + 28, 0x01010101, 0x01010101},
	    {DIST + ITARGETSR + 32, 0x0f0f0f0f, 0},
	    {DIST + ITARGETSR + 284, 0x0f0f0f0f, 0},
	    {DIST + ITARGETSR + 288, 0, 0},
	    {DIST + ICFGR, 0xaaaaaaaa, 0xaaaaaaaa},
	    {DIST + ICFGR + 4, 0xaaaaaaaa, 0},
	    {DIST + ICFGR + 8, 0xaaaaaaaa, 0},
	    {DIST + ICFGR + 0x100, 0, 0},
	    {DIST + 0xf30, 0, 0},
	};
	current = 0;
	expect_plain(bus, cpu_rows, sizeof cpu_rows / sizeof cpu_rows[0]);
	expect_plain(bus, dist_rows, sizeof dist_rows / sizeof dist_rows[0]);
}

Test(gicv2, life_of_a_level)
{
	enable_spi(33);
	spi(33, 1);
	cr_expect_eq(irq[0].level, 1);
	cr_expect_eq(fiq[0].level, 0);
	cr_expect_eq(rd(bus, HPPIR), 33);
	cr_expect_eq(rd(bus, IAR), 33);
	cr_expect_eq(rd(bus, RPR), 0xa0);
	cr_expect_eq(rd(bus, APR0), 1u << (0xa0 >> 3));
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(rd(bus, IAR), SPURIOUS);
	spi(33, 0);
	wr(bus, EOIR, 33);
	cr_expect_eq(rd(bus, RPR), 0xff);
	cr_expect_eq(rd(bus, DIST + ISACTIVER + 4), 0);
	cr_expect_eq(rd(bus, IAR), SPURIOUS);
}

Test(gicv2, peek_acknowledges_nothing)
{
	uint64_t value;
	enable_spi(33);
	spi(33, 1);
	cr_assert(bus_peek(bus, IAR, 4, &value));
	cr_expect_eq(value, 33);
	cr_expect_eq(irq[0].level, 1);
	cr_expect_eq(rd(bus, DIST + ISACTIVER + 4), 0);
}

Test(gicv2, registers_are_banked)
{
	wr_as(2, DIST + ISENABLER, 1 << 27);
	wr_as(2, PMR, 0x80);
	cr_expect_eq(rd_as(1, DIST + ISENABLER), 0xffff);
	cr_expect_eq(rd_as(2, DIST + ISENABLER), 1 << 27 | 0xffff);
	cr_expect_eq(rd_as(1, PMR), 0xf0);
	cr_expect_eq(rd_as(2, PMR), 0x80);
	for (int cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(rd_as(cpu, DIST + ITARGETSR), 0x01010101u << cpu);
	wr_as(2, PMR, 0xf0);
	gicv2_ppi_line(&gic, 2 * 32 + 27, 1);
	cr_expect_eq(irq[2].level, 1);
	cr_expect_eq(rd_as(1, IAR), SPURIOUS);
	cr_expect_eq(rd_as(2, IAR), 27);
	cr_expect_eq(rd_as(-1, DIST + ITARGETSR), 0x01010101, "a debugger is CPU 0");
}

Test(gicv2, targets_share_an_interrupt)
{
	enable_spi(70);
	bench_write(bus, DIST + ITARGETSR + 70, 1, 0xf6);
	cr_expect_eq(bench_read(bus, DIST + ITARGETSR + 70, 1), 6, "CPUs 4..7 do not exist");
	spi(70, 1);
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(irq[1].level, 1);
	cr_expect_eq(irq[2].level, 1);
	cr_expect_eq(rd_as(2, IAR), 70);
	cr_expect_eq(irq[1].level, 0, "somebody else has it");
	cr_expect_eq(rd_as(1, IAR), SPURIOUS);
	spi(70, 0);
	wr_as(2, EOIR, 70);
	spi(70, 1);
	cr_expect_eq(irq[1].level, 1);
}

Test(gicv2, one_cpu_has_no_targets)
{
	struct gicv2 one = {0};
	struct probe i[1] = {{0}}, f[1] = {{0}};
	make(&one, i, f, 1);
	gicv2_dist_ops.write(&one, CTLR, GRP0, 4);
	gicv2_dist_ops.write(&one, ISENABLER + 4, 1, 4);
	gicv2_cpu_ops.write(&one, 0, GRP0, 4);
	gicv2_cpu_ops.write(&one, 4, 0xf0, 4);
	gicv2_dist_ops.write(&one, ITARGETSR + 32, 0xff, 1);
	cr_expect_eq(gicv2_dist_ops.read(&one, ITARGETSR + 32, 4), 0);
	cr_expect_eq(gicv2_dist_ops.read(&one, ITARGETSR, 4), 0);
	gicv2_spi_line(&one, 0, 1);
	cr_expect_eq(i[0].level, 1);
}

Test(gicv2, sgi_names_its_sender)
{
	wr_as(3, DIST + SGIR, 2 << 16 | 5);
	wr_as(1, DIST + SGIR, 2u << 24 | 5); /* to itself */
	cr_expect_eq(rd_as(1, DIST + SPENDSGIR + 4), 0xa00, "senders 1 and 3 of SGI 5");
	cr_expect_eq(rd_as(1, DIST + ISPENDR), 1 << 5);
	cr_expect_eq(irq[1].level, 1);
	cr_expect_eq(rd_as(1, HPPIR), 1 << 10 | 5);
	cr_expect_eq(rd_as(1, IAR), 1 << 10 | 5);
	cr_expect_eq(rd_as(1, DIST + SPENDSGIR + 4), 0x800);
	cr_expect_eq(irq[1].level, 0, "active: the other sender waits");
	wr_as(1, EOIR, 1 << 10 | 5);
	cr_expect_eq(irq[1].level, 1);
	cr_expect_eq(rd_as(1, IAR), 3 << 10 | 5);
	wr_as(1, EOIR, 3 << 10 | 5);
	cr_expect_eq(irq[1].level, 0);
	cr_expect_eq(rd_as(1, IAR), SPURIOUS);
}

Test(gicv2, sgi_filters)
{
	wr_as(2, DIST + SGIR, 1u << 24 | 0xff << 16 | 3); /* all others */
	for (int cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(irq[cpu].level, cpu != 2);
	for (int cpu = 0; cpu < CPUS; cpu++)
		wr_as(cpu, DIST + CPENDSGIR, 0xffffffff);
	for (int cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(irq[cpu].level, 0);
	wr_as(2, DIST + SGIR, 3u << 24 | 0xff << 16 | 3);
	for (int cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(irq[cpu].level, 0, "the reserved filter names nobody");
	wr_as(0, DIST + ISPENDR, 0xffff);
	cr_expect_eq(irq[0].level, 0, "SGIs are not set pending by ISPENDR");
	bench_write(bus, DIST + SPENDSGIR + 7, 1, 0xf8); /* CPUs 4..7 do not exist */
	cr_expect_eq(rd(bus, DIST + SPENDSGIR + 4), 8u << 24);
	cr_expect_eq(irq[0].level, 1);
	wr_as(0, DIST + ICPENDR, 0xffff);
	cr_expect_eq(rd(bus, IAR), 3 << 10 | 7);
}

Test(gicv2, groups_and_ackctl)
{
	enable_spi(64);
	wr(bus, DIST + IGROUPR + 8, 1);
	spi(64, 1);
	cr_expect_eq(irq[0].level, 0, "Group 1 is off in the CPU interface");
	wr(bus, C_CTLR, GRP0 | GRP1);
	cr_expect_eq(irq[0].level, 1);
	cr_expect_eq(rd(bus, HPPIR), 1022);
	cr_expect_eq(rd(bus, AHPPIR), 64);
	cr_expect_eq(rd(bus, IAR), 1022, "Group 1 must use the alias");
	cr_expect_eq(rd(bus, AIAR), 64);
	wr(bus, EOIR, 64);
	cr_expect_eq(rd(bus, RPR), 0xa0);
	wr(bus, AEOIR, 64);
	cr_expect_eq(rd(bus, RPR), 0xff);
	wr(bus, C_CTLR, GRP0 | GRP1 | ACKCTL);
	cr_expect_eq(rd(bus, IAR), 64);
	wr(bus, EOIR, 64);
	cr_expect_eq(rd(bus, RPR), 0xff);
	cr_expect_eq(rd(bus, C_CTLR), GRP0 | GRP1 | ACKCTL);
}

Test(gicv2, fiqen_moves_group_0)
{
	enable_spi(64);
	spi(64, 1);
	wr(bus, C_CTLR, GRP0 | FIQEN);
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(fiq[0].level, 1);
	cr_expect_eq(rd(bus, AIAR), SPURIOUS);
	cr_expect_eq(rd(bus, IAR), 64);
	cr_expect_eq(fiq[0].level, 0);
	for (int cpu = 1; cpu < 3; cpu++) {
		wr_as(cpu, C_CTLR, GRP0 | FIQEN);
		wr_as(cpu, DIST + SGIR, 2u << 24);
	}
	wr_as(2, C_CTLR, GRP0);
	cr_expect_eq(fiq[1].level, 1);
	cr_expect_eq(irq[1].level, 0);
	cr_expect_eq(fiq[2].level, 0);
	cr_expect_eq(irq[2].level, 1);
}

Test(gicv2, binary_points)
{
	wr(bus, BPR, 0);
	wr(bus, ABPR, 0);
	cr_expect_eq(rd(bus, BPR), 2);
	cr_expect_eq(rd(bus, ABPR), 3);
	enable_spi(80);
	enable_spi(81);
	bench_write(bus, DIST + IPRIORITYR + 80, 1, 0x88);
	bench_write(bus, DIST + IPRIORITYR + 81, 1, 0x80);
	for (unsigned bpr = 2; bpr < 4; bpr++) {
		wr(bus, BPR, bpr);
		spi(80, 1);
		cr_expect_eq(rd(bus, IAR), 80);
		spi(80, 0);
		spi(81, 1);
		cr_expect_eq(irq[0].level, bpr == 2);
		spi(81, 0);
		wr(bus, EOIR, 80);
	}
}

Test(gicv2, eoimode_splits_the_end)
{
	enable_spi(90);
	wr(bus, C_CTLR, GRP0 | EOIMODE);
	spi(90, 1);
	cr_expect_eq(rd(bus, IAR), 90);
	wr(bus, EOIR, 90);
	cr_expect_eq(rd(bus, RPR), 0xff);
	cr_expect_eq(irq[0].level, 0);
	wr(bus, DIR, 90);
	cr_expect_eq(irq[0].level, 1);
}

Test(gicv2, state_carries_over)
{
	struct gicv2 other = {0};
	struct probe other_irq[CPUS] = {{0}}, other_fiq[CPUS] = {{0}};
	char why[128], text[128];
	enable_spi(70);
	bench_write(bus, DIST + ITARGETSR + 70, 1, 4);
	spi(70, 1);
	wr_as(3, DIST + SGIR, 2 << 16 | 5);
	wr_as(1, C_CTLR, GRP0 | FIQEN);

	make(&other, other_irq, other_fiq, CPUS);
	other.s = gic.s;
	cr_assert(device_loaded(&other.dev, why, sizeof why));
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		cr_expect_eq(other_irq[cpu].level, irq[cpu].level);
		cr_expect_eq(other_fiq[cpu].level, fiq[cpu].level);
	}
	cr_expect_eq(other_irq[2].level, 1);
	cr_expect_eq(other_fiq[1].level, 1);
	cr_expect_not(state_difference(&gicv2_type.table, &gic.s, &other.s, text, sizeof text));
	other.s.core.latched[0] |= 1; /* contradicts the list of senders, which decides */
	cr_assert(device_loaded(&other.dev, why, sizeof why));
	cr_expect_eq(other_irq[0].level, 0);
	current = 1;
	cr_expect_eq(gicv2_cpu_ops.read(&other, 0xc, 4), 3 << 10 | 5);
	device_reset(&other.dev);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(other_irq[cpu].level | other_fiq[cpu].level, 0);
	other.s.fiqen[2] = 2;
	cr_expect_not(device_loaded(&other.dev, why, sizeof why));
}
