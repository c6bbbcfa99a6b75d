/* The arm64 "virt" board: the memory map and interrupt numbers of QEMU's machine of that name, so
 * kernels and firmware built for it run unmodified.
 *
 * Endpoints: ports[0] is the PL011 "serial0", ports[1] the virtio console "hvc0"; with a screen
 * screens[0], a framebuffer in memory of its own, inputs[0] a keyboard and inputs[1] a tablet.
 */
#ifndef MYNA_BOARDS_VIRT_ARM64_H
#define MYNA_BOARDS_VIRT_ARM64_H

#include "machine/boards/config.h"

struct machine;

/* NULL with a sentence naming the option and remedy in `why`. */
struct machine *virt_arm64_new(const struct board_config *config, char *why, size_t size);

/* What the translator has done; false if the machine has none.  These three may be asked about any
 * machine. */
bool virt_engine_stats(const struct machine *m, struct engine_stats *stats);

/* Is it translated code of the CPU that runs that has crashed?  Then its registers are those of
 * that moment, and `b` is the block; count 0: code around the blocks. */
bool virt_engine_crashed(
    struct machine *m, const struct engine_crash *crash, struct engine_block *b);

/* Why the host cannot run the translator that was asked for, so that the interpreter runs instead;
 * NULL if all is as asked. */
const char *virt_engine_refused(const struct machine *m);

#endif
