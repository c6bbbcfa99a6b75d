/* GICv3 (IHI 0069): the registers in front of gic.c.
 *
 * Chapters: 12.9 distributor (GICD_*), 12.11 redistributor (GICR_*), 12.2 CPU interface (ICC_*).
 * With one security state and no way to switch affinity routing off, GICD_CTLR keeps only the two
 * group enables.  Writes take effect at once, so every RWP bit reads 0.
 */
#include "devices/gicv3.h"

#include <assert.h>
#include <stdio.h>

#define GIC_IIDR 0x43b /* implementer Arm, product 0: no driver applies an erratum to it */

enum { /* GICD_* */
	GICD_CTLR = 0x0000,
	GICD_TYPER = 0x0004,
	GICD_IIDR = 0x0008,
	GICD_IROUTER = 0x6000,
	GICD_IROUTER_END = GICD_IROUTER + 8 * GIC_LINES
};

enum {
	CTLR_GROUPS = 3,
	CTLR_ARE = 1 << 4,
	CTLR_DS = 1 << 6,
	TYPER_LINES = GIC_LINES / 32 - 1,
	TYPER_IDBITS = 9 << 19 /* INTIDs of 10 bits; LPIS, MBIS, ESPI, RSS, A3V and No1N are 0 */
};

enum { /* GICR_*, first frame of a CPU */
	GICR_CTLR = 0x0000,
	GICR_IIDR = 0x0004,
	GICR_TYPER = 0x0008,
	GICR_TYPER_HIGH = 0x000c,
	GICR_WAKER = 0x0014,
	GICR_SGI_BASE = 0x10000
};

enum {
	GICR_CTLR_DPG_SHIFT = 24,
	GICR_TYPER_LAST = 1 << 4,
	GICR_TYPER_DPGS = 1 << 5,
	WAKER_PROCESSOR_SLEEP = 1 << 1,
	WAKER_CHILDREN_ASLEEP = 1 << 2
};

enum { ID_BASE = 0xffd0, PIDR0_DIST = 0x92, PIDR0_REDIST = 0x93 };

#define IROUTER_ANY  (UINT32_C(1) << 31) /* Interrupt_Routing_Mode */
#define IROUTER_MASK UINT32_C(0x80ffffff)

#define ICC(CRn, CRm, op2) (3u << 14 | (CRn) << 7 | (CRm) << 3 | (op2))

enum {
	ICC_PMR_EL1 = ICC(4, 6, 0),
	ICC_IAR0_EL1 = ICC(12, 8, 0),
	ICC_EOIR0_EL1 = ICC(12, 8, 1),
	ICC_HPPIR0_EL1 = ICC(12, 8, 2),
	ICC_BPR0_EL1 = ICC(12, 8, 3),
	ICC_AP0R0_EL1 = ICC(12, 8, 4),
	ICC_AP1R0_EL1 = ICC(12, 9, 0),
	ICC_DIR_EL1 = ICC(12, 11, 1),
	ICC_RPR_EL1 = ICC(12, 11, 3),
	ICC_SGI1R_EL1 = ICC(12, 11, 5),
	ICC_ASGI1R_EL1 = ICC(12, 11, 6),
	ICC_SGI0R_EL1 = ICC(12, 11, 7),
	ICC_IAR1_EL1 = ICC(12, 12, 0),
	ICC_EOIR1_EL1 = ICC(12, 12, 1),
	ICC_HPPIR1_EL1 = ICC(12, 12, 2),
	ICC_BPR1_EL1 = ICC(12, 12, 3),
	ICC_CTLR_EL1 = ICC(12, 12, 4),
	ICC_SRE_EL1 = ICC(12, 12, 5),
	ICC_IGRPEN0_EL1 = ICC(12, 12, 6),
	ICC_IGRPEN1_EL1 = ICC(12, 12, 7)
};

enum { ICC_CTLR_CBPR = 1 << 0, ICC_CTLR_EOIMODE = 1 << 1, ICC_CTLR_PRIBITS_SHIFT = 8 };

/* --- Derived data ----------------------------------------------------------------------- */

static void route(struct gicv3 *v, unsigned spi)
{
	uint32_t r = v->s.irouter[spi], affinity = r & 0xffffff;
	uint8_t cpus = !(r & IROUTER_ANY) && affinity < v->g.cpus ? 1u << affinity : 0;
	gic_route(&v->g, GIC_FIRST_SPI + spi, cpus, r & IROUTER_ANY);
}

/* Sleep keeps away SPIs for any CPU, but not those for this one: programs for this board that are
 * started without firmware (the KVM unit tests, for one) never wake their redistributor and
 * expect to be interrupted all the same. */
