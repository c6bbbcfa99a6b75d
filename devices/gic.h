/* What GICv2 and GICv3 share: interrupt lines, priorities, preemption.
 *
 * This is the part that both architectures define alike for one security state (IHI 0069 chapter
 * 4, IHI 0048 chapter 3): the state of every line, the choice of the highest priority pending
 * interrupt, acknowledge, priority drop and deactivation.  gicv2.c and gicv3.c put their
 * registers in front of it.  No device: it has no type, its state is a member of theirs.
 *
 * Lines live in banks of 32: bank n < GIC_CPUS holds the private lines (SGIs and PPIs, INTID
 * 0..31) of CPU n, bank GIC_CPUS + n holds INTIDs 32 * (n + 1) and up.
 */
#ifndef MYNA_DEVICES_GIC_H
#define MYNA_DEVICES_GIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/state.h"
#include "machine/wire.h"

#define GIC_CPUS      8
#define GIC_SPIS      256
#define GIC_SPI_BANKS (GIC_SPIS / 32)
#define GIC_BANKS     (GIC_CPUS + GIC_SPI_BANKS)
#define GIC_FIRST_SPI 32
#define GIC_LINES     (GIC_FIRST_SPI + GIC_SPIS)
#define GIC_SPURIOUS  1023

/* Five bits of priority are implemented, so priorities are multiples of 8 and the lowest binary
 * points are 2 (Group 0) and 3 (Group 1). */
#define GIC_PRIORITY_BITS 5
#define GIC_PRIORITY_MASK 0xf8
#define GIC_MIN_BPR0      2
#define GIC_MIN_BPR1      3
#define GIC_IDLE_PRIORITY 0xff

struct gic_core {
	uint32_t group[GIC_BANKS]; /* 1: Group 1 */
	uint32_t enabled[GIC_BANKS];
	uint32_t latched[GIC_BANKS]; /* pending by an edge or by software */
	uint32_t level[GIC_BANKS];   /* input wires */
	uint32_t active[GIC_BANKS];
	uint32_t edge[GIC_BANKS]; /* 1: edge-triggered */
	uint32_t apr0[GIC_CPUS];  /* active priorities, bit n = group priority 8 * n */
	uint32_t apr1[GIC_CPUS];
	uint32_t dist_enable; /* groups enabled in the distributor, bit n = Group n */
	uint8_t priority[GIC_BANKS * 32];
	uint8_t enable[GIC_CPUS]; /* groups enabled in the CPU interface, bit n = Group n */
	uint8_t pmr[GIC_CPUS];
	uint8_t bpr0[GIC_CPUS], bpr1[GIC_CPUS];
	uint8_t cbpr[GIC_CPUS];    /* 1: bpr0 serves both groups */
	uint8_t eoimode[GIC_CPUS]; /* 1: EOIR only drops the priority */
};

/* The rows of a struct gic_core that is member `core` of `type`. */
#define GIC_CORE_FIELDS(type)                                                            \
	FIELD_ARRAY(type, core.group, 0), FIELD_ARRAY(type, core.enabled, 0),            \
	    FIELD_ARRAY(type, core.latched, 0), FIELD_ARRAY(type, core.level, 0),        \
	    FIELD_ARRAY(type, core.active, 0), FIELD_ARRAY(type, core.edge, 0),          \
	    FIELD_ARRAY(type, core.apr0, 0), FIELD_ARRAY(type, core.apr1, 0),            \
	    FIELD(type, core.dist_enable, 0), FIELD_ARRAY(type, core.priority, 0),       \
	    FIELD_ARRAY(type, core.enable, 0), FIELD_ARRAY(type, core.pmr, 0),           \
	    FIELD_ARRAY(type, core.bpr0, GIC_MIN_BPR0),                                  \
	    FIELD_ARRAY(type, core.bpr1, GIC_MIN_BPR1), FIELD_ARRAY(type, core.cbpr, 0), \
	    FIELD_ARRAY(type, core.eoimode, 0)

