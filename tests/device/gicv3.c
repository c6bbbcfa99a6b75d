/* GICv3: priorities, preemption, routing, SGIs, edges and levels. */
#include "tests/device/bench.h"

#include "devices/gicv3.h"

#define DIST           0x8000000
#define REDIST(cpu)    (0x80a0000 + (cpu)*0x20000)
#define SGI_FRAME(cpu) (REDIST(cpu) + 0x10000)
#define CPUS           4

enum { /* frame offsets */
	CTLR = 0,
	TYPER = 4,
	WAKER = 0x14,
	IGROUPR = 0x80,
	ISENABLER = 0x100,
	ICENABLER = 0x180,
	ISPENDR = 0x200,
	ICPENDR = 0x280,
	ISACTIVER = 0x300,
	ICACTIVER = 0x380,
	IPRIORITYR = 0x400,
	ICFGR = 0xc00,
	IROUTER = 0x6000
};

/* System registers as S3_0_Cn_Cm_op2. */
#define S3_0(n, m, op2) (3 << 14 | (n) << 7 | (m) << 3 | (op2))
#define PMR             S3_0(4, 6, 0)
#define IAR0            S3_0(12, 8, 0)
#define EOIR0           S3_0(12, 8, 1)
#define HPPIR0          S3_0(12, 8, 2)
#define BPR0            S3_0(12, 8, 3)
#define AP0R0           S3_0(12, 8, 4)
#define AP1R0           S3_0(12, 9, 0)
#define DIR             S3_0(12, 11, 1)
#define RPR             S3_0(12, 11, 3)
#define SGI1R           S3_0(12, 11, 5)
#define SGI0R           S3_0(12, 11, 7)
#define IAR1            S3_0(12, 12, 0)
#define EOIR1           S3_0(12, 12, 1)
#define HPPIR1          S3_0(12, 12, 2)
#define BPR1            S3_0(12, 12, 3)
#define ICC_CTLR        S3_0(12, 12, 4)
#define SRE             S3_0(12, 12, 5)
#define IGRPEN0         S3_0(12, 12, 6)
#define IGRPEN1         S3_0(12, 12, 7)

#define CBPR     1
#define EOIMODE  2
#define SPURIOUS 1023

static struct bus *bus;
static struct gicv3 gic;
static struct probe irq[CPUS], fiq[CPUS];

static uint64_t icc(unsigned cpu, unsigned reg)
{
	return gicv3_icc_read(&gic, cpu, reg);
}

static void set_icc(unsigned cpu, unsigned reg, uint64_t value)
{
	gicv3_icc_write(&gic, cpu, reg, value);
}

static void spi(unsigned intid, int level)
{
	gicv3_spi_line(&gic, intid - 32, level);
}

static void connect(struct gicv3 *v, struct probe *i, struct probe *f)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		v->g.irq_out[cpu] = probe_wire(&i[cpu]);
		v->g.fiq_out[cpu] = probe_wire(&f[cpu]);
	}
}

/* As an operating system leaves it: Group 1, everything at priority 0xa0, mask 0xf0. */
static void setup(void)
{
	bus = bus_new(32);
	gicv3_init(&gic, "gic", CPUS);
	connect(&gic, irq, fiq);
	cr_assert(bus_map_mmio(bus, "dist", DIST, GICV3_DIST_SIZE, &gicv3_dist_ops, &gic));
	cr_assert(bus_map_mmio(
	    bus, "redist", REDIST(0), CPUS * GICV3_REDIST_STRIDE, &gicv3_redist_ops, &gic));
	device_reset(&gic.dev);
	wr(bus, DIST + CTLR, 0x13);
	for (unsigned i = 32; i < 288; i += 4)
		wr(bus, DIST + IPRIORITYR + i, 0xa0a0a0a0);
	for (unsigned i = 4; i < 4 * 9; i += 4)
		wr(bus, DIST + IGROUPR + i, 0xffffffff);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		wr(bus, REDIST(cpu) + WAKER, 0);
		wr(bus, SGI_FRAME(cpu) + IGROUPR, 0xffffffff);
		wr(bus, SGI_FRAME(cpu) + ISENABLER, 0xffff);
		for (unsigned i = 0; i < 32; i += 4)
			wr(bus, SGI_FRAME(cpu) + IPRIORITYR + i, 0xa0a0a0a0);
		set_icc(cpu, PMR, 0xf0);
		set_icc(cpu, IGRPEN1, 1);
	}
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(gicv3, .init = setup, .fini = teardown);

