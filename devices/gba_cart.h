/* A Game Boy Advance cartridge: ROM, one of the usual memories that keep a game, and a clock
 * (GBATEK, "GBA Cartridges"; clock: Seiko Instruments S-3511A).
 *
 * What is in it is told from the library's name strings that the ROM contains: "SRAM_V", "FLASH_V",
 * "FLASH512_V", "FLASH1M_V", "EEPROM_V", "SIIRTC_V".
 *
 * ROM:       gba_cart_read_rom(); past its end the address lines answer.  The first half of it is
 *            plain memory, but for the clock's three registers at 0xc4.
 * Backup:    gba_cart_read_backup() and _write_backup(), 8 bits (SRAM, flash);
 *            gba_cart_read_eeprom() and _write_eeprom(), 1 bit.  Its contents survive a reset;
 *            `changes` grows with each write, for whoever keeps them in a file.
 * Clock:     a tick is a cycle of 2^24 Hz; the date is `epoch` plus guest time.
 *
 * Left out: the clock's alarm interrupt, which no known cartridge connects; solar sensors, tilt,
 * rumble.
 */
#ifndef MYNA_DEVICES_GBA_CART_H
#define MYNA_DEVICES_GBA_CART_H

#include "devices/gba_io.h"
#include "machine/device.h"
#include "machine/event.h"

#define GBA_ROM_MAX    (32u << 20)
#define GBA_BACKUP_MAX (128u << 10)

enum gba_backup { GBA_NO_BACKUP, GBA_SRAM, GBA_FLASH_64K, GBA_FLASH_128K, GBA_EEPROM };

struct gba_cart_state {
	uint64_t busy; /* EEPROM: tick until which it is writing */
	/* EEPROM */
	uint32_t stream_bits; /* bits in `stream` */
	uint32_t read_bits;   /* bits left to read: four of no meaning, then 64 */
	uint32_t read_at;     /* the block of 8 bytes that is read */
	uint8_t stream[12];   /* what has been written, the first bit in the highest */
	/* Flash */
	uint8_t flash_step; /* of the unlocking sequence: 0, 1, 2 */
	uint8_t flash_mode; /* enum gba_flash_mode */
	uint8_t flash_bank;
	uint8_t flash_id; /* reads show the chip's identity */
	/* GPIO and clock */
	uint8_t gpio_data, gpio_out, gpio_readable;
	uint8_t rtc_status;
	uint8_t rtc_command; /* being carried out; 0: none yet */
	uint8_t rtc_bits;    /* of the command or its data that have passed */
	uint8_t rtc_shift;   /* command as it comes in */
	uint8_t rtc_data[7]; /* of the command */
	uint8_t rtc_out;     /* level of the data line when the clock drives it */
	uint8_t reserved[5];
};

struct gba_cart {
	struct device dev;
	struct gba_cart_state s;
	struct scheduler *sched;
	const uint8_t *rom; /* not owned */
	uint32_t rom_size;
	enum gba_backup backup;
	bool has_rtc;
	uint64_t epoch;        /* seconds since 1970 at tick 0 */
	uint32_t address_bits; /* of an EEPROM: 6 or 14; 0 while nothing has told */
	int64_t rtc_offset;    /* seconds by which the guest has set the clock */
	uint64_t changes;      /* not state */
	uint8_t data[GBA_BACKUP_MAX];
};

extern const struct device_type gba_cart_type;

void gba_cart_init(struct gba_cart *c, const char *tag, struct scheduler *sched, const uint8_t *rom,
    uint32_t rom_size, uint64_t epoch);

/* Bytes of the backup memory; an EEPROM of unknown size counts as 8 KiB. */
uint32_t gba_cart_backup_size(const struct gba_cart *c);
/* Contents from a file of any size; what is missing stays erased.  512 bytes or 8 KiB tell the size
 * of an EEPROM. */
void gba_cart_fill(struct gba_cart *c, const uint8_t *bytes, size_t n);

/* Offsets count from the start of the ROM's area of 32 MiB. */
uint16_t gba_cart_read_rom(const struct gba_cart *c, uint32_t offset);
void gba_cart_write_rom(struct gba_cart *c, uint32_t offset, uint16_t value);
/* Is an EEPROM's line at this offset? */
bool gba_cart_is_eeprom(const struct gba_cart *c, uint32_t offset);
uint16_t gba_cart_read_eeprom(struct gba_cart *c);
void gba_cart_write_eeprom(struct gba_cart *c, uint16_t value);

uint8_t gba_cart_read_backup(const struct gba_cart *c, uint32_t offset);
void gba_cart_write_backup(struct gba_cart *c, uint32_t offset, uint8_t value);

#endif
