/* The Game Boy Advance (AGB-001).
 *
 * Endpoints: screens[0] "screen0" of 240 x 160 at 59.7 Hz, audio[0] "audio0" at 32768 Hz, inputs[0]
 * "pad0", the ten buttons.  A tick is a cycle of the CPU: 2^24 in a second, 280896 a frame.
 */
#ifndef MYNA_BOARDS_GBA_H
#define MYNA_BOARDS_GBA_H

#include "machine/boards/config.h"

struct machine;

/* NULL with a sentence naming the option and remedy in `why`. */
struct machine *gba_new(const struct board_config *config, char *why, size_t size);

/* What the cartridge keeps without power, for a .sav file: *size is 0 if it has no such memory.
 * `changes` grows whenever it is written to. */
const uint8_t *gba_backup(const struct machine *m, uint32_t *size, uint64_t *changes);

#endif
