/* CFI flash (JESD68 for the query table, JEP137 command set 1 "Intel/Sharp extended").
 *
 * Each chip is a small state machine: `mode` says what a read shows, `step` what the next write
 * means.  Status bits are those of the Intel StrataFlash data sheets.
 */
#include "devices/cfi_flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/snapshot.h"

#define CHIP_WORDS   (CFI_FLASH_SIZE / 4)
#define SECTOR_WORDS (CFI_FLASH_SECTOR / 4)
#define NO_SECTOR    UINT32_MAX /* ends the blob */

enum mode { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY, MODES };

enum step {
	STEP_COMMAND,
	STEP_PROGRAM,       /* the word to program */
	STEP_ERASE,         /* confirmation of a block erase */
	STEP_COUNT,         /* number of buffered words minus 1 */
	STEP_BUFFER,        /* buffered words */
	STEP_BUFFER_COMMIT, /* confirmation of a buffered write */
	STEP_LOCK,          /* second half of a lock command */
	STEPS
};

enum { /* commands */
	PROGRAM_ALTERNATE = 0x10,
	BLOCK_ERASE = 0x20,
	PROGRAM = 0x40,
	CLEAR_STATUS = 0x50,
	LOCK = 0x60,
	READ_STATUS = 0x70,
	READ_ID = 0x90,
	READ_QUERY = 0x98,
	CONFIRM = 0xd0,
	BUFFERED_PROGRAM = 0xe8,
	READ_ARRAY = 0xff
};

enum { STATUS_READY = 0x80, STATUS_ERASE_ERROR = 0x20, STATUS_PROGRAM_ERROR = 0x10 };
#define STATUS_SEQUENCE_ERROR (STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR)

#define MANUFACTURER 0x89 /* Intel */
#define DEVICE_ID    0x18

/* The query table of one chip from word 0x10 on. */
static const uint8_t query[] = {
    'Q', 'R', 'Y', 0x01, 0x00, 0x31, 0x00, /* 0x10: command set 1, its table at 0x31 */
    0x00, 0x00, 0x00, 0x00,                /* 0x17: no alternate command set */
    0x45, 0x55, 0x00, 0x00,                /* 0x1b: 4.5 V to 5.5 V, no programming voltage */
    0x07, 0x07, 0x0a, 0x00,                /* 0x1f: typical times, powers of 2 us and ms */
    0x04, 0x04, 0x04, 0x00,                /* 0x23: maxima, powers of 2 times those */
    0x19, 0x01, 0x00, 0x06, 0x00,          /* 0x27: 2^25 bytes, x16, buffer of 2^6 bytes */
    0x01, 0xff, 0x00, 0x00, 0x02,          /* 0x2c: one region of 256 blocks of 0x200 * 256 */
    'P', 'R', 'I', '1', '0',               /* 0x31: extended table, version 1.0 */
    0x00, 0x00, 0x00, 0x00,                /* 0x36: no optional features */
    0x00, 0x00, 0x00, 0x50, 0x00, 0x00,    /* 0x3a: no suspend, no lock status, 5.0 V */
};

/* --- Contents --------------------------------------------------------------------------- */

static unsigned sector_of(uint32_t word)
{
	return word / SECTOR_WORDS;
}

/* One chip's 16 bits of a word. */
static uint16_t array_read(const struct cfi_flash *f, unsigned chip, uint32_t word)
{
	const uint8_t *sector = f->sector[sector_of(word)];
	if (!sector)
		return 0xffff;
	const uint8_t *p = sector + word % SECTOR_WORDS * 4 + chip * 2;
	return p[0] | p[1] << 8;
}

/* The sector for writing, or NULL when the host has no memory. */
static uint8_t *sector_get(struct cfi_flash *f, unsigned n)
{
	if (!f->sector[n]) {
		f->sector[n] = malloc(CFI_FLASH_SECTOR);
		if (f->sector[n])
			memset(f->sector[n], 0xff, CFI_FLASH_SECTOR);
	}
	return f->sector[n];
}

/* Programming turns ones into zeros only. */
static bool array_program(struct cfi_flash *f, unsigned chip, uint32_t word, uint16_t value)
{
	uint8_t *sector = sector_get(f, sector_of(word));
	if (!sector)
		return false;
	uint8_t *p = sector + word % SECTOR_WORDS * 4 + chip * 2;
	p[0] &= value & 0xff;
	p[1] &= value >> 8;
	return true;
}

static void array_erase(struct cfi_flash *f, unsigned chip, uint32_t word)
{
	uint8_t *sector = f->sector[sector_of(word)];
	for (unsigned i = chip * 2; sector && i < CFI_FLASH_SECTOR; i += 4)
		sector[i] = sector[i + 1] = 0xff;
}

static bool is_erased(const uint8_t *sector)
{
	return !sector || (sector[0] == 0xff && !memcmp(sector, sector + 1, CFI_FLASH_SECTOR - 1));
}

/* --- Commands --------------------------------------------------------------------------- */

static void sequence_error(struct cfi_flash_state *s, unsigned chip)
{
	s->status[chip] |= STATUS_SEQUENCE_ERROR;
	s->mode[chip] = MODE_STATUS;
	s->step[chip] = STEP_COMMAND;
}

static void command(struct cfi_flash_state *s, unsigned chip, uint8_t c)
{
	s->mode[chip] = MODE_STATUS;
	switch (c) {
	case PROGRAM:
	case PROGRAM_ALTERNATE: s->step[chip] = STEP_PROGRAM; break;
	case BLOCK_ERASE: s->step[chip] = STEP_ERASE; break;
	case BUFFERED_PROGRAM: s->step[chip] = STEP_COUNT; break;
	case LOCK: s->step[chip] = STEP_LOCK; break;
	case CLEAR_STATUS: s->status[chip] = STATUS_READY; break;
	case READ_STATUS:
	case CONFIRM: break; /* nothing is ever suspended */
	case READ_ID: s->mode[chip] = MODE_ID; break;
	case READ_QUERY: s->mode[chip] = MODE_QUERY; break;
	default: s->mode[chip] = MODE_ARRAY; break;
	}
}

static void buffer_start(struct cfi_flash_state *s, unsigned chip, uint16_t value)
{
	if (value >= CFI_FLASH_BUFFER) {
		sequence_error(s, chip);
		return;
	}
	s->count[chip] = s->left[chip] = value + 1;
	s->step[chip] = STEP_BUFFER;
}

/* A buffered word.  The first one says where the write starts; the rest may come in any order
 * but must lie in it. */
static void buffer_word(struct cfi_flash_state *s, unsigned chip, uint32_t word, uint16_t value)
{
	uint16_t *buffer = &s->buffer[chip * CFI_FLASH_BUFFER];
	if (s->left[chip] == s->count[chip]) {
		s->buffer_at[chip] = word;
		memset(buffer, 0xff, CFI_FLASH_BUFFER * sizeof *buffer);
	}
	if (word - s->buffer_at[chip] >= s->count[chip]) {
		sequence_error(s, chip);
		return;
	}
	buffer[word - s->buffer_at[chip]] = value;
	if (--s->left[chip] == 0)
		s->step[chip] = STEP_BUFFER_COMMIT;
}

static void buffer_commit(struct cfi_flash *f, unsigned chip)
{
	struct cfi_flash_state *s = &f->s;
	for (unsigned i = 0; i < s->count[chip]; i++)
		if (s->buffer_at[chip] + i >= CHIP_WORDS ||
		    !array_program(
			f, chip, s->buffer_at[chip] + i, s->buffer[chip * CFI_FLASH_BUFFER + i]))
			s->status[chip] |= STATUS_PROGRAM_ERROR;
}

static void chip_write(struct cfi_flash *f, unsigned chip, uint32_t word, uint16_t value)
{
	struct cfi_flash_state *s = &f->s;
	enum step step = s->step[chip];
	s->step[chip] = STEP_COMMAND;
	switch (step) {
	case STEP_PROGRAM:
		if (!array_program(f, chip, word, value))
			s->status[chip] |= STATUS_PROGRAM_ERROR;
		break;
	case STEP_ERASE:
		if (value == CONFIRM)
			array_erase(f, chip, word);
		else
			sequence_error(s, chip);
		break;
	case STEP_COUNT: buffer_start(s, chip, value); break;
	case STEP_BUFFER:
		s->step[chip] = STEP_BUFFER;
		buffer_word(s, chip, word, value);
		break;
	case STEP_BUFFER_COMMIT:
		if (value == CONFIRM)
			buffer_commit(f, chip);
		else
			sequence_error(s, chip);
		break;
	case STEP_LOCK: break; /* locking and unlocking a block change nothing */
	default: command(s, chip, (uint8_t)value); break;
	}
}

static uint16_t chip_read(const struct cfi_flash *f, unsigned chip, uint32_t word)
{
	switch (f->s.mode[chip]) {
	case MODE_ARRAY: return array_read(f, chip, word);
	case MODE_ID:
		word %= SECTOR_WORDS;
		return word == 0 ? MANUFACTURER : word == 1 ? DEVICE_ID : 0; /* 2: not locked */
	case MODE_QUERY:
		word %= SECTOR_WORDS;
		return word >= 0x10 && word - 0x10 < sizeof query ? query[word - 0x10] : 0;
	default: return f->s.status[chip];
	}
}

/* --- Bus -------------------------------------------------------------------------------- */

static uint64_t flash_read(void *owner, uint64_t offset, unsigned size)
{
	struct cfi_flash *f = owner;
	uint32_t word = (uint32_t)(offset / 4), value = 0;
	for (unsigned chip = 0; chip < CFI_FLASH_CHIPS; chip++)
		value |= (uint32_t)chip_read(f, chip, word) << 16 * chip;
	return value;
}

