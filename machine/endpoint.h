/* Endpoints: where a machine meets the outside.
 *
 * A machine owns its endpoints; a frontend attaches to them.  Guest output goes to a sink at
 * once (a serial port), or is kept for whoever looks (a screen, sound).  Input is put into a
 * bounded queue by the frontend between calls of machine_run(), so what the guest sees depends
 * only on the tick at which it was put there.  Nothing a frontend does with output can be seen
 * by the guest.
 */
#ifndef MYNA_MACHINE_ENDPOINT_H
#define MYNA_MACHINE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/device.h"

/* A character stream in both directions (UART, virtio console). */
#define SERIAL_QUEUE 4096

struct serial_state {
	uint32_t head;  /* index of the oldest byte */
	uint32_t count; /* bytes waiting for the guest, at most SERIAL_QUEUE */
	uint8_t bytes[SERIAL_QUEUE];
};

struct serial_port {
	struct device dev; /* its queue is machine state */
	struct serial_state s;
	/* Frontend side: receives every byte the guest sends.  May be NULL. */
	void (*sink)(void *owner, const uint8_t *bytes, size_t n);
	void *sink_owner;
	/* Device side: called when bytes have been queued.  May be NULL. */
	void (*ready)(void *owner);
	void *ready_owner;
};

void serial_init(struct serial_port *p, const char *tag);
/* Frontend: queue bytes for the guest; returns how many fitted. */
size_t serial_input(struct serial_port *p, const uint8_t *bytes, size_t n);
/* Device: take up to `n` queued bytes. */
size_t serial_take(struct serial_port *p, uint8_t *out, size_t n);
/* Device: send bytes out. */
void serial_output(struct serial_port *p, const uint8_t *bytes, size_t n);

/* A screen: a picture that a device draws and frontends look at between calls of machine_run().
 *
 * The pixels are the device's.  What is drawn there is part of its state (or is made from its
 * state by `refresh`), so that the picture after loading a state is the one when it was saved. */
enum pixel_format {
	PIXELS_XRGB8888, /* uint32_t 0x00rrggbb; the top byte means nothing */
	PIXELS_BGR555,   /* uint16_t: red in bits 0..4, green 5..9, blue 10..14 */
};

struct screen {
	const char *name;       /* "screen0", unique in its machine; not owned */
	unsigned width, height; /* in pixels, constant */
	unsigned stride;        /* bytes from a line to the next */
	enum pixel_format format;
	const void *pixels; /* the first line; NULL while there is no picture */
	/* Ticks of a frame, constant: how often there is a new picture.  0: the picture changes at
	 * any time (a framebuffer without vertical sync). */
	uint64_t frame_ticks;
	/* Pictures finished since the machine was built.  Not state: for pacing and `--until`. */
	uint64_t frames;
	/* Device side: called by screen_refresh() when the picture is made on demand: update
	 * `pixels`, change nothing of the machine's state.  May be NULL. */
	void (*refresh)(void *owner);
	void *refresh_owner;
	/* Frontend side: called by screen_finish(), inside machine_run(); it may read the picture
	 * and call machine_stop_soon().  May be NULL. */
	void (*finished)(void *owner, struct screen *s);
	void *finished_owner;
};

/* Device: the picture is complete (start of vertical blanking).  Once every `frame_ticks`. */
void screen_finish(struct screen *s);
/* Frontend: make `pixels` current. */
void screen_refresh(struct screen *s);
/* Line `y` as `width` words 0xffrrggbb, whatever the format; five bits become eight by repeating
 * the highest ones.  Pixels are NULL: black. */
void screen_line(const struct screen *s, unsigned y, uint32_t *out);

/* Sound: the device writes stereo samples into a ring at a constant rate of guest time; frontends
 * read it each at a position of their own, so any number can (a loudspeaker, a file, a hash).
 * Neither ring nor positions are state. */
#define AUDIO_RING 16384 /* stereo samples, a power of two: half a second at 32 kHz */

struct audio {
	const char *name;            /* "audio0"; not owned */
	uint32_t rate;               /* stereo samples per second of guest time, constant */
	uint64_t written;            /* stereo samples since the machine was built */
	int16_t ring[AUDIO_RING][2]; /* left, right; sample n is at n % AUDIO_RING */
};

