/* Patches: made here by a small encoder, then applied, damaged and cut. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "frontend/patch.h"

#define LIMIT 4096
#define ROOM  16384

/* A patch being made. */
struct maker {
	uint8_t bytes[ROOM];
	size_t n;
};

static void put(struct maker *p, const void *bytes, size_t n)
{
	cr_assert(p->n + n <= ROOM);
	memcpy(p->bytes + p->n, bytes, n);
	p->n += n;
}

static void put_big(struct maker *p, uint32_t value, unsigned n)
{
	while (n--) {
		uint8_t byte = (uint8_t)(value >> (8 * n));
		put(p, &byte, 1);
	}
}

static void put_little32(struct maker *p, uint32_t value)
{
	put_big(p, __builtin_bswap32(value), 4);
}

static void put_number(struct maker *p, uint64_t value)
{
	uint8_t byte;

	for (; value > 0x7f; value = (value >> 7) - 1) {
		byte = value & 0x7f;
		put(p, &byte, 1);
	}
	byte = (uint8_t)(value | 0x80);
	put(p, &byte, 1);
}

static uint32_t crc(const void *bytes, size_t n)
{
	return (uint32_t)crc32(0, bytes, (uInt)n);
}

static void put_crcs(struct maker *p, const struct media *from, const struct media *to)
{
	put_little32(p, crc(from->bytes, from->size));
	put_little32(p, crc(to->bytes, to->size));
	put_little32(p, crc(p->bytes, p->n));
}

static void make_ups(struct maker *p, const struct media *from, const struct media *to)
{
	size_t most = from->size > to->size ? from->size : to->size, last = 0;

	p->n = 0;
	put(p, "UPS1", 4);
	put_number(p, from->size);
	put_number(p, to->size);
	for (size_t i = 0; i < most; i++) {
		uint8_t x =
		    (i < from->size ? from->bytes[i] : 0) ^ (i < to->size ? to->bytes[i] : 0);

		if (!x)
			continue;
		put_number(p, i - last);
		for (; i < most; i++) {
			x = (i < from->size ? from->bytes[i] : 0) ^
			    (i < to->size ? to->bytes[i] : 0);
			if (!x)
				break;
			put(p, &x, 1);
		}
		put(p, "", 1);
		last = i + 1;
	}
	put_crcs(p, from, to);
}

static void begin_bps(struct maker *p, const struct media *from, const struct media *to)
{
	p->n = 0;
	put(p, "BPS1", 4);
	put_number(p, from->size);
	put_number(p, to->size);
	put_number(p, 7);
	put(p, "comment", 7);
}

static void put_action(struct maker *p, unsigned action, size_t n)
{
	put_number(p, (uint64_t)(n - 1) << 2 | action);
}

static void put_step(struct maker *p, int64_t step)
{
	put_number(p, step < 0 ? (uint64_t)-step << 1 | 1 : (uint64_t)step << 1);
}

static struct media bytes_of(size_t n, unsigned factor)
{
	struct media m = {malloc(n), n};

	for (size_t i = 0; i < n; i++)
		m.bytes[i] = (uint8_t)(i * factor + (i >> 8));
	return m;
}

static struct media image, wanted;
static struct maker maker;
static char why[512];

static void setup(void)
{
	image = bytes_of(1000, 7);
	wanted = bytes_of(1000, 7);
	maker.n = 0;
	why[0] = 0;
}

static void teardown(void)
{
	media_free(&image);
	media_free(&wanted);
}

TestSuite(patch, .init = setup, .fini = teardown);

/* `wanted` becomes `n` bytes long; new ones are `fill`. */
static void resize(size_t n, uint8_t fill)
{
	wanted.bytes = realloc(wanted.bytes, n);
	if (n > wanted.size)
		memset(wanted.bytes + wanted.size, fill, n - wanted.size);
	wanted.size = n;
}