static void enable_spi(unsigned intid)
{
	wr(bus, DIST + ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

static void set_priority(unsigned intid, uint8_t priority)
{
	bench_write(bus, DIST + IPRIORITYR + intid, 1, priority);
}

static uint32_t dist_bit(unsigned reg, unsigned intid)
{
	return rd(bus, DIST + reg + intid / 32 * 4) >> intid % 32 & 1;
}

Test(gicv3, says_what_it_is)
{
	cr_expect_eq(rd(bus, DIST + CTLR), 0x53, "groups, ARE, DS");
	cr_expect_eq(rd(bus, DIST + TYPER), 9 << 19 | 8, "288 lines, INTIDs of 10 bits");
	cr_expect_eq(rd(bus, DIST + 0xffe8), 0x3b);
	cr_expect_eq(rd(bus, REDIST(2) + 0xffe8), 0x3b);
	cr_expect_eq(rd_id(bus, DIST + 0xfff0), 0xb105f00d);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(bench_read(bus, REDIST(cpu) + 8, 8),
		    (uint64_t)cpu << 32 | cpu << 8 | 1 << 5 | (cpu == CPUS - 1 ? 1 << 4 : 0));
	cr_expect_eq(icc(0, SRE), 7);
	cr_expect_eq(icc(0, ICC_CTLR), 4 << 8);
}

Test(gicv3, asleep_after_reset)
{
	device_reset(&gic.dev);
	cr_expect_eq(rd(bus, REDIST(1) + WAKER), 6);
	wr(bus, REDIST(1) + WAKER, 0);
	cr_expect_eq(rd(bus, REDIST(1) + WAKER), 0);
	cr_expect_eq(icc(0, PMR), 0);
	cr_expect_eq(icc(0, BPR0), 2);
	cr_expect_eq(icc(0, BPR1), 3);
	cr_expect_eq(icc(0, RPR), 0xff);
	cr_expect_eq(icc(0, IAR1), SPURIOUS);
}

Test(gicv3, level_sensitive_life)
{
	enable_spi(33);
	spi(33, 1);
	cr_expect_eq(irq[0].level, 1);
	cr_expect_eq(fiq[0].level, 0);
	cr_expect_eq(irq[1].level, 0);
	cr_expect_eq(icc(0, HPPIR1), 33);
	cr_expect_eq(icc(0, IAR1), 33);
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(icc(0, RPR), 0xa0);
	cr_expect_eq(dist_bit(ISACTIVER, 33), 1);
	cr_expect_eq(dist_bit(ISPENDR, 33), 1, "active and pending while the line is up");
	cr_expect_eq(icc(0, IAR1), SPURIOUS);
	set_icc(0, EOIR1, 33);
	cr_expect_eq(icc(0, RPR), 0xff);
	cr_expect_eq(irq[0].level, 1, "again, because nobody served the device");
	cr_expect_eq(icc(0, IAR1), 33);
	spi(33, 0);
	set_icc(0, EOIR1, 33);
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(dist_bit(ISACTIVER, 33), 0);
	cr_expect_eq(dist_bit(ISPENDR, 33), 0);
}

Test(gicv3, edge_life)
{
	enable_spi(40);
	wr(bus, DIST + ICFGR + 40 / 16 * 4, 2u << 40 % 16 * 2);
	cr_expect_eq(rd(bus, DIST + ICFGR + 8), 2u << 16);
	spi(40, 1);
	spi(40, 0);
	cr_expect_eq(irq[0].level, 1, "the edge is remembered");
	cr_expect_eq(icc(0, IAR1), 40);
	cr_expect_eq(dist_bit(ISPENDR, 40), 0);
	spi(40, 1);
	cr_expect_eq(dist_bit(ISPENDR, 40), 1, "a second edge while active");
	cr_expect_eq(irq[0].level, 0);
	set_icc(0, EOIR1, 40);
	cr_expect_eq(icc(0, IAR1), 40);
	set_icc(0, EOIR1, 40);
	cr_expect_eq(irq[0].level, 0, "the level alone is not an edge");
	spi(40, 1);
	cr_expect_eq(irq[0].level, 0);
}

Test(gicv3, software_pending_and_active)
{
	enable_spi(50);
	wr(bus, DIST + ISPENDR + 4, 1 << 18);
	cr_expect_eq(irq[0].level, 1);
	wr(bus, DIST + ICPENDR + 4, 1 << 18);
	cr_expect_eq(irq[0].level, 0);
	spi(50, 1);
	wr(bus, DIST + ICPENDR + 4, 1 << 18);
	cr_expect_eq(irq[0].level, 1, "a level cannot be cleared by software");
	wr(bus, DIST + ISACTIVER + 4, 1 << 18);
	cr_expect_eq(irq[0].level, 0);
	wr(bus, DIST + ICACTIVER + 4, 1 << 18);
	cr_expect_eq(irq[0].level, 1);
	wr(bus, DIST + ICENABLER + 4, 1 << 18);
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(rd(bus, DIST + ISENABLER + 4), 0);
}

Test(gicv3, the_most_urgent_comes_first)
{
	static const struct {
		unsigned intid;
		uint8_t priority;
	} rows[] = {{100, 0xa0}, {101, 0x40}, {287, 0x20}, {99, 0x40}, {33, 0xe8}};
	static const unsigned order[] = {287, 99, 101, 100, 33};
	for (unsigned i = 0; i < 5; i++) {
		enable_spi(rows[i].intid);
		set_priority(rows[i].intid, rows[i].priority);
		spi(rows[i].intid, 1);
	}
	for (unsigned i = 0; i < 5; i++) {
		cr_expect_eq(icc(0, HPPIR1), order[i]);
		cr_expect_eq(icc(0, IAR1), order[i]);
		spi(order[i], 0);
		set_icc(0, EOIR1, order[i]);
	}
	cr_expect_eq(icc(0, IAR1), SPURIOUS);
}

Test(gicv3, five_bits_of_priority)
{
	set_priority(64, 0xff);
	cr_expect_eq(bench_read(bus, DIST + IPRIORITYR + 64, 1), 0xf8);
	cr_expect_eq(bench_read(bus, DIST + IPRIORITYR + 64, 4), 0xa0a0a0f8);
	set_icc(0, PMR, 0xff);
	cr_expect_eq(icc(0, PMR), 0xf8);
}

Test(gicv3, priority_mask)
{
	enable_spi(60);
	spi(60, 1);
	set_icc(0, PMR, 0xa0);
	cr_expect_eq(irq[0].level, 0, "equal to the mask is masked");
	cr_expect_eq(icc(0, IAR1), SPURIOUS);
	cr_expect_eq(icc(0, HPPIR1), 60, "still the highest pending");
	set_icc(0, PMR, 0xa8);
	cr_expect_eq(irq[0].level, 1);
	cr_expect_eq(icc(0, IAR1), 60);
}

Test(gicv3, preemption_nests)
{
	const unsigned intids[3] = {70, 71, 72};
	const uint8_t priorities[3] = {0xa0, 0x60, 0x20};
	for (unsigned i = 0; i < 3; i++) {
		enable_spi(intids[i]);
		set_priority(intids[i], priorities[i]);
		spi(intids[i], 1);
		cr_expect_eq(irq[0].level, 1);
		cr_expect_eq(icc(0, IAR1), intids[i]);
		cr_expect_eq(icc(0, RPR), priorities[i]);
	}
	cr_expect_eq(icc(0, AP1R0), 1u << (0xa0 >> 3) | 1u << (0x60 >> 3) | 1u << (0x20 >> 3));
	for (unsigned i = 3; i-- > 0;) {
		spi(intids[i], 0);
		set_icc(0, EOIR1, intids[i]);
		cr_expect_eq(icc(0, RPR), i ? priorities[i - 1] : 0xff);
	}
	cr_expect_eq(icc(0, AP1R0), 0);
}

/* Does INTID 81 at priority 0x80 interrupt INTID 80 at 0x88? */
static int preempts(void)
{
	spi(80, 1);
	cr_expect_eq(icc(0, IAR1), 80);
	spi(80, 0);
	spi(81, 1);
	int level = irq[0].level;
	spi(81, 0);
	set_icc(0, EOIR1, 80);
	cr_expect_eq(icc(0, RPR), 0xff);
	return level;
}

Test(gicv3, binary_point_limits_preemption)
{
	enable_spi(80);
	enable_spi(81);
	set_priority(80, 0x88);
	set_priority(81, 0x80);
	cr_expect_eq(preempts(), 1);
	set_icc(0, BPR1, 4); /* bits 7..4 decide in Group 1 */
	cr_expect_eq(preempts(), 0);
	set_icc(0, BPR1, 0);
	cr_expect_eq(icc(0, BPR1), 3, "no lower than implemented");
	cr_expect_eq(preempts(), 1);
	set_icc(0, BPR1, 7);
	cr_expect_eq(preempts(), 0);
	set_icc(0, ICC_CTLR, CBPR);
	cr_expect_eq(icc(0, BPR1), 3, "shows BPR0 + 1");
	cr_expect_eq(preempts(), 1, "BPR0 serves both groups");
	set_icc(0, BPR0, 3);
	cr_expect_eq(preempts(), 0);
	set_icc(0, BPR1, 6);
	cr_expect_eq(icc(0, BPR1), 4);
	set_icc(0, ICC_CTLR, 0);
	cr_expect_eq(icc(0, BPR1), 7);
}

Test(gicv3, running_priority_is_the_group_priority)
{
	enable_spi(80);
	set_priority(80, 0x98);
	set_icc(0, BPR1, 6);
	spi(80, 1);
	cr_expect_eq(icc(0, IAR1), 80);
	cr_expect_eq(icc(0, RPR), 0x80);
}

Test(gicv3, eoimode_splits_the_end)
{
	enable_spi(90);
	set_icc(0, ICC_CTLR, EOIMODE);
	cr_expect_eq(icc(0, ICC_CTLR), 4 << 8 | EOIMODE);
	spi(90, 1);
	cr_expect_eq(icc(0, IAR1), 90);
	set_icc(0, EOIR1, 90);
	cr_expect_eq(icc(0, RPR), 0xff);
	cr_expect_eq(dist_bit(ISACTIVER, 90), 1);
	cr_expect_eq(irq[0].level, 0);
	set_icc(0, DIR, 90);
	cr_expect_eq(dist_bit(ISACTIVER, 90), 0);
	cr_expect_eq(irq[0].level, 1);
	set_icc(0, ICC_CTLR, 0);
	cr_expect_eq(icc(0, IAR1), 90);
	set_icc(0, DIR, 90);
	cr_expect_eq(dist_bit(ISACTIVER, 90), 1, "DIR has no effect with EOImode 0");
}

Test(gicv3, wrong_ends_are_harmless)
{
	enable_spi(90);
	set_icc(0, EOIR1, 90);
	set_icc(0, EOIR1, 1023);
	set_icc(0, EOIR1, 0xffffff);
	set_icc(0, DIR, 0xffffff);
	spi(90, 1);
	cr_expect_eq(icc(0, IAR1), 90);
	set_icc(0, EOIR0, 90);
	cr_expect_eq(icc(0, RPR), 0xa0, "Group 1 does not end through EOIR0");
	cr_expect_eq(gicv3_icc_read(&gic, CPUS, IAR1), 0);
	cr_expect_eq(icc(0, 0xffff), 0);
	cr_expect_eq(rd(bus, REDIST(0) + GICV3_REDIST_STRIDE - 4), 0xb1);
}

Test(gicv3, group_0_is_fiq)
{
	enable_spi(95);
	wr(bus, DIST + IGROUPR + 8, ~(1u << 31));
	spi(95, 1);
	cr_expect_eq(fiq[0].level, 0, "IGRPEN0 is off");
	set_icc(0, IGRPEN0, 1);
	cr_expect_eq(fiq[0].level, 1);
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(icc(0, IAR1), SPURIOUS);
	cr_expect_eq(icc(0, HPPIR1), SPURIOUS);
	cr_expect_eq(icc(0, HPPIR0), 95);
	cr_expect_eq(icc(0, IAR0), 95);
	cr_expect_eq(icc(0, AP0R0), 1u << (0xa0 >> 3));
	cr_expect_eq(icc(0, AP1R0), 0);
	cr_expect_eq(fiq[0].level, 0);
	spi(95, 0);
	set_icc(0, EOIR0, 95);
	cr_expect_eq(icc(0, RPR), 0xff);
	wr(bus, DIST + CTLR, 2);
	spi(95, 1);
	cr_expect_eq(fiq[0].level, 0, "Group 0 is off in the distributor");
}

Test(gicv3, private_lines_are_private)
{
	wr(bus, SGI_FRAME(2) + ISENABLER, 1 << 27);
	gicv3_ppi_line(&gic, 2 * 32 + 27, 1);
	gicv3_ppi_line(&gic, 1 * 32 + 27, 1);
	cr_expect_eq(irq[2].level, 1);
	cr_expect_eq(irq[1].level, 0, "not enabled there");
	cr_expect_eq(icc(2, IAR1), 27);
	cr_expect_eq(rd(bus, SGI_FRAME(2) + ISACTIVER), 1 << 27);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ISACTIVER), 0);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ISPENDR), 1 << 27);
	cr_expect_eq(rd(bus, DIST + ISACTIVER), 0, "the distributor does not show private lines");
	wr(bus, DIST + ICACTIVER, 0xffffffff);
	cr_expect_eq(rd(bus, SGI_FRAME(2) + ISACTIVER), 1 << 27);
	wr(bus, SGI_FRAME(1) + ICFGR, 0);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ICFGR), 0xaaaaaaaa, "SGIs are edges");
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ICFGR + 4), 0);
}

