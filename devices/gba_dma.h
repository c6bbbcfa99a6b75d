/* The four DMA channels of the Game Boy Advance (GBATEK, "GBA DMA Transfers").
 *
 * Registers: 0xb0..0xdf of the I/O area, gba_dma_ops, 16-bit; offsets count from 0xb0.
 * Wires in:  gba_dma_trigger, `number` is enum gba_dma_trigger; a rising edge starts the channels
 *            that wait for it.
 * Wires out: irq[4], one pulse at the end of a transfer; request, high while a channel wants the
 * bus. Bus:       whoever grants it calls gba_dma_run(), which comes back when no channel wants it.
 *            The functions of struct gba_dma_bus let the time of each access pass.
 * Clock:     a tick is a cycle of 2^24 Hz.
 *
 * Left out: the game pak's DRQ line (bit 11 of channel 3), which no known cartridge drives.
 */
#ifndef MYNA_DEVICES_GBA_DMA_H
#define MYNA_DEVICES_GBA_DMA_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/event.h"
#include "machine/wire.h"

#define GBA_DMA_CHANNELS  4
#define GBA_DMA_REGISTERS 0x30
#define GBA_DMA_DELAY     2 /* cycles from a trigger to the first access */

enum gba_dma_trigger {
	GBA_DMA_VBLANK,
	GBA_DMA_HBLANK,
	GBA_DMA_FIFO_A,
	GBA_DMA_FIFO_B,
	GBA_DMA_CAPTURE,
	GBA_DMA_CAPTURE_END,
};

struct gba_dma_bus {
	void *owner;
	/* `size` is 2 or 4 and the address aligned; `first`: not sequential. */
	uint32_t (*read)(void *owner, uint32_t address, unsigned size, bool first);
	void (*write)(void *owner, uint32_t address, uint32_t value, unsigned size, bool first);
	void (*idle)(void *owner, unsigned cycles);
};

struct gba_dma_state {
	uint64_t ready[GBA_DMA_CHANNELS];  /* tick at which a triggered channel wants the bus */
	uint32_t source[GBA_DMA_CHANNELS]; /* registers */
	uint32_t target[GBA_DMA_CHANNELS];
	uint32_t from[GBA_DMA_CHANNELS]; /* where the transfer has come to */
	uint32_t to[GBA_DMA_CHANNELS];
	uint32_t left[GBA_DMA_CHANNELS];  /* units */
	uint32_t latch[GBA_DMA_CHANNELS]; /* what was read last */
	uint16_t count[GBA_DMA_CHANNELS]; /* registers */
	uint16_t control[GBA_DMA_CHANNELS];
	uint8_t triggered; /* bit n: channel n waits for its `ready` */
	uint8_t active;    /* bit n: channel n wants the bus */
	uint8_t begun;     /* bit n: channel n has done an access of its transfer */
	uint8_t reserved[5];
};

struct gba_dma {
	struct device dev;
	struct gba_dma_state s;
	struct wire irq[GBA_DMA_CHANNELS];
	struct wire request;
	struct gba_dma_bus bus;
	struct event start;
	bool running; /* inside gba_dma_run() */
	char event_name[32];
};

extern const struct device_type gba_dma_type;
extern const struct bus_ops gba_dma_ops; /* owner: struct gba_dma */

void gba_dma_init(struct gba_dma *d, const char *tag, struct scheduler *sched);
void gba_dma_trigger(void *owner, unsigned number, int level);

/* The bus is the channels' for as long as one wants it. */
void gba_dma_run(struct gba_dma *d);

static inline bool gba_dma_wants_bus(const struct gba_dma *d)
{
	return d->s.active != 0;
}

#endif
