/* Archives, through libarchive: one pass over what is in it, reading the first file that fits and
 * counting the others.
 *
 * Whoever made the archive is not trusted.  What is read is bounded; so is what there is to skip,
 * since some formats can only be skipped by unpacking them.  Names are shown without what a
 * terminal would take for commands.
 */
#include "frontend/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ARCHIVE_LIMIT (UINT64_C(256) << 20) /* of the archive itself */
#define SKIP_LIMIT    (UINT64_C(1) << 30)   /* of all files in it, unpacked */
#define ENTRY_LIMIT   65536                 /* that there may be */

/* An archive being searched. */
struct search {
	struct archive *a;
	const char *suffixes;
	uint64_t limit, skipped;
	struct media found;
	unsigned entries, fitting;
	char names[400]; /* of those that fit */
};

static void printable(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		/* In UTF-8, C2 80 to C2 9F are control characters too. */
		if (*c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0))
			*c = '?';
	}
}

static const char *entry_name(struct archive_entry *e)
{
	const char *name = archive_entry_pathname_utf8(e);

	if (!name)
		name = archive_entry_pathname(e);
	return name ? name : "?";
}

/* Has it one of the suffixes?  Names that begin with a dot are notes of some systems. */
static bool fits(const char *name, const char *suffixes)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	const char *dot = strrchr(base, '.');

	if (!dot || base[0] == '.')
		return false;
	while (*suffixes) {
		size_t n = strcspn(suffixes, " ");

		if (n == strlen(dot + 1) && !strncasecmp(dot + 1, suffixes, n))
			return true;
		suffixes += n;
		suffixes += *suffixes == ' ';
	}
	return false;
}

static void remember_name(struct search *s, const char *name)
{
	size_t n = strlen(s->names);

	snprintf(s->names + n, sizeof(s->names) - n, "%s%.120s", n ? ", " : "", name);
	printable(s->names);
}

static enum status fail(
    const char *name, const char *what, enum status status, char *why, size_t size)
{
	snprintf(why, size, "%.300s: %s", name, what);
	return status;
}

static enum status fail_damaged(const struct search *s, const char *name, char *why, size_t size)
{
	const char *reason = archive_error_string(s->a);
	char text[160];

	snprintf(text, sizeof(text), "%.150s", reason ? reason : "nothing is known of it");
	printable(text);
	snprintf(why, size, "%.300s: the archive cannot be read (%s); fetch it again or unpack it",
	    name, text);
	return STATUS_MEDIA;
}

/* Read the entry at hand, and not more than a byte past the limit. */
static enum status read_entry(
    struct search *s, const char *name, const char *limit_name, char *why, size_t size)
{
	struct media *m = &s->found;
	size_t room = (size_t)s->limit + 1;
	la_ssize_t n = 1;
	uint8_t *smaller;

	m->bytes = malloc(room); /* pages that are not used cost nothing */
	if (!m->bytes)
		return fail(name, "not enough memory on this host", STATUS_TRY_AGAIN, why, size);
	while (n > 0 && m->size < room) {
		n = archive_read_data(s->a, m->bytes + m->size, room - m->size);
		if (n < 0)
			return fail_damaged(s, name, why, size);
		m->size += (size_t)n;
	}
	if (m->size > s->limit)
		return media_too_large(
		    name, "unpacks to more than", s->limit, limit_name, why, size);
	if (!m->size)
		return fail(
		    name, "the file in it is empty; fetch it again", STATUS_MEDIA, why, size);
	smaller = realloc(m->bytes, m->size);
	m->bytes = smaller ? smaller : m->bytes;
	return STATUS_OK;
}

/* Go past the entry at hand.  One that does not say how large it is has to be unpacked for that. */
static void skip(struct search *s, struct archive_entry *e)
{
	const void *bytes;
	size_t n = 0;
	la_int64_t offset;

	if (archive_entry_size_is_set(e))
		return;
	while (s->skipped <= SKIP_LIMIT &&
	       archive_read_data_block(s->a, &bytes, &n, &offset) == ARCHIVE_OK)
		s->skipped += n;
}

