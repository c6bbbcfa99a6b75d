/* What gba_apu.c and gba_apu_tone.c share: the registers' bits and the generators. */
#ifndef MYNA_DEVICES_GBA_APU_PARTS_H
#define MYNA_DEVICES_GBA_APU_PARTS_H

#include "devices/gba_apu.h"

enum { FREQUENCY = 0x7ff, LENGTH_ENABLE = 1 << 14, TRIGGER = 1 << 15 };
enum { WAVE_TWO_BANKS = 1 << 5, WAVE_BANK = 1 << 6, WAVE_PLAY = 1 << 7 };

/* The generator begins anew (TRIGGER has been written). */
void gba_tone_trigger(struct gba_apu_state *s, unsigned n);
/* Its control register has been written: can it still sound? */
void gba_tone_control(struct gba_apu_state *s, unsigned n);
/* A step of the 512 Hz sequencer. */
void gba_tone_sequence(struct gba_apu_state *s);
/* `cycles` pass. */
void gba_tone_run(struct gba_apu_state *s, unsigned n, int32_t cycles);
/* What the generator puts out: -60..60, quarters of the levels of its four bits. */
int gba_tone_level(const struct gba_apu_state *s, unsigned n);

#endif