Test(gicv3, sgi_to_a_list)
{
	set_icc(0, SGI1R, 5ull << 24 | 0xa); /* CPUs 1 and 3 */
	cr_expect_eq(irq[0].level, 0);
	cr_expect_eq(irq[1].level, 1);
	cr_expect_eq(irq[2].level, 0);
	cr_expect_eq(irq[3].level, 1);
	cr_expect_eq(icc(1, IAR1), 5);
	cr_expect_eq(irq[1].level, 0);
	cr_expect_eq(irq[3].level, 1);
	set_icc(1, EOIR1, 5);
	cr_expect_eq(icc(1, IAR1), SPURIOUS);
	cr_expect_eq(icc(3, IAR1), 5);
}

Test(gicv3, sgi_to_all_others)
{
	set_icc(2, SGI1R, UINT64_C(1) << 40 | 15ull << 24);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(irq[cpu].level, cpu != 2);
}

Test(gicv3, sgi_to_nobody)
{
	static const unsigned affinity_bits[] = {16, 32, 44, 48};
	for (unsigned i = 0; i < 4; i++)
		set_icc(0, SGI1R, UINT64_C(1) << affinity_bits[i] | 0xf);
	set_icc(0, SGI1R, 0xfff0);
	set_icc(0, SGI0R, 0xf); /* SGI 0 is Group 1 */
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(rd(bus, SGI_FRAME(cpu) + ISPENDR), 0);
	wr(bus, SGI_FRAME(1) + IGROUPR, ~1u);
	set_icc(0, SGI0R, 0xf);
	cr_expect_eq(rd(bus, SGI_FRAME(0) + ISPENDR), 0);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ISPENDR), 1);
}

