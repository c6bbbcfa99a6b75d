/* The cartridge: what is in it, ROM, EEPROM, and the GPIO port in front of the clock. */
#include "devices/gba_cart.h"

#include <stdio.h>
#include <string.h>

#include "devices/gba_cart_parts.h"
#include "machine/snapshot.h"

enum { GPIO_DATA = 0xc4, GPIO_DIRECTION = 0xc6, GPIO_CONTROL = 0xc8 };

#define EEPROM_BUSY      108368 /* cycles that a write takes (GBATEK) */
#define EEPROM_SMALL_ROM (16u << 20)
#define EEPROM_LARGE_AT  0x1ffff00u /* where its line is beside a larger ROM */
#define EEPROM_BLOCKS    1024       /* of 8 bytes, at most */

/* --- What is in it --- */

static const struct {
	const char *text;
	enum gba_backup backup;
} libraries[] = {
    {"EEPROM_V", GBA_EEPROM},
    {"SRAM_V", GBA_SRAM},
    {"SRAM_F_V", GBA_SRAM},
    {"FLASH_V", GBA_FLASH_64K},
    {"FLASH512_V", GBA_FLASH_64K},
    {"FLASH1M_V", GBA_FLASH_128K},
};

/* The linker puts these strings at multiples of four. */
static void recognise(struct gba_cart *c)
{
	for (uint32_t at = 0; at + 12 <= c->rom_size; at += 4) {
		const char *here = (const char *)c->rom + at;
		if (*here != 'E' && *here != 'S' && *here != 'F')
			continue;
		if (!memcmp(here, "SIIRTC_V", 8))
			c->has_rtc = true;
		for (unsigned i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
			if (!c->backup &&
			    !memcmp(here, libraries[i].text, strlen(libraries[i].text)))
				c->backup = libraries[i].backup;
	}
}

uint32_t gba_cart_backup_size(const struct gba_cart *c)
{
	switch (c->backup) {
	case GBA_SRAM: return 32u << 10;
	case GBA_FLASH_64K: return 64u << 10;
	case GBA_FLASH_128K: return 128u << 10;
	case GBA_EEPROM: return c->address_bits == 6 ? 512 : 8u << 10;
	default: return 0;
	}
}

void gba_cart_fill(struct gba_cart *c, const uint8_t *bytes, size_t n)
{
	if (c->backup == GBA_EEPROM && n == 512)
		c->address_bits = 6;
	if (c->backup == GBA_EEPROM && n == 8u << 10)
		c->address_bits = 14;
	memcpy(c->data, bytes, n < sizeof c->data ? n : sizeof c->data);
}

/* --- ROM and GPIO --- */

static bool is_gpio(const struct gba_cart *c, uint32_t offset)
{
	return c->has_rtc && offset >= GPIO_DATA && offset <= GPIO_CONTROL;
}

static uint16_t read_gpio(const struct gba_cart *c, uint32_t offset)
{
	const struct gba_cart_state *s = &c->s;
	uint8_t in = s->rtc_out ? RTC_SIO : 0;

	switch (offset) {
	case GPIO_DATA: return (uint16_t)((s->gpio_data & s->gpio_out) | (in & ~s->gpio_out));
	case GPIO_DIRECTION: return s->gpio_out;
	default: return s->gpio_readable;
	}
}

/* On a bus shared by addresses and data, what nobody drives is still the address. */
uint16_t gba_cart_read_rom(const struct gba_cart *c, uint32_t offset)
{
	offset &= GBA_ROM_MAX - 2;
	if (is_gpio(c, offset) && c->s.gpio_readable)
		return read_gpio(c, offset);
	if (offset + 2 <= c->rom_size)
		return (uint16_t)(c->rom[offset] | c->rom[offset + 1] << 8);
	return (uint16_t)(offset >> 1);
}

void gba_cart_write_rom(struct gba_cart *c, uint32_t offset, uint16_t value)
{
	struct gba_cart_state *s = &c->s;
	uint8_t before = s->gpio_data;

	offset &= GBA_ROM_MAX - 2;
	if (!is_gpio(c, offset))
		return;
	switch (offset) {
	case GPIO_DATA:
		/* A line that is an input keeps what it last put out. */
		s->gpio_data =
		    (uint8_t)((before & ~s->gpio_out) | (value & s->gpio_out)) & GPIO_LINES;
		gba_rtc_lines(c, before);
		break;
	case GPIO_DIRECTION: s->gpio_out = value & GPIO_LINES; break;
	default: s->gpio_readable = value & 1; break;
	}
}

/* --- EEPROM --- */

bool gba_cart_is_eeprom(const struct gba_cart *c, uint32_t offset)
{
	offset &= GBA_ROM_MAX - 1;
	return c->backup == GBA_EEPROM &&
	       offset >= (c->rom_size > EEPROM_SMALL_ROM ? EEPROM_LARGE_AT : 0x1000000u);
}

static unsigned stream_bit(const struct gba_cart_state *s, unsigned at)
{
	return s->stream[at / 8] >> (7 - at % 8) & 1;
}

/* `n` bits of the stream from `at` on, the first one the highest. */
static uint64_t stream_field(const struct gba_cart_state *s, unsigned at, unsigned n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 1 | stream_bit(s, at++);
	return value;
}

/* A stream is 11 or 10, an address, in the latter case 64 bits of data, and a 0.  How long it was
 * is known when it is answered, and that tells the size of a memory not known yet. */
static void eeprom_execute(struct gba_cart *c)
{
	struct gba_cart_state *s = &c->s;
	unsigned n = s->stream_bits, bits = c->address_bits;
	bool reading;

	s->stream_bits = 0;
	if (n < 9)
		return;
	reading = stream_bit(s, 1);
	if (!bits)
		bits = n == (reading ? 9 : 73) ? 6 : n == (reading ? 17 : 81) ? 14 : 0;
	if (!bits || !stream_bit(s, 0) || n < 2 + bits + (reading ? 0 : 64))
		return;
	c->address_bits = bits;
	s->read_at = (uint32_t)stream_field(s, 2, bits) & (bits == 6 ? 63 : EEPROM_BLOCKS - 1);
	if (reading) {
		s->read_bits = 68;
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		c->data[s->read_at * 8 + i] = (uint8_t)stream_field(s, 2 + bits + 8 * i, 8);
	s->busy = scheduler_now(c->sched) + EEPROM_BUSY;
	c->changes++;
}

uint16_t gba_cart_read_eeprom(struct gba_cart *c)
{
	struct gba_cart_state *s = &c->s;

	if (s->stream_bits)
		eeprom_execute(c);
	if (!s->read_bits)
		return scheduler_now(c->sched) >= s->busy;
	if (s->read_bits-- > 64)
		return 0;
	unsigned at = 63 - s->read_bits;
	return c->data[s->read_at * 8 + at / 8] >> (7 - at % 8) & 1;
}

void gba_cart_write_eeprom(struct gba_cart *c, uint16_t value)
{
	struct gba_cart_state *s = &c->s;
	unsigned at = s->stream_bits;
	uint8_t mask = (uint8_t)(0x80 >> at % 8);

	s->read_bits = 0;
	if (at >= 81)
		return;
	s->stream[at / 8] =
	    (uint8_t)(value & 1 ? s->stream[at / 8] | mask : s->stream[at / 8] & ~mask);
	s->stream_bits++;
}

/* --- SRAM and flash --- */

uint8_t gba_cart_read_backup(const struct gba_cart *c, uint32_t offset)
{
	switch (c->backup) {
	case GBA_SRAM: return c->data[offset & 0x7fff];
	case GBA_FLASH_64K:
	case GBA_FLASH_128K: return gba_flash_read(c, offset);
	default: return 0xff;
	}
}

void gba_cart_write_backup(struct gba_cart *c, uint32_t offset, uint8_t value)
{
	if (c->backup == GBA_SRAM) {
		c->data[offset & 0x7fff] = value;
		c->changes++;
	} else if (c->backup == GBA_FLASH_64K || c->backup == GBA_FLASH_128K) {
		gba_flash_write(c, offset, value);
	}
}

/* --- The device --- */

static const struct field fields[] = {
    FIELD(struct gba_cart_state, busy, 0),
    FIELD(struct gba_cart_state, stream_bits, 0),
    FIELD(struct gba_cart_state, read_bits, 0),
    FIELD(struct gba_cart_state, read_at, 0),
    FIELD_ARRAY(struct gba_cart_state, stream, 0),
    FIELD(struct gba_cart_state, flash_step, 0),
    FIELD(struct gba_cart_state, flash_mode, 0),
    FIELD(struct gba_cart_state, flash_bank, 0),
    FIELD(struct gba_cart_state, flash_id, 0),
    FIELD(struct gba_cart_state, gpio_data, 0),
    FIELD(struct gba_cart_state, gpio_out, 0),
    FIELD(struct gba_cart_state, gpio_readable, 0),
    FIELD(struct gba_cart_state, rtc_status, 0x40),
    FIELD(struct gba_cart_state, rtc_command, 0),
    FIELD(struct gba_cart_state, rtc_bits, 0),
    FIELD(struct gba_cart_state, rtc_shift, 0),
    FIELD_ARRAY(struct gba_cart_state, rtc_data, 0),
    FIELD(struct gba_cart_state, rtc_out, 1),
    FIELD_ARRAY(struct gba_cart_state, reserved, 0),
};

static bool gba_cart_loaded(struct device *d, char *why, size_t size)
{
	const struct gba_cart_state *s = &((const struct gba_cart *)d)->s;

	if (s->stream_bits <= 81 && s->read_bits <= 68 && s->read_at < EEPROM_BLOCKS &&
	    s->flash_mode < FLASH_MODES && s->flash_bank < 2)
		return true;
	snprintf(why, size, "%s: a state that no run comes to", d->tag);
	return false;
}

/* The contents, by how much the clock has been set, and the size of an EEPROM. */
#define BLOB_HEAD 9

static bool gba_cart_save(struct device *d, struct state_writer *w)
{
	const struct gba_cart *c = (const struct gba_cart *)d;
	uint8_t head[BLOB_HEAD];

	for (unsigned i = 0; i < 8; i++)
		head[i] = (uint8_t)((uint64_t)c->rtc_offset >> 8 * i);
	head[8] = (uint8_t)c->address_bits;
	return state_write(w, head, sizeof head) && state_write(w, c->data, sizeof c->data);
}

static bool gba_cart_load(struct device *d, struct state_reader *r, char *why, size_t size)
{
	struct gba_cart *c = (struct gba_cart *)d;
	uint8_t head[BLOB_HEAD];
	uint64_t offset = 0;

	if (!state_read(r, head, sizeof head) || !state_read(r, c->data, sizeof c->data) ||
	    state_left(r) || (head[8] && head[8] != 6 && head[8] != 14)) {
		snprintf(why, size, "%s: not the contents of a cartridge", d->tag);
		return false;
	}
	for (unsigned i = 0; i < 8; i++)
		offset |= (uint64_t)head[i] << 8 * i;
	/* No clock is off by more than a few centuries. */
	c->rtc_offset = (int64_t)offset % (INT64_C(1) << 40);
	c->address_bits = head[8];
	c->changes++;
	return true;
}

const struct device_type gba_cart_type = {
    .name = "gba_cart",
    .description = "cartridge of the Game Boy Advance (GBATEK; clock: S-3511A)",
    .table = STATE_TABLE(struct gba_cart_state, fields),
    .loaded = gba_cart_loaded,
    .save_blob = gba_cart_save,
    .load_blob = gba_cart_load,
};

void gba_cart_init(struct gba_cart *c, const char *tag, struct scheduler *sched, const uint8_t *rom,
    uint32_t rom_size, uint64_t epoch)
{
	device_init(&c->dev, &gba_cart_type, tag, &c->s);
	c->sched = sched;
	c->rom = rom;
	c->rom_size = rom_size;
	c->epoch = epoch;
	c->backup = GBA_NO_BACKUP;
	c->has_rtc = false;
	c->rtc_offset = 0;
	c->address_bits = 0;
	memset(c->data, 0xff, sizeof c->data);
	recognise(c);
}
