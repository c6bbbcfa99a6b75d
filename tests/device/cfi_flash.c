/* CFI flash: query, program, erase, mistakes. */
#include "tests/device/bench.h"

#include <sys/mman.h>
#include <unistd.h>

#include "devices/cfi_flash.h"
#include "machine/snapshot.h"

#define BASE UINT64_C(0x4000000)

/* Both chips get the same command. */
#define BOTH(c) ((c)*0x10001u)

static struct bus *bus;
static struct cfi_flash flash;

static void setup(void)
{
	bus = bus_new(32);
	cfi_flash_init(&flash, "flash1");
	cr_assert(bus_map_mmio(bus, "flash1", BASE, CFI_FLASH_SIZE, &cfi_flash_ops, &flash));
	device_reset(&flash.dev);
}

static void teardown(void)
{
	cfi_flash_free(&flash);
	bus_free(bus);
}

TestSuite(cfi_flash, .init = setup, .fini = teardown);

static void program(uint64_t at, uint32_t value)
{
	wr(bus, BASE + at, BOTH(0x40));
	wr(bus, BASE + at, value);
	cr_expect_eq(rd(bus, BASE + at), BOTH(0x80));
	wr(bus, BASE, BOTH(0xff));
}

Test(cfi_flash, query)
{
	cr_expect_eq(rd(bus, BASE + 0x40), 0xffffffff);
	wr(bus, BASE + 4 * 0x55, BOTH(0x98));
	cr_expect_eq(rd(bus, BASE + 4 * 0x10), BOTH('Q'));
	cr_expect_eq(rd(bus, BASE + 4 * 0x11), BOTH('R'));
	cr_expect_eq(rd(bus, BASE + 4 * 0x12), BOTH('Y'));
	cr_expect_eq(rd(bus, BASE + 4 * 0x13), BOTH(1));
	cr_expect_eq(2ull << rd(bus, BASE + 4 * 0x27) % 0x10000, CFI_FLASH_SIZE, "two chips");
	uint64_t blocks = (rd(bus, BASE + 4 * 0x2d) & 0xff) + 1;
	uint64_t size = (rd(bus, BASE + 4 * 0x2f) & 0xff) | (rd(bus, BASE + 4 * 0x30) & 0xff) << 8;
	cr_expect_eq(blocks, CFI_FLASH_SECTORS);
	cr_expect_eq(size * 256 * 2, CFI_FLASH_SECTOR);
	cr_expect_eq(rd(bus, BASE + 4 * 0x31), BOTH('P'));
	cr_expect_eq(2u << (rd(bus, BASE + 4 * 0x2a) & 0xff), CFI_FLASH_BUFFER);
	wr(bus, BASE, BOTH(0x90));
	cr_expect_eq(rd(bus, BASE), BOTH(0x89));
	cr_expect_eq(rd(bus, BASE + 4), BOTH(0x18));
	wr(bus, BASE, BOTH(0xf0));
	cr_expect_eq(rd(bus, BASE), 0xffffffff);
}

Test(cfi_flash, program_clears_bits_and_erase_sets_them)
{
	program(0x1000, 0x12345678);
	cr_expect_eq(rd(bus, BASE + 0x1000), 0x12345678);
	cr_expect_eq(bench_read(bus, BASE + 0x1001, 1), 0x56);
	cr_expect_eq(bench_read(bus, BASE + 0x1002, 2), 0x1234);
	cr_expect_eq(bench_read(bus, BASE + 0x1000, 8), 0xffffffff12345678);
	program(0x1000, 0xf0f0f0f0);
	cr_expect_eq(rd(bus, BASE + 0x1000), 0x10305070);
	program(CFI_FLASH_SECTOR, 0);
	wr(bus, BASE, BOTH(0x20));
	wr(bus, BASE, BOTH(0xd0));
	cr_expect_eq(rd(bus, BASE), BOTH(0x80));
	wr(bus, BASE, BOTH(0xff));
	cr_expect_eq(rd(bus, BASE + 0x1000), 0xffffffff);
	cr_expect_eq(rd(bus, BASE + CFI_FLASH_SECTOR), 0, "only one sector is erased");
}

