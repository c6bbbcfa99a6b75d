/* GICv2 (IHI 0048B): the registers in front of gic.c.  Section numbers are the manual's.
 *
 * An SGI is pending once per CPU that sent it (3.1.2): sgi_source keeps who did, and the line's
 * latch in gic.c is set while anybody did.
 */
#include "devices/gicv2.h"

#include <assert.h>
#include <stdio.h>

enum { /* GICD_* */
	GICD_CTLR = 0x000,
	GICD_TYPER = 0x004,
	GICD_IIDR = 0x008,
	GICD_ISPENDR0 = 0x200,
	GICD_ICPENDR0 = 0x280,
	GICD_ITARGETSR = 0x800,
	GICD_ITARGETSR_END = 0xc00,
	GICD_SGIR = 0xf00,
	GICD_CPENDSGIR = 0xf10,
	GICD_SPENDSGIR = 0xf20,
	GICD_SPENDSGIR_END = 0xf30,
	ID_BASE = 0xfd0
};

enum { /* GICC_* */
	GICC_CTLR = 0x0000,
	GICC_PMR = 0x0004,
	GICC_BPR = 0x0008,
	GICC_IAR = 0x000c,
	GICC_EOIR = 0x0010,
	GICC_RPR = 0x0014,
	GICC_HPPIR = 0x0018,
	GICC_ABPR = 0x001c,
	GICC_AIAR = 0x0020,
	GICC_AEOIR = 0x0024,
	GICC_AHPPIR = 0x0028,
	GICC_APR0 = 0x00d0,
	GICC_NSAPR0 = 0x00e0,
	GICC_IIDR = 0x00fc,
	GICC_DIR = 0x1000
};

enum {
	CTLR_GROUPS = 3,
	CTLR_ACKCTL = 1 << 2,
	CTLR_FIQEN = 1 << 3,
	CTLR_CBPR = 1 << 4,
	CTLR_EOIMODE = 1 << 9
};

#define GICD_IIDR_VALUE 0x43b   /* implementer Arm, product 0 */
#define GICC_IIDR_VALUE 0x2043b /* the same, architecture version 2 */
#define OTHER_GROUP     1022    /* the interrupt must be acknowledged through the other register */
#define SGI_MASK        UINT32_C(0xffff)

static unsigned accessing_cpu(const struct gicv2 *v)
{
	int cpu = v->current_cpu(v->current_cpu_owner);
	return cpu >= 0 && (unsigned)cpu < v->g.cpus ? (unsigned)cpu : 0;
}

/* --- Derived data ----------------------------------------------------------------------- */

/* A GIC with one CPU has no target registers: everything goes to it (4.3.12). */
static void route(struct gicv2 *v, unsigned spi)
{
	gic_route(&v->g, GIC_FIRST_SPI + spi, v->g.cpus == 1 ? 1 : v->s.itargets[spi], false);
}

static void sgi_changed(struct gicv2 *v, unsigned cpu, unsigned sgi)
{
	uint32_t *latched = &v->s.core.latched[cpu];
	*latched &= ~gic_bit(sgi);
	if (v->s.sgi_source[cpu * GICV2_SGIS + sgi])
		*latched |= gic_bit(sgi);
}

static void derive_all(struct gicv2 *v)
{
	v->g.fiq = 0;
	for (unsigned cpu = 0; cpu < GIC_CPUS; cpu++) {
		v->g.fiq |= v->s.fiqen[cpu] << cpu;
		for (unsigned sgi = 0; sgi < GICV2_SGIS; sgi++)
			sgi_changed(v, cpu, sgi);
	}
	for (unsigned i = 0; i < GIC_SPIS; i++)
		route(v, i);
	gic_update_all(&v->g);
}

/* --- Distributor ------------------------------------------------------------------------ */

/* Identification registers, 0xfd0..0xffc: PIDR4..7, PIDR0..3, CIDR0..3. */
static uint32_t id_register(uint64_t offset)
{
	static const uint8_t ids[12] = {0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1};
	return ids[(offset - ID_BASE) / 4];
}