static void derive(struct gicv3 *v)
{
	struct gic *g = &v->g;
	g->fiq = 0xff;
	for (unsigned group = 0; group < 2; group++) {
		g->no_any[group] = 0;
		for (unsigned cpu = 0; cpu < GIC_CPUS; cpu++)
			g->no_any[group] |= (v->s.sleep[cpu] | (v->s.dpg[cpu] >> group & 1)) << cpu;
	}
}

static void derive_all(struct gicv3 *v)
{
	derive(v);
	for (unsigned i = 0; i < GIC_SPIS; i++)
		route(v, i);
	gic_update_all(&v->g);
}

/* --- Distributor ------------------------------------------------------------------------ */

/* Identification registers, 0xffd0..0xfffc: PIDR4..7, PIDR0..3, CIDR0..3. */
static uint32_t id_register(uint64_t offset, uint8_t pidr0)
{
	static const uint8_t ids[12] = {0x44, 0, 0, 0, 0, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1};
	unsigned n = (unsigned)(offset - ID_BASE) / 4;
	return n == 4 ? pidr0 : ids[n];
}

static uint32_t dist_read_word(void *owner, uint64_t offset)
{
	struct gicv3 *v = owner;
	if (gic_line_intid(offset) != GIC_LINES) /* private lines are in the redistributors */
		return gic_line_intid(offset) < GIC_FIRST_SPI ? 0 : gic_line_read(&v->g, 0, offset);
	if (offset >= GICD_IROUTER + 8 * GIC_FIRST_SPI && offset < GICD_IROUTER_END)
		return offset & 4 ? 0 : v->s.irouter[(offset - GICD_IROUTER) / 8 - GIC_FIRST_SPI];
	if (offset >= ID_BASE)
		return id_register(offset, PIDR0_DIST);
	switch (offset) {
	case GICD_CTLR: return v->s.core.dist_enable | CTLR_ARE | CTLR_DS;
	case GICD_TYPER: return TYPER_LINES | TYPER_IDBITS;
	case GICD_IIDR: return GIC_IIDR;
	default: return 0;
	}
}

static void dist_write_word(void *owner, uint64_t offset, uint32_t value, unsigned lanes)
{
	struct gicv3 *v = owner;
	if (gic_line_intid(offset) != GIC_LINES) {
		if (gic_line_intid(offset) >= GIC_FIRST_SPI)
			gic_line_write(&v->g, 0, offset, value, lanes);
	} else if (lanes != 0xf) {
		return;
	} else if (offset >= GICD_IROUTER + 8 * GIC_FIRST_SPI && offset < GICD_IROUTER_END) {
		unsigned spi = (unsigned)(offset - GICD_IROUTER) / 8 - GIC_FIRST_SPI;
		if (offset & 4)
			return;
		v->s.irouter[spi] = value & IROUTER_MASK;
		route(v, spi);
	} else if (offset == GICD_CTLR) {
		v->s.core.dist_enable = value & CTLR_GROUPS;
	}
	gic_update_all(&v->g);
}

static uint64_t dist_read(void *owner, uint64_t offset, unsigned size)
{
	return gic_narrow_read(dist_read_word, owner, offset, size);
}

static void dist_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	gic_narrow_write(dist_write_word, owner, offset, value, size);
}

const struct bus_ops gicv3_dist_ops = {dist_read, dist_write, dist_read, 1, 4};

/* --- Redistributors --------------------------------------------------------------------- */

static uint32_t redist_read_word(void *owner, uint64_t offset)
{
	struct gicv3 *v = owner;
	unsigned cpu = (unsigned)(offset / GICV3_REDIST_STRIDE);
	offset %= GICV3_REDIST_STRIDE;
	if (cpu >= v->g.cpus)
		return 0;
	if ((offset & 0xffff) >= ID_BASE)
		return id_register(offset & 0xffff, PIDR0_REDIST);
	if (offset >= GICR_SGI_BASE) {
		offset -= GICR_SGI_BASE;
		return gic_line_intid(offset) < GIC_FIRST_SPI ? gic_line_read(&v->g, cpu, offset)
							      : 0;
	}
	switch (offset) {
	case GICR_CTLR: return (uint32_t)v->s.dpg[cpu] << GICR_CTLR_DPG_SHIFT;
	case GICR_IIDR: return GIC_IIDR;
	case GICR_TYPER:
		return cpu << 8 | GICR_TYPER_DPGS | (cpu == v->g.cpus - 1 ? GICR_TYPER_LAST : 0);
	case GICR_TYPER_HIGH: return cpu; /* affinity 0.0.0.cpu */
	case GICR_WAKER:
		/* The CPU interface follows at once. */
		return v->s.sleep[cpu] ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
	default: return 0;
	}
}

