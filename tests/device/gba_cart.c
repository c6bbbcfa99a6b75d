/* Game Boy Advance cartridges: what is in them, and each memory and the clock as programs use them.
 */
#include "tests/device/bench.h"

#include "devices/gba_cart.h"

#define EPOCH 1704067200u /* 2024-01-01, a Monday */

static struct scheduler sched;
static struct gba_cart cart;
static uint8_t rom[0x1000];

static void insert(const char *library)
{
	memset(rom, 0, sizeof rom);
	memcpy(rom + 0x200, library, strlen(library));
	scheduler_init(&sched);
	gba_cart_init(&cart, "cart", &sched, rom, sizeof rom, EPOCH);
	device_reset(&cart.dev);
}

Test(gba_cart, kinds_are_told_from_the_library)
{
	static const struct {
		const char *text;
		enum gba_backup kind;
		uint32_t size;
	} rows[] = {{"EEPROM_V124", GBA_EEPROM, 8192}, {"SRAM_V113", GBA_SRAM, 32768},
	    {"SRAM_F_V102", GBA_SRAM, 32768}, {"FLASH_V126", GBA_FLASH_64K, 65536},
	    {"FLASH512_V131", GBA_FLASH_64K, 65536}, {"FLASH1M_V103", GBA_FLASH_128K, 131072},
	    {"nothing", GBA_NO_BACKUP, 0}};
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		insert(rows[i].text);
		cr_expect_eq(cart.backup, rows[i].kind, "%s", rows[i].text);
		cr_expect_eq(gba_cart_backup_size(&cart), rows[i].size);
		cr_expect_not(cart.has_rtc);
	}
}

Test(gba_cart, behind_the_rom_the_address_answers)
{
	insert("nothing");
	rom[0xffe] = 0x34;
	rom[0xfff] = 0x12;
	cr_expect_eq(gba_cart_read_rom(&cart, 0xffe), 0x1234);
	cr_expect_eq(gba_cart_read_rom(&cart, 0x1000), 0x0800);
	cr_expect_eq(gba_cart_read_rom(&cart, 0x1fffffe), 0xffff);
	gba_cart_write_rom(&cart, 0xc4, 0xffff);
	cr_expect_eq(gba_cart_read_rom(&cart, 0xc4), 0);
	cr_expect_eq(gba_cart_read_backup(&cart, 0), 0xff);
	gba_cart_write_backup(&cart, 0, 0);
	cr_expect_eq(gba_cart_read_backup(&cart, 0), 0xff);
}

Test(gba_cart, sram_keeps_through_a_reset)
{
	insert("SRAM_V113");
	gba_cart_write_backup(&cart, 0x8123, 0x5a);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x123), 0x5a, "32 KiB twice");
	cr_expect_eq(cart.changes, 1);
	device_reset(&cart.dev);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x123), 0x5a);
	uint8_t file[3] = {1, 2, 3};
	gba_cart_fill(&cart, file, sizeof file);
	cr_expect_eq(gba_cart_read_backup(&cart, 2), 3);
}

/* --- Flash --- */

static void flash(uint8_t command)
{
	gba_cart_write_backup(&cart, 0x5555, 0xaa);
	gba_cart_write_backup(&cart, 0x2aaa, 0x55);
	gba_cart_write_backup(&cart, 0x5555, command);
}

static void flash_byte(uint32_t at, uint8_t value)
{
	flash(0xa0);
	gba_cart_write_backup(&cart, at, value);
}

Test(gba_cart, flash_tells_who_it_is)
{
	insert("FLASH1M_V103");
	flash(0x90);
	cr_expect_eq(gba_cart_read_backup(&cart, 0), 0x62);
	cr_expect_eq(gba_cart_read_backup(&cart, 1), 0x13);
	flash(0xf0);
	cr_expect_eq(gba_cart_read_backup(&cart, 0), 0xff);
	insert("FLASH_V126");
	flash(0x90);
	cr_expect_eq(gba_cart_read_backup(&cart, 0), 0x32);
	gba_cart_write_backup(&cart, 0x100, 0xf0);
	cr_expect_eq(gba_cart_read_backup(&cart, 0), 0xff);
}