static uint32_t targets_read(const struct gicv2 *v, unsigned cpu, unsigned intid)
{
	if (intid >= GIC_LINES || v->g.cpus == 1)
		return 0;
	if (intid < GIC_FIRST_SPI)
		return UINT32_C(0x01010101) << cpu;
	return gic_bytes(&v->s.itargets[intid - GIC_FIRST_SPI]);
}

static void targets_write(struct gicv2 *v, unsigned intid, uint32_t value, unsigned lanes)
{
	if (intid < GIC_FIRST_SPI || intid >= GIC_LINES || v->g.cpus == 1)
		return;
	for (unsigned i = 0; i < 4; i++)
		if (lanes >> i & 1) {
			unsigned spi = intid - GIC_FIRST_SPI + i;
			v->s.itargets[spi] = value >> (8 * i) & ((1u << v->g.cpus) - 1);
			route(v, spi);
		}
}

static void sgi_pend(struct gicv2 *v, unsigned target, unsigned sgi, uint8_t set, uint8_t clear)
{
	uint8_t *source = &v->s.sgi_source[target * GICV2_SGIS + sgi];
	*source = (*source | set) & ~clear;
	sgi_changed(v, target, sgi);
}

/* 4.3.15 GICD_SGIR.  The filter 3 is reserved and names nobody. */
static void send_sgi(struct gicv2 *v, unsigned sender, uint32_t value)
{
	const uint32_t targets[4] = {value >> 16 & 0xff, ~(1u << sender), 1u << sender, 0};
	for (unsigned cpu = 0; cpu < v->g.cpus; cpu++)
		if (targets[value >> 24 & 3] >> cpu & 1)
			sgi_pend(v, cpu, value & 15, (uint8_t)(1u << sender), 0);
}

/* GICD_SPENDSGIR and GICD_CPENDSGIR: a byte of sources per SGI. */
static void sgi_sources_write(
    struct gicv2 *v, unsigned cpu, uint64_t offset, uint32_t value, unsigned lanes)
{
	bool set = offset >= GICD_SPENDSGIR;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t sources = value >> (8 * i) & ((1u << v->g.cpus) - 1);
		if (lanes >> i & 1)
			sgi_pend(v, cpu, (offset & 0xf) + i, set ? sources : 0, set ? 0 : sources);
	}
}

static uint32_t dist_read_word(void *owner, uint64_t offset)
{
	struct gicv2 *v = owner;
	unsigned cpu = accessing_cpu(v);
	if (gic_line_intid(offset) != GIC_LINES)
		return gic_line_read(&v->g, cpu, offset);
	if (offset >= GICD_ITARGETSR && offset < GICD_ITARGETSR_END)
		return targets_read(v, cpu, (unsigned)(offset - GICD_ITARGETSR));
	if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR_END)
		return gic_bytes(&v->s.sgi_source[cpu * GICV2_SGIS + (offset & 0xf)]);
	if (offset >= ID_BASE)
		return id_register(offset);
	switch (offset) {
	case GICD_CTLR: return v->s.core.dist_enable;
	case GICD_TYPER: return (v->g.cpus - 1) << 5 | (GIC_LINES / 32 - 1);
	case GICD_IIDR: return GICD_IIDR_VALUE;
	default: return 0;
	}
}