Test(gicv3, routing_by_affinity)
{
	enable_spi(120);
	bench_write(bus, DIST + IROUTER + 8 * 120, 8, 3);
	cr_expect_eq(bench_read(bus, DIST + IROUTER + 8 * 120, 8), 3);
	spi(120, 1);
	cr_expect_eq(irq[3].level, 1);
	cr_expect_eq(irq[0].level, 0);
	bench_write(bus, DIST + IROUTER + 8 * 120, 8, 1);
	cr_expect_eq(irq[3].level, 0, "pending follows the route");
	cr_expect_eq(irq[1].level, 1);
	wr(bus, DIST + IROUTER + 8 * 120, 0x100); /* affinity 0.0.1.0 does not exist */
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(irq[cpu].level, 0);
	bench_write(bus, DIST + IROUTER + 8 * 120, 8, UINT64_MAX);
	cr_expect_eq(bench_read(bus, DIST + IROUTER + 8 * 120, 8), 0x80ffffff);
	bench_write(bus, DIST + IROUTER + 8 * 31, 8, UINT64_MAX);
	cr_expect_eq(bench_read(bus, DIST + IROUTER + 8 * 31, 8), 0, "private lines have no route");
	bench_write(bus, DIST + IROUTER + 8 * 288, 8, UINT64_MAX);
	cr_expect_eq(bench_read(bus, DIST + IROUTER + 8 * 288, 8), 0);
}

