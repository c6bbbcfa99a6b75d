/* The ten buttons of the Game Boy Advance (GBATEK, "GBA Keypad Input").
 *
 * Registers: KEYINPUT and KEYCNT at 0x130 and 0x132 of the I/O area, gba_keypad_ops, 16-bit;
 * offsets count from 0x130. Wires out: irq, high while the condition of KEYCNT holds. Endpoint:  an
 * input queue of INPUT_BUTTON events, taken as they come.
 */
#ifndef MYNA_DEVICES_GBA_KEYPAD_H
#define MYNA_DEVICES_GBA_KEYPAD_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/endpoint.h"
#include "machine/wire.h"

#define GBA_BUTTONS 10 /* PAD_A..PAD_L */

struct gba_keypad_state {
	uint16_t pressed; /* bit n: button n of enum pad_button is down */
	uint16_t control;
};

struct gba_keypad {
	struct device dev;
	struct gba_keypad_state s;
	struct wire irq;
	struct input_queue *input;
};

extern const struct device_type gba_keypad_type;
extern const struct bus_ops gba_keypad_ops; /* owner: struct gba_keypad */

void gba_keypad_init(struct gba_keypad *k, const char *tag);
void gba_keypad_connect(struct gba_keypad *k, struct input_queue *input);

#endif
