/* Overlays: contents against a plain array, crashes, damage, full disks. */
#include "tests/unit/block_bench.h"

#include <sys/resource.h>

#include <xxhash.h>

/* Neither whole clusters nor whole blocks. */
#define SIZE     (5 * 65536 + 3 * 512)
#define TABLE_AT 4096 /* the first of two tables, one page each for a disk of this size */
#define DATA_AT  65536

static uint8_t shadow[SIZE], buffer[SIZE];

static void setup(void)
{
	enter_folder();
	make_image("base", SIZE);
	for (unsigned i = 0; i < SIZE; i++)
		shadow[i] = pattern(i);
}

TestSuite(block_overlay, .init = setup, .fini = leave_folder);

static uint32_t random_state = 1;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

static void expect_contents(struct block_backend *b, const char *when)
{
	memset(buffer, 0, sizeof buffer);
	cr_assert_eq(b->read(b, 0, buffer, SIZE), BLOCK_OK, "%s", when);
	for (unsigned i = 0; i < SIZE; i++)
		cr_assert_eq(buffer[i], shadow[i], "%s: byte %u", when, i);
}

static void write_some(struct block_backend *b, uint64_t offset, size_t n, uint8_t value)
{
	memset(shadow + offset, value, n);
	cr_assert_eq(b->write(b, offset, shadow + offset, n), BLOCK_OK);
}

static void write_at_random(struct block_backend *b, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		uint32_t sector = draw(SIZE / 512);
		uint32_t most = SIZE / 512 - sector;
		uint32_t n = 1 + draw(most < 200 ? most : draw(2) ? 9 : 200);
		for (uint32_t k = sector * 512; k < (sector + n) * 512; k++)
			shadow[k] = (uint8_t)draw(256);
		cr_assert_eq(b->write(b, sector * 512, shadow + sector * 512, n * 512), BLOCK_OK);
		sector = draw(SIZE / 512);
		n = 1 + draw(SIZE / 512 - sector);
		cr_assert_eq(b->read(b, sector * 512, buffer, n * 512), BLOCK_OK);
		cr_assert_eq(memcmp(buffer, shadow + sector * 512, n * 512), 0);
	}
}

static void expect_base_untouched(void)
{
	FILE *f = fopen("base", "rb");
	cr_assert(f && fread(buffer, 1, SIZE, f) == SIZE);
	fclose(f);
	for (unsigned i = 0; i < SIZE; i++)
		cr_assert_eq(buffer[i], pattern(i), "base: byte %u", i);
}

Test(block_overlay, holds_what_was_written)
{
	struct stat before, after;
	cr_assert_eq(stat("base", &before), 0);
	for (unsigned round = 0; round < 10; round++) {
		struct block_backend *b = must_open("file=base,overlay=over");
		cr_expect_eq(b->size, SIZE);
		cr_expect_not(b->readonly);
		expect_contents(b, "after opening");
		write_at_random(b, 20 * round);
		expect_contents(b, "after writing");
		block_close(b);
	}
	expect_base_untouched();
	cr_assert_eq(stat("base", &after), 0);
	cr_expect_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	cr_expect_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	cr_expect_eq(lines, 0);
}

Test(block_overlay, in_memory_holds_it_until_closed)
{
	struct block_backend *b = must_open("file=base,overlay=memory");
	write_at_random(b, 200);
	cr_expect_eq(b->flush(b), BLOCK_OK);
	expect_contents(b, "after writing");
	block_close(b);
	for (unsigned i = 0; i < SIZE; i++)
		shadow[i] = pattern(i);
	b = must_open("file=base,snapshot=on");
	expect_contents(b, "a new one");
	block_close(b);
	expect_base_untouched();
}

Test(block_overlay, grows_with_what_is_written_only)
{
	struct stat st;
	struct block_backend *b = must_open("file=base,overlay=over");
	for (unsigned i = 0; i < 100; i++)
		write_some(b, 65536, 4096, (uint8_t)i);
	block_close(b);
	cr_assert_eq(stat("over", &st), 0);
	cr_expect_eq(st.st_size, DATA_AT + 4096);
}

/* --- crashes ------------------------------------------------------------------------------ */

/* What a killed process leaves is what is in the file now. */
static void copy_overlay(void)
{
	cr_assert_eq(system("cp over copy"), 0);
}

Test(block_overlay, a_crash_goes_back_to_the_last_flush)
{
	struct block_backend *b = must_open("file=base,overlay=over");
	write_some(b, 4096, 8192, 1);
	write_some(b, SIZE - 512, 512, 2);
	cr_expect_eq(b->flush(b), BLOCK_OK);
	uint8_t flushed[SIZE];
	memcpy(flushed, shadow, SIZE);
	write_some(b, 0, 4096, 3);
	write_some(b, 3 * 65536, 70 * 1024, 4);
	copy_overlay();
	struct block_backend *after = must_open("file=base,overlay=copy");
	memcpy(shadow, flushed, SIZE);
	expect_contents(after, "after the crash");
	block_close(after);
	block_close(b);
}

