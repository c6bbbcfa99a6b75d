/* Flash memories of 64 and 128 KiB: commands come after 0xaa at 0x5555 and 0x55 at 0x2aaa. */
#include <string.h>

#include "devices/gba_cart_parts.h"

#define SECTOR 0x1000u
#define BANK   0x10000u

enum { FIRST = 0x5555, SECOND = 0x2aaa };
enum {
	ERASE_CHIP = 0x10,
	ERASE_SECTOR = 0x30,
	ERASE = 0x80,
	ENTER_ID = 0x90,
	WRITE = 0xa0,
	SELECT_BANK = 0xb0,
	LEAVE = 0xf0
};

/* Manufacturer and device: Panasonic MN63F805MNP, Sanyo LE26FV10N1TS. */
static const uint8_t identities[2][2] = {{0x32, 0x1b}, {0x62, 0x13}};

static bool large(const struct gba_cart *c)
{
	return c->backup == GBA_FLASH_128K;
}

static uint32_t bank(const struct gba_cart *c)
{
	return large(c) ? c->s.flash_bank * BANK : 0;
}

uint8_t gba_flash_read(const struct gba_cart *c, uint32_t offset)
{
	offset &= BANK - 1;
	if (c->s.flash_id && offset < 2)
		return identities[large(c)][offset];
	return c->data[bank(c) + offset];
}

static void erase(struct gba_cart *c, uint32_t at, uint32_t size)
{
	memset(c->data + at, 0xff, size);
	c->changes++;
}

static void command(struct gba_cart *c, uint8_t value)
{
	struct gba_cart_state *s = &c->s;
	bool erasing = s->flash_mode == FLASH_ERASE;

	s->flash_mode = FLASH_READY;
	switch (value) {
	case ENTER_ID: s->flash_id = 1; break;
	case LEAVE: s->flash_id = 0; break;
	case ERASE: s->flash_mode = FLASH_ERASE; break;
	case WRITE: s->flash_mode = FLASH_WRITE; break;
	case SELECT_BANK: s->flash_mode = FLASH_SELECT; break;
	case ERASE_CHIP:
		if (erasing)
			erase(c, 0, large(c) ? 2 * BANK : BANK);
		break;
	default: break;
	}
}

void gba_flash_write(struct gba_cart *c, uint32_t offset, uint8_t value)
{
	struct gba_cart_state *s = &c->s;
	uint8_t step = s->flash_step;

	offset &= BANK - 1;
	if (s->flash_mode == FLASH_WRITE) {
		/* Bits can only be cleared; erasing sets them. */
		c->data[bank(c) + offset] &= value;
		c->changes++;
		s->flash_mode = FLASH_READY;
		return;
	}
	if (s->flash_mode == FLASH_SELECT && offset == 0) {
		s->flash_bank = value & 1;
		s->flash_mode = FLASH_READY;
		return;
	}
	s->flash_step = 0;
	if (step == 2 && s->flash_mode == FLASH_ERASE && value == ERASE_SECTOR) {
		erase(c, bank(c) + (offset & ~(SECTOR - 1)), SECTOR);
		s->flash_mode = FLASH_READY;
	} else if (step == 2 && offset == FIRST) {
		command(c, value);
	} else if (step == 0 && offset == FIRST && value == 0xaa) {
		s->flash_step = 1;
	} else if (step == 1 && offset == SECOND && value == 0x55) {
		s->flash_step = 2;
	} else if (value == LEAVE) {
		/* A single byte ends the identity as well. */
		s->flash_id = 0;
		s->flash_mode = FLASH_READY;
	}
}