Test(gba_cart, flash_is_written_by_byte_and_erased_by_sector)
{
	insert("FLASH_V126");
	gba_cart_write_backup(&cart, 0x10, 1);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x10), 0xff, "not without a command");
	flash_byte(0x10, 0xf1);
	flash_byte(0x2010, 0x77);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x10), 0xf1);
	flash_byte(0x10, 0x1f);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x10), 0x11, "bits are only cleared");
	flash(0x80);
	gba_cart_write_backup(&cart, 0x5555, 0xaa);
	gba_cart_write_backup(&cart, 0x2aaa, 0x55);
	gba_cart_write_backup(&cart, 0x0123, 0x30);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x10), 0xff);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x2010), 0x77);
	flash(0x80);
	flash(0x10);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x2010), 0xff);
	flash_byte(0x10, 0);
	flash(0x10);
	cr_expect_eq(gba_cart_read_backup(&cart, 0x10), 0, "not without its first half");
}

Test(gba_cart, flash_has_two_banks)
{
	insert("FLASH1M_V103");
	flash_byte(5, 1);
	flash(0xb0);
	gba_cart_write_backup(&cart, 0, 1);
	cr_expect_eq(gba_cart_read_backup(&cart, 5), 0xff);
	flash_byte(5, 2);
	flash(0xb0);
	gba_cart_write_backup(&cart, 0, 0);
	cr_expect_eq(gba_cart_read_backup(&cart, 5), 1);
	cr_expect_eq(cart.data[0x10005], 2);
}

/* --- EEPROM --- */

static void send(uint64_t bits, unsigned n)
{
	while (n--)
		gba_cart_write_eeprom(&cart, (uint16_t)(bits >> n & 1));
}

static uint64_t receive(unsigned n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 1 | gba_cart_read_eeprom(&cart);
	return value;
}

static void eeprom_store(unsigned address_bits, unsigned block, uint64_t value)
{
	send(2, 2);
	send(block, address_bits);
	send(value, 64);
	send(0, 1);
	cr_expect_eq(gba_cart_read_eeprom(&cart), 0, "busy");
	scheduler_advance(&sched, sched.now + 110000);
	cr_expect_eq(gba_cart_read_eeprom(&cart), 1);
}

static uint64_t eeprom_load(unsigned address_bits, unsigned block)
{
	send(3, 2);
	send(block, address_bits);
	send(0, 1);
	receive(4);
	return receive(64);
}

Test(gba_cart, eeproms_tell_their_size_by_what_they_are_sent)
{
	for (unsigned bits = 6; bits <= 14; bits += 8) {
		unsigned block = bits == 6 ? 63 : 1023;
		insert("EEPROM_V124");
		cr_expect(gba_cart_is_eeprom(&cart, 0x1000000));
		cr_expect_not(gba_cart_is_eeprom(&cart, 0xfffffe));
		cr_expect_eq(eeprom_load(bits, block), UINT64_MAX);
		cr_expect_eq(cart.address_bits, bits);
		eeprom_store(bits, block, 0x0123456789abcdef);
		cr_expect_eq(eeprom_load(bits, block), 0x0123456789abcdef);
		cr_expect_eq(eeprom_load(bits, 0), UINT64_MAX);
		cr_expect_eq(cart.data[block * 8], 0x01, "the highest bit comes first");
		cr_expect_eq(gba_cart_backup_size(&cart), (block + 1) * 8);
		insert("EEPROM_V124");
		eeprom_store(bits, 2, 42);
		cr_expect_eq(cart.address_bits, bits);
		cr_expect_eq(eeprom_load(bits, 2), 42);
	}
}

Test(gba_cart, a_file_tells_the_size_too)
{
	static uint8_t file[8192] = {0x11, 0x22};
	insert("EEPROM_V124");
	gba_cart_fill(&cart, file, 512);
	device_reset(&cart.dev);
	cr_expect_eq(gba_cart_backup_size(&cart), 512);
	cr_expect_eq(eeprom_load(6, 0) >> 48, 0x1122);
	gba_cart_fill(&cart, file, 8192);
	cr_expect_eq(gba_cart_backup_size(&cart), 8192);
}

Test(gba_cart, any_bits_are_survived)
{
	uint32_t seed = 3;
	insert("EEPROM_V124");
	for (unsigned i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		if (seed >> 26)
			gba_cart_write_eeprom(&cart, (uint16_t)(seed >> 16 & 1));
		else
			receive(seed >> 16 & 127);
	}
	char why[128];
	cr_expect(device_loaded(&cart.dev, why, sizeof why));
}