/* Device: append a sample. */
static inline void audio_put(struct audio *a, int16_t left, int16_t right)
{
	int16_t *to = a->ring[a->written++ % AUDIO_RING];

	to[0] = left;
	to[1] = right;
}
/* Frontend: copy up to `n` samples from `*position` on and move it; returns how many.  A reader
 * more than a ring behind has lost the oldest and goes on with what is left. */
size_t audio_read(const struct audio *a, uint64_t *position, int16_t (*out)[2], size_t n);

/* Input from people: keyboards, buttons, pointers.  A bounded queue in the machine's state, as a
 * serial port has one. */
enum input_kind {
	INPUT_KEY,    /* code: Linux input-event code (30 is A, 272 a mouse button); value 1 or 0 */
	INPUT_BUTTON, /* code: enum pad_button; value 1 pressed, 0 released */
	INPUT_POINTER, /* code: 0 x, 1 y; value 0..INPUT_POINTER_MAX over the screen */
	INPUT_WHEEL,   /* value: notches, away from the user positive */
	INPUT_KINDS
};
#define INPUT_POINTER_MAX 32767

/* The buttons of a pad, in the order of the Game Boy Advance's KEYINPUT, then what others have. */
enum pad_button {
	PAD_A,
	PAD_B,
	PAD_SELECT,
	PAD_START,
	PAD_RIGHT,
	PAD_LEFT,
	PAD_UP,
	PAD_DOWN,
	PAD_R,
	PAD_L,
	PAD_X,
	PAD_Y,
	PAD_BUTTONS
};

struct input_event {
	enum input_kind kind;
	uint16_t code;
	int32_t value;
};

#define INPUT_QUEUE 128

struct input_state {
	uint32_t head;  /* index of the oldest event */
	uint32_t count; /* events waiting for the device, at most INPUT_QUEUE */
	int32_t value[INPUT_QUEUE];
	uint16_t code[INPUT_QUEUE];
	uint16_t kind[INPUT_QUEUE];
};

struct input_queue {
	struct device dev; /* its queue is machine state */
	struct input_state s;
	unsigned kinds; /* bit 1 << INPUT_...: what the device behind it understands */
	/* Device side: called when events have been queued; it may take them there and then, which
	 * is right for buttons that are levels.  May be NULL. */
	void (*ready)(void *owner);
	void *ready_owner;
};

void input_init(struct input_queue *q, const char *tag, unsigned kinds);
/* Frontend: queue events, all of them or none: false when there is too little room (try again
 * after the machine has run) or a kind is not understood. */
bool input_put(struct input_queue *q, const struct input_event *events, size_t n);
/* Device: take the oldest event; false when there is none. */
bool input_take(struct input_queue *q, struct input_event *e);

/* A disk as a device sees it.  The implementation (files, overlays) belongs to the frontend.
 * All calls are synchronous.  `offset` and `n` are multiples of 512 and inside `size`, which the
 * device has checked. */
enum block_result { BLOCK_OK, BLOCK_IO_ERROR, BLOCK_NO_SPACE };

struct state_writer;
struct state_reader;

struct block_backend {
	uint64_t size; /* bytes, a multiple of 512 */
	bool readonly;
	enum block_result (*read)(struct block_backend *b, uint64_t offset, void *out, size_t n);
	enum block_result (*write)(
	    struct block_backend *b, uint64_t offset, const void *in, size_t n);
	/* Returns after everything written before has reached the disk. */
	enum block_result (*flush)(struct block_backend *b);
	/* The part of the contents that a snapshot must hold (the overlay); NULL if none. */
	bool (*save)(struct block_backend *b, struct state_writer *w);
	/* load() reads and checks the contents and keeps them aside; commit() puts them in force
	 * once the whole machine has been loaded, so that a state that cannot be loaded costs
	 * nothing.  commit() may be NULL. */
	bool (*load)(struct block_backend *b, struct state_reader *r, char *why, size_t size);
	bool (*commit)(struct block_backend *b, char *why, size_t size);
};

#endif
