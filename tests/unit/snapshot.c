/* State files: exact continuation, both forms, damage of every kind, older and foreign files. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/snapshot.h"
#include "machine/statefile.h"
#include "tests/unit/fake.h"

static char why[256];

static int file_new(void)
{
	int fd = memfd_create("state", 0);

	cr_assert_geq(fd, 0);
	return fd;
}

static uint64_t file_size(int fd)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	return (uint64_t)st.st_size;
}

static int file_copy(int fd, uint64_t n)
{
	int copy = file_new();
	uint8_t *bytes = malloc(n + 1);

	cr_assert(read_at(fd, 0, bytes, n));
	cr_assert(write_at(copy, 0, bytes, n));
	free(bytes);
	return copy;
}

static void assert_same_file(int a, int b)
{
	uint64_t n = file_size(a);
	uint8_t *x = malloc(n), *y = malloc(n);

	cr_assert_eq(n, file_size(b));
	cr_assert(read_at(a, 0, x, n));
	cr_assert(read_at(b, 0, y, n));
	cr_assert_arr_eq(x, y, n);
	free(x);
	free(y);
}

static void save(struct fake *f, int fd)
{
	cr_assert(snapshot_save(&f->m, fd, why, sizeof why), "%s", why);
}

static void load(struct fake *f, int fd)
{
	cr_assert(snapshot_load(&f->m, fd, why, sizeof why), "%s", why);
}

static void assert_same(struct fake *a, struct fake *b)
{
	char text[256];

	cr_assert_not(machine_difference(&a->m, &b->m, text, sizeof text), "%s", text);
	struct state_hash x = machine_hash(&a->m), y = machine_hash(&b->m);
	cr_assert(x.high == y.high && x.low == y.low);
	cr_assert(x.high && x.low);
}

static struct fake *busy(unsigned cpus, uint64_t seed, uint64_t ticks)
{
	struct fake *f = fake_new(cpus, 3, seed, FAKE_ALL);
	static const uint8_t text[] = "typed before";

	serial_input(&f->port, text, sizeof text);
	machine_run(&f->m, ticks);
	return f;
}

static void stop_sometimes(struct fake *f, struct fake_cpu *c)
{
	if (fake_random(&f->stops) % 100 == 0)
		machine_stop_soon(&f->m);
}

/* Run to 20000 in one machine; in another, move to a third one by a state file at every stop,
 * which come in the middle of CPUs' turns. */
static void check_continuation(unsigned cpus, bool packed)
{
	struct fake *whole = busy(cpus, 7, 100), *part = busy(cpus, 7, 100);
	unsigned moves = 0;

	whole->each = NULL;
	machine_run(&whole->m, 20000 - machine_now(&whole->m));
	for (uint64_t stops = 3; machine_now(&part->m) < 20000; moves++) {
		struct fake *next = busy(cpus, 1234, 555); /* something to overwrite */
		int fd = file_new(), sent = file_new();
		part->each = stop_sometimes;
		part->stops = stops;
		machine_run(&part->m, 20000 - machine_now(&part->m));
		stops = part->stops;
		save(part, fd);
		if (packed)
			cr_assert(snapshot_pack(fd, sent, why, sizeof why), "%s", why);
		load(next, packed ? sent : fd);
		assert_same(part, next);
		fake_free(part);
		part = next;
		close(fd);
		close(sent);
	}
	assert_same(whole, part);
	cr_assert_gt(moves, 3);
	fake_free(whole);
	fake_free(part);
}

Test(snapshot, running_on_is_as_if_uninterrupted)
{
	check_continuation(1, false);
	check_continuation(3, false);
	check_continuation(3, true);
}

Test(snapshot, loading_replaces_everything)
{
	struct fake *a = busy(2, 1, 5000), *b = busy(2, 2, 9000);
	int fd = file_new();

	save(a, fd);
	load(b, fd);
	assert_same(a, b);
	/* Private: what b does to its RAM is not seen by the file. */
	b->ram[0] ^= 0xff;
	b->ram[39 * BUS_PAGE_SIZE] ^= 0xff;
	load(b, fd);
	assert_same(a, b);
	fake_free(a);
	fake_free(b);
}

Test(snapshot, every_part_is_in_hash_and_difference)
{
	struct fake *a = busy(2, 1, 5000), *b = busy(2, 1, 5000);
	char text[256];

	assert_same(a, b);
	struct state_hash before = machine_hash(&b->m);
#define CHANGE(change, undo, words)                                                \
	change;                                                                    \
	struct state_hash undo##hash = machine_hash(&b->m);                        \
	cr_assert(before.low != undo##hash.low || before.high != undo##hash.high); \
	cr_assert(machine_difference(&a->m, &b->m, text, sizeof text));            \
	cr_assert_not_null(strstr(text, words), "%s", text);
	CHANGE(b->ram[FAKE_RAM_SIZE - 1] ^= 1, ram, "ram[0x27fff]: 0x0 != 0x1");
	CHANGE(event_restore(&b->timer[1].alarm, 5), event, "event timer1: ");
	CHANGE(b->timer[2].blob[0] ^= 1, blob, "timer2: data differ");
	CHANGE(b->timer[1].s.flags[1] ^= 1, field, "timer1.flags[1]: 0x5a != 0x5b");
#undef CHANGE
	fake_free(a);
	fake_free(b);
}

Test(snapshot, both_forms_are_the_same_state)
{
	struct fake *a = busy(3, 1, 5000), *b = busy(3, 2, 1), *c = busy(3, 3, 10);
	int raw = file_new(), packed = file_new(), again = file_new(), back = file_new();

	/* Two equal chunks and one of zeros. */
	memset(a->ram, 0x42, 2 * STATE_CHUNK);
	memset(a->ram + 2 * STATE_CHUNK, 0, FAKE_RAM_SIZE - 2 * STATE_CHUNK);
	save(a, raw);
	cr_assert(snapshot_pack(raw, packed, why, sizeof why), "%s", why);
	cr_assert_lt(file_size(packed), STATE_PAGE + 8192);
	load(b, packed);
	assert_same(a, b);
	load(c, raw);
	assert_same(a, c);
	cr_assert(snapshot_pack(packed, again, why, sizeof why), "%s", why);
	assert_same_file(packed, again);
	cr_assert(snapshot_unpack(packed, back, why, sizeof why), "%s", why);
	assert_same_file(raw, back);
	cr_assert(snapshot_verify(raw, why, sizeof why), "%s", why);
	cr_assert(snapshot_verify(packed, why, sizeof why), "%s", why);
	fake_free(a);
	fake_free(b);
	fake_free(c);
}

/* What a failed load must leave: a machine as after reset, with empty RAM if it got that far. */
static void assert_refused(struct fake *f, int fd)
{
	why[0] = 0;
	cr_assert_not(snapshot_load(&f->m, fd, why, sizeof why));
	cr_assert_neq(why[0], 0);
	cr_assert_eq(f->timer[0].s.fired, 0);
	cr_assert_eq(f->timer[0].blob_size, 0);
	cr_assert_eq(f->port.s.count, 0);
	cr_assert_eq(f->m.sched.next, EVENT_NEVER);
}

static void check_damage(bool pack)
{
	struct fake *a = busy(2, 1, 3000), *b = busy(2, 2, 1);
	int raw = file_new(), packed = file_new();
	unsigned refused = 0, unnoticed = 0;

	save(a, raw);
	cr_assert(snapshot_pack(raw, packed, why, sizeof why));
	int fd = pack ? packed : raw;
	uint64_t n = file_size(fd), random = 5;
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t at = i < sizeof(struct state_header) ? i : fake_random(&random) % n;
		uint8_t byte, bad;
		cr_assert(read_at(fd, at, &byte, 1));
		bad = byte ^ (uint8_t)(1 << i % 8);
		cr_assert(write_at(fd, at, &bad, 1));
		if (!snapshot_load(&b->m, fd, why, sizeof why)) {
			refused++;
			cr_assert_neq(why[0], 0);
			cr_assert_not(snapshot_verify(fd, why, sizeof why));
		} else if (memcmp(a->ram, b->ram, FAKE_RAM_SIZE) == 0) {
			/* Between sections. */
			assert_same(a, b);
			unnoticed++;
		} else {
			/* RAM that is mapped is only checked when asked for. */
			cr_assert_not(pack);
			cr_assert_not(snapshot_verify(fd, why, sizeof why));
			cr_assert_not_null(strstr(why, "RAM 'ram' is damaged at"), "%s", why);
		}
		cr_assert(write_at(fd, at, &byte, 1));
	}
	cr_assert_gt(refused, 60);
	cr_assert_lt(unnoticed, 1500);
	load(b, fd);
	assert_same(a, b);
	fake_free(a);
	fake_free(b);
}

Test(snapshot, damage_is_noticed)
{
	check_damage(false);
	check_damage(true);
}

