/* GICv3 interrupt controller (IHI 0069): distributor, redistributors, CPU interfaces.
 *
 * Registers: gicv3_dist_ops, GICV3_DIST_SIZE bytes; gicv3_redist_ops, GICV3_REDIST_STRIDE bytes
 *            for each CPU in one piece.  The CPU interface is reached through gicv3_icc_read()
 *            and gicv3_icc_write(); its memory-mapped form does not exist.
 * Wires in:  gicv3_spi_line, number = SPI 0..255 (INTID - 32);
 *            gicv3_ppi_line, number = CPU * 32 + INTID (16..31).
 * Wires out: g.irq_out[cpu] for Group 1, g.fiq_out[cpu] for Group 0.
 * Clock:     none.
 *
 * Implemented: one security state (GICD_CTLR.DS is 1), affinity routing always on, Groups 0 and 1,
 * up to 8 CPUs (CPU n has affinity 0.0.0.n), 288 lines, 5 bits of priority and preemption, SPIs
 * to one CPU or to any (the lowest that is awake, has the group enabled and no GICR_CTLR.DPG bit).
 * A sleeping CPU (GICR_WAKER) still gets what is meant for it alone.
 * Not there: LPIs and ITS, message-based SPIs, extended ranges, virtualization.
 */
#ifndef MYNA_DEVICES_GICV3_H
#define MYNA_DEVICES_GICV3_H

#include "devices/gic.h"
#include "machine/bus.h"
#include "machine/device.h"

#define GICV3_DIST_SIZE     0x10000
#define GICV3_REDIST_STRIDE 0x20000

struct gicv3_state {
	struct gic_core core;
	uint32_t irouter[GIC_SPIS]; /* low half; affinity 3 does not exist */
	uint8_t sleep[GIC_CPUS];    /* GICR_WAKER.ProcessorSleep */
	uint8_t dpg[GIC_CPUS];      /* GICR_CTLR.DPG*, bit n = Group n */
};

struct gicv3 {
	struct device dev;
	struct gicv3_state s;
	struct gic g;
};

extern const struct device_type gicv3_type;
extern const struct bus_ops gicv3_dist_ops, gicv3_redist_ops; /* owner: struct gicv3 */

void gicv3_init(struct gicv3 *v, const char *tag, unsigned cpus);
void gicv3_spi_line(void *owner, unsigned number, int level); /* wire_fns */
void gicv3_ppi_line(void *owner, unsigned number, int level);

/* The ICC_*_EL1 registers as CPU `cpu` accesses them; `reg` is op0:op1:CRn:CRm:op2, 16 bits as in
 * bits 20..5 of MRS.  Others read as 0; whether an access is allowed at all is the CPU's matter. */
uint64_t gicv3_icc_read(void *owner, unsigned cpu, unsigned reg);
void gicv3_icc_write(void *owner, unsigned cpu, unsigned reg, uint64_t value);

#endif