struct gic {
	struct gic_core *s;
	unsigned cpus;
	/* Derived from the state of the owner, which keeps it up to date. */
	uint32_t target[GIC_CPUS][GIC_SPI_BANKS]; /* SPIs routed to this CPU */
	uint32_t any[GIC_SPI_BANKS];              /* SPIs for one CPU of the GIC's choice */
	uint8_t no_any[2]; /* per group, bit n: never choose CPU n for an SPI in `any` */
	uint8_t fiq;       /* bit n: CPU n gets Group 0 as FIQ */
	/* Derived from all the above by gic_update(). */
	struct gic_best {
		uint16_t intid; /* highest priority pending interrupt, or GIC_SPURIOUS */
		uint8_t priority;
		uint8_t group;
	} best[GIC_CPUS];
	/* Outputs. */
	struct wire irq_out[GIC_CPUS], fiq_out[GIC_CPUS];
};

void gic_init(struct gic *g, struct gic_core *s, unsigned cpus);

/* After the owner's reset and loading: set what the table cannot say; check untrusted values. */
void gic_reset(struct gic *g);
bool gic_check(const struct gic *g, const char *tag, char *why, size_t size);

/* Route an SPI to the CPUs of a mask, or (any) to one that the GIC chooses. */
void gic_route(struct gic *g, unsigned intid, uint8_t cpus, bool any);

/* Recompute the outputs of one CPU, of all, or of those that the line concerns. */
void gic_update(struct gic *g, unsigned cpu);
void gic_update_all(struct gic *g);
void gic_update_line(struct gic *g, unsigned cpu, unsigned intid);

/* An input wire; `cpu` matters for private lines. */
void gic_line(struct gic *g, unsigned cpu, unsigned intid, int level);

/* Bank and bit of a line as CPU `cpu` sees it. */
static inline unsigned gic_bank(unsigned cpu, unsigned intid)
{
	return intid < GIC_FIRST_SPI ? cpu : GIC_CPUS - 1 + intid / 32;
}

static inline uint32_t gic_bit(unsigned intid)
{
	return UINT32_C(1) << (intid & 31);
}

/* The interrupt that the CPU would take now if it belongs to `groups` (bit n: Group n); it
 * becomes active.  GIC_SPURIOUS if there is none. */
unsigned gic_acknowledge(struct gic *g, unsigned cpu, unsigned groups);
/* True if the best pending interrupt may interrupt what the CPU is doing. */
bool gic_preempts(const struct gic *g, unsigned cpu);
/* Priority of the most urgent active interrupt, GIC_IDLE_PRIORITY if none. */
uint8_t gic_running_priority(const struct gic *g, unsigned cpu);
/* End of interrupt: drop the most urgent active priority and, with EOImode 0, deactivate.  Does
 * nothing if that priority is not of one of `groups`. */
void gic_end(struct gic *g, unsigned cpu, unsigned groups, unsigned intid);
void gic_deactivate(struct gic *g, unsigned cpu, unsigned intid);

void gic_set_bpr0(struct gic *g, unsigned cpu, uint64_t value);
void gic_set_bpr1(struct gic *g, unsigned cpu, uint64_t value);

/* The distributor registers that have one layout in all versions, offsets 0x080..0x7ff and
 * 0xc00..0xcff: groups, enable, pending, active, priority, configuration.  `offset` is aligned to
 * 4.  gic_line_intid() is the first INTID a register describes, GIC_LINES if it is none of
 * these; the caller decides whether the CPU may reach it there. */
unsigned gic_line_intid(uint64_t offset);
uint32_t gic_line_read(const struct gic *g, unsigned cpu, uint64_t offset);
/* Only bytes whose bit is set in `lanes` are written; priorities are byte accessible, narrow
 * writes elsewhere have no effect.  The caller updates. */
void gic_line_write(struct gic *g, unsigned cpu, uint64_t offset, uint32_t value, unsigned lanes);

/* Device registers are 32 bits wide; these two serve accesses of 1, 2 and 4 bytes with
 * them; `lanes` has a bit for each byte written. */
typedef uint32_t gic_read_fn(void *owner, uint64_t offset);
typedef void gic_write_fn(void *owner, uint64_t offset, uint32_t value, unsigned lanes);
uint64_t gic_narrow_read(gic_read_fn *read, void *owner, uint64_t offset, unsigned size);
void gic_narrow_write(
    gic_write_fn *write, void *owner, uint64_t offset, uint64_t value, unsigned size);

/* Four bytes of a table as a register, the first in the lowest byte. */
static inline uint32_t gic_bytes(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif
