/* Snapshots: what the sections of a state file mean.
 *
 * Hash, save and difference walk the machine in one order: devices as attached (the machine's own
 * state first), events as registered, RAM.  Loading starts from a reset machine and applies what
 * the file has, so that whatever is missing keeps its reset value.
 */
#include "machine/snapshot.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "machine/statefile.h"

/* What must be equal for a state to fit: "virt cpus=1 ram=0x20000000 gic=3". */
static void machine_config(const struct machine *m, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "%s cpus=%u", m->name, m->cpu_count);

	for (unsigned i = 0; i < m->ram_count && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, " %s=0x%llx", m->ram[i].name,
		    (unsigned long long)m->ram[i].size);
	if (m->config[0] && n < size)
		snprintf(text + n, size - n, " %s", m->config);
}

/* Hash. */

static void hash_text(struct state_writer *w, const char *text)
{
	state_write(w, text, strlen(text) + 1);
}

static void hash_device(struct state_writer *w, struct device *d)
{
	hash_text(w, d->tag);
	state_write(w, d->state, d->type->table.size);
	if (d->type->save_blob)
		d->type->save_blob(d, w);
}

struct state_hash machine_hash(struct machine *m)
{
	struct state_writer w;
	struct state_hash h = {0, 0};
	char config[256];

	if (!state_writer_open(&w, -1))
		return h;
	machine_config(m, config, sizeof config);
	hash_text(&w, config);
	for (struct device *d = m->devices; d; d = d->next)
		hash_device(&w, d);
	for (const struct event *e = m->sched.events; e; e = e->next) {
		hash_text(&w, e->name);
		state_write(&w, &e->due, sizeof e->due);
	}
	for (unsigned i = 0; i < m->ram_count; i++)
		state_write(&w, m->ram[i].host, m->ram[i].size);
	XXH128_hash_t x = XXH3_128bits_digest(w.hash);
	state_writer_free(&w);
	return (struct state_hash){x.high64, x.low64};
}

/* Save. */

static void write_u16(struct state_writer *w, uint16_t v)
{
	state_write(w, &v, sizeof v);
}

static void write_name(struct state_writer *w, const char *name)
{
	write_u16(w, (uint16_t)strlen(name));
	state_write(w, name, strlen(name));
}

static void save_fields(struct state_writer *w, const struct device *d)
{
	const struct state_table *t = &d->type->table;

	section_begin(w, SECTION_DEVICE, d->tag);
	write_name(w, d->type->name);
	for (unsigned i = 0; i < t->count; i++) {
		const struct field *f = &t->fields[i];
		write_name(w, f->name);
		write_u16(w, f->width);
		state_write(w, &f->count, sizeof f->count);
		state_write(w, (const uint8_t *)d->state + f->offset, (size_t)f->count * f->width);
	}
	section_end(w);
}

static bool save_device(struct state_writer *w, struct device *d, char *why, size_t size)
{
	save_fields(w, d);
	if (!d->type->save_blob)
		return true;
	section_begin(w, SECTION_BLOB, d->tag);
	bool good = d->type->save_blob(d, w);
	section_end(w);
	/* A failed write is reported by state_writer_finish(). */
	return good || w->failed || state_fail(why, size, "%s: cannot read its data", d->tag);
}

static void save_events(struct state_writer *w, const struct scheduler *s)
{
	section_begin(w, SECTION_EVENTS, "");
	for (const struct event *e = s->events; e; e = e->next) {
		write_name(w, e->name);
		state_write(w, &e->due, sizeof e->due);
	}
	section_end(w);
}

static void save_ram(struct state_writer *w, const struct ram_block *ram)
{
	uint64_t base = (w->offset + STATE_PAGE - 1) / STATE_PAGE * STATE_PAGE;
	struct state_entry e = {
	    .kind = SECTION_RAM, .offset = base, .stored = ram->size, .size = ram->size};

	w->offset = base + ram->size;
	section_enter(w, &e, ram->name);
	section_begin(w, SECTION_HASHES, ram->name);
	for (uint64_t at = 0; at < ram->size && !w->failed; at += STATE_CHUNK) {
		size_t n = ram->size - at < STATE_CHUNK ? ram->size - at : STATE_CHUNK;
		struct chunk_hash h = chunk_hash(ram->host + at, n);
		if ((h.high || h.low) && !write_sparse(w->fd, base + at, ram->host + at, n)) {
			w->failed = true;
			w->error = errno;
		}
		state_write(w, &h, sizeof h);
	}
	section_end(w);
}