static enum status visit(struct search *s, struct archive_entry *e, const char *name,
    const char *limit_name, char *why, size_t size)
{
	const char *inside = entry_name(e);
	int64_t bytes = archive_entry_size(e);
	bool fitting;

	s->skipped += bytes > 0 ? (uint64_t)bytes : 0;
	fitting = archive_entry_filetype(e) != AE_IFDIR && fits(inside, s->suffixes);
	if (fitting)
		remember_name(s, inside);
	if (!fitting || s->fitting)
		skip(s, e);
	if (++s->entries > ENTRY_LIMIT || s->skipped > SKIP_LIMIT || bytes < 0)
		return fail(name, "holds too much to look through; unpack it first", STATUS_MEDIA,
		    why, size);
	if (!fitting || s->fitting++)
		return STATUS_OK;
	if (archive_entry_is_encrypted(e))
		return fail(name, "is encrypted; unpack it first", STATUS_MEDIA, why, size);
	return read_entry(s, name, limit_name, why, size);
}

static enum status visit_all(
    struct search *s, const char *name, const char *limit_name, char *why, size_t size)
{
	struct archive_entry *e;
	enum status status = STATUS_OK;
	int result = ARCHIVE_OK;

	while (!status) {
		result = archive_read_next_header(s->a, &e);
		if (result == ARCHIVE_EOF)
			break;
		status = result < ARCHIVE_WARN ? fail_damaged(s, name, why, size)
					       : visit(s, e, name, limit_name, why, size);
	}
	if (status || s->fitting == 1)
		return status;
	if (s->fitting)
		snprintf(why, size, "%.300s: holds %u cartridges; unpack the one you want: %s%s",
		    name, s->fitting, s->names,
		    strlen(s->names) == sizeof(s->names) - 1 ? "..." : "");
	else
		snprintf(why, size, "%.300s: holds no cartridge, a file called *.%.*s", name,
		    (int)strcspn(s->suffixes, " "), s->suffixes);
	return STATUS_MEDIA;
}

static enum status search(struct search *s, const struct media *m, const char *name,
    const char *limit_name, char *why, size_t size)
{
	/* Names in other alphabets are lost in the locale "C"; this thread's, for the while. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	enum status status;

	archive_read_support_format_zip(s->a);
	archive_read_support_format_7zip(s->a);
	if (archive_read_open_memory(s->a, m->bytes, m->size) < ARCHIVE_WARN)
		status = fail_damaged(s, name, why, size);
	else
		status = visit_all(s, name, limit_name, why, size);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return status;
}

enum status archive_open(struct media *m, const char *name, const char *suffixes, uint64_t limit,
    const char *limit_name, char *why, size_t size)
{
	struct search s = {.suffixes = suffixes, .limit = limit};
	enum media_kind kind = media_recognise(m->bytes, m->size).kind;
	enum status status;

	if (kind == MEDIA_GZIP)
		return media_unpack(m, name, limit, limit_name, why, size);
	if (kind != MEDIA_ARCHIVE)
		return STATUS_OK;
	s.a = archive_read_new();
	status = s.a ? search(&s, m, name, limit_name, why, size)
		     : fail(name, "not enough memory on this host", STATUS_TRY_AGAIN, why, size);
	if (status) {
		media_free(&s.found);
	} else {
		media_free(m);
		*m = s.found;
	}
	archive_read_free(s.a);
	return status;
}

enum status archive_read_media(struct media *m, const char *path, const char *option,
    const char *suffixes, uint64_t limit, const char *limit_name, char *why, size_t size)
{
	char name[320];
	enum status status =
	    media_read(m, path, option, ARCHIVE_LIMIT, "the most that is looked at", why, size);

	if (status)
		return status;
	snprintf(name, sizeof(name), "%s %s", option, path);
	status = archive_open(m, name, suffixes, limit, limit_name, why, size);
	if (!status && m->size > limit)
		status = media_too_large(name, "is larger than", limit, limit_name, why, size);
	if (status)
		media_free(m);
	return status;
}
