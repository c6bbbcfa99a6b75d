/* What the files of the cartridge share. */
#ifndef MYNA_DEVICES_GBA_CART_PARTS_H
#define MYNA_DEVICES_GBA_CART_PARTS_H

#include "devices/gba_cart.h"

/* Lines of the GPIO port that the clock is on. */
enum { RTC_SCK = 1, RTC_SIO = 2, RTC_CS = 4, GPIO_LINES = 15 };

enum gba_flash_mode {
	FLASH_READY,
	FLASH_ERASE,  /* the first half of an erase command has come */
	FLASH_WRITE,  /* a byte to write comes next */
	FLASH_SELECT, /* the number of a bank comes next */
	FLASH_MODES
};

uint8_t gba_flash_read(const struct gba_cart *c, uint32_t offset);
void gba_flash_write(struct gba_cart *c, uint32_t offset, uint8_t value);

/* The lines that the console drives have changed from `before`. */
void gba_rtc_lines(struct gba_cart *c, uint8_t before);

#endif