Test(cfi_flash, buffered_write)
{
	uint64_t at = CFI_FLASH_SIZE - CFI_FLASH_BUFFER;
	wr(bus, BASE + at, BOTH(0xe8));
	cr_expect_eq(rd(bus, BASE + at), BOTH(0x80));
	wr(bus, BASE + at, BOTH(CFI_FLASH_WORDS - 1));
	for (unsigned i = 0; i < CFI_FLASH_WORDS; i++)
		wr(bus, BASE + at + 4 * i, i << 16 | (0x100 + i));
	wr(bus, BASE + at, BOTH(0xd0));
	cr_expect_eq(rd(bus, BASE + at), BOTH(0x80));
	wr(bus, BASE, BOTH(0xff));
	for (unsigned i = 0; i < CFI_FLASH_WORDS; i++)
		cr_expect_eq(rd(bus, BASE + at + 4 * i), i << 16 | (0x100 + i));
}

/* As U-Boot does it on this board. */
Test(cfi_flash, sixteen_bits)
{
	static const char text[] = "baudrate=115200";
	bench_write(bus, BASE + 0x154, 2, 0x98);
	cr_expect_eq(bench_read(bus, BASE + 4 * 0x10, 2), 'Q');
	cr_expect_eq(bench_read(bus, BASE + 4 * 0x10 + 2, 2), 'Q');
	bench_write(bus, BASE, 2, 0xff);
	bench_write(bus, BASE, 2, 0xe8);
	cr_expect_eq(bench_read(bus, BASE, 2), 0x80);
	bench_write(bus, BASE, 2, sizeof text / 2 - 1);
	for (unsigned i = 0; i < sizeof text; i += 2)
		bench_write(bus, BASE + i, 2, text[i] | text[i + 1] << 8);
	bench_write(bus, BASE, 2, 0xd0);
	cr_expect_eq(bench_read(bus, BASE, 2), 0x80);
	bench_write(bus, BASE, 2, 0xff);
	for (unsigned i = 0; i < sizeof text; i++)
		cr_expect_eq(bench_read(bus, BASE + i, 1), (uint8_t)text[i]);
	bench_write(bus, BASE + 0x20000, 2, 0x20);
	bench_write(bus, BASE + 0x20000, 2, 0xd0);
	bench_write(bus, BASE, 2, 0xff);
	cr_expect_eq(rd(bus, BASE), 0xffffffff, "a sector is 256 KiB");
}

static void expect_error(uint32_t status)
{
	cr_expect_eq(rd(bus, BASE), BOTH(status));
	wr(bus, BASE, BOTH(0x50));
	wr(bus, BASE, BOTH(0x70));
	cr_expect_eq(rd(bus, BASE), BOTH(0x80));
	wr(bus, BASE, BOTH(0xff));
}

Test(cfi_flash, mistakes_are_errors)
{
	program(0, 0x11111111);
	wr(bus, BASE, BOTH(0x20));
	wr(bus, BASE, BOTH(0xff)); /* no confirmation */
	expect_error(0xb0);
	cr_expect_eq(rd(bus, BASE), 0x11111111);
	wr(bus, BASE, BOTH(0xe8));
	wr(bus, BASE, BOTH(CFI_FLASH_WORDS)); /* one word too many */
	expect_error(0xb0);
	wr(bus, BASE, BOTH(0xe8));
	wr(bus, BASE, BOTH(1));
	wr(bus, BASE, 0);
	wr(bus, BASE + CFI_FLASH_BUFFER, 0); /* outside the buffer */
	expect_error(0xb0);
	wr(bus, BASE, BOTH(0xe8));
	wr(bus, BASE, BOTH(0));
	wr(bus, BASE, 0);
	wr(bus, BASE, 0); /* no confirmation */
	expect_error(0xb0);
	cr_expect_eq(rd(bus, BASE), 0x11111111);
	wr(bus, BASE + CFI_FLASH_SIZE - 4, BOTH(0xe8));
	wr(bus, BASE, BOTH(1));
	wr(bus, BASE + CFI_FLASH_SIZE - 4, 0);
	wr(bus, BASE + CFI_FLASH_SIZE - 8, 0); /* below the first one */
	expect_error(0xb0);
	wr(bus, BASE, BOTH(0xe8));
	wr(bus, BASE, BOTH(0));
	wr(bus, BASE + CFI_FLASH_SIZE - 4, 0x22222222);
	wr(bus, BASE, BOTH(0xd0));
	cr_expect_eq(rd(bus, BASE), BOTH(0x80), "the rest of the buffer is past the end and empty");
	wr(bus, BASE, BOTH(0xff));
	cr_expect_eq(rd(bus, BASE + CFI_FLASH_SIZE - 4), 0x22222222);
}