static void redist_write_word(void *owner, uint64_t offset, uint32_t value, unsigned lanes)
{
	struct gicv3 *v = owner;
	unsigned cpu = (unsigned)(offset / GICV3_REDIST_STRIDE);
	offset %= GICV3_REDIST_STRIDE;
	if (cpu >= v->g.cpus)
		return;
	if (offset >= GICR_SGI_BASE) {
		offset -= GICR_SGI_BASE;
		if (gic_line_intid(offset) < GIC_FIRST_SPI) {
			gic_line_write(&v->g, cpu, offset, value, lanes);
			gic_update(&v->g, cpu);
		}
		return;
	}
	if (lanes != 0xf)
		return;
	if (offset == GICR_CTLR)
		v->s.dpg[cpu] = value >> GICR_CTLR_DPG_SHIFT & 3;
	else if (offset == GICR_WAKER)
		v->s.sleep[cpu] = (value & WAKER_PROCESSOR_SLEEP) != 0;
	derive(v);
	gic_update_all(&v->g); /* another CPU may be the one chosen now */
}

static uint64_t redist_read(void *owner, uint64_t offset, unsigned size)
{
	return gic_narrow_read(redist_read_word, owner, offset, size);
}

static void redist_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	gic_narrow_write(redist_write_word, owner, offset, value, size);
}

const struct bus_ops gicv3_redist_ops = {redist_read, redist_write, redist_read, 1, 4};

/* --- CPU interface ---------------------------------------------------------------------- */

static unsigned highest_pending(const struct gicv3 *v, unsigned cpu, unsigned group)
{
	const struct gic_best *best = &v->g.best[cpu];
	return best->group == group ? best->intid : GIC_SPURIOUS;
}

static uint64_t bpr1(const struct gic_core *s, unsigned cpu)
{
	if (!s->cbpr[cpu])
		return s->bpr1[cpu];
	return s->bpr0[cpu] < 7 ? s->bpr0[cpu] + 1u : 7;
}

uint64_t gicv3_icc_read(void *owner, unsigned cpu, unsigned reg)
{
	struct gicv3 *v = owner;
	struct gic_core *s = &v->s.core;
	if (cpu >= v->g.cpus)
		return 0;
	switch (reg) {
	case ICC_PMR_EL1: return s->pmr[cpu];
	case ICC_IAR0_EL1: return gic_acknowledge(&v->g, cpu, 1);
	case ICC_IAR1_EL1: return gic_acknowledge(&v->g, cpu, 2);
	case ICC_HPPIR0_EL1: return highest_pending(v, cpu, 0);
	case ICC_HPPIR1_EL1: return highest_pending(v, cpu, 1);
	case ICC_BPR0_EL1: return s->bpr0[cpu];
	case ICC_BPR1_EL1: return bpr1(s, cpu);
	case ICC_AP0R0_EL1: return s->apr0[cpu];
	case ICC_AP1R0_EL1: return s->apr1[cpu];
	case ICC_RPR_EL1: return gic_running_priority(&v->g, cpu);
	case ICC_CTLR_EL1:
		return (GIC_PRIORITY_BITS - 1) << ICC_CTLR_PRIBITS_SHIFT |
		       (s->cbpr[cpu] ? ICC_CTLR_CBPR : 0) |
		       (s->eoimode[cpu] ? ICC_CTLR_EOIMODE : 0);
	case ICC_SRE_EL1: return 7; /* SRE, DFB, DIB: system registers only, no bypass */
	case ICC_IGRPEN0_EL1: return s->enable[cpu] & 1;
	case ICC_IGRPEN1_EL1: return s->enable[cpu] >> 1 & 1;
	default: return 0;
	}
}

/* Make an SGI of the group pending on the CPUs that `value` names; one that
 * is in the other group there stays untouched. */
static void send_sgi(struct gicv3 *v, unsigned sender, unsigned group, uint64_t value)
{
	unsigned intid = value >> 24 & 15;
	uint32_t targets = value & 0xffff;
	if (value >> 40 & 1) /* IRM: all but the sender */
		targets = ~(1u << sender);
	else if (value & UINT64_C(0x00fff0ff00ff0000))
		return; /* Aff3, RS, Aff2, Aff1: nobody there */
	for (unsigned cpu = 0; cpu < v->g.cpus; cpu++)
		if (targets >> cpu & 1 && (v->s.core.group[cpu] >> intid & 1) == group) {
			v->s.core.latched[cpu] |= gic_bit(intid);
			gic_update(&v->g, cpu);
		}
}

