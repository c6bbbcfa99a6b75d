/* Buttons: levels, and an interrupt when some or all of a set are down. */
#include "devices/gba_keypad.h"

enum { KEYINPUT = 0, KEYCNT = 2 };
enum { IRQ = 1 << 14, ALL = 1 << 15 };

#define BUTTONS ((1u << GBA_BUTTONS) - 1)

static void update(struct gba_keypad *k)
{
	unsigned chosen = k->s.control & BUTTONS, down = k->s.pressed & chosen;
	bool holds = k->s.control & ALL ? down == chosen : down != 0;

	wire_set(&k->irq, holds && k->s.control & IRQ);
}

static void take(void *owner)
{
	struct gba_keypad *k = owner;
	struct input_event e;

	while (input_take(k->input, &e)) {
		if (e.code >= GBA_BUTTONS)
			continue;
		unsigned bit = 1u << e.code;
		k->s.pressed = (uint16_t)(e.value ? k->s.pressed | bit : k->s.pressed & ~bit);
		update(k);
	}
}

static uint64_t gba_keypad_read(void *owner, uint64_t offset, unsigned size)
{
	const struct gba_keypad *k = owner;
	uint16_t up = (uint16_t)(~k->s.pressed & BUTTONS);

	return gba_part(offset & 2 ? k->s.control : up, offset, size);
}

static void gba_keypad_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct gba_keypad *k = owner;

	if (!(offset & 2))
		return;
	k->s.control = gba_merge(k->s.control, offset, value, size) & (ALL | IRQ | BUTTONS);
	update(k);
}

const struct bus_ops gba_keypad_ops = {gba_keypad_read, gba_keypad_write, gba_keypad_read, 1, 2};

static const struct field fields[] = {
    FIELD(struct gba_keypad_state, pressed, 0),
    FIELD(struct gba_keypad_state, control, 0),
};

static void gba_keypad_reset(struct device *d)
{
	update((struct gba_keypad *)d);
}

const struct device_type gba_keypad_type = {
    .name = "gba_keypad",
    .description = "buttons of the Game Boy Advance (GBATEK)",
    .table = STATE_TABLE(struct gba_keypad_state, fields),
    .reset = gba_keypad_reset,
};

void gba_keypad_init(struct gba_keypad *k, const char *tag)
{
	device_init(&k->dev, &gba_keypad_type, tag, &k->s);
}

void gba_keypad_connect(struct gba_keypad *k, struct input_queue *input)
{
	k->input = input;
	input->ready = take;
	input->ready_owner = k;
}