static int only(unsigned cpu)
{
	for (unsigned i = 0; i < CPUS; i++)
		if (irq[i].level != (i == cpu))
			return 0;
	return 1;
}

Test(gicv3, any_cpu_is_the_lowest_that_can)
{
	enable_spi(130);
	bench_write(bus, DIST + IROUTER + 8 * 130, 8, 1u << 31);
	spi(130, 1);
	cr_expect(only(0));
	set_icc(0, IGRPEN1, 0);
	cr_expect(only(1));
	wr(bus, REDIST(1) + WAKER, 2);
	cr_expect(only(2));
	wr(bus, REDIST(2) + CTLR, 1 << 25); /* DPG1NS */
	cr_expect(only(3));
	cr_expect_eq(rd(bus, REDIST(2) + CTLR), 1 << 25);
	set_icc(3, IGRPEN1, 0);
	cr_expect(only(CPUS), "nobody can");
	wr(bus, REDIST(2) + CTLR, 1 << 24); /* DPG0 only */
	cr_expect(only(2));
	set_icc(0, IGRPEN1, 1);
	cr_expect(only(0));
	cr_expect_eq(icc(2, IAR1), SPURIOUS);
	cr_expect_eq(icc(0, IAR1), 130);
}

Test(gicv3, refusing_is_per_group)
{
	enable_spi(130);
	wr(bus, DIST + IGROUPR + 16, ~(1u << 2)); /* 130 in Group 0 */
	bench_write(bus, DIST + IROUTER + 8 * 130, 8, 1u << 31);
	spi(130, 1);
	for (unsigned cpu = 0; cpu < 3; cpu++)
		set_icc(cpu, IGRPEN0, 1);
	cr_expect_eq(fiq[0].level, 1);
	wr(bus, REDIST(0) + CTLR, 1 << 25); /* DPG1NS */
	cr_expect_eq(fiq[0].level, 1);
	wr(bus, REDIST(0) + CTLR, 1 << 24); /* DPG0 */
	cr_expect_eq(fiq[0].level, 0);
	cr_expect_eq(fiq[1].level, 1);
	wr(bus, REDIST(1) + CTLR, 1 << 24);
	cr_expect_eq(fiq[1].level, 0);
	cr_expect_eq(fiq[2].level, 1);
	bench_write(bus, DIST + IROUTER + 8 * 130, 8, 1);
	cr_expect_eq(fiq[1].level, 1, "a direct route cannot be refused");
	cr_expect_eq(fiq[2].level, 0);
}

