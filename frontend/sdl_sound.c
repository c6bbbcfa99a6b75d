/* The machine's sound: resampled to the device's rate, with what waits to be played kept near the
 * delay that is set (resample.h). */
#include "frontend/sdl.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 2048 /* stereo samples taken from the machine at once */

static void start(struct sound *s)
{
	SDL_AudioSpec want = {.freq = 48000, .format = AUDIO_S16SYS, .channels = 2, .samples = 512};

	s->problem[0] = 0;
	if (!SDL_WasInit(SDL_INIT_AUDIO) && SDL_InitSubSystem(SDL_INIT_AUDIO)) {
		SDL_snprintf(s->problem, sizeof(s->problem), "no sound: %s", SDL_GetError());
		return;
	}
	s->device = SDL_OpenAudioDevice(NULL, 0, &want, &s->spec, SDL_AUDIO_ALLOW_FREQUENCY_CHANGE);
	if (!s->device) {
		SDL_snprintf(s->problem, sizeof(s->problem), "no sound: %s", SDL_GetError());
		return;
	}
	resample_init(&s->resample, s->audio->rate, s->spec.freq);
	SDL_PauseAudioDevice(s->device, 0);
}

void sound_open(struct sound *s, struct audio *audio)
{
	*s = (struct sound){.audio = audio};
	if (audio) {
		s->position = audio->written;
		start(s);
	}
}

void sound_close(struct sound *s)
{
	if (s->device)
		SDL_CloseAudioDevice(s->device);
	s->device = 0;
}

/* Loudspeakers come and go. */
void sound_event(struct sound *s, const SDL_Event *e)
{
	if (!s->audio || e->adevice.iscapture)
		return;
	if (e->type == SDL_AUDIODEVICEREMOVED && e->adevice.which == s->device) {
		sound_close(s);
		start(s);
	} else if (e->type == SDL_AUDIODEVICEADDED && !s->device) {
		start(s);
	}
}

static void quieten(int16_t (*samples)[2], size_t n, int volume)
{
	for (size_t i = 0; i < n; i++) {
		samples[i][0] = (int16_t)(samples[i][0] * volume / 100);
		samples[i][1] = (int16_t)(samples[i][1] * volume / 100);
	}
}

static void play(struct sound *s, const int16_t (*in)[2], size_t n, const struct settings *set)
{
	size_t bytes = sizeof(in[0]), room = resample_room(&s->resample, n);
	double target = (double)s->spec.freq * set->latency / 1000;
	double waiting = (double)SDL_GetQueuedAudioSize(s->device) / (double)bytes;
	int16_t(*out)[2] = malloc(room * bytes);
	size_t made;

	if (!out)
		return;
	/* After a standstill of ours: what would only be late is left out. */
	if (waiting > 4 * target) {
		SDL_ClearQueuedAudio(s->device);
		waiting = 0;
	}
	/* Nothing waits: begin with the silence that the delay is made of. */
	if (waiting == 0) {
		size_t silent = (size_t)target < room ? (size_t)target : room;

		memset(out, 0, silent * bytes);
		for (size_t left = (size_t)target; left; left -= silent) {
			silent = left < silent ? left : silent;
			SDL_QueueAudio(s->device, out, (Uint32)(silent * bytes));
		}
		waiting = target;
	}
	made = resample_run(&s->resample, in, n, out, waiting, target);
	quieten(out, made, set->volume);
	SDL_QueueAudio(s->device, out, (Uint32)(made * bytes));
	free(out);
}

void sound_feed(struct sound *s, const struct settings *set, bool silent)
{
	int16_t piece[PIECE][2];
	size_t n;

	if (!s->audio)
		return;
	while ((n = audio_read(s->audio, &s->position, piece, PIECE))) {
		if (s->device && !silent && set->sound)
			play(s, (const int16_t(*)[2])piece, n, set);
	}
}
