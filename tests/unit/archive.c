/* Cartridges in archives that are made here. */
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "frontend/archive.h"

#define LIMIT 4096
#define ROOM  65536

static struct media packed;
static struct archive *maker;
static char why[512];

static void begin(int format)
{
	packed = (struct media){malloc(ROOM), 0};
	maker = archive_write_new();
	cr_assert(packed.bytes && maker);
	cr_assert_eq(archive_write_set_format(maker, format), ARCHIVE_OK);
	cr_assert_eq(
	    archive_write_open_memory(maker, packed.bytes, ROOM, &packed.size), ARCHIVE_OK);
}

/* A file of `n` bytes `fill`; `sized`: its size is written before it. */
static void add(const char *name, size_t n, char fill, bool sized)
{
	struct archive_entry *e = archive_entry_new();
	char *bytes = malloc(n + 1);

	memset(bytes, fill, n + 1);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	if (sized)
		archive_entry_set_size(e, (la_int64_t)n);
	cr_assert_eq(archive_write_header(maker, e), ARCHIVE_OK);
	cr_assert_eq(archive_write_data(maker, bytes, n), (la_ssize_t)n);
	archive_entry_free(e);
	free(bytes);
}

static void end(void)
{
	cr_assert_eq(archive_write_close(maker), ARCHIVE_OK);
	archive_write_free(maker);
}

static enum status unpack(void)
{
	why[0] = 0;
	return archive_open(
	    &packed, "run game.zip", "gba agb", LIMIT, "the limit", why, sizeof(why));
}

static void expect_game(size_t n)
{
	cr_assert_eq(unpack(), STATUS_OK, "%s", why);
	cr_assert_eq(packed.size, n);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(packed.bytes[i], 'g');
	media_free(&packed);
}

static void expect_refused(enum status status, const char *reason)
{
	size_t before = packed.size;

	cr_expect_eq(unpack(), status);
	cr_expect(!strncmp(why, "run game.zip: ", 14) && strstr(why, reason), "%s", why);
	cr_expect_eq(packed.size, before);
	media_free(&packed);
}

static const int formats[] = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FORMAT_7ZIP};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

Test(archive, the_one_cartridge_is_taken)
{
	for (size_t i = 0; i < FORMATS; i++) {
		begin(formats[i]);
		add("readme.txt", 3000, 'r', true);
		add("__MACOSX/._game.gba", 10, 'n', true);
		add("folder.gba/Game.GBA", LIMIT, 'g', true);
		add("gba", 10, 'n', true);
		end();
		expect_game(LIMIT);
	}
}

Test(archive, names_in_any_alphabet)
{
	/* In ZIP the name is bytes; that it is UTF-8 is the reader's to find out. */
	begin(ARCHIVE_FORMAT_ZIP);
	add("\xe6\x97\xa5\xe6\x9c\xac.agb", 100, 'g', true);
	end();
	expect_game(100);
}

Test(archive, without_a_directory_or_sizes)
{
	begin(ARCHIVE_FORMAT_ZIP);
	add("notes.txt", 3000, 'r', false);
	add("game.gba", 200, 'g', false);
	end();
	packed.size -= 22; /* the end record, by which the directory is found */
	expect_game(200);
}

Test(archive, several_are_listed)
{
	for (size_t i = 0; i < FORMATS; i++) {
		begin(formats[i]);
		add("one.gba", 10, 'g', true);
		add("two\x1b[1m.gba", 10, 'g', true);
		end();
		expect_refused(STATUS_MEDIA, "holds 2 cartridges; unpack the one you want: "
					     "one.gba, two?[1m.gba");
	}
}

Test(archive, many_are_listed_as_far_as_there_is_room)
{
	char name[120];

	begin(ARCHIVE_FORMAT_ZIP);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "%0100u.gba", i);
		add(name, 1, 'g', true);
	}
	end();
	expect_refused(STATUS_MEDIA, "holds 50 cartridges");
}

Test(archive, none_is_an_error)
{
	for (size_t i = 0; i < FORMATS; i++) {
		begin(formats[i]);
		add("game.gbc", 10, 'g', true);
		end();
		expect_refused(STATUS_MEDIA, "holds no cartridge, a file called *.gba");
	}
}

Test(archive, what_is_too_large_is_not_unpacked)
{
	for (size_t i = 0; i < FORMATS; i++) {
		begin(formats[i]);
		add("game.gba", 16u << 20, 'g', true);
		end();
		cr_assert_lt(packed.size, ROOM);
		expect_refused(STATUS_USAGE, "unpacks to more than");
	}
}

Test(archive, empty_cartridge_is_an_error)
{
	for (size_t i = 0; i < FORMATS; i++) {
		begin(formats[i]);
		add("game.gba", 0, 'g', true);
		end();
		expect_refused(STATUS_MEDIA, "is empty");
	}
}

/* Cut anywhere or with any byte wrong: an error, or the game as it was. */
Test(archive, damage_is_found)
{
	for (size_t i = 0; i < FORMATS; i++) {
		struct media whole;
		unsigned refused = 0;

		begin(formats[i]);
		add("game.gba", 500, 'g', true);
		end();
		whole = packed;
		for (size_t n = 1; n < 2 * whole.size; n++) {
			/* Of the exact size, so that a sanitizer sees a byte too far. */
			packed.size = n < whole.size ? n : whole.size;
			packed.bytes = malloc(packed.size);
			memcpy(packed.bytes, whole.bytes, packed.size);
			if (n >= whole.size)
				packed.bytes[n - whole.size] ^= 0xff;
			if (unpack()) {
				refused++;
				cr_expect(!strncmp(why, "run game.zip: ", 14), "%s", why);
			} else if (packed.bytes[0] == 'g') {
				cr_expect_eq(packed.size, 500);
				cr_expect(!memcmp(packed.bytes, packed.bytes + 1, 499));
			}
			media_free(&packed);
		}
		cr_expect_gt(refused, whole.size / 2);
		media_free(&whole);
	}
}

Test(archive, gzip_is_unpacked)
{
	z_stream z = {0};
	char game[300];

	memset(game, 'g', sizeof(game));
	packed = (struct media){malloc(ROOM), 0};
	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)game;
	z.avail_in = sizeof(game);
	z.next_out = packed.bytes;
	z.avail_out = ROOM;
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed.size = z.total_out;
	deflateEnd(&z);
	expect_game(sizeof(game));
}

Test(archive, other_files_are_left_alone)
{
	packed = (struct media){calloc(1, 1000), 1000};
	memset(packed.bytes, 'g', 1000);
	expect_game(1000);
}