Test(snapshot, short_and_long_files_are_refused)
{
	struct fake *a = busy(1, 1, 3000), *b = busy(1, 2, 1);
	int fd = file_new();

	save(a, fd);
	uint64_t n = file_size(fd);
	for (uint64_t size = 0; size < n; size += 1 + size / 50) {
		int cut = file_copy(fd, size);
		assert_refused(b, cut);
		close(cut);
	}
	cr_assert_eq(ftruncate(fd, (off_t)n + 1), 0);
	assert_refused(b, fd);
	cr_assert_not_null(strstr(why, "bytes"));
	fake_free(a);
	fake_free(b);
}

Test(snapshot, files_of_others_are_refused_with_the_reason)
{
	struct fake *a = busy(1, 1, 100), *b = busy(2, 1, 100);
	int fd = file_new();
	static const uint8_t elf[5000] = "\177ELF";

	save(a, fd);
	assert_refused(b, fd);
	cr_assert_str_eq(why,
	    "state of machine 'fake cpus=1 ram=0x28000', this one is 'fake cpus=2 ram=0x28000'");
	fd = file_new();
	cr_assert(write_at(fd, 0, elf, sizeof elf));
	assert_refused(b, fd);
	cr_assert_str_eq(why, "not a state file");
	assert_refused(b, open("/", O_RDONLY));
	cr_assert_str_eq(why, "not a regular file");
	assert_refused(b, -1);

	struct state_header h;
	save(a, fd = file_new());
	cr_assert(read_at(fd, 0, &h, sizeof h));
	h.version = 2;
	cr_assert(write_at(fd, 0, &h, sizeof h));
	assert_refused(b, fd);
	cr_assert_str_eq(why, "state format 2; this version reads format 1");
	fake_free(a);
	fake_free(b);
}

static char log_text[4096];

static void log_line(void *owner, const char *text)
{
	strncat(log_text, text, sizeof log_text - strlen(log_text) - 2);
	strcat(log_text, "\n");
}

/* Yesterday's timer: `period` was called otherwise, `fired` was narrower, `flags` not there. */
struct old_state {
	uint64_t interval;
	uint16_t fired;
	uint16_t target;
	uint32_t unused;
};

static const struct field old_fields[] = {
    FIELD(struct old_state, interval, 0),
    FIELD(struct old_state, fired, 0),
    FIELD(struct old_state, target, 0),
    FIELD(struct old_state, unused, 0),
};

Test(snapshot, unknown_and_missing_fields_are_reported)
{
	static const struct device_type old_type = {
	    .name = "fake-timer", .table = STATE_TABLE(struct old_state, old_fields)};
	static const struct device_type other_type = {
	    .name = "other-timer", .table = STATE_TABLE(struct old_state, old_fields)};
	struct old_state old = {.interval = 1, .fired = 2, .target = 77, .unused = 4};
	struct fake *a = busy(1, 1, 3000), *b = busy(1, 2, 100);
	struct device extra;
	int fd = file_new();

	const struct device timer0 = a->timer[0].dev;
	a->timer[0].dev.type = &old_type;
	a->timer[0].dev.state = &old;
	a->timer[1].dev.type = &other_type;
	a->timer[1].dev.state = &old;
	device_init(&extra, &old_type, "extra", &old);
	old.target = 77;
	machine_add_device(&a->m, &extra);
	a->timer[2].dev.tag = "timerX";
	a->timer[2].alarm.name = "timerX.alarm";
	save(a, fd);

	b->m.log.sink = log_line;
	load(b, fd);
	cr_assert_eq(b->timer[0].s.target, 77);
	cr_assert_eq(b->timer[0].s.fired, 0);
	cr_assert_eq(b->timer[0].s.flags[1], 0x5a);
	cr_assert_eq(b->timer[1].s.target, 1, "reset value");
	cr_assert_eq(b->timer[2].s.fired, 0);
	cr_assert_eq(b->timer[2].alarm.due, EVENT_NEVER);
	cr_assert_eq(b->timer[0].alarm.due, a->timer[0].alarm.due);
	static const char *lines[] = {"timer0 has no field 'interval': skipped",
	    "timer0.fired is 1 x 2 bytes in the file, 1 x 4 here: skipped",
	    "3 fields of timer0 are not in the file: reset value",
	    "timer1 is a 'other-timer' in the file, a 'fake-timer' here: skipped",
	    "no device 'timerX' here: skipped", "no device 'extra' here: skipped",
	    "no event 'timerX.alarm' here: skipped", "timer2 is not all in the file: reset value"};
	for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
		cr_assert_not_null(
		    strstr(log_text, lines[i]), "%s missing in\n%s", lines[i], log_text);
	a->timer[0].dev = timer0;
	fake_free(a);
	fake_free(b);
}

