/* fw_cfg: items, directory, DMA and its mistakes. */
#include "tests/device/bench.h"

#include "devices/fw_cfg.h"

#define BASE     0x9020000
#define RAM      0x40000000
#define RAM_SIZE 0x2000

static struct bus *bus;
static struct fw_cfg cfg;
static uint8_t ram[RAM_SIZE + 8];

static void setup(void)
{
	bus = bus_new(32);
	fw_cfg_init(&cfg, "fw_cfg", bus);
	cr_assert(fw_cfg_add(&cfg, "etc/first", "abcdefghij", 10));
	cr_assert(fw_cfg_add(&cfg, "opt/second", "xyz", 3));
	cr_assert(bus_map_mmio(bus, "fw_cfg", BASE, FW_CFG_SIZE, &fw_cfg_ops, &cfg));
	cr_assert(bus_map_memory(bus, "ram", RAM, RAM_SIZE, ram, false));
	device_reset(&cfg.dev);
}

static void teardown(void)
{
	bus_free(bus);
}

TestSuite(fw_cfg, .init = setup, .fini = teardown);

static void select_key(uint16_t key)
{
	bench_write(bus, BASE + 8, 2, __builtin_bswap16(key));
}

/* Write a request to RAM, start it, return its control word. */
static uint32_t dma(uint32_t control, uint32_t length, uint64_t address)
{
	uint32_t words[2] = {__builtin_bswap32(control), __builtin_bswap32(length)};
	uint64_t to = __builtin_bswap64(address);
	memcpy(ram, words, 8);
	memcpy(ram + 8, &to, 8);
	bench_write(bus, BASE + 16, 4, 0);
	bench_write(bus, BASE + 20, 4, __builtin_bswap32(RAM));
	memcpy(words, ram, 4);
	return __builtin_bswap32(words[0]);
}

Test(fw_cfg, signature_and_id)
{
	select_key(0);
	cr_expect_eq(bench_read(bus, BASE, 4), 0x554d4551, "\"QEMU\"");
	cr_expect_eq(bench_read(bus, BASE, 4), 0, "zeros past the end");
	select_key(1);
	cr_expect_eq(bench_read(bus, BASE, 1), 3);
	cr_expect_eq(bench_read(bus, BASE + 16, 8), __builtin_bswap64(0x51454d5520434647));
}

Test(fw_cfg, directory_leads_to_files)
{
	select_key(0x19);
	cr_expect_eq(bench_read(bus, BASE, 4), __builtin_bswap32(2));
	for (unsigned i = 0; i < 64; i++)
		bench_read(bus, BASE, 1); /* the first entry */
	cr_expect_eq(bench_read(bus, BASE, 4), __builtin_bswap32(3), "size of the second");
	uint16_t key = __builtin_bswap16((uint16_t)bench_read(bus, BASE, 2));
	bench_read(bus, BASE, 2);
	uint64_t name = bench_read(bus, BASE, 8);
	cr_expect_arr_eq(&name, "opt/seco", 8);
	select_key(key);
	cr_expect_eq(bench_read(bus, BASE, 1), 'x');
	cr_expect_eq(bench_read(bus, BASE, 8), 'y' | 'z' << 8);
}

Test(fw_cfg, items_without_a_name)
{
	select_key(FW_CFG_KERNEL_DATA);
	cr_expect_eq(bench_read(bus, BASE, 4), 0);
	fw_cfg_set(&cfg, FW_CFG_KERNEL_DATA, "kernel", 6);
	fw_cfg_set_number(&cfg, FW_CFG_KERNEL_SIZE, 0x12345678);
	fw_cfg_set_number(&cfg, FW_CFG_INITRD_SIZE, 7);
	select_key(FW_CFG_KERNEL_DATA);
	cr_expect_eq(bench_read(bus, BASE, 4), 0x6e72656b);
	select_key(FW_CFG_KERNEL_SIZE);
	cr_expect_eq(bench_read(bus, BASE, 8), 0x12345678);
	select_key(FW_CFG_INITRD_SIZE);
	cr_expect_eq(bench_read(bus, BASE, 4), 7);
	select_key(0x19);
	cr_expect_eq(bench_read(bus, BASE, 4), __builtin_bswap32(2), "no files");
}