/* The end of an interrupt that is routed elsewhere meanwhile lets the others in. */
Test(gicv3, end_after_rerouting)
{
	enable_spi(40);
	enable_spi(41);
	spi(40, 1);
	cr_expect_eq(icc(0, IAR1), 40);
	spi(41, 1);
	cr_expect_eq(irq[0].level, 0);
	bench_write(bus, DIST + IROUTER + 8 * 40, 8, 1);
	set_icc(0, EOIR1, 40);
	cr_expect_eq(icc(0, HPPIR1), 41);
	cr_expect_eq(irq[0].level, 1);
	cr_expect_eq(irq[1].level, 1);
}

Test(gicv3, registers_of_the_cpu_interface_are_apart)
{
	static const struct {
		unsigned reg;
		uint64_t ones, least;
	} rows[] = {{PMR, 0xf8, 0}, {BPR0, 7, 2}, {BPR1, 7, 3}, {AP0R0, 0xffffffff, 0},
	    {AP1R0, 0xffffffff, 0}, {IGRPEN0, 1, 0}, {IGRPEN1, 1, 0}, {SRE, 7, 7}};
	const unsigned n = sizeof rows / sizeof rows[0];
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < n; j++)
			set_icc(1, rows[j].reg, 0);
		set_icc(1, rows[i].reg, UINT64_MAX);
		for (unsigned j = 0; j < n; j++)
			cr_expect_eq(icc(1, rows[j].reg), i == j ? rows[j].ones : rows[j].least,
			    "register %#x after a write to %#x", rows[j].reg, rows[i].reg);
		cr_expect_eq(icc(2, PMR), 0xf0, "another CPU's interface");
	}
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(rd(bus, SGI_FRAME(cpu) + ISPENDR), 0);
}