Test(snapshot, impossible_values_are_refused_by_the_device)
{
	struct fake *a = busy(1, 1, 3000), *b = busy(1, 2, 100);
	int fd = file_new();

	a->port.s.head = SERIAL_QUEUE;
	save(a, fd);
	assert_refused(b, fd);
	cr_assert_not_null(strstr(why, "serial0: queue of"), "%s", why);
	cr_assert(all_zero(b->ram, FAKE_RAM_SIZE), "half a file shows");
	a->port.s.head = 0;
	a->m.s.turn = 9;
	save(a, fd = file_new());
	assert_refused(b, fd);
	cr_assert_str_eq(why, "machine: impossible times");
	fake_free(a);
	fake_free(b);
}

Test(snapshot, a_file_that_others_may_shorten_is_not_mapped)
{
	char name[] = "state-XXXXXX";
	struct fake *a = busy(1, 1, 3000), *b = busy(1, 2, 100);
	int fd = mkstemp(name);

	cr_assert_geq(fd, 0);
	save(a, fd);
	cr_assert_eq(fchmod(fd, 0666), 0);
	load(b, fd);
	cr_assert_eq(ftruncate(fd, 0), 0);
	assert_same(a, b);
	unlink(name);
	close(fd);
	fake_free(a);
	fake_free(b);
}

Test(snapshot, zero_pages_take_no_room)
{
	char name[] = "state-XXXXXX";
	struct fake *a = fake_new(1, 1, 1, 0);
	int fd = mkstemp(name);
	struct stat st;

	cr_assert_geq(fd, 0);
	unlink(name);
	a->ram[5 * BUS_PAGE_SIZE] = 1;
	save(a, fd);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_assert_gt((uint64_t)st.st_size, FAKE_RAM_SIZE);
	cr_assert_lt((uint64_t)st.st_blocks * 512, FAKE_RAM_SIZE / 2);
	close(fd);
	fake_free(a);
}

Test(snapshot, a_full_disk_is_reported)
{
	struct fake *a = busy(1, 1, 3000);
	struct rlimit limit = {20000, 20000};
	char name[] = "state-XXXXXX";
	int fd = mkstemp(name);

	cr_assert_geq(fd, 0);
	unlink(name);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_not(snapshot_save(&a->m, fd, why, sizeof why));
	cr_assert_str_eq(why, "cannot write the state: File too large");
	assert_refused(a, fd);
	close(fd);
	fake_free(a);
}

/* Files written by the first version of the format must be loadable for ever. */
static void check_version_1(const char *file)
{
	struct fake *f = busy(2, 99, 1000);
	const char *dir = getenv("STATE_DIR");
	char path[512];

	cr_assert_not_null(dir, "STATE_DIR names tests/state");
	snprintf(path, sizeof path, "%s/%s", dir, file);
	int fd = open(path, O_RDONLY);
	cr_assert_geq(fd, 0, "%s", path);
	f->m.log.sink = log_line;
	load(f, fd);
	close(fd);
	cr_assert_str_eq(log_text, "");
	cr_assert_eq(f->m.sched.now, 900);
	cr_assert_eq(machine_now(&f->m), 1002);
	cr_assert_eq(f->m.s.turn, 0);
	cr_assert_eq(f->port.s.count, 5);
	uint8_t text[6] = "";
	serial_take(&f->port, text, 5);
	cr_assert_str_eq((char *)text, "older");
	cr_assert_eq(f->ram[0x21234], 0x5e);
	cr_assert_eq(f->timer[1].s.period, 4321);
	cr_assert_eq(f->timer[1].alarm.due, 123456);
	cr_assert_eq(f->timer[1].blob_size, 3);
	cr_assert_eq(f->timer[1].blob[2], 0xcc);
	cr_assert_eq(f->timer[2].s.flags[1], 7);
	cr_assert_eq(f->cpu[1].s.seen, UINT64_C(0x0123456789abcdef));
	cr_assert_eq(f->cpu[0].cpu.retired, 334);
	fake_free(f);
}

Test(snapshot, version_1_is_loadable)
{
	check_version_1("v1.state");
}

Test(snapshot, version_1_packed_is_loadable)
{
	check_version_1("v1-packed.state");
}
