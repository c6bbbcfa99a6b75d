/* Values of the command line: numbers with units, escapes, guesses. */
#include <criterion/criterion.h>
#include <string.h>

#include "frontend/options.h"

#define MAX UINT64_MAX

typedef bool parse_fn(const char *text, const char *option, uint64_t low, uint64_t high,
    uint64_t *out, char *why, size_t size);

static const struct reading {
	parse_fn *parse;
	const char *text;
	uint64_t low, high;
	bool good;
	uint64_t value;
} readings[] = {
    {parse_number, "0", 0, MAX, true, 0},
    {parse_number, "18446744073709551615", 0, MAX, true, MAX},
    {parse_number, "18446744073709551616", 0, MAX, false, 0},
    {parse_number, "0x1F", 0, MAX, true, 31},
    {parse_number, "0x", 0, MAX, false, 0},
    {parse_number, "12k", 0, MAX, false, 0},
    {parse_number, "", 0, MAX, false, 0},
    {parse_number, " 1", 0, MAX, false, 0},
    {parse_number, "+1", 0, MAX, false, 0},
    {parse_number, "-1", 0, MAX, false, 0},
    {parse_number, "1.5", 0, MAX, false, 0},
    {parse_number, "9", 1, 8, false, 0},
    {parse_number, "8", 1, 8, true, 8},
    {parse_size, "512", 0, MAX, true, UINT64_C(512) << 20},
    {parse_size, "512M", 0, MAX, true, UINT64_C(512) << 20},
    {parse_size, "512mib", 0, MAX, true, UINT64_C(512) << 20},
    {parse_size, "2G", 0, MAX, true, UINT64_C(2) << 30},
    {parse_size, "2GB", 0, MAX, true, UINT64_C(2) << 30},
    {parse_size, "64K", 0, MAX, true, 65536},
    {parse_size, "1T", 0, MAX, true, UINT64_C(1) << 40},
    {parse_size, "16777216T", 0, MAX, false, 0}, /* 2^64 */
    {parse_size, "1MM", 0, MAX, false, 0},
    {parse_size, "1P", 0, MAX, false, 0},
    {parse_time, "1", 0, MAX, true, UINT64_C(1000000000)},
    {parse_time, "30s", 0, MAX, true, UINT64_C(30000000000)},
    {parse_time, "500ms", 0, MAX, true, UINT64_C(500000000)},
    {parse_time, "7us", 0, MAX, true, 7000},
    {parse_time, "9ns", 0, MAX, true, 9},
    {parse_time, "2m", 0, MAX, true, UINT64_C(120000000000)},
    {parse_time, "1h", 0, MAX, true, UINT64_C(3600000000000)},
    {parse_time, "6000000h", 0, MAX, false, 0},
    {parse_time, "1MiB", 0, MAX, false, 0},
};

Test(values, are_read_or_refused_with_a_reason)
{
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		const struct reading *r = &readings[i];
		uint64_t value = 12345;
		char why[200] = "";
		bool good = r->parse(r->text, "--x", r->low, r->high, &value, why, sizeof(why));

		cr_expect_eq(good, r->good, "'%s'", r->text);
		if (good)
			cr_expect_eq(
			    value, r->value, "'%s' is %llu", r->text, (unsigned long long)value);
		else
			cr_expect(strstr(why, "--x") && value == 12345, "'%s': %s", r->text, why);
	}
}

static void expect_escape(const char *text, const char *bytes, long n)
{
	char out[64];
	long got = unescape(text, strlen(text), out);

	cr_expect_eq(got, n, "'%s' has %ld bytes", text, got);
	if (n > 0 && got == n)
		cr_expect_eq(memcmp(out, bytes, (size_t)n), 0, "'%s'", text);
}

Test(values, escapes_are_those_of_c)
{
	expect_escape("plain", "plain", 5);
	expect_escape("a\\nb\\r\\t\\\\", "a\nb\r\t\\", 6);
	expect_escape("\\x41\\x4\\x4a1", "A\004J1", 4);
	expect_escape("\\0\\101\\3777", "\0A\3777", 4);
	expect_escape("\\e[1m", "\033[1m", 4);
	expect_escape("\\,\\'\\q", ",'q", 3);
	expect_escape("\\", NULL, -1);
	expect_escape("\\x", NULL, -1);
	expect_escape("\\xg", NULL, -1);
	expect_escape("", "", 0);
}

Test(values, edits_are_counted)
{
	cr_expect_eq(edit_distance("kernel", "kernel", 9), 0);
	cr_expect_eq(edit_distance("kernle", "kernel", 9), 1, "neighbours swapped");
	cr_expect_eq(edit_distance("kernl", "kernel", 9), 1);
	cr_expect_eq(edit_distance("kkernel", "kernel", 9), 1);
	cr_expect_eq(edit_distance("kernal", "kernel", 9), 1);
	cr_expect_eq(edit_distance("", "abc", 9), 3);
	cr_expect_eq(edit_distance("abc", "", 9), 3);
	cr_expect_eq(edit_distance("abcdef", "uvwxyz", 4), 4, "the limit");
}

Test(values, a_guess_is_near_or_none)
{
	struct suggestion s = suggestion_for("--kernle");
	char text[80];

	suggestion_offer(&s, "--initrd");
	cr_expect_str_eq(suggestion_text(&s, text, sizeof(text)), "");
	suggestion_offer(&s, "--kernel");
	suggestion_offer(&s, "--append");
	cr_expect_str_eq(suggestion_text(&s, text, sizeof(text)), "; did you mean '--kernel'?");
}
