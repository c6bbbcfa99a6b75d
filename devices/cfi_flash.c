/* CFI flash (JESD68 for the query table, JEP137 command set 1 "Intel/Sharp extended").
 *
 * The two chips are one small state machine, as they are only ever commanded together: `mode` says
 * what a read shows, `step` what the next write means.  Status bits are those of the Intel
 * StrataFlash data sheets.
 */
#include "devices/cfi_flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/snapshot.h"

#define NO_SECTOR  UINT32_MAX /* ends the blob */
#define BOTH_CHIPS UINT32_C(0x10001)

enum mode { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY, MODES };

enum step {
	STEP_COMMAND,
	STEP_PROGRAM,       /* the word to program */
	STEP_ERASE,         /* confirmation of a block erase */
	STEP_COUNT,         /* number of buffered accesses minus 1 */
	STEP_BUFFER,        /* their data */
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

/* Four bytes from an aligned offset. */
static uint32_t array_read(const struct cfi_flash *f, uint32_t offset)
{
	const uint8_t *sector = f->sector[offset / CFI_FLASH_SECTOR];
	if (!sector)
		return UINT32_MAX;
	const uint8_t *p = sector + offset % CFI_FLASH_SECTOR;
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
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
static bool array_program(struct cfi_flash *f, uint32_t offset, uint8_t value)
{
	if (value == 0xff)
		return true;
	uint8_t *sector = offset < CFI_FLASH_SIZE ? sector_get(f, offset / CFI_FLASH_SECTOR) : NULL;
	if (!sector)
		return false;
	sector[offset % CFI_FLASH_SECTOR] &= value;
	return true;
}

static void array_erase(struct cfi_flash *f, uint32_t offset)
{
	free(f->sector[offset / CFI_FLASH_SECTOR]);
	f->sector[offset / CFI_FLASH_SECTOR] = NULL;
}

static bool is_erased(const uint8_t *sector)
{
	return !sector || (sector[0] == 0xff && !memcmp(sector, sector + 1, CFI_FLASH_SECTOR - 1));
}

/* --- Commands --------------------------------------------------------------------------- */

static void sequence_error(struct cfi_flash_state *s)
{
	s->status |= STATUS_SEQUENCE_ERROR;
	s->mode = MODE_STATUS;
	s->step = STEP_COMMAND;
}

static void command(struct cfi_flash_state *s, uint8_t c)
{
	s->mode = MODE_STATUS;
	switch (c) {
	case PROGRAM:
	case PROGRAM_ALTERNATE: s->step = STEP_PROGRAM; break;
	case BLOCK_ERASE: s->step = STEP_ERASE; break;
	case BUFFERED_PROGRAM: s->step = STEP_COUNT; break;
	case LOCK: s->step = STEP_LOCK; break;
	case CLEAR_STATUS: s->status = STATUS_READY; break;
	case READ_STATUS:
	case CONFIRM: break; /* nothing is ever suspended */
	case READ_ID: s->mode = MODE_ID; break;
	case READ_QUERY: s->mode = MODE_QUERY; break;
	default: s->mode = MODE_ARRAY; break; /* READ_ARRAY and what other makers use for it */
	}
}

static void program(struct cfi_flash *f, uint32_t offset, const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!array_program(f, offset + i, bytes[i]))
			f->s.status |= STATUS_PROGRAM_ERROR;
}

static void buffer_start(struct cfi_flash_state *s, uint16_t value)
{
	if (value >= CFI_FLASH_WORDS) {
		sequence_error(s);
		return;
	}
	s->count = s->left = value + 1u;
	s->step = STEP_BUFFER;
}

/* The first access says where the write starts; the rest may come in any order but must lie in
 * the buffer. */
static void buffer_data(
    struct cfi_flash_state *s, uint32_t offset, const uint8_t *bytes, unsigned n)
{
	if (s->left == s->count) {
		s->buffer_at = offset;
		memset(s->buffer, 0xff, sizeof s->buffer);
	}
	uint32_t at = offset - s->buffer_at;
	if (at >= CFI_FLASH_BUFFER || CFI_FLASH_BUFFER - at < n) {
		sequence_error(s);
		return;
	}
	memcpy(s->buffer + at, bytes, n);
	s->step = --s->left ? STEP_BUFFER : STEP_BUFFER_COMMIT;
}

/* `n` bytes written at `offset`; a command is in the lowest of them. */
static void bank_write(struct cfi_flash *f, uint32_t offset, const uint8_t *bytes, unsigned n)
{
	struct cfi_flash_state *s = &f->s;
	enum step step = s->step;
	s->step = STEP_COMMAND;
	switch (step) {
	case STEP_PROGRAM: program(f, offset, bytes, n); break;
	case STEP_ERASE:
		if (bytes[0] == CONFIRM)
			array_erase(f, offset);
		else
			sequence_error(s);
		break;
	case STEP_COUNT: buffer_start(s, bytes[0]); break;
	case STEP_BUFFER: buffer_data(s, offset, bytes, n); break;
	case STEP_BUFFER_COMMIT:
		if (bytes[0] == CONFIRM)
			program(f, s->buffer_at, s->buffer, CFI_FLASH_BUFFER);
		else
			sequence_error(s);
		break;
	case STEP_LOCK: break; /* locking and unlocking a block change nothing */
	default: command(s, bytes[0]); break;
	}
}

/* --- Bus -------------------------------------------------------------------------------- */

/* What one chip answers at word `n` of its address space when it does not show its array. */
static uint16_t chip_answer(const struct cfi_flash *f, uint32_t n)
{
	n %= CFI_FLASH_SECTOR / 4;
	if (f->s.mode == MODE_ID) /* word 2 would say whether the block is locked */
		return n == 0 ? MANUFACTURER : n == 1 ? DEVICE_ID : 0;
	if (f->s.mode == MODE_QUERY)
		return n >= 0x10 && n - 0x10 < sizeof query ? query[n - 0x10] : 0;
	return (uint16_t)f->s.status;
}

static uint64_t flash_read(void *owner, uint64_t offset, unsigned size)
{
	struct cfi_flash *f = owner;
	uint32_t aligned = (uint32_t)offset & ~3u;
	uint32_t value = f->s.mode == MODE_ARRAY ? array_read(f, aligned)
						 : chip_answer(f, aligned / 4) * BOTH_CHIPS;
	return value >> (offset & 3) * 8 & UINT32_MAX >> (32 - size * 8);
}

static void flash_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	uint8_t bytes[4];
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	bank_write(owner, (uint32_t)offset, bytes, size);
}

const struct bus_ops cfi_flash_ops = {flash_read, flash_write, flash_read, 1, 4};

/* --- Type ------------------------------------------------------------------------------- */

static const struct field fields[] = {
    FIELD(struct cfi_flash_state, mode, MODE_ARRAY),
    FIELD(struct cfi_flash_state, step, STEP_COMMAND),
    FIELD(struct cfi_flash_state, status, STATUS_READY),
    FIELD(struct cfi_flash_state, count, 0),
    FIELD(struct cfi_flash_state, left, 0),
    FIELD(struct cfi_flash_state, buffer_at, 0),
    FIELD_ARRAY(struct cfi_flash_state, buffer, 0xff),
};

static bool flash_loaded(struct device *d, char *why, size_t size)
{
	const struct cfi_flash_state *s = &((struct cfi_flash *)d)->s;
	if (s->mode < MODES && s->step < STEPS && s->status <= UINT8_MAX &&
	    s->count <= CFI_FLASH_WORDS && s->left <= s->count &&
	    (s->step != STEP_BUFFER || s->left) && s->buffer_at < CFI_FLASH_SIZE)
		return true;
	snprintf(why, size, "%s: the chips are in an impossible state", d->tag);
	return false;
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