static void flash_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct cfi_flash *f = owner;
	uint32_t word = (uint32_t)(offset / 4);
	if (size == 4) {
		chip_write(f, 0, word, (uint16_t)value);
		chip_write(f, 1, word, (uint16_t)(value >> 16));
	} else {
		/* A chip has no byte lanes; a byte on the upper half of its bus is 0 below. */
		chip_write(f, offset >> 1 & 1, word, (uint16_t)(value << (offset & 1) * 8));
	}
}

static uint64_t flash_narrow_read(void *owner, uint64_t offset, unsigned size)
{
	uint64_t value = flash_read(owner, offset, 4) >> (offset & 3) * 8;
	return value & UINT32_MAX >> (32 - size * 8);
}

const struct bus_ops cfi_flash_ops = {flash_narrow_read, flash_write, flash_narrow_read, 1, 4};

/* --- Type ------------------------------------------------------------------------------- */

static const struct field fields[] = {
    FIELD_ARRAY(struct cfi_flash_state, buffer_at, 0),
    FIELD_ARRAY(struct cfi_flash_state, mode, MODE_ARRAY),
    FIELD_ARRAY(struct cfi_flash_state, step, STEP_COMMAND),
    FIELD_ARRAY(struct cfi_flash_state, status, STATUS_READY),
    FIELD_ARRAY(struct cfi_flash_state, count, 0),
    FIELD_ARRAY(struct cfi_flash_state, left, 0),
    FIELD_ARRAY(struct cfi_flash_state, buffer, 0xffff),
};

static bool flash_loaded(struct device *d, char *why, size_t size)
{
	const struct cfi_flash_state *s = &((struct cfi_flash *)d)->s;
	for (unsigned chip = 0; chip < CFI_FLASH_CHIPS; chip++)
		if (s->mode[chip] >= MODES || s->step[chip] >= STEPS ||
		    s->count[chip] > CFI_FLASH_BUFFER || s->left[chip] > s->count[chip] ||
		    (s->step[chip] == STEP_BUFFER && !s->left[chip]) ||
		    s->buffer_at[chip] >= CHIP_WORDS) {
			snprintf(why, size, "%s: chip %u is in an impossible state", d->tag, chip);
			return false;
		}
	return true;
}

static bool flash_save(struct device *d, struct state_writer *w)
{
	struct cfi_flash *f = (struct cfi_flash *)d;
	const uint32_t end = NO_SECTOR;
	for (uint32_t i = 0; i < CFI_FLASH_SECTORS; i++)
		if (!is_erased(f->sector[i]) && !(state_write(w, &i, sizeof i) &&
						    state_write(w, f->sector[i], CFI_FLASH_SECTOR)))
			return false;
	return state_write(w, &end, sizeof end);
}

static bool flash_load(struct device *d, struct state_reader *r, char *why, size_t size)
{
	struct cfi_flash *f = (struct cfi_flash *)d;
	uint32_t i, least = 0;
	cfi_flash_free(f);
	while (state_read(r, &i, sizeof i)) {
		if (i == NO_SECTOR)
			return true;
		if (i < least || i >= CFI_FLASH_SECTORS) {
			snprintf(why, size, "%s: sector %u is out of place", d->tag, (unsigned)i);
			return false;
		}
		if (!sector_get(f, i)) {
			snprintf(why, size, "%s: out of memory", d->tag);
			return false;
		}
		if (!state_read(r, f->sector[i], CFI_FLASH_SECTOR))
			break;
		least = i + 1;
	}
	snprintf(why, size, "%s: the contents are cut short", d->tag);
	return false;
}

const struct device_type cfi_flash_type = {
    .name = "cfi_flash",
    .description = "64 MiB of NOR flash, two x16 chips, Intel command set (JESD68)",
    .table = STATE_TABLE(struct cfi_flash_state, fields),
    .loaded = flash_loaded,
    .save_blob = flash_save,
    .load_blob = flash_load,
};

void cfi_flash_init(struct cfi_flash *f, const char *tag)
{
	memset(f, 0, sizeof *f);
	device_init(&f->dev, &cfi_flash_type, tag, &f->s);
}

void cfi_flash_free(struct cfi_flash *f)
{
	for (unsigned i = 0; i < CFI_FLASH_SECTORS; i++) {
		free(f->sector[i]);
		f->sector[i] = NULL;
	}
}

bool cfi_flash_fill(struct cfi_flash *f, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;
	if (n > CFI_FLASH_SIZE)
		return false;
	for (unsigned i = 0; n; i++) {
		size_t part = n < CFI_FLASH_SECTOR ? n : CFI_FLASH_SECTOR;
		if (!sector_get(f, i))
			return false;
		memcpy(f->sector[i], from, part);
		from += part;
		n -= part;
	}
	return true;
}