bool snapshot_save(struct machine *m, int fd, char *why, size_t size)
{
	struct state_writer w;
	char config[256];

	assert(!m->running);
	if (!state_writer_open(&w, fd))
		return state_fail(why, size, "out of memory");
	machine_config(m, config, sizeof config);
	section_begin(&w, SECTION_MACHINE, "");
	state_write(&w, config, strlen(config));
	section_end(&w);
	bool good = true;
	for (struct device *d = m->devices; d && good; d = d->next)
		good = save_device(&w, d, why, size);
	save_events(&w, &m->sched);
	for (unsigned i = 0; i < m->ram_count; i++)
		save_ram(&w, &m->ram[i]);
	good = good && state_writer_finish(&w, why, size);
	state_writer_free(&w);
	return good;
}

/* Load. */

/* Bytes of a section not yet looked at. */
struct cursor {
	const uint8_t *at, *end;
};

static bool take(struct cursor *c, void *out, size_t n)
{
	if ((size_t)(c->end - c->at) < n)
		return false;
	memcpy(out, c->at, n);
	c->at += n;
	return true;
}

static bool take_name(struct cursor *c, char name[256])
{
	uint16_t n;

	if (!take(c, &n, sizeof n) || n > 255 || !take(c, name, n))
		return false;
	name[n] = 0;
	return printable(name, n);
}

struct loading {
	struct machine *m;
	struct state_file file;
	char *why;
	size_t size;
	bool ram_mapped;
};

static bool load_machine(struct loading *l)
{
	const struct section *s = state_file_find(&l->file, SECTION_MACHINE, "");
	char config[256];

	if (!s)
		return state_fail(l->why, l->size, "state names no machine");
	char *text = (char *)section_load(&l->file, s, l->why, l->size);
	if (!text)
		return false;
	machine_config(l->m, config, sizeof config);
	bool same = strcmp(text, config) == 0;
	if (!same)
		state_fail(l->why, l->size, "state of machine '%.100s', this one is '%s'",
		    printable(text, s->e.size) ? text : "?", config);
	free(text);
	return same;
}

/* One field of `d`: apply it, or say why not and skip it.  `known` counts what was applied. */
static bool load_field(struct loading *l, struct device *d, struct cursor *c, unsigned *known)
{
	char name[256];
	uint16_t width;
	uint32_t count;

	if (!take_name(c, name) || !take(c, &width, sizeof width) ||
	    !take(c, &count, sizeof count) || !width || width > 8 ||
	    count > (size_t)(c->end - c->at) / width)
		return state_fail(l->why, l->size, "%s: fields end early", d->tag);
	const uint8_t *bytes = c->at;
	c->at += (size_t)count * width;
	const struct field *f = state_field(&d->type->table, name);
	if (f && f->width == width && f->count == count) {
		memcpy((uint8_t *)d->state + f->offset, bytes, (size_t)count * width);
		++*known;
	} else if (f) {
		machine_log(l->m,
		    "state: %s.%s is %u x %u bytes in the file, %u x %u here: skipped", d->tag,
		    name, count, width, f->count, f->width);
	} else {
		machine_log(l->m, "state: %s has no field '%s': skipped", d->tag, name);
	}
	return true;
}

static bool load_fields(struct loading *l, struct device *d, const struct section *s)
{
	uint8_t *bytes = section_load(&l->file, s, l->why, l->size);
	struct cursor c = {bytes, bytes ? bytes + s->e.size : NULL};
	char type[256];
	unsigned known = 0;

	if (!bytes)
		return false;
	bool good = take_name(&c, type);
	if (!good) {
		state_fail(l->why, l->size, "%s: fields end early", d->tag);
	} else if (strcmp(type, d->type->name) != 0) {
		machine_log(l->m, "state: %s is a '%s' in the file, a '%s' here: skipped", d->tag,
		    type, d->type->name);
		known = d->type->table.count;
		c.at = c.end;
	}
	while (good && c.at < c.end)
		good = load_field(l, d, &c, &known);
	if (good && known < d->type->table.count)
		machine_log(l->m, "state: %u fields of %s are not in the file: reset value",
		    d->type->table.count - known, d->tag);
	free(bytes);
	return good;
}

static bool load_blob(struct loading *l, struct device *d, const struct section *s)
{
	struct state_reader r;

	if (!state_reader_open(&r, &l->file, s, l->why, l->size))
		return false;
	/* The device's words count; ours only if it has none. */
	state_fail(l->why, l->size, "%s: its data cannot be loaded", d->tag);
	bool good = d->type->load_blob(d, &r, l->why, l->size);
	if (good && state_left(&r))
		machine_log(l->m, "state: %zu bytes of %s's data not used", state_left(&r), d->tag);
	state_reader_free(&r);
	return good;
}