static void dist_write_word(void *owner, uint64_t offset, uint32_t value, unsigned lanes)
{
	struct gicv2 *v = owner;
	unsigned cpu = accessing_cpu(v);
	if (gic_line_intid(offset) != GIC_LINES) {
		if (offset == GICD_ISPENDR0 || offset == GICD_ICPENDR0)
			value &= ~SGI_MASK; /* 4.3.7: read-only for SGIs */
		gic_line_write(&v->g, cpu, offset, value, lanes);
	} else if (offset >= GICD_ITARGETSR && offset < GICD_ITARGETSR_END) {
		targets_write(v, (unsigned)(offset - GICD_ITARGETSR), value, lanes);
	} else if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR_END) {
		sgi_sources_write(v, cpu, offset, value, lanes);
	} else if (lanes != 0xf) {
		return;
	} else if (offset == GICD_CTLR) {
		v->s.core.dist_enable = value & CTLR_GROUPS;
	} else if (offset == GICD_SGIR) {
		send_sgi(v, cpu, value);
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

const struct bus_ops gicv2_dist_ops = {dist_read, dist_write, dist_read, 1, 4};

/* --- CPU interface ---------------------------------------------------------------------- */

/* The groups that GICC_IAR, GICC_EOIR and GICC_HPPIR serve (4.4.4). */
static unsigned plain_groups(const struct gicv2 *v, unsigned cpu)
{
	return v->s.ackctl[cpu] ? 3 : 1;
}

/* An INTID as GICC_IAR and GICC_HPPIR show it: SGIs with their sender in bits 12..10. */
static uint32_t with_source(const struct gicv2 *v, unsigned cpu, unsigned intid)
{
	if (intid >= GICV2_SGIS)
		return intid;
	uint32_t sources = v->s.sgi_source[cpu * GICV2_SGIS + intid];
	return sources ? intid | (uint32_t)__builtin_ctz(sources) << 10 : intid;
}

/* What is pending, `hidden` if it is of a group this register does not serve. */
static uint32_t highest_pending(
    const struct gicv2 *v, unsigned cpu, unsigned groups, uint32_t hidden)
{
	const struct gic_best *best = &v->g.best[cpu];
	if (best->intid == GIC_SPURIOUS)
		return GIC_SPURIOUS;
	return groups >> best->group & 1 ? with_source(v, cpu, best->intid) : hidden;
}

static uint32_t acknowledge(struct gicv2 *v, unsigned cpu, unsigned groups, uint32_t hidden)
{
	if (!gic_preempts(&v->g, cpu))
		return GIC_SPURIOUS;
	uint32_t value = highest_pending(v, cpu, groups, hidden);
	unsigned intid = gic_acknowledge(&v->g, cpu, groups);
	if (intid < GICV2_SGIS) /* senders that are left make it pending again */
		sgi_pend(v, cpu, intid, 0, (uint8_t)(1u << (value >> 10)));
	return value;
}

static uint64_t cpu_peek(void *owner, uint64_t offset, unsigned size)
{
	struct gicv2 *v = owner;
	const struct gic_core *s = &v->s.core;
	unsigned cpu = accessing_cpu(v);
	switch (offset) {
	case GICC_CTLR:
		return s->enable[cpu] | (v->s.ackctl[cpu] ? CTLR_ACKCTL : 0) |
		       (v->s.fiqen[cpu] ? CTLR_FIQEN : 0) | (s->cbpr[cpu] ? CTLR_CBPR : 0) |
		       (s->eoimode[cpu] ? CTLR_EOIMODE : 0);
	case GICC_PMR: return s->pmr[cpu];
	case GICC_BPR: return s->bpr0[cpu];
	case GICC_ABPR: return s->bpr1[cpu];
	case GICC_RPR: return gic_running_priority(&v->g, cpu);
	case GICC_IAR:
	case GICC_HPPIR: return highest_pending(v, cpu, plain_groups(v, cpu), OTHER_GROUP);
	case GICC_AIAR:
	case GICC_AHPPIR: return highest_pending(v, cpu, 2, GIC_SPURIOUS);
	case GICC_APR0: return s->apr0[cpu];
	case GICC_NSAPR0: return s->apr1[cpu];
	case GICC_IIDR: return GICC_IIDR_VALUE;
	default: return 0;
	}
}

static uint64_t cpu_read(void *owner, uint64_t offset, unsigned size)
{
	struct gicv2 *v = owner;
	unsigned cpu = accessing_cpu(v);
	if (offset == GICC_IAR)
		return acknowledge(v, cpu, plain_groups(v, cpu), OTHER_GROUP);
	if (offset == GICC_AIAR)
		return acknowledge(v, cpu, 2, GIC_SPURIOUS);
	return cpu_peek(owner, offset, size);
}

static void control_write(struct gicv2 *v, unsigned cpu, uint32_t value)
{
	struct gic_core *s = &v->s.core;
	s->enable[cpu] = value & CTLR_GROUPS;
	s->cbpr[cpu] = (value & CTLR_CBPR) != 0;
	s->eoimode[cpu] = (value & CTLR_EOIMODE) != 0;
	v->s.ackctl[cpu] = (value & CTLR_ACKCTL) != 0;
	v->s.fiqen[cpu] = (value & CTLR_FIQEN) != 0;
	v->g.fiq = (v->g.fiq & ~(1u << cpu)) | v->s.fiqen[cpu] << cpu;
}

static void cpu_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gicv2 *v = owner;
	struct gic_core *s = &v->s.core;
	unsigned cpu = accessing_cpu(v), intid = value & 0x3ff;
	switch (offset) {
	case GICC_CTLR: control_write(v, cpu, (uint32_t)value); break;
	case GICC_PMR: s->pmr[cpu] = value & GIC_PRIORITY_MASK; break;
	case GICC_BPR: gic_set_bpr0(&v->g, cpu, value); break;
	case GICC_ABPR: gic_set_bpr1(&v->g, cpu, value); break;
	case GICC_EOIR:
	case GICC_AEOIR:
		if (intid < GIC_LINES)
			gic_end(&v->g, cpu, offset == GICC_AEOIR ? 2 : plain_groups(v, cpu), intid);
		return;
	case GICC_DIR:
		if (s->eoimode[cpu])
			gic_deactivate(&v->g, cpu, intid);
		return;
	case GICC_APR0: s->apr0[cpu] = (uint32_t)value; break;
	case GICC_NSAPR0: s->apr1[cpu] = (uint32_t)value; break;
	default: return;
	}
	gic_update(&v->g, cpu);
}

