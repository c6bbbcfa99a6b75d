/* Disks in snapshots: overlays come along, raw images are recognised. */
#include "tests/unit/block_bench.h"

#include "devices/virtio_blk.h"
#include "machine/snapshot.h"

#define SIZE (5 * 65536 + 3 * 512)

static uint8_t buffer[SIZE];

static void setup(void)
{
	enter_folder();
	make_image("base", SIZE);
}

TestSuite(block_state, .init = setup, .fini = leave_folder);

/* A machine that has nothing but a disk. */
struct box {
	struct machine m;
	struct virtio_blk blk;
	struct block_backend *b;
};

static void box_open(struct box *x, const char *spec)
{
	memset(x, 0, sizeof *x);
	machine_init(&x->m, "box", 1000);
	x->m.bus = bus_new(32);
	cr_assert(x->m.bus && machine_add_ram(&x->m, "ram", 0, 65536));
	x->b = must_open(spec);
	virtio_blk_init(&x->blk, &x->m, "disk0", x->b);
	machine_add_device(&x->m, &x->blk.dev);
	machine_reset(&x->m);
}

static void box_close(struct box *x)
{
	block_close(x->b);
	machine_free(&x->m);
}

static void save(struct box *x)
{
	int fd = open("state", O_RDWR | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0);
	cr_assert(snapshot_save(&x->m, fd, why, sizeof why), "%s", why);
	close(fd);
}

static bool load(struct box *x)
{
	int fd = open("state", O_RDONLY);
	bool ok = snapshot_load(&x->m, fd, why, sizeof why);
	close(fd);
	return ok;
}

static void fill(struct box *x, uint64_t offset, size_t n, uint8_t value)
{
	memset(buffer, value, n);
	cr_assert_eq(x->b->write(x->b, offset, buffer, n), BLOCK_OK);
}

static void expect_filled(struct box *x, uint64_t offset, size_t n, uint8_t value)
{
	cr_assert_eq(x->b->read(x->b, offset, buffer, n), BLOCK_OK);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(buffer[i], value, "byte %zu", i);
}

static void expect_base(struct box *x, uint64_t offset, size_t n)
{
	cr_assert_eq(x->b->read(x->b, offset, buffer, n), BLOCK_OK);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(buffer[i], pattern(offset + i), "byte %zu", i);
}

static void goes_back(const char *spec)
{
	static struct box x;
	box_open(&x, spec);
	fill(&x, 4096, 70000 / 512 * 512, 1);
	fill(&x, SIZE - 512, 512, 2);
	struct state_hash h = machine_hash(&x.m);
	save(&x);
	for (unsigned round = 0; round < 5; round++) {
		fill(&x, 0, SIZE, (uint8_t)(3 + round));
		struct state_hash other = machine_hash(&x.m);
		cr_expect(other.low != h.low, "the hash does not see the disk");
		cr_assert(load(&x), "%s", why);
		expect_filled(&x, 4096, 70000 / 512 * 512, 1);
		expect_filled(&x, SIZE - 512, 512, 2);
		expect_base(&x, 0, 4096);
		expect_base(&x, 4 * 65536, 65536);
		other = machine_hash(&x.m);
		cr_expect(other.low == h.low && other.high == h.high);
	}
	box_close(&x);
}

Test(block_state, an_overlay_in_memory_goes_back)
{
	goes_back("file=base,overlay=memory");
}

Test(block_state, an_overlay_in_a_file_goes_back_and_stays_there)
{
	static struct box x;
	struct stat st;
	goes_back("file=base,overlay=over");
	box_open(&x, "file=base,overlay=over");
	expect_filled(&x, 4096, 70000 / 512 * 512, 1);
	expect_filled(&x, SIZE - 512, 512, 2);
	expect_base(&x, 0, 4096);
	box_close(&x);
	/* The old and the new contents, however often a state is loaded. */
	cr_assert_eq(stat("over", &st), 0);
	cr_expect_leq(st.st_size, 65536 + 12 * 65536);
}

/* The overlay is in the state, wherever it was kept. */
Test(block_state, an_overlay_can_move)
{
	static struct box x;
	box_open(&x, "file=base,overlay=over");
	fill(&x, 8192, 4096, 7);
	save(&x);
	box_close(&x);
	box_open(&x, "file=base,overlay=memory");
	cr_assert(load(&x), "%s", why);
	expect_filled(&x, 8192, 4096, 7);
	box_close(&x);
	box_open(&x, "file=base,overlay=over2");
	cr_assert(load(&x), "%s", why);
	expect_filled(&x, 8192, 4096, 7);
	box_close(&x);
}