/* At whatever write a process dies, its overlay opens, and every sector is an old or a new one. */
Test(block_overlay, every_moment_leaves_a_whole_overlay)
{
	static uint8_t old[SIZE];
	struct block_backend *b = must_open("file=base,overlay=over");
	memcpy(old, shadow, SIZE);
	for (unsigned i = 0; i < 60; i++) {
		uint32_t sector = draw(SIZE / 512 - 40);
		write_some(b, sector * 512, 512 * (1 + draw(40)), (uint8_t)(i + 1));
		if (i % 7 == 3) {
			cr_assert_eq(b->flush(b), BLOCK_OK);
			memcpy(old, shadow, SIZE);
		}
		copy_overlay();
		struct block_backend *after = must_open("file=base,overlay=copy");
		cr_assert_eq(after->read(after, 0, buffer, SIZE), BLOCK_OK);
		for (unsigned k = 0; k < SIZE; k += 512)
			cr_assert(!memcmp(buffer + k, old + k, 512) ||
				      !memcmp(buffer + k, shadow + k, 512),
			    "write %u: byte %u", i, k);
		block_close(after);
		cr_assert_eq(unlink("copy"), 0);
	}
	block_close(b);
}

/* --- what does not fit or is damaged ------------------------------------------------------- */

Test(block_overlay, another_base_is_refused)
{
	struct timespec times[2];
	struct stat st;
	block_close(must_open("file=base,overlay=over"));
	cr_assert_eq(stat("base", &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	/* Another size, other contents, another time. */
	make_image("other", SIZE + 512);
	expect_refused("file=other,overlay=over", STATUS_MEDIA, "another size");
	make_image("other", SIZE);
	int fd = open("other", O_WRONLY);
	cr_assert_eq(pwrite(fd, "x", 1, 4096), 1);
	cr_assert_eq(futimens(fd, times), 0);
	close(fd);
	expect_refused("file=other,overlay=over", STATUS_MEDIA, "other contents");
	make_image("other", SIZE);
	expect_refused("file=other,overlay=over", STATUS_MEDIA, "touch -d @");
	/* The remedy it names works. */
	char *command = strstr(why, "touch -d");
	cr_assert(command);
	cr_assert_eq(system(command), 0);
	block_close(must_open("file=other,overlay=over"));
}

Test(block_overlay, two_machines_cannot_share_it)
{
	struct block_backend *b = must_open("file=base,overlay=over");
	expect_refused("file=base,overlay=over", STATUS_MEDIA, "in use");
	block_close(must_open("file=base,overlay=over2"));
	block_close(b);
	block_close(must_open("file=base,overlay=over"));
}

Test(block_overlay, files_of_other_kinds_are_left_alone)
{
	expect_refused("file=base,overlay=base", STATUS_USAGE, "base image itself");
	make_image("other", SIZE);
	expect_refused("file=base,overlay=other", STATUS_MEDIA, "not a myna overlay");
	make_file("other", "short", 5);
	expect_refused("file=base,overlay=other", STATUS_MEDIA, "not a myna overlay");
	struct stat st;
	cr_assert_eq(stat("other", &st), 0);
	cr_expect_eq(st.st_size, 5);
	expect_refused("file=base,overlay=dir/over", STATUS_MEDIA, "directory");
	block_close(must_open("file=base,overlay=over"));
	/* An overlay in place of the base. */
	cr_assert_eq(truncate("over", 2 * 65536), 0);
	expect_refused("file=over", STATUS_MEDIA, "overlay=");
}

static void poke(uint64_t offset, const void *bytes, size_t n)
{
	int fd = open("over", O_WRONLY);
	cr_assert_eq(pwrite(fd, bytes, n, (off_t)offset), (ssize_t)n);
	close(fd);
}

static void poke_entry(unsigned cluster, uint64_t entry)
{
	poke(TABLE_AT + 8 * cluster, &entry, sizeof entry);
}

Test(block_overlay, damage_is_found)
{
	const uint64_t bad[] = {
	    1,                       /* blocks but no place */
	    UINT64_C(1) << 16,       /* a place but no blocks */
	    UINT64_C(3) << 16 | 1,   /* past the end of the file */
	    UINT64_C(2) << 16 | 1,   /* where another cluster is */
	    UINT64_MAX,              /* far away */
	    UINT64_C(0xffffffff0001) /* far, but not so far */
	};
	struct block_backend *b = must_open("file=base,overlay=over");
	write_some(b, 0, 65536, 1);
	write_some(b, 65536, 65536, 2);
	block_close(b);
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		poke_entry(4, bad[i]);
		expect_refused(
		    "file=base,overlay=over", STATUS_MEDIA, i == 2 ? "truncated" : "damaged table");
	}
	poke_entry(4, 0);
	poke_entry(6, UINT64_C(3) << 16 | 1);
	expect_refused("file=base,overlay=over", STATUS_MEDIA, "damaged table");
	poke_entry(6, 0);
	b = must_open("file=base,overlay=over");
	expect_contents(b, "whole again");
	block_close(b);
	for (unsigned i = 0; i < 56; i++) {
		uint8_t byte, other;
		int fd = open("over", O_RDONLY);
		cr_assert_eq(pread(fd, &byte, 1, i), 1);
		close(fd);
		other = byte ^ 0x10;
		poke(i, &other, 1);
		expect_refused("file=base,overlay=over", STATUS_MEDIA,
		    i < 8 ? "not a myna overlay" : "damaged header");
		poke(i, &byte, 1);
	}
}

Test(block_overlay, a_truncated_file_is_refused)
{
	struct block_backend *b = must_open("file=base,overlay=over");
	write_some(b, 65536, 65536, 2);
	block_close(b);
	const unsigned sizes[] = {DATA_AT + 65535, DATA_AT + 1, DATA_AT, DATA_AT - 1, 8192, 4096};
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		cr_assert_eq(truncate("over", sizes[i]), 0);
		expect_refused("file=base,overlay=over", STATUS_MEDIA, "truncated");
	}
	cr_assert_eq(truncate("over", 100), 0);
	expect_refused("file=base,overlay=over", STATUS_MEDIA, "not a myna overlay");
}

