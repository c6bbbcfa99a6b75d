/* Texts in a stream, and what waits for them: --until and --type. */
#include <criterion/criterion.h>
#include <string.h>

#include "frontend/match.h"
#include "frontend/typist.h"
#include "frontend/until.h"
#include "tests/unit/fake.h"

#define TICK_HZ UINT64_C(1000000000)
#define STEP    (TICK_HZ / 1000)

Test(match, finds_what_a_search_finds)
{
	uint64_t random = 1;

	for (unsigned round = 0; round < 2000; round++) {
		char text[8], stream[200];
		size_t n = 1 + fake_random(&random) % sizeof(text), last = 0;
		struct text_match m;

		/* Two letters: prefixes that repeat are the hard case. */
		for (size_t i = 0; i < n; i++)
			text[i] = (char)('a' + fake_random(&random) % 2);
		for (size_t i = 0; i < sizeof(stream); i++)
			stream[i] = (char)('a' + fake_random(&random) % 2);
		cr_assert(match_init(&m, text, n));
		for (size_t i = 0; i < sizeof(stream); i++) {
			bool there = i + 1 >= last + n && !memcmp(stream + i + 1 - n, text, n);

			cr_assert_eq(match_byte(&m, (uint8_t)stream[i]), there,
			    "round %u, byte %zu", round, i);
			if (there)
				last = i + 1;
		}
		match_free(&m);
	}
}

Test(match, an_empty_text_never_appears)
{
	struct text_match m;

	cr_assert(match_init(&m, "", 0));
	cr_expect_not(match_byte(&m, 'a'));
	match_free(&m);
}

static bool feed(struct until *u, const char *text)
{
	bool reached = false;

	for (; *text; text++)
		reached = until_byte(u, (uint8_t)*text);
	return reached;
}

Test(until, the_first_condition_counts)
{
	struct option_list list = {{"time=2s", "time=1s", "serial=a\\nb", "instructions=100"}, 4};
	struct until u;
	char why[200];

	cr_assert_eq(until_parse(&u, &list, TICK_HZ, why, sizeof(why)), STATUS_OK);
	cr_expect_eq(u.tick, TICK_HZ);
	cr_expect_not(until_counted(&u, TICK_HZ - 1, 99));
	cr_expect_not(feed(&u, "a\r\na\n"));
	cr_expect(feed(&u, "b"));
	cr_expect_str_eq(u.reached, "serial=a\\nb");
	cr_expect(until_counted(&u, TICK_HZ, 100));
	cr_expect_str_eq(u.reached, "serial=a\\nb", "the first stays");
	until_free(&u);
}

static void expect_refused(const char *item)
{
	struct option_list list = {{item}, 1};
	struct until u;
	char why[200] = "";

	cr_expect_eq(until_parse(&u, &list, TICK_HZ, why, sizeof(why)), STATUS_USAGE, "%s", item);
	cr_expect(strstr(why, "--until"), "%s: %s", item, why);
	until_free(&u);
}

Test(until, refuses_what_it_cannot_read)
{
	expect_refused("serial=");
	expect_refused("serial=\\");
	expect_refused("time=soon");
	expect_refused("time=");
	expect_refused("instructions=-1");
	expect_refused("frames=3");
	expect_refused("");
}

/* What was typed into the port so far. */
static const char *typed(struct serial_port *port)
{
	static char text[64];
	size_t n = serial_take(port, (uint8_t *)text, sizeof(text) - 1);

	text[n] = 0;
	return text;
}

Test(typist, waits_and_types_a_byte_a_step)
{
	struct option_list list = {{"after=in: ,text=me,\\n", "after=$ ,text=ls"}, 2};
	struct serial_port port = {0};
	struct typist t;
	char why[200];
	uint64_t now = 5000;

	serial_init(&port, "serial0");
	cr_assert_eq(typist_parse(&t, &list, TICK_HZ, 0, why, sizeof(why)), STATUS_OK);
	cr_expect_eq(t.due, UINT64_MAX);
	cr_expect_not(typist_byte(&t, 'n', now));
	for (const char *p = "login:"; *p; p++)
		cr_expect_not(typist_byte(&t, (uint8_t)*p, now));
	cr_expect(typist_byte(&t, ' ', now));
	cr_expect_eq(t.due, now + STEP);
	typist_type(&t, &port, now + STEP - 1);
	cr_expect_str_eq(typed(&port), "");
	typist_type(&t, &port, now + STEP);
	cr_expect_str_eq(typed(&port), "m");
	/* The next text may appear while this line is still being typed. */
	cr_expect_not(typist_byte(&t, '$', now));
	cr_expect(typist_byte(&t, ' ', now));
	typist_type(&t, &port, now + 4 * STEP);
	cr_expect_str_eq(typed(&port), "e,\n");
	typist_type(&t, &port, now + 6 * STEP);
	cr_expect_str_eq(typed(&port), "ls");
	cr_expect_eq(t.due, UINT64_MAX);
	typist_free(&t);
}

Test(typist, a_full_queue_loses_nothing)
{
	struct option_list list = {{"text=ab"}, 1};
	struct serial_port port = {0};
	struct typist t;
	char why[200];
	uint8_t filler[SERIAL_QUEUE] = {0};

	serial_init(&port, "serial0");
	cr_assert_eq(typist_parse(&t, &list, TICK_HZ, 0, why, sizeof(why)), STATUS_OK);
	cr_assert_eq(serial_input(&port, filler, sizeof(filler)), sizeof(filler));
	typist_type(&t, &port, 3 * STEP);
	cr_assert_eq(serial_take(&port, filler, sizeof(filler)), sizeof(filler));
	cr_expect_eq(t.due, 4 * STEP);
	typist_type(&t, &port, 5 * STEP);
	cr_expect_str_eq(typed(&port), "ab");
	typist_free(&t);
}
