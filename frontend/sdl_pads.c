/* Gamepads, plugged in at any time; SDL's database says which button is where, and the user's
 * gamecontrollerdb.txt in the configuration directory adds to it. */
#include "frontend/sdl.h"

#include <stdlib.h>

#include "frontend/directories.h"

#define STICK_HELD   13000 /* of 32767 */
#define TRIGGER_HELD 16000

/* By place, as on the machines' own pads: the lower button is B. */
static const signed char buttons[SDL_CONTROLLER_BUTTON_MAX] = {
    [SDL_CONTROLLER_BUTTON_A] = PAD_B,
    [SDL_CONTROLLER_BUTTON_B] = PAD_A,
    [SDL_CONTROLLER_BUTTON_X] = PAD_Y,
    [SDL_CONTROLLER_BUTTON_Y] = PAD_X,
    [SDL_CONTROLLER_BUTTON_BACK] = PAD_SELECT,
    [SDL_CONTROLLER_BUTTON_GUIDE] = -1,
    [SDL_CONTROLLER_BUTTON_START] = PAD_START,
    [SDL_CONTROLLER_BUTTON_LEFTSTICK] = -1,
    [SDL_CONTROLLER_BUTTON_RIGHTSTICK] = -1,
    [SDL_CONTROLLER_BUTTON_LEFTSHOULDER] = PAD_L,
    [SDL_CONTROLLER_BUTTON_RIGHTSHOULDER] = PAD_R,
    [SDL_CONTROLLER_BUTTON_DPAD_UP] = PAD_UP,
    [SDL_CONTROLLER_BUTTON_DPAD_DOWN] = PAD_DOWN,
    [SDL_CONTROLLER_BUTTON_DPAD_LEFT] = PAD_LEFT,
    [SDL_CONTROLLER_BUTTON_DPAD_RIGHT] = PAD_RIGHT,
    [SDL_CONTROLLER_BUTTON_MISC1... SDL_CONTROLLER_BUTTON_MAX - 1] = -1,
};

void pads_open(void)
{
	char *path = directory_file(DIRECTORY_CONFIG, "gamecontrollerdb.txt");

	/* Without gamepads there is still a keyboard. */
	if (!SDL_InitSubSystem(SDL_INIT_GAMECONTROLLER) && path)
		SDL_GameControllerAddMappingsFromFile(path);
	free(path);
}

/* The place of a pad, -1: unknown.  Source n + 1 of input_button(). */
static int find(const struct input *in, SDL_JoystickID id)
{
	for (int i = 0; i < INPUT_SOURCES - 1; i++) {
		if (in->pads[i].controller && in->pads[i].id == id)
			return i;
	}
	return -1;
}

static enum pad_news arrive(struct input *in, int device, char *name, size_t size)
{
	for (int i = 0; i < INPUT_SOURCES - 1; i++) {
		struct pad *p = &in->pads[i];

		if (p->controller)
			continue;
		p->controller = SDL_GameControllerOpen(device);
		if (!p->controller)
			return PAD_NOTHING;
		p->id = SDL_JoystickInstanceID(SDL_GameControllerGetJoystick(p->controller));
		SDL_strlcpy(name,
		    SDL_GameControllerName(p->controller) ? SDL_GameControllerName(p->controller)
							  : "a gamepad",
		    size);
		return PAD_ARRIVED;
	}
	return PAD_NOTHING;
}

static enum pad_news leave(struct input *in, SDL_JoystickID id, char *name, size_t size)
{
	int i = find(in, id);

	if (i < 0)
		return PAD_NOTHING;
	SDL_strlcpy(name, "the gamepad", size);
	for (int button = 0; button < PAD_BUTTONS; button++)
		input_button(in, (unsigned)i + 1, button, false);
	SDL_GameControllerClose(in->pads[i].controller);
	in->pads[i] = (struct pad){0};
	return PAD_GONE;
}

static void axis(struct input *in, const SDL_ControllerAxisEvent *e)
{
	int i = find(in, e->which);
	unsigned source = (unsigned)i + 1;

	if (i < 0)
		return;
	switch (e->axis) {
	case SDL_CONTROLLER_AXIS_LEFTX:
		input_button(in, source, PAD_LEFT, e->value < -STICK_HELD);
		input_button(in, source, PAD_RIGHT, e->value > STICK_HELD);
		break;
	case SDL_CONTROLLER_AXIS_LEFTY:
		input_button(in, source, PAD_UP, e->value < -STICK_HELD);
		input_button(in, source, PAD_DOWN, e->value > STICK_HELD);
		break;
	case SDL_CONTROLLER_AXIS_TRIGGERLEFT: in->pads[i].back = e->value > TRIGGER_HELD; break;
	case SDL_CONTROLLER_AXIS_TRIGGERRIGHT: in->pads[i].fast = e->value > TRIGGER_HELD; break;
	default: break;
	}
}

static void button(struct input *in, const SDL_ControllerButtonEvent *e, bool swap_ab)
{
	int i = find(in, e->which),
	    to = e->button < SDL_CONTROLLER_BUTTON_MAX ? buttons[e->button] : -1;

	if (swap_ab && (to == PAD_A || to == PAD_B))
		to = PAD_A + PAD_B - to;
	if (i >= 0 && to >= 0)
		input_button(in, (unsigned)i + 1, to, e->state == SDL_PRESSED);
}

enum pad_news pads_event(
    struct input *in, const SDL_Event *e, bool swap_ab, char *name, size_t size)
{
	switch (e->type) {
	case SDL_CONTROLLERDEVICEADDED: return arrive(in, e->cdevice.which, name, size);
	case SDL_CONTROLLERDEVICEREMOVED: return leave(in, e->cdevice.which, name, size);
	case SDL_CONTROLLERAXISMOTION: axis(in, &e->caxis); break;
	case SDL_CONTROLLERBUTTONDOWN:
		if (e->cbutton.button == SDL_CONTROLLER_BUTTON_GUIDE)
			return PAD_MENU;
		/* fall through */
	case SDL_CONTROLLERBUTTONUP: button(in, &e->cbutton, swap_ab); break;
	default: break;
	}
	return PAD_NOTHING;
}

bool pads_fast(const struct input *in)
{
	bool held = false;

	for (int i = 0; i < INPUT_SOURCES - 1; i++)
		held |= in->pads[i].fast;
	return held;
}

bool pads_back(const struct input *in)
{
	bool held = false;

	for (int i = 0; i < INPUT_SOURCES - 1; i++)
		held |= in->pads[i].back;
	return held;
}

bool pads_menu_key(const SDL_Event *e, enum menu_key *key)
{
	if (e->type != SDL_CONTROLLERBUTTONDOWN)
		return false;
	switch (e->cbutton.button) {
	case SDL_CONTROLLER_BUTTON_DPAD_UP: *key = MENU_UP; return true;
	case SDL_CONTROLLER_BUTTON_DPAD_DOWN: *key = MENU_DOWN; return true;
	case SDL_CONTROLLER_BUTTON_DPAD_LEFT: *key = MENU_LEFT; return true;
	case SDL_CONTROLLER_BUTTON_DPAD_RIGHT: *key = MENU_RIGHT; return true;
	case SDL_CONTROLLER_BUTTON_A:
	case SDL_CONTROLLER_BUTTON_START: *key = MENU_ENTER; return true;
	case SDL_CONTROLLER_BUTTON_B: *key = MENU_BACK; return true;
	default: return false;
	}
}