/* --- hosts that fail ---------------------------------------------------------------------- */

static struct rlimit unlimited;

static void limit_files(uint64_t bytes)
{
	struct rlimit small = {.rlim_cur = bytes, .rlim_max = unlimited.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, bytes ? &small : &unlimited), 0);
}

Test(block_overlay, a_full_disk_loses_nothing)
{
	struct block_backend *b = must_open("file=base,overlay=over");
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	write_some(b, 65536, 65536, 1);
	limit_files(DATA_AT + 65536 + 8192);
	memset(buffer, 9, sizeof buffer);
	for (unsigned i = 0; i < 200; i++)
		cr_expect_eq(b->write(b, 2 * 65536 + i % 3 * 65536, buffer, 65536), BLOCK_NO_SPACE);
	cr_expect_eq(lines, 1);
	cr_expect(strstr(last_line, "over: write failed"), "%s", last_line);
	/* What fits can be written, and what was there can be read and flushed. */
	write_some(b, 65536, 4096, 2);
	cr_expect_eq(b->read(b, 65536, buffer, 65536), BLOCK_OK);
	cr_expect_eq(memcmp(buffer, shadow + 65536, 65536), 0);
	cr_expect_eq(b->flush(b), BLOCK_OK);
	limit_files(0);
	write_some(b, 2 * 65536, 65536, 3);
	write_at_random(b, 50);
	block_close(b);
	b = must_open("file=base,overlay=over");
	expect_contents(b, "after room was made");
	block_close(b);
	/* Failures took no place in the file. */
	struct stat st;
	cr_assert_eq(stat("over", &st), 0);
	cr_expect_leq(st.st_size, DATA_AT + 6 * 65536);
	expect_base_untouched();
}

Test(block_overlay, no_room_for_a_new_one_leaves_none_behind)
{
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	limit_files(4096);
	expect_refused("file=base,overlay=over", STATUS_TRY_AGAIN, "make room");
	limit_files(0);
	block_close(must_open("file=base,overlay=over"));
}

Test(block_overlay, a_base_that_shrinks_is_an_error)
{
	struct block_backend *b = must_open("file=base,overlay=over");
	write_some(b, 4 * 65536, 65536, 1);
	cr_assert_eq(truncate("base", 65536), 0);
	cr_expect_eq(b->read(b, 2 * 65536, buffer, 512), BLOCK_IO_ERROR);
	cr_expect_eq(b->write(b, 2 * 65536, buffer, 512), BLOCK_IO_ERROR, "needs the base's block");
	cr_expect_eq(lines, 1);
	cr_expect_eq(b->read(b, 4 * 65536, buffer, 65536), BLOCK_OK);
	cr_expect_eq(b->write(b, 4 * 65536, buffer, 512), BLOCK_OK);
	block_close(b);
}

Test(block_overlay, an_overlay_that_shrinks_is_an_error)
{
	struct block_backend *b = must_open("file=base,overlay=over");
	write_some(b, 0, 2 * 65536, 1);
	cr_assert_eq(truncate("over", DATA_AT + 65536), 0);
	cr_expect_eq(b->read(b, 65536, buffer, 512), BLOCK_IO_ERROR);
	cr_expect_eq(b->write(b, 3 * 65536, shadow, 4096), BLOCK_IO_ERROR);
	cr_expect_eq(b->read(b, 0, buffer, 512), BLOCK_OK);
	cr_expect_eq(lines, 2);
	block_close(b);
}
