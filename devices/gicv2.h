/* GICv2 interrupt controller (IHI 0048B): distributor and memory-mapped CPU interfaces.
 *
 * Registers: gicv2_dist_ops, GICV2_DIST_SIZE bytes; gicv2_cpu_ops, GICV2_CPU_SIZE bytes.  Both are
 *            banked: the current_cpu hook given to gicv2_init() says which CPU is accessing them.
 * Wires in:  gicv2_spi_line, number = SPI 0..255 (INTID - 32);
 *            gicv2_ppi_line, number = CPU * 32 + INTID (16..31).
 * Wires out: g.irq_out[cpu]; g.fiq_out[cpu] for Group 0 while GICC_CTLR.FIQEn is set.
 * Clock:     none.
 *
 * Implemented: no Security Extensions, both groups, up to 8 CPUs, 288 lines, 5 bits of priority
 * and preemption.  Not there: Virtualization Extensions, interrupt bypass.
 */
#ifndef MYNA_DEVICES_GICV2_H
#define MYNA_DEVICES_GICV2_H

#include "devices/gic.h"
#include "machine/bus.h"
#include "machine/device.h"

#define GICV2_DIST_SIZE 0x1000
#define GICV2_CPU_SIZE  0x2000
#define GICV2_SGIS      16

struct gicv2_state {
	struct gic_core core;
	uint8_t itargets[GIC_SPIS];                /* GICD_ITARGETSR */
	uint8_t sgi_source[GIC_CPUS * GICV2_SGIS]; /* per target and SGI: CPUs that sent it */
	uint8_t ackctl[GIC_CPUS], fiqen[GIC_CPUS]; /* GICC_CTLR */
};

/* Number of the CPU whose access is going on; anything else counts as CPU 0 (a debugger). */
typedef int gicv2_current_cpu_fn(void *owner);

struct gicv2 {
	struct device dev;
	struct gicv2_state s;
	struct gic g;
	gicv2_current_cpu_fn *current_cpu;
	void *current_cpu_owner;
};

extern const struct device_type gicv2_type;
extern const struct bus_ops gicv2_dist_ops, gicv2_cpu_ops; /* owner: struct gicv2 */

void gicv2_init(struct gicv2 *v, const char *tag, unsigned cpus, gicv2_current_cpu_fn *current_cpu,
    void *current_cpu_owner);
void gicv2_spi_line(void *owner, unsigned number, int level); /* wire_fns */
void gicv2_ppi_line(void *owner, unsigned number, int level);

#endif