Test(cfi_flash, contents_survive_a_reset)
{
	cr_assert(cfi_flash_fill(&flash, "environment", 11));
	program(0x40, 0xabcd);
	wr(bus, BASE, BOTH(0x98));
	device_reset(&flash.dev);
	cr_expect_eq(rd(bus, BASE), 0x69766e65);
	cr_expect_eq(rd(bus, BASE + 0x40), 0xabcd);
	cr_expect_not(cfi_flash_fill(&flash, "", (size_t)CFI_FLASH_SIZE + 1));
}

Test(cfi_flash, foreign_state_is_refused)
{
	char why[128];
	struct cfi_flash_state good = flash.s;
	cr_expect(device_loaded(&flash.dev, why, sizeof why));
	flash.s.count = CFI_FLASH_WORDS + 1;
	cr_expect_not(device_loaded(&flash.dev, why, sizeof why));
	flash.s = good;
	flash.s.step = 4; /* buffered words to come, but none left */
	cr_expect_not(device_loaded(&flash.dev, why, sizeof why));
	flash.s = good;
	flash.s.mode = 99;
	cr_expect_not(device_loaded(&flash.dev, why, sizeof why));
	flash.s = good;
	flash.s.buffer_at = CFI_FLASH_SIZE;
	cr_expect_not(device_loaded(&flash.dev, why, sizeof why));
}

/* A machine that is only a flash. */
struct board {
	struct machine m;
	struct cfi_flash flash;
};

static void board_init(struct board *b)
{
	machine_init(&b->m, "flash", 1000000000);
	b->m.bus = bus_new(32);
	cfi_flash_init(&b->flash, "flash1");
	machine_add_device(&b->m, &b->flash.dev);
	machine_reset(&b->m);
}

static void board_free(struct board *b)
{
	cfi_flash_free(&b->flash);
	machine_free(&b->m);
}

Test(cfi_flash, contents_go_into_the_state)
{
	static struct board a, b;
	char why[256] = "", text[256];
	int fd = memfd_create("state", MFD_CLOEXEC);
	board_init(&a);
	board_init(&b);
	cr_assert(cfi_flash_fill(&a.flash, "environment", 11));
	uint8_t *last = calloc(1, CFI_FLASH_SIZE);
	memset(last, 0xff, CFI_FLASH_SIZE);
	last[CFI_FLASH_SIZE - 1] = 7;
	cr_assert(cfi_flash_fill(&b.flash, last, CFI_FLASH_SIZE));
	free(last);
	cr_expect(machine_difference(&a.m, &b.m, text, sizeof text));
	cr_assert(snapshot_save(&a.m, fd, why, sizeof why), "%s", why);
	cr_assert(snapshot_load(&b.m, fd, why, sizeof why), "%s", why);
	cr_expect_not(machine_difference(&a.m, &b.m, text, sizeof text), "%s", text);
	cr_expect_eq(cfi_flash_ops.read(&b.flash, 0, 4), 0x69766e65);
	cr_expect_eq(cfi_flash_ops.read(&b.flash, CFI_FLASH_SIZE - 4, 4), 0xffffffff);
	/* An erased sector is the same whether or not it was ever written. */
	cr_assert(cfi_flash_fill(&a.flash, "\xff", 1));
	cfi_flash_free(&b.flash);
	memset(a.flash.sector[0], 0xff, CFI_FLASH_SECTOR);
	struct state_hash x = machine_hash(&a.m), y = machine_hash(&b.m);
	cr_expect(x.high == y.high && x.low == y.low);
	close(fd);
	board_free(&a);
	board_free(&b);
}