static enum status apply_bytes(const uint8_t *bytes, size_t n, uint64_t limit)
{
	/* Of the exact size, so that a sanitizer sees a byte too far. */
	struct media patch = {malloc(n ? n : 1), n};
	enum status status;

	memcpy(patch.bytes, bytes, n);
	status = patch_apply(&image, &patch, "game.ups", limit, why, sizeof(why));
	media_free(&patch);
	return status;
}

static void expect_wanted(void)
{
	cr_assert_eq(apply_bytes(maker.bytes, maker.n, LIMIT), STATUS_OK, "%s", why);
	cr_assert_eq(image.size, wanted.size);
	cr_assert_arr_eq(image.bytes, wanted.bytes, wanted.size);
}

static void expect_refused(const char *reason)
{
	struct media before = bytes_of(1000, 7);

	cr_assert_eq(apply_bytes(maker.bytes, maker.n, LIMIT), STATUS_MEDIA);
	cr_expect(!strncmp(why, "game.ups: ", 10) && strstr(why, reason), "%s", why);
	cr_assert_eq(image.size, before.size);
	cr_expect_arr_eq(image.bytes, before.bytes, before.size);
	media_free(&before);
}

/* Cut anywhere and with any bit wrong, a patch with checksums is refused. */
static void expect_fragile(void)
{
	for (size_t n = 0; n < maker.n; n++) {
		cr_assert_eq(apply_bytes(maker.bytes, n, LIMIT), STATUS_MEDIA, "%zu", n);
		cr_assert(!strncmp(why, "game.ups: ", 10));
	}
	for (size_t bit = 0; bit < maker.n * 8; bit++) {
		maker.bytes[bit / 8] ^= 1u << bit % 8;
		cr_assert_eq(
		    apply_bytes(maker.bytes, maker.n, LIMIT), STATUS_MEDIA, "bit %zu", bit);
		maker.bytes[bit / 8] ^= 1u << bit % 8;
	}
}

static void begin_ips(void)
{
	put(&maker, "PATCH", 5);
	put_big(&maker, 10, 3);
	put_big(&maker, 3, 2);
	put(&maker, "abc", 3);
	memcpy(wanted.bytes + 10, "abc", 3);
}

Test(patch, ips_writes_runs_and_grows)
{
	begin_ips();
	put_big(&maker, 1200, 3);
	put_big(&maker, 0, 2);
	put_big(&maker, 300, 2);
	put(&maker, "x", 1);
	put(&maker, "EOF", 3);
	resize(1200, 0);
	resize(1500, 'x');
	expect_wanted();
}

Test(patch, ips_cuts)
{
	begin_ips();
	put(&maker, "EOF", 3);
	put_big(&maker, 500, 3);
	resize(500, 0);
	expect_wanted();
}

Test(patch, ips_cut_short_is_refused)
{
	begin_ips();
	put(&maker, "EOF", 3);
	for (size_t n = maker.n - 1; n > 5; n--) {
		maker.n = n;
		expect_refused("cut short");
	}
}

Test(patch, ips_may_not_outgrow_the_limit)
{
	begin_ips();
	put_big(&maker, LIMIT, 3);
	put_big(&maker, 1, 2);
	put(&maker, "xEOF", 4);
	expect_refused("larger");
}

Test(patch, ips_may_not_leave_nothing)
{
	put(&maker, "PATCHEOF\0\0\0", 11);
	expect_refused("damaged");
}

Test(patch, ups_changes_and_grows)
{
	memcpy(wanted.bytes + 3, "abc", 3);
	wanted.bytes[999] ^= 1;
	resize(1300, 'y');
	make_ups(&maker, &image, &wanted);
	expect_fragile();
	expect_wanted();
}

Test(patch, ups_shrinks)
{
	wanted.bytes[0] ^= 0x80;
	resize(200, 0);
	make_ups(&maker, &image, &wanted);
	expect_wanted();
}