Test(gicv3, bits_of_the_first_registers)
{
	wr(bus, SGI_FRAME(1) + ICFGR + 4, 0xffffffff);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ICFGR + 4), 0xaaaaaaaa);
	wr(bus, SGI_FRAME(1) + ICFGR + 4, 2u << 30);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ICFGR + 4), 2u << 30);
	cr_expect_eq(rd(bus, SGI_FRAME(2) + ICFGR + 4), 0);
	cr_expect_eq(rd(bus, SGI_FRAME(1)), 0);
	cr_expect_eq(rd(bus, DIST + ICFGR + 0x100), 0, "past the configuration registers");
	wr(bus, DIST + ICFGR + 8, 0xffffffff);
	cr_expect_eq(rd(bus, DIST + ICFGR + 8), 0xaaaaaaaa);
	cr_expect_eq(rd(bus, DIST + ICFGR + 12), 0);
	cr_expect_eq(rd(bus, DIST + 0xffd0), 0x44);
	cr_expect_eq(rd(bus, REDIST(0) + 0xffd0), 0x44);
	wr(bus, DIST + IROUTER + 8 * 32, 2);
	cr_expect_eq(rd(bus, DIST + IROUTER + 8 * 32), 2);
	wr(bus, DIST + IROUTER + 8 * 32, CPUS);
	enable_spi(32);
	spi(32, 1);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		cr_expect_eq(irq[cpu].level, 0, "a CPU that does not exist");
	bench_write(bus, DIST + CTLR, 1, 0);
	cr_expect_eq(rd(bus, DIST + CTLR), 0x53, "a byte is no access to GICD_CTLR");
	bench_write(bus, REDIST(1) + WAKER, 1, 2);
	cr_expect_eq(rd(bus, REDIST(1) + WAKER), 0);
}

Test(gicv3, a_sleeping_cpu_gets_only_its_own)
{
	wr(bus, REDIST(0) + WAKER, 2);
	enable_spi(64);
	spi(64, 1);
	cr_expect_eq(irq[0].level, 1);
	bench_write(bus, DIST + IROUTER + 8 * 64, 8, 1u << 31);
	cr_expect(only(1));
	wr(bus, REDIST(0) + WAKER, 0);
	cr_expect(only(0));
}

Test(gicv3, disabling_leaves_pending_alone)
{
	wr(bus, SGI_FRAME(1) + ISPENDR, 1 << 20);
	wr(bus, SGI_FRAME(1) + ISENABLER, 1 << 20);
	cr_expect_eq(irq[1].level, 1, "enabling drives the output");
	wr(bus, SGI_FRAME(1) + ICENABLER, 3 << 20);
	cr_expect_eq(irq[1].level, 0);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + ISPENDR), 1 << 20);
	wr(bus, SGI_FRAME(1) + IPRIORITYR, 0x10203040);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + IPRIORITYR), 0x10203040);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + IPRIORITYR + 4), 0xa0a0a0a0);
}