const struct bus_ops gicv2_cpu_ops = {cpu_read, cpu_write, cpu_peek, 4, 4};

/* --- Wires, type ------------------------------------------------------------------------ */

void gicv2_spi_line(void *owner, unsigned number, int level)
{
	assert(number < GIC_SPIS);
	gic_line(&((struct gicv2 *)owner)->g, 0, GIC_FIRST_SPI + number, level);
}

void gicv2_ppi_line(void *owner, unsigned number, int level)
{
	assert(number < GIC_CPUS * 32 && number % 32 >= 16);
	gic_line(&((struct gicv2 *)owner)->g, number / 32, number % 32, level);
}

static const struct field fields[] = {
    GIC_CORE_FIELDS(struct gicv2_state),
    FIELD_ARRAY(struct gicv2_state, itargets, 0),
    FIELD_ARRAY(struct gicv2_state, sgi_source, 0),
    FIELD_ARRAY(struct gicv2_state, ackctl, 0),
    FIELD_ARRAY(struct gicv2_state, fiqen, 0),
};

static void gicv2_reset(struct device *d)
{
	struct gicv2 *v = (struct gicv2 *)d;
	gic_reset(&v->g);
	derive_all(v);
}

static bool gicv2_loaded(struct device *d, char *why, size_t size)
{
	struct gicv2 *v = (struct gicv2 *)d;
	if (!gic_check(&v->g, d->tag, why, size))
		return false;
	for (unsigned cpu = 0; cpu < GIC_CPUS; cpu++)
		if (v->s.ackctl[cpu] > 1 || v->s.fiqen[cpu] > 1) {
			snprintf(why, size, "%s: GICC_CTLR of CPU %u is out of range", d->tag, cpu);
			return false;
		}
	derive_all(v);
	return true;
}

const struct device_type gicv2_type = {
    .name = "gicv2",
    .description = "interrupt controller, Arm GICv2 (IHI 0048B)",
    .table = STATE_TABLE(struct gicv2_state, fields),
    .reset = gicv2_reset,
    .loaded = gicv2_loaded,
};

void gicv2_init(struct gicv2 *v, const char *tag, unsigned cpus, gicv2_current_cpu_fn *current_cpu,
    void *current_cpu_owner)
{
	assert(cpus >= 1 && cpus <= GIC_CPUS && current_cpu);
	device_init(&v->dev, &gicv2_type, tag, &v->s);
	gic_init(&v->g, &v->s.core, cpus);
	v->current_cpu = current_cpu;
	v->current_cpu_owner = current_cpu_owner;
}
