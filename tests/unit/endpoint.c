/* Screens, sound and input as both sides see them. */
#include <criterion/criterion.h>
#include <string.h>

#include "machine/machine.h"

Test(screen, lines_are_words_whatever_the_format)
{
	static const uint32_t words[2][2] = {{0x00123456, 0xffffffff}, {0xff000000, 0x80ff0001}};
	static const uint16_t halves[2] = {0x001f, 0x7c00 | 16 << 5};
	struct screen s = {.width = 2, .height = 2, .stride = 8, .pixels = words};
	uint32_t out[2];

	screen_line(&s, 0, out);
	cr_expect_eq(out[0], 0xff123456);
	cr_expect_eq(out[1], 0xffffffff);
	screen_line(&s, 1, out);
	cr_expect_eq(out[0], 0xff000000);
	cr_expect_eq(out[1], 0xffff0001);
	s = (struct screen){
	    .width = 2, .height = 1, .stride = 4, .format = PIXELS_BGR555, .pixels = halves};
	screen_line(&s, 0, out);
	cr_expect_eq(out[0], 0xffff0000);
	cr_expect_eq(out[1], 0xff0084ff, "16 is 0x84: the high bits are repeated");
	s.pixels = NULL;
	screen_line(&s, 0, out);
	cr_expect_eq(out[0], 0xff000000, "no picture is black");
}

static void count_frame(void *owner, struct screen *s)
{
	*(unsigned *)owner += (unsigned)s->frames;
}

Test(screen, the_frontend_hears_of_finished_pictures)
{
	unsigned sum = 0;
	struct screen s = {.finished = count_frame, .finished_owner = &sum};

	screen_finish(&s);
	screen_finish(&s);
	cr_expect_eq(s.frames, 2);
	cr_expect_eq(sum, 1 + 2);
}

Test(audio, readers_are_independent)
{
	static struct audio a = {.rate = 100};
	uint64_t first = 0, second = 0;
	int16_t out[4][2];

	for (int16_t i = 0; i < 3; i++)
		audio_put(&a, i, (int16_t)-i);
	cr_expect_eq(audio_read(&a, &first, out, 4), 3);
	cr_expect_eq(out[2][0], 2);
	cr_expect_eq(out[2][1], -2);
	cr_expect_eq(audio_read(&a, &first, out, 4), 0);
	cr_expect_eq(audio_read(&a, &second, out, 1), 1);
	cr_expect_eq(out[0][0], 0);
}

Test(audio, a_late_reader_loses_the_oldest)
{
	static struct audio a = {.rate = 100};
	uint64_t position = 0;
	int16_t out[1][2];

	for (unsigned i = 0; i < AUDIO_RING + 10; i++)
		audio_put(&a, (int16_t)i, 0);
	cr_expect_eq(audio_read(&a, &position, out, 1), 1);
	cr_expect_eq(out[0][0], 10);
	cr_expect_eq(position, 11);
}

Test(input, the_queue_is_bounded_and_takes_all_or_nothing)
{
	static struct input_queue q;
	struct input_event e[3] = {{INPUT_KEY, 30, 1}, {INPUT_KEY, 30, 0}, {INPUT_POINTER, 1, 99}};

	input_init(&q, "keyboard", 1u << INPUT_KEY);
	cr_expect_null(state_tiles(&q.dev.type->table));
	cr_expect_not(input_put(&q, e, 3), "no pointer here");
	cr_expect_eq(q.s.count, 0);
	for (unsigned i = 0; i < INPUT_QUEUE / 2; i++)
		cr_expect(input_put(&q, e, 2));
	cr_expect_not(input_put(&q, e, 1), "full");
	cr_expect(input_take(&q, &e[2]));
	cr_expect_eq(e[2].code, 30);
	cr_expect_eq(e[2].value, 1);
	cr_expect_not(input_put(&q, e, 2), "room for one only");
	cr_expect(input_put(&q, e, 1));
}

static void take_at_once(void *owner)
{
	struct input_event e;

	while (input_take(owner, &e))
		;
}

Test(input, a_device_may_take_events_as_they_come)
{
	static struct input_queue q;
	struct input_event e = {INPUT_BUTTON, PAD_START, 1};

	input_init(&q, "pad", 1u << INPUT_BUTTON);
	q.ready = take_at_once;
	q.ready_owner = &q;
	cr_expect(input_put(&q, &e, 1));
	cr_expect_eq(q.s.count, 0);
	cr_expect_not(input_take(&q, &e));
}

Test(input, a_state_that_no_run_produces_is_refused)
{
	static struct input_queue q;
	char why[100];

	input_init(&q, "pad", 1u << INPUT_BUTTON);
	cr_expect(q.dev.type->loaded(&q.dev, why, sizeof why), "an empty queue");
	q.s.head = INPUT_QUEUE;
	cr_expect_not(q.dev.type->loaded(&q.dev, why, sizeof why));
	q.s.head = 0;
	q.s.count = 1;
	q.s.kind[0] = INPUT_KEY;
	cr_expect_not(q.dev.type->loaded(&q.dev, why, sizeof why), "not a key");
	q.s.kind[0] = INPUT_BUTTON;
	cr_expect(q.dev.type->loaded(&q.dev, why, sizeof why));
}