static void enable_group(struct gicv3 *v, unsigned cpu, unsigned group, uint64_t value)
{
	uint8_t *enable = &v->s.core.enable[cpu];
	*enable = (*enable & ~(1u << group)) | (value & 1) << group;
	gic_update_all(&v->g); /* another CPU may be the one chosen now */
}

void gicv3_icc_write(void *owner, unsigned cpu, unsigned reg, uint64_t value)
{
	struct gicv3 *v = owner;
	struct gic_core *s = &v->s.core;
	unsigned intid = value & 0xffffff;
	if (cpu >= v->g.cpus)
		return;
	switch (reg) {
	case ICC_PMR_EL1: s->pmr[cpu] = value & GIC_PRIORITY_MASK; break;
	case ICC_EOIR0_EL1:
	case ICC_EOIR1_EL1:
		if (intid < GIC_LINES)
			gic_end(&v->g, cpu, reg == ICC_EOIR0_EL1 ? 1 : 2, intid);
		return;
	case ICC_DIR_EL1:
		if (s->eoimode[cpu])
			gic_deactivate(&v->g, cpu, intid);
		return;
	case ICC_BPR0_EL1: gic_set_bpr0(&v->g, cpu, value); break;
	case ICC_BPR1_EL1:
		if (!s->cbpr[cpu])
			gic_set_bpr1(&v->g, cpu, value);
		break;
	case ICC_AP0R0_EL1: s->apr0[cpu] = (uint32_t)value; break;
	case ICC_AP1R0_EL1: s->apr1[cpu] = (uint32_t)value; break;
	case ICC_SGI0R_EL1: send_sgi(v, cpu, 0, value); return;
	case ICC_SGI1R_EL1:
	case ICC_ASGI1R_EL1: send_sgi(v, cpu, 1, value); return;
	case ICC_CTLR_EL1:
		s->cbpr[cpu] = (value & ICC_CTLR_CBPR) != 0;
		s->eoimode[cpu] = (value & ICC_CTLR_EOIMODE) != 0;
		break;
	case ICC_IGRPEN0_EL1: enable_group(v, cpu, 0, value); return;
	case ICC_IGRPEN1_EL1: enable_group(v, cpu, 1, value); return;
	default: return;
	}
	gic_update(&v->g, cpu);
}

/* --- Wires, type ------------------------------------------------------------------------ */

void gicv3_spi_line(void *owner, unsigned number, int level)
{
	assert(number < GIC_SPIS);
	gic_line(&((struct gicv3 *)owner)->g, 0, GIC_FIRST_SPI + number, level);
}

void gicv3_ppi_line(void *owner, unsigned number, int level)
{
	assert(number < GIC_CPUS * 32 && number % 32 >= 16);
	gic_line(&((struct gicv3 *)owner)->g, number / 32, number % 32, level);
}

static const struct field fields[] = {
    GIC_CORE_FIELDS(struct gicv3_state),
    FIELD_ARRAY(struct gicv3_state, irouter, 0),
    FIELD_ARRAY(struct gicv3_state, sleep, 1),
    FIELD_ARRAY(struct gicv3_state, dpg, 0),
};

static void gicv3_reset(struct device *d)
{
	struct gicv3 *v = (struct gicv3 *)d;
	gic_reset(&v->g);
	derive_all(v);
}

static bool gicv3_loaded(struct device *d, char *why, size_t size)
{
	struct gicv3 *v = (struct gicv3 *)d;
	if (!gic_check(&v->g, d->tag, why, size))
		return false;
	for (unsigned cpu = 0; cpu < GIC_CPUS; cpu++)
		if (v->s.sleep[cpu] > 1 || v->s.dpg[cpu] > 3) {
			snprintf(why, size, "%s: redistributor %u is in an impossible state",
			    d->tag, cpu);
			return false;
		}
	derive_all(v);
	return true;
}

const struct device_type gicv3_type = {
    .name = "gicv3",
    .description = "interrupt controller, Arm GICv3 (IHI 0069)",
    .table = STATE_TABLE(struct gicv3_state, fields),
    .reset = gicv3_reset,
    .loaded = gicv3_loaded,
};

void gicv3_init(struct gicv3 *v, const char *tag, unsigned cpus)
{
	assert(cpus >= 1 && cpus <= GIC_CPUS);
	device_init(&v->dev, &gicv3_type, tag, &v->s);
	gic_init(&v->g, &v->s.core, cpus);
}