Test(fw_cfg, peek_does_not_move)
{
	uint64_t value;
	select_key(0x20);
	cr_assert(bus_peek(bus, BASE, 1, &value));
	cr_expect_eq(value, 'a');
	cr_expect_eq(bench_read(bus, BASE, 1), 'a');
}

Test(fw_cfg, dma_reads_and_skips)
{
	memset(ram, 0x55, sizeof ram);
	cr_expect_eq(dma(0x20 << 16 | 8 | 4, 2, 0), 0, "select and skip");
	cr_expect_eq(dma(2, 10, RAM + 0x100), 0);
	cr_expect_arr_eq(ram + 0x100, "cdefghij\0\0\x55", 11);
}

Test(fw_cfg, dma_starts_with_the_low_half)
{
	static const uint8_t request[16] = {
	    0, 0x20, 0, 8 | 2, 0, 0, 0, 3, 0, 0, 0, 0, 0x40, 0, 1, 0};
	memcpy(ram, request, 16);
	bench_write(bus, BASE + 20, 4, 0); /* nothing at 0 */
	bench_write(bus, BASE + 16, 4, 0);
	cr_expect_eq(ram[0x100], 0);
	bench_write(bus, BASE + 16, 8, __builtin_bswap64(RAM));
	cr_expect_arr_eq(ram + 0x100, "abc", 4);
	cr_expect_eq(ram[3], 0);
	memcpy(ram, request, 16);
	bench_write(bus, BASE + 20, 2, 0x40);
	bench_write(bus, BASE + 12, 4, 0x40);
	cr_expect_eq(ram[3], 8 | 2, "not a register");
}

Test(fw_cfg, selector_takes_16_bits)
{
	select_key(0);
	bench_write(bus, BASE + 8, 1, 0x20);
	bench_write(bus, BASE, 2, 0x2000);
	cr_expect_eq(bench_read(bus, BASE, 1), 'Q');
	cr_expect_eq(bench_read(bus, BASE + 8, 2), 0);
}

Test(fw_cfg, dma_mistakes_are_reported)
{
	cr_expect_eq(dma(0x20 << 16 | 8 | 2, 4, RAM + RAM_SIZE - 2), 1, "past the end of RAM");
	cr_expect_eq(dma(0x20 << 16 | 8 | 2, 0xffffffff, RAM), 1);
	cr_expect_eq(dma(0x20 << 16 | 8 | 0x10, 4, RAM + 0x100), 1, "items are read-only");
	cr_expect_eq(dma(0x20 << 16 | 8 | 4, 0xffffffff, 0), 0);
	cr_expect_eq(dma(4, 0xffffffff, 0), 0);
	cr_expect_eq(bench_read(bus, BASE, 1), 0, "skipping does not come round");
	bench_write(bus, BASE + 16, 8, __builtin_bswap64(0x10)); /* no RAM there */
	cr_expect_eq(dma(0x7777 << 16 | 8 | 2, 1, RAM + 0x100), 0);
	cr_expect_eq(ram[0x100], 0, "an unknown item is empty");
}

Test(fw_cfg, too_many_files)
{
	for (unsigned i = 2; i < FW_CFG_FILES; i++)
		cr_expect(fw_cfg_add(&cfg, "n", "", 0));
	cr_expect_not(fw_cfg_add(&cfg, "n", "", 0));
	char name[FW_CFG_NAME_SIZE + 1];
	memset(name, 'n', sizeof name);
	name[FW_CFG_NAME_SIZE] = 0;
	fw_cfg_init(&cfg, "fw_cfg", bus);
	cr_expect_not(fw_cfg_add(&cfg, name, "", 0));
	cr_expect(fw_cfg_add(&cfg, name + 1, "", 0));
}
