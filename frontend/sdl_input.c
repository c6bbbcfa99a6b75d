/* Keyboard, mouse and buttons, to the queues of the machine.
 *
 * An event that finds its queue full waits here, and all after it, so a key that went down always
 * comes up again. */
#include "frontend/sdl.h"

#include <string.h>

enum { BTN_LEFT = 0x110, BTN_RIGHT, BTN_MIDDLE };

static const uint16_t codes[SDL_NUM_SCANCODES] = {
#define KEY(name, code) [SDL_SCANCODE_##name] = code,
#include "frontend/sdl_scancodes.def"
};

void input_open(struct input *in, struct machine *m)
{
	*in = (struct input){.machine = m};
	for (unsigned i = 0; i < m->input_count; i++) {
		struct input_queue *q = m->inputs[i];

		if (q->kinds & 1u << INPUT_POINTER)
			in->pointer = q;
		else if (q->kinds & 1u << INPUT_KEY)
			in->keys = q;
		if (q->kinds & 1u << INPUT_BUTTON)
			in->buttons = q;
	}
}

void input_close(struct input *in)
{
	for (unsigned i = 0; i < INPUT_SOURCES - 1; i++) {
		if (in->pads[i].controller)
			SDL_GameControllerClose(in->pads[i].controller);
	}
}

static void put(struct input *in, struct input_queue *q, struct input_event e)
{
	if (!in->pending_count && input_put(q, &e, 1))
		return;
	if (in->pending_count < INPUT_PENDING) {
		in->pending[in->pending_count].queue = q;
		in->pending[in->pending_count++].event = e;
	}
}

void input_flush(struct input *in)
{
	unsigned done = 0;

	while (done < in->pending_count &&
	       input_put(in->pending[done].queue, &in->pending[done].event, 1))
		done++;
	in->pending_count -= done;
	memmove(in->pending, in->pending + done, in->pending_count * sizeof(in->pending[0]));
}

static void put_key(struct input *in, struct input_queue *q, unsigned code, bool pressed)
{
	bool down = in->down[code / 8] >> code % 8 & 1;

	if (!q || !code || down == pressed)
		return;
	in->down[code / 8] ^= (uint8_t)(1u << code % 8);
	put(in, q, (struct input_event){INPUT_KEY, (uint16_t)code, pressed});
}

void input_key(struct input *in, SDL_Scancode code, bool pressed)
{
	if (code < SDL_NUM_SCANCODES)
		put_key(in, in->keys, codes[code], pressed);
}

void input_button(struct input *in, unsigned source, int button, bool pressed)
{
	uint32_t all = 0, bit = UINT32_C(1) << button;

	if (!in->buttons || source >= INPUT_SOURCES)
		return;
	in->held[source] = pressed ? in->held[source] | bit : in->held[source] & ~bit;
	for (unsigned i = 0; i < INPUT_SOURCES; i++)
		all |= in->held[i];
	if ((all ^ in->sent) & bit) {
		in->sent ^= bit;
		put(in, in->buttons,
		    (struct input_event){INPUT_BUTTON, (uint16_t)button, (all & bit) != 0});
	}
}

static void put_place(struct input *in, const struct video *v, int x, int y)
{
	struct input_event e[2] = {{INPUT_POINTER, 0, 0}, {INPUT_POINTER, 1, 0}};

	video_point(v, x, y, &e[0].value, &e[1].value);
	/* A place that finds no room is overtaken by the next one. */
	if (!in->pending_count)
		input_put(in->pointer, e, 2);
}

void input_mouse(struct input *in, const struct video *v, const SDL_Event *e)
{
	static const unsigned buttons[] = {
	    [SDL_BUTTON_LEFT] = BTN_LEFT,
	    [SDL_BUTTON_MIDDLE] = BTN_MIDDLE,
	    [SDL_BUTTON_RIGHT] = BTN_RIGHT,
	};

	if (!in->pointer)
		return;
	if (e->type == SDL_MOUSEMOTION) {
		put_place(in, v, e->motion.x, e->motion.y);
	} else if (e->type == SDL_MOUSEWHEEL && e->wheel.y) {
		put(in, in->pointer, (struct input_event){INPUT_WHEEL, 0, e->wheel.y});
	} else if (e->type != SDL_MOUSEWHEEL &&
		   e->button.button < sizeof(buttons) / sizeof(buttons[0])) {
		put_place(in, v, e->button.x, e->button.y);
		put_key(in, in->pointer, buttons[e->button.button], e->type == SDL_MOUSEBUTTONDOWN);
	}
}

void input_release(struct input *in)
{
	for (unsigned code = 0; code < 8 * sizeof(in->down); code++)
		put_key(in, code >= BTN_LEFT ? in->pointer : in->keys, code, false);
	for (unsigned source = 0; source < INPUT_SOURCES; source++) {
		for (int button = 0; button < PAD_BUTTONS; button++)
			input_button(in, source, button, false);
	}
}

void input_tell(struct input *in)
{
	for (uint16_t button = 0; in->buttons && button < PAD_BUTTONS; button++)
		put(in, in->buttons,
		    (struct input_event){INPUT_BUTTON, button, (int32_t)(in->sent >> button & 1)});
}
