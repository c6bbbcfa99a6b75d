/* Image files in a folder of their own, and what the disks over them report. */
#ifndef MYNA_TESTS_UNIT_BLOCK_BENCH_H
#define MYNA_TESTS_UNIT_BLOCK_BENCH_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frontend/block.h"

static char folder[64];
static unsigned lines; /* reported so far */
static char last_line[512];
static char why[512];

static inline void enter_folder(void)
{
	const char *parent = getenv("TMPDIR");
	snprintf(folder, sizeof folder, "%s/myna-block-XXXXXX", parent ? parent : "/tmp");
	cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

/* Tests make at most these. */
static inline void leave_folder(void)
{
	static const char *const names[] = {
	    "base", "other", "copy", "over", "over2", "dir", "a,b", "state"};
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		if (unlink(names[i]))
			rmdir(names[i]);
	(void)!chdir("/");
	rmdir(folder);
}

/* Byte `i` of a fresh image; different in every sector. */
static inline uint8_t pattern(uint64_t i)
{
	return (uint8_t)(i / 512 * 31 + i % 512 + (i >> 16));
}

static inline void make_image(const char *name, uint64_t size)
{
	FILE *f = fopen(name, "wb");
	cr_assert(f);
	for (uint64_t i = 0; i < size; i++)
		putc(pattern(i), f);
	cr_assert_eq(fclose(f), 0);
}

static inline void make_file(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(name, "wb");
	cr_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static inline void count_line(void *owner, const char *text)
{
	lines++;
	snprintf(last_line, sizeof last_line, "%s", text);
}

/* Open; NULL with the reason in `why`. */
static inline struct block_backend *try_open(const char *spec, enum status *status)
{
	struct block_backend *b;
	*status = block_open(spec, (struct block_log){count_line, NULL}, &b, why, sizeof why);
	cr_assert_eq(b != NULL, *status == STATUS_OK);
	return b;
}

static inline struct block_backend *must_open(const char *spec)
{
	enum status status;
	struct block_backend *b = try_open(spec, &status);
	cr_assert(b, "%s: %s", spec, why);
	return b;
}

/* Opening must fail in this way, with a reason that contains `text`. */
static inline void expect_refused(const char *spec, enum status expected, const char *text)
{
	enum status status;
	struct block_backend *b = try_open(spec, &status);
	cr_expect_null(b, "%s was opened", spec);
	cr_expect_eq(status, expected, "%s: status %d", spec, status);
	cr_expect(strstr(why, text), "%s: '%s' lacks '%s'", spec, why, text);
	cr_expect(strstr(why, "--drive"), "%s: '%s' does not name the option", spec, why);
	cr_expect_null(strchr(why, '\n'));
	block_close(b);
}

#endif
