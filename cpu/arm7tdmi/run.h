/* The interpreter's loop. */
#ifndef MYNA_CPU_ARM7TDMI_RUN_H
#define MYNA_CPU_ARM7TDMI_RUN_H

#include "cpu/arm7tdmi/arm7tdmi.h"

/* struct cpu_type. */
void arm7tdmi_run(struct cpu *cpu);
bool arm7tdmi_waiting(struct cpu *cpu);

#endif
