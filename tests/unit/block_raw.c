/* Raw images: contents, locks, and hosts that fail under way. */
#include "tests/unit/block_bench.h"

#include <sys/resource.h>

#define SIZE (128 * 1024)

static uint8_t buffer[SIZE];

static void setup(void)
{
	enter_folder();
	make_image("base", SIZE);
}

TestSuite(block_raw, .init = setup, .fini = leave_folder);

Test(block_raw, reads_and_writes_the_file)
{
	struct block_backend *b = must_open("file=base");
	cr_expect_eq(b->size, SIZE);
	cr_expect_not(b->readonly);
	cr_expect_eq(b->read(b, 512, buffer, 1024), BLOCK_OK);
	for (unsigned i = 0; i < 1024; i++)
		cr_assert_eq(buffer[i], pattern(512 + i));
	memset(buffer, 0xab, 512);
	cr_expect_eq(b->write(b, SIZE - 512, buffer, 512), BLOCK_OK);
	cr_expect_eq(b->flush(b), BLOCK_OK);
	block_close(b);
	b = must_open("file=base,readonly=on");
	cr_expect(b->readonly);
	cr_expect_eq(b->read(b, SIZE - 512, buffer + 512, 512), BLOCK_OK);
	cr_expect_eq(memcmp(buffer, buffer + 512, 512), 0);
	cr_expect_eq(b->write(b, 0, buffer, 512), BLOCK_IO_ERROR);
	block_close(b);
	cr_expect_eq(lines, 0);
}

Test(block_raw, one_writer_or_many_readers)
{
	struct block_backend *b = must_open("file=base");
	expect_refused("file=base", STATUS_MEDIA, "in use");
	expect_refused("file=base,readonly=on", STATUS_MEDIA, "in use");
	expect_refused("file=base,overlay=over", STATUS_MEDIA, "in use");
	block_close(b);
	b = must_open("file=base,readonly=on");
	struct block_backend *second = must_open("file=base,overlay=memory");
	expect_refused("file=base", STATUS_MEDIA, "in use");
	block_close(b);
	block_close(second);
	block_close(must_open("file=base"));
}

/* A file without write permission; root may write anyway, so the test then has nothing to see. */
Test(block_raw, a_protected_file_says_what_to_do)
{
	if (geteuid() == 0)
		cr_skip_test("root may write every file");
	cr_assert_eq(chmod("base", 0444), 0);
	expect_refused("file=base", STATUS_MEDIA, "readonly=on");
	block_close(must_open("file=base,readonly=on"));
}

Test(block_raw, a_file_that_shrinks_is_an_error_until_it_is_back)
{
	struct block_backend *b = must_open("file=base");
	cr_assert_eq(truncate("base", SIZE / 2), 0);
	for (unsigned i = 0; i < 5; i++)
		cr_expect_eq(b->read(b, SIZE / 2, buffer, 512), BLOCK_IO_ERROR);
	cr_expect_eq(lines, 1);
	cr_expect(strstr(last_line, "base: the file became shorter"), "%s", last_line);
	cr_expect_eq(b->read(b, 0, buffer, 512), BLOCK_OK, "what is there can be read");
	/* Writing must not quietly make it long again with a hole in it. */
	for (unsigned i = 0; i < 5; i++)
		cr_expect_eq(b->write(b, SIZE - 512, buffer, 512), BLOCK_IO_ERROR);
	cr_expect_eq(lines, 2);
	struct stat st;
	cr_assert_eq(stat("base", &st), 0);
	cr_expect_eq(st.st_size, SIZE / 2);
	cr_assert_eq(truncate("base", SIZE), 0);
	cr_expect_eq(b->write(b, SIZE - 512, buffer, 512), BLOCK_OK);
	cr_expect_eq(b->read(b, SIZE - 512, buffer, 512), BLOCK_OK);
	cr_expect_eq(b->flush(b), BLOCK_OK);
	block_close(b);
}

/* A limit on file sizes stands for a full disk: both are errors of write(). */
Test(block_raw, a_write_that_does_not_fit_is_an_error_until_it_does)
{
	struct block_backend *b = must_open("file=base");
	struct rlimit old, small = {.rlim_cur = SIZE / 2};
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cr_expect_eq(b->write(b, SIZE - 512, buffer, 512), BLOCK_NO_SPACE);
	cr_expect_eq(b->write(b, SIZE - 512, buffer, 512), BLOCK_NO_SPACE);
	cr_expect_eq(lines, 1);
	cr_expect(strstr(last_line, "make room"), "%s", last_line);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	cr_expect_eq(b->write(b, SIZE - 512, buffer, 512), BLOCK_OK);
	block_close(b);
}

Test(block_raw, a_failing_disk_does_not_fill_the_log)
{
	struct block_backend *b = must_open("file=base");
	for (unsigned i = 0; i < 500; i++) {
		cr_assert_eq(truncate("base", SIZE / 2), 0);
		cr_expect_eq(b->read(b, SIZE / 2, buffer, 512), BLOCK_IO_ERROR);
		cr_assert_eq(truncate("base", SIZE), 0);
		cr_expect_eq(b->read(b, SIZE / 2, buffer, 512), BLOCK_OK);
	}
	cr_expect_leq(lines, 50);
	block_close(b);
}