Test(gicv3, narrow_writes_reach_only_priorities)
{
	bench_write(bus, DIST + ISENABLER + 4, 1, 0xff);
	cr_expect_eq(rd(bus, DIST + ISENABLER + 4), 0);
	bench_write(bus, DIST + IPRIORITYR + 34, 2, 0x1020);
	cr_expect_eq(rd(bus, DIST + IPRIORITYR + 32), 0x1020a0a0);
	cr_expect_eq(bench_read(bus, DIST + IPRIORITYR + 35, 1), 0x10);
	bench_write(bus, SGI_FRAME(1) + IPRIORITYR + 27, 1, 0x48);
	cr_expect_eq(rd(bus, SGI_FRAME(1) + IPRIORITYR + 24), 0x48a0a0a0);
}

Test(gicv3, active_priorities_can_be_written)
{
	enable_spi(64);
	spi(64, 1);
	set_icc(0, AP1R0, 1u << (0x40 >> 3));
	cr_expect_eq(icc(0, RPR), 0x40);
	cr_expect_eq(irq[0].level, 0);
	set_icc(0, AP1R0, 0);
	cr_expect_eq(irq[0].level, 1);
}

/* The same outputs and the same answers from a copy of the state, in the middle of things. */
Test(gicv3, state_carries_over)
{
	struct gicv3 other = {0};
	struct probe other_irq[CPUS] = {{0}}, other_fiq[CPUS] = {{0}};
	char why[128], text[128];

	set_icc(0, IGRPEN0, 1);
	enable_spi(40);
	enable_spi(41);
	enable_spi(95);
	wr(bus, DIST + IGROUPR + 8, ~(1u << 31));
	bench_write(bus, DIST + IROUTER + 8 * 40, 8, 2);
	bench_write(bus, DIST + IROUTER + 8 * 41, 8, 1u << 31);
	set_icc(0, SGI1R, 9ull << 24 | 2);
	spi(40, 1);
	cr_expect_eq(icc(2, IAR1), 40);
	spi(41, 1);
	cr_expect_eq(icc(0, IAR1), 41);
	spi(95, 1);
	set_priority(95, 0x20);
	cr_expect_eq(fiq[0].level, 1);

	gicv3_init(&other, "gic", CPUS);
	connect(&other, other_irq, other_fiq);
	device_reset(&other.dev);
	other.s = gic.s;
	cr_assert(device_loaded(&other.dev, why, sizeof why));
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		cr_expect_eq(other_irq[cpu].level, irq[cpu].level);
		cr_expect_eq(other_fiq[cpu].level, fiq[cpu].level);
	}
	cr_expect_eq(gicv3_icc_read(&other, 0, IAR0), 95);
	cr_expect_eq(gicv3_icc_read(&other, 1, IAR1), 9);
	cr_expect_eq(gicv3_icc_read(&other, 2, RPR), 0xa0);
	icc(0, IAR0);
	icc(1, IAR1);
	cr_expect_not(state_difference(&gicv3_type.table, &gic.s, &other.s, text, sizeof text));

	device_reset(&other.dev);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		cr_expect_eq(other_irq[cpu].level, 0);
		cr_expect_eq(other_fiq[cpu].level, 0);
	}
	cr_expect_eq(gicv3_icc_read(&other, 2, RPR), 0xff);
	cr_expect_eq(other.s.core.edge[0] & 0xffff, 0xffff);
}

Test(gicv3, foreign_state_is_refused)
{
	static const struct {
		const char *field;
		unsigned index;
		uint64_t value;
	} rows[] = {{"core.priority", 77, 1}, {"core.bpr0", 3, 1}, {"core.bpr0", 0, 8},
	    {"core.bpr1", 1, 2}, {"core.pmr", 2, 0xff}, {"core.enable", 0, 4},
	    {"core.eoimode", 7, 2}, {"core.edge", 1, 0xfffe}, {"core.dist_enable", 0, 4},
	    {"sleep", 5, 2}, {"dpg", 1, 4}};
	struct gicv3_state good = gic.s;
	char why[128];
	cr_expect(device_loaded(&gic.dev, why, sizeof why));
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct field *f = state_field(&gicv3_type.table, rows[i].field);
		cr_assert(f, "%s", rows[i].field);
		gic.s = good;
		state_set(f, &gic.s, rows[i].index, rows[i].value);
		why[0] = 0;
		cr_expect_not(device_loaded(&gic.dev, why, sizeof why), "%s", rows[i].field);
		cr_expect(why[0]);
	}
}