Test(patch, bps_uses_all_its_actions)
{
	resize(300, 0);
	memcpy(wanted.bytes + 100, "hello", 5);
	memcpy(wanted.bytes + 105, image.bytes + 900, 50);
	memcpy(wanted.bytes + 155, image.bytes + 20, 10);
	memcpy(wanted.bytes + 165, wanted.bytes + 100, 35);
	memset(wanted.bytes + 200, wanted.bytes[199], 100);
	begin_bps(&maker, &image, &wanted);
	put_action(&maker, 0, 100); /* the image's bytes */
	put_action(&maker, 1, 5);   /* the patch's */
	put(&maker, "hello", 5);
	put_action(&maker, 2, 50); /* from elsewhere in the image, forwards and back */
	put_step(&maker, 900);
	put_action(&maker, 2, 10);
	put_step(&maker, 20 - 950);
	put_action(&maker, 3, 35); /* what is written already, and what it writes itself */
	put_step(&maker, 100);
	put_action(&maker, 3, 100);
	put_step(&maker, 199 - 135);
	put_crcs(&maker, &image, &wanted);
	expect_fragile();
	expect_wanted();
}

/* Actions that reach outside, with right checksums. */
static const struct outside {
	unsigned action;
	size_t n;
	int64_t step;
} outsides[] = {
    {0, 1001, 0},
    {1, 1000, 0},
    {2, 10, 995},
    {2, 10, -1},
    {2, 1, INT64_C(1) << 40},
    {3, 1, 0}, /* nothing is written yet */
    {3, 1, -1},
    {3, 1, 999},
};

Test(patch, bps_stays_inside)
{
	resize(2000, 0);
	for (size_t i = 0; i < sizeof(outsides) / sizeof(outsides[0]); i++) {
		begin_bps(&maker, &image, &wanted);
		put_action(&maker, outsides[i].action, outsides[i].n);
		if (outsides[i].action >= 2)
			put_step(&maker, outsides[i].step);
		put_crcs(&maker, &image, &wanted);
		expect_refused("damaged");
	}
}

Test(patch, for_another_cartridge_is_refused)
{
	wanted.bytes[5] ^= 1;
	make_ups(&maker, &wanted, &image);
	image.bytes[9] ^= 1;
	cr_expect_eq(apply_bytes(maker.bytes, maker.n, LIMIT), STATUS_MEDIA);
	cr_expect(strstr(why, "another cartridge"), "%s", why);
	image.bytes[9] ^= 1;
	expect_refused("already");
}

Test(patch, result_beyond_the_limit_is_refused)
{
	put(&maker, "BPS1", 4);
	put_number(&maker, 1000);
	put_number(&maker, UINT64_C(1) << 40);
	put_number(&maker, 0);
	put_crcs(&maker, &image, &image);
	expect_refused("larger");
}

Test(patch, other_files_are_refused)
{
	put(&maker, "PK\3\4 and so on", 14);
	expect_refused("no IPS, UPS or BPS");
	maker.n = 0;
	expect_refused("no IPS, UPS or BPS");
}

static void touch(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	cr_assert(fd >= 0);
	close(fd);
}

Test(patch, is_found_beside_the_cartridge)
{
	char folder[] = "/tmp/myna-patch.XXXXXX";
	char *found = NULL;

	cr_assert(mkdtemp(folder) && !chdir(folder));
	cr_expect_eq(patch_beside(&found, "a.b/game.gba", why, sizeof(why)), STATUS_OK);
	cr_expect_null(found);
	touch("game.bps");
	cr_expect_eq(patch_beside(&found, "game.gba", why, sizeof(why)), STATUS_OK);
	cr_assert(found);
	cr_expect_str_eq(found, "game.bps");
	free(found);
	touch("game.ips");
	cr_expect_eq(patch_beside(&found, "game.gba", why, sizeof(why)), STATUS_MEDIA);
	cr_expect_null(found);
	cr_expect(strstr(why, "game.ips") && strstr(why, "game.bps"), "%s", why);
	unlink("game.bps");
	unlink("game.ips");
	cr_expect(!chdir("/") && !rmdir(folder));
}
