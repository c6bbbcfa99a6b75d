/* The sound of the Game Boy Advance (GBATEK, "GBA Sound Controller"): four generators and two
 * sample FIFOs.
 *
 * Registers: 0x60..0xa7 of the I/O area (GBA_APU_REGISTERS bytes), gba_apu_ops, 16-bit.
 * Inputs:    gba_apu_overflow(): a timer has overflowed.
 * Wires out: fifo[2], a pulse when a FIFO has room for four words.
 * Clock:     a tick is a cycle of 2^24 Hz.  Every 512th a stereo sample is made; what registers do
 *            takes effect from the next sample on.
 * Endpoint:  audio at 32768 Hz.
 *
 * Left out: sampling above 32768 Hz (SOUNDBIAS can ask for it; its coarser steps are there), and
 * the extra clocks of length counters that are enabled in mid-period.
 */
#ifndef MYNA_DEVICES_GBA_APU_H
#define MYNA_DEVICES_GBA_APU_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/endpoint.h"
#include "machine/event.h"
#include "machine/wire.h"

#define GBA_APU_REGISTERS  0x48
#define GBA_AUDIO_RATE     32768
#define GBA_SAMPLE_CYCLES  512
#define GBA_FIFO_BYTES     32
#define GBA_APU_GENERATORS 4

enum { GBA_SQUARE1, GBA_SQUARE2, GBA_WAVE, GBA_NOISE };

struct gba_apu_state {
	uint64_t sampled;      /* tick up to which there are samples; a multiple of 512 */
	int32_t timer[4];      /* cycles to the generator's next step */
	uint16_t sweep;        /* SOUND1CNT_L */
	uint16_t wave_select;  /* SOUND3CNT_L */
	uint16_t control[4];   /* length, duty, envelope or volume */
	uint16_t frequency[4]; /* with the length's enable */
	uint16_t length[4];    /* sequencer's clocks left */
	uint16_t sweep_shadow; /* the frequency that sweep works on */
	uint16_t noise;        /* the shift register */
	uint16_t cnt_l, cnt_h; /* SOUNDCNT_L, _H */
	uint16_t bias;         /* SOUNDBIAS */
	uint8_t master;        /* SOUNDCNT_X bit 7 */
	uint8_t sequencer;     /* step of the 512 Hz clock */
	uint8_t on[4];         /* SOUNDCNT_X bits 0..3 */
	uint8_t volume[4];     /* what the envelope has come to */
	uint8_t envelope_timer[4];
	uint8_t phase[4]; /* of the duty, digit of the wave */
	uint8_t sweep_timer, sweep_on;
	uint8_t head[2];  /* of each FIFO: index of the oldest byte */
	uint8_t count[2]; /* bytes in it */
	int8_t sample[2]; /* that it plays */
	uint8_t fifo_a[GBA_FIFO_BYTES];
	uint8_t fifo_b[GBA_FIFO_BYTES];
	uint8_t wave[32]; /* two banks of 32 digits, the first in the upper half of a byte */
};

struct gba_apu {
	struct device dev;
	struct gba_apu_state s;
	struct wire fifo[2];
	struct audio *audio; /* may be NULL */
	struct event flush;  /* samples are made now and then, whatever registers do */
	char event_name[32];
};

extern const struct device_type gba_apu_type;
extern const struct bus_ops gba_apu_ops; /* owner: struct gba_apu */

void gba_apu_init(struct gba_apu *a, const char *tag, struct scheduler *sched);

/* Timer 0 or 1 has overflowed: FIFOs that it drives play their next byte. */
void gba_apu_overflow(struct gba_apu *a, unsigned timer);

#endif