/* --- Clock --- */

static void lines(unsigned value)
{
	gba_cart_write_rom(&cart, 0xc4, (uint16_t)value);
}

static void rtc_begin(void)
{
	gba_cart_write_rom(&cart, 0xc8, 1);
	gba_cart_write_rom(&cart, 0xc6, 7);
	lines(1);
	lines(5);
}

static void rtc_send(unsigned byte, bool highest_first)
{
	gba_cart_write_rom(&cart, 0xc6, 7);
	for (unsigned i = 0; i < 8; i++) {
		unsigned bit = byte >> (highest_first ? 7 - i : i) & 1;
		lines(4 | bit << 1);
		lines(5 | bit << 1);
	}
}

static unsigned rtc_receive(void)
{
	unsigned byte = 0;

	gba_cart_write_rom(&cart, 0xc6, 5);
	for (unsigned i = 0; i < 8; i++) {
		lines(4);
		lines(5);
		byte |= (gba_cart_read_rom(&cart, 0xc4) >> 1 & 1u) << i;
	}
	return byte;
}

static void expect_date(const char *text)
{
	char is[32];
	unsigned b[7];

	rtc_begin();
	rtc_send(0x65, true);
	for (unsigned i = 0; i < 7; i++)
		b[i] = rtc_receive();
	lines(1);
	snprintf(is, sizeof is, "%02x-%02x-%02x %x %02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
	    b[5], b[6]);
	cr_expect_str_eq(is, text, "%s, not %s", is, text);
}

Test(gba_cart, the_clock_follows_guest_time)
{
	insert("SIIRTC_V001");
	cr_assert(cart.has_rtc);
	expect_date("24-01-01 1 00:00:00");
	scheduler_advance(&sched, (13 * 3600 + 5 * 60 + 9) * GBA_HZ);
	expect_date("24-01-01 1 93:05:09");
	scheduler_advance(&sched, (UINT64_C(59) * 86400) * GBA_HZ);
	expect_date("24-02-29 4 00:00:00");
	rtc_begin();
	rtc_send(0x67, true);
	cr_expect_eq(rtc_receive(), 0x00);
	lines(1);
}

Test(gba_cart, the_clock_can_be_set)
{
	static const uint8_t bytes[7] = {0x99, 0x12, 0x31, 5, 0x23, 0x59, 0x58};
	insert("SIIRTC_V001");
	rtc_begin();
	rtc_send(0x64, true);
	for (unsigned i = 0; i < 7; i++)
		rtc_send(bytes[i], false);
	lines(1);
	expect_date("99-12-31 4 a3:59:58");
	scheduler_advance(&sched, 2 * GBA_HZ);
	expect_date("00-01-01 6 00:00:00");
	device_reset(&cart.dev);
	expect_date("00-01-01 6 00:00:00");
	rtc_begin();
	rtc_send(0x60, true);
	lines(1);
	expect_date("00-01-01 6 00:00:00");
}

Test(gba_cart, the_clocks_status)
{
	insert("SIIRTC_V001");
	rtc_begin();
	rtc_send(0x63, true);
	cr_expect_eq(rtc_receive(), 0x40);
	lines(1);
	rtc_begin();
	rtc_send(0x62, true);
	rtc_send(0x00, false);
	lines(1);
	scheduler_advance(&sched, 13 * 3600 * GBA_HZ);
	expect_date("24-01-01 1 81:00:00");
	rtc_begin();
	rtc_send(0x12, true);
	cr_expect_eq(rtc_receive(), 0xff, "not a command");
	lines(1);
	gba_cart_write_rom(&cart, 0xc8, 0);
	cr_expect_eq(gba_cart_read_rom(&cart, 0xc4), 0, "the ROM is there");
}

Test(gba_cart, state_that_no_run_comes_to_is_refused)
{
	char why[128];
	insert("EEPROM_V124");
	cr_expect(device_loaded(&cart.dev, why, sizeof why));
	cart.s.read_at = 1024;
	cr_expect_not(device_loaded(&cart.dev, why, sizeof why));
	cart.s.read_at = 0;
	cart.s.stream_bits = 82;
	cr_expect_not(device_loaded(&cart.dev, why, sizeof why));
}