static bool load_devices(struct loading *l)
{
	for (unsigned i = 0; i < l->file.count; i++) {
		const struct section *s = &l->file.sections[i];
		struct device *d = machine_device(l->m, s->name);
		if (s->e.kind != SECTION_DEVICE && s->e.kind != SECTION_BLOB)
			continue;
		if (!d || (s->e.kind == SECTION_BLOB && !d->type->load_blob))
			machine_log(l->m, "state: no %s '%s' here: skipped",
			    s->e.kind == SECTION_BLOB ? "data of a device" : "device", s->name);
		else if (!(s->e.kind == SECTION_DEVICE ? load_fields : load_blob)(l, d, s))
			return false;
	}
	for (struct device *d = l->m->devices; d; d = d->next)
		if (!state_file_find(&l->file, SECTION_DEVICE, d->tag) ||
		    (d->type->load_blob && !state_file_find(&l->file, SECTION_BLOB, d->tag)))
			machine_log(l->m, "state: %s is not all in the file: reset value", d->tag);
	return true;
}

static struct event *event_find(const struct scheduler *s, const char *name)
{
	struct event *e = s->events;

	while (e && strcmp(e->name, name) != 0)
		e = e->next;
	return e;
}

static bool load_events(struct loading *l)
{
	const struct section *s = state_file_find(&l->file, SECTION_EVENTS, "");
	char name[256];
	uint64_t due;

	if (!s) {
		machine_log(l->m, "state: no events in the file");
		return true;
	}
	uint8_t *bytes = section_load(&l->file, s, l->why, l->size);
	struct cursor c = {bytes, bytes ? bytes + s->e.size : NULL};
	bool good = bytes;
	while (good && c.at < c.end) {
		struct event *e;
		if (!take_name(&c, name) || !take(&c, &due, sizeof due))
			good = state_fail(l->why, l->size, "events end early");
		else if ((e = event_find(&l->m->sched, name)))
			event_restore(e, due);
		else
			machine_log(l->m, "state: no event '%s' here: skipped", name);
	}
	free(bytes);
	return good;
}

/* May the file be mapped?  A mapped page that vanishes kills the process, so the file must be one
 * that only we can shorten, on a file system of this host. */
static bool mapping_is_safe(int fd)
{
	static const uint32_t local[] = {
	    0xef53,     /* ext2, 3, 4 */
	    0x01021994, /* tmpfs, memfd */
	    0x58465342, /* xfs */
	    0x9123683e, /* btrfs */
	    0x794c7630, /* overlayfs */
	    0xf2f52010, /* f2fs */
	};
	struct stat st;
	struct statfs fs;

	if (fstat(fd, &st) != 0 || fstatfs(fd, &fs) != 0)
		return false;
	/* Without a name nobody else opens it. */
	if (st.st_nlink != 0 &&
	    ((st.st_mode & 022) != 0 || (st.st_uid != geteuid() && st.st_uid != 0)))
		return false;
	for (unsigned i = 0; i < sizeof local / sizeof local[0]; i++)
		if ((uint32_t)fs.f_type == local[i])
			return true;
	return false;
}