static void expect_load_refused(const char *spec, const char *text)
{
	static struct box x;
	box_open(&x, spec);
	cr_expect_not(load(&x), "%s was loaded", spec);
	cr_expect(strstr(why, text), "%s: '%s' lacks '%s'", spec, why, text);
	box_close(&x);
}

Test(block_state, another_disk_is_refused)
{
	static struct box x;
	box_open(&x, "file=base,overlay=memory");
	fill(&x, 8192, 4096, 7);
	save(&x);
	box_close(&x);
	expect_load_refused("file=base,readonly=on", "same way");
	expect_load_refused("file=base", "same way");
	make_image("other", SIZE + 512);
	expect_load_refused("file=other,overlay=memory", "the same disk");
	make_image("other", SIZE);
	int fd = open("other", O_WRONLY);
	cr_assert_eq(pwrite(fd, "x", 1, 4096), 1);
	close(fd);
	expect_load_refused("file=other,overlay=memory", "not the base image");
	box_open(&x, "file=base,readonly=on");
	save(&x);
	box_close(&x);
	expect_load_refused("file=other,readonly=on", "not the disk");
	expect_load_refused("file=base,overlay=memory", "same way");
}

Test(block_state, a_raw_disk_is_not_in_the_state_and_says_so)
{
	static struct box x;
	box_open(&x, "file=base");
	machine_hash(&x.m);
	cr_expect_eq(lines, 0, "a hash is no state: %s", last_line);
	save(&x);
	cr_expect_eq(lines, 1);
	cr_expect(strstr(last_line, "not part of the state"), "%s", last_line);
	cr_assert(load(&x), "%s", why);
	cr_expect_eq(lines, 1);
	fill(&x, 0, 512, 1);
	cr_assert(load(&x), "%s", why);
	cr_expect_eq(lines, 2);
	cr_expect(strstr(last_line, "has been written since"), "%s", last_line);
	box_close(&x);
}

/* Whatever byte of the file is wrong, the overlay that is there keeps its contents. */
Test(block_state, a_damaged_state_leaves_the_overlay_alone)
{
	static struct box x;
	struct stat st;
	box_open(&x, "file=base,overlay=memory");
	fill(&x, 0, 3 * 65536, 7);
	save(&x);
	box_close(&x);
	cr_assert_eq(stat("state", &st), 0);
	for (off_t size = st.st_size - 1; size > 0; size = size * 3 / 4) {
		cr_assert_eq(truncate("state", size), 0);
		box_open(&x, "file=base,overlay=over");
		fill(&x, 4096, 8192, 9);
		cr_expect_not(load(&x));
		expect_filled(&x, 4096, 8192, 9);
		expect_base(&x, 0, 4096);
		box_close(&x);
		box_open(&x, "file=base,overlay=over");
		expect_filled(&x, 4096, 8192, 9);
		expect_base(&x, 65536, 65536);
		box_close(&x);
	}
}

/* A device whose data cannot be loaded, behind the disk. */
static bool spoil_save(struct device *d, struct state_writer *w)
{
	return state_write(w, "x", 1);
}

static bool spoil_load(struct device *d, struct state_reader *r, char *text, size_t size)
{
	snprintf(text, size, "spoiled");
	return false;
}

static const struct device_type spoiler_type = {
    .name = "spoiler",
    .description = "refuses every state",
    .save_blob = spoil_save,
    .load_blob = spoil_load,
};

Test(block_state, a_state_that_fails_elsewhere_leaves_the_overlay_alone)
{
	static struct box x;
	static struct device spoiler;
	box_open(&x, "file=base,overlay=over");
	device_init(&spoiler, &spoiler_type, "spoiler", &spoiler);
	machine_add_device(&x.m, &spoiler);
	fill(&x, 0, 65536, 7);
	save(&x);
	for (unsigned round = 0; round < 20; round++) {
		fill(&x, 0, 2 * 65536, (uint8_t)(9 + round));
		cr_assert_not(load(&x));
		cr_expect_str_eq(why, "spoiled");
		expect_filled(&x, 0, 2 * 65536, (uint8_t)(9 + round));
	}
	box_close(&x);
	box_open(&x, "file=base,overlay=over");
	expect_filled(&x, 0, 2 * 65536, 28);
	expect_base(&x, 2 * 65536, 65536);
	box_close(&x);
	struct stat st;
	cr_assert_eq(stat("over", &st), 0);
	cr_expect_leq(st.st_size, 65536 + 12 * 65536, "places of failed loads are not lost");
}