/* Fresh pages of zeros in place of a block's contents. */
static bool ram_clear(struct ram_block *ram)
{
	if (mmap(ram->host, ram->size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return false;
	madvise(ram->host, ram->size, MADV_HUGEPAGE);
	return true;
}

static bool ram_map(const struct loading *l, struct ram_block *ram, const struct section *s)
{
	return mapping_is_safe(l->file.fd) && s->e.offset % STATE_PAGE == 0 &&
	       mmap(ram->host, ram->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
		   l->file.fd, (off_t)s->e.offset) != MAP_FAILED;
}

/* Read what is not a hole. */
static bool ram_read(const struct loading *l, struct ram_block *ram, const struct section *s)
{
	uint64_t end = s->e.offset + s->e.size;

	if (!ram_clear(ram))
		return false;
	for (uint64_t at = s->e.offset; at < end;) {
		off_t data = lseek(l->file.fd, (off_t)at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return true;
		uint64_t from = data < 0 ? at : (uint64_t)data;
		off_t hole = data < 0 ? -1 : lseek(l->file.fd, data, SEEK_HOLE);
		uint64_t to = hole < 0 || (uint64_t)hole > end ? end : (uint64_t)hole;
		if (from < to &&
		    !read_at(l->file.fd, from, ram->host + (from - s->e.offset), to - from))
			return false;
		at = to > at ? to : end;
	}
	return true;
}

static bool ram_unpack(const struct loading *l, struct ram_block *ram, const struct section *s)
{
	struct chunk_hash *list = section_chunks(&l->file, s, l->why, l->size);
	bool good = list && ram_clear(ram);

	for (uint64_t i = 0; good && i < chunk_count(ram->size); i++) {
		uint64_t at = i * STATE_CHUNK;
		size_t n = ram->size - at < STATE_CHUNK ? ram->size - at : STATE_CHUNK;
		/* Pages not touched stay the host's. */
		if (list[i].high || list[i].low)
			good = chunk_load(&l->file, list[i], ram->host + at, n);
	}
	free(list);
	return good;
}

static bool load_ram(struct loading *l)
{
	for (unsigned i = 0; i < l->m->ram_count; i++) {
		struct ram_block *ram = &l->m->ram[i];
		const struct section *s = state_file_find(&l->file, SECTION_RAM, ram->name);
		if (!s || s->e.size != ram->size)
			return state_fail(l->why, l->size, "no contents of RAM '%s'", ram->name);
		l->ram_mapped = true;
		if (s->e.form == FORM_CHUNKED ? !ram_unpack(l, ram, s)
					      : !ram_map(l, ram, s) && !ram_read(l, ram, s))
			return state_fail(l->why, l->size, "RAM '%s' cannot be read", ram->name);
	}
	return true;
}

static bool all_loaded(struct loading *l)
{
	for (struct device *d = l->m->devices; d; d = d->next) {
		state_fail(l->why, l->size, "%s: impossible state", d->tag);
		if (d->type->loaded && !d->type->loaded(d, l->why, l->size))
			return false;
	}
	return true;
}

bool snapshot_load(struct machine *m, int fd, char *why, size_t size)
{
	struct loading l = {.m = m, .why = why, .size = size};

	assert(!m->running);
	machine_reset(m);
	if (!state_file_open(&l.file, fd, why, size))
		return false;
	bool good = load_machine(&l) && load_devices(&l) && load_events(&l) && load_ram(&l) &&
		    all_loaded(&l);
	state_file_close(&l.file);
	if (good) {
		why[0] = 0;
		return true;
	}
	/* A half-applied file must not show. */
	for (unsigned i = 0; l.ram_mapped && i < m->ram_count; i++)
		if (!ram_clear(&m->ram[i]))
			abort(); /* the host took away memory that was already ours */
	machine_reset(m);
	return false;
}

/* Difference. */

static bool blob_difference(struct device *a, struct device *b)
{
	struct state_writer w;
	XXH128_hash_t h[2] = {{0, 0}, {0, 0}};

	for (unsigned i = 0; i < 2; i++) {
		struct device *d = i ? b : a;
		if (!d->type->save_blob || !state_writer_open(&w, -1))
			continue;
		d->type->save_blob(d, &w);
		h[i] = XXH3_128bits_digest(w.hash);
		state_writer_free(&w);
	}
	return !XXH128_isEqual(h[0], h[1]);
}

static bool device_difference(struct device *a, struct device *b, char *text, size_t size)
{
	int n;

	if (!a || !b || strcmp(a->tag, b->tag) != 0 || a->type != b->type)
		return snprintf(text, size, "devices %s != %s", a ? a->tag : "(none)",
			   b ? b->tag : "(none)") > 0;
	n = snprintf(text, size, "%s.", a->tag);
	if (n > 0 && (size_t)n < size &&
	    state_difference(&a->type->table, a->state, b->state, text + n, size - (size_t)n))
		return true;
	if (!blob_difference(a, b))
		return false;
	snprintf(text, size, "%s: data differ", a->tag);
	return true;
}

static bool ram_difference(
    const struct ram_block *a, const struct ram_block *b, char *text, size_t size)
{
	uint64_t at = 0;

	if (a->size != b->size)
		return snprintf(text, size, "%s: sizes differ", a->name) > 0;
	while (at < a->size && memcmp(a->host + at, b->host + at, STATE_PAGE) == 0)
		at += STATE_PAGE;
	if (at == a->size)
		return false;
	while (a->host[at] == b->host[at])
		at++;
	snprintf(text, size, "%s[0x%llx]: 0x%x != 0x%x", a->name, (unsigned long long)at,
	    a->host[at], b->host[at]);
	return true;
}

bool machine_difference(struct machine *a, struct machine *b, char *text, size_t size)
{
	const struct event *e = a->sched.events, *g = b->sched.events;

	for (struct device *d = a->devices, *o = b->devices; d || o;
	     d = d ? d->next : d, o = o ? o->next : o)
		if (device_difference(d, o, text, size))
			return true;
	for (; e && g; e = e->next, g = g->next)
		if (e->due != g->due)
			return snprintf(text, size, "event %s: 0x%llx != 0x%llx", e->name,
				   (unsigned long long)e->due, (unsigned long long)g->due) > 0;
	for (unsigned i = 0; i < a->ram_count && i < b->ram_count; i++)
		if (ram_difference(&a->ram[i], &b->ram[i], text, size))
			return true;
	text[0] = 0;
	return false;
}
