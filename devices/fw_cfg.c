/* fw_cfg (specification "QEMU Firmware Configuration Device"). */
#include "devices/fw_cfg.h"

#include <assert.h>
#include <string.h>

enum { /* registers */
	DATA = 0,
	SELECTOR = 8,
	DMA = 16
};

enum { /* keys */
	KEY_SIGNATURE = 0x00,
	KEY_ID = 0x01,
	KEY_DIRECTORY = 0x19
};

enum { /* control word of a DMA request */
	CONTROL_ERROR = 1 << 0,
	CONTROL_READ = 1 << 1,
	CONTROL_SKIP = 1 << 2,
	CONTROL_SELECT = 1 << 3,
	CONTROL_WRITE = 1 << 4
};

#define DMA_SIGNATURE UINT64_C(0x51454d5520434647) /* "QEMU CFG" */

/* Control, length, address. */
#define REQUEST_SIZE 16

static uint64_t big_endian(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static void put_big_endian(uint8_t *p, unsigned n, uint64_t v)
{
	for (unsigned i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

/* `n` bytes of a value as they lie in memory, read the other way round. */
static uint64_t swap(uint64_t value, unsigned n)
{
	return __builtin_bswap64(value) >> (64 - 8 * n);
}

static struct fw_cfg_data item(const struct fw_cfg *f, uint32_t key)
{
	if (key == KEY_DIRECTORY)
		return (struct fw_cfg_data){
		    &f->directory, 4 + f->files * (uint32_t)sizeof f->directory.entry[0]};
	if (key < FW_CFG_KEYS)
		return f->item[key];
	if (key < FW_CFG_KEYS + f->files)
		return f->file[key - FW_CFG_KEYS];
	return (struct fw_cfg_data){NULL, 0};
}

static void select_item(struct fw_cfg *f, uint32_t key)
{
	f->s.key = key;
	f->s.offset = 0;
}

/* The next `n` bytes of the selected item, zeros past its end. */
static void take(struct fw_cfg *f, uint8_t *out, uint32_t n)
{
	struct fw_cfg_data d = item(f, f->s.key);
	uint32_t left = f->s.offset < d.size ? d.size - f->s.offset : 0;
	uint32_t part = n < left ? n : left;
	memset(out, 0, n);
	if (part)
		memcpy(out, (const uint8_t *)d.bytes + f->s.offset, part);
	f->s.offset = f->s.offset + n < n ? UINT32_MAX : f->s.offset + n;
}

static bool transfer(struct fw_cfg *f, uint64_t address, uint32_t length)
{
	uint8_t bytes[4096];
	while (length) {
		uint32_t part = length < sizeof bytes ? length : sizeof bytes;
		take(f, bytes, part);
		if (!bus_dma_write(f->bus, address, bytes, part))
			return false;
		address += part;
		length -= part;
	}
	return true;
}

/* Carry out the request at s.dma and report in its control word. */
static void run_request(struct fw_cfg *f)
{
	uint64_t at = f->s.dma;
	uint8_t request[REQUEST_SIZE];
	f->s.dma = 0;
	if (!bus_dma_read(f->bus, at, request, sizeof request))
		return;
	uint32_t control = (uint32_t)big_endian(request, 4);
	uint32_t length = (uint32_t)big_endian(request + 4, 4);
	uint64_t address = big_endian(request + 8, 8);
	bool good = true;

	if (control & CONTROL_SELECT)
		select_item(f, control >> 16);
	if (control & CONTROL_READ)
		good = transfer(f, address, length);
	else if (control & CONTROL_WRITE)
		good = false;
	else if (control & CONTROL_SKIP)
		f->s.offset = f->s.offset + length < length ? UINT32_MAX : f->s.offset + length;
	uint8_t result[4];
	put_big_endian(result, 4, good ? 0 : CONTROL_ERROR);
	bus_dma_write(f->bus, at, result, sizeof result);
}

static uint64_t fw_cfg_read(void *owner, uint64_t offset, unsigned size)
{
	struct fw_cfg *f = owner;
	uint64_t value = 0;
	if (offset < SELECTOR) {
		uint8_t bytes[8];
		take(f, bytes, size);
		memcpy(&value, bytes, size);
	} else if (offset >= DMA) {
		uint8_t bytes[8];
		put_big_endian(bytes, 8, DMA_SIGNATURE);
		memcpy(&value, bytes + (offset - DMA), size);
	}
	return value;
}

static uint64_t fw_cfg_peek(void *owner, uint64_t offset, unsigned size)
{
	struct fw_cfg *f = owner;
	uint32_t at = f->s.offset;
	uint64_t value = fw_cfg_read(f, offset, size);
	f->s.offset = at;
	return value;
}

static void fw_cfg_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	struct fw_cfg *f = owner;
	if (offset == SELECTOR && size == 2) {
		select_item(f, (uint32_t)swap(value, 2));
	} else if (offset == DMA && size == 4) {
		f->s.dma = swap(value, 4) << 32;
	} else if (offset == DMA && size == 8) {
		f->s.dma = swap(value, 8);
		run_request(f);
	} else if (offset == DMA + 4 && size == 4) {
		f->s.dma |= swap(value, 4);
		run_request(f);
	}
}

const struct bus_ops fw_cfg_ops = {fw_cfg_read, fw_cfg_write, fw_cfg_peek, 1, 8};

static const struct field fields[] = {
    FIELD(struct fw_cfg_state, dma, 0),
    FIELD(struct fw_cfg_state, offset, 0),
    FIELD(struct fw_cfg_state, key, 0),
};

const struct device_type fw_cfg_type = {
    .name = "fw_cfg",
    .description = "firmware configuration (QEMU Firmware Configuration Device)",
    .table = STATE_TABLE(struct fw_cfg_state, fields),
};

void fw_cfg_init(struct fw_cfg *f, const char *tag, struct bus *bus)
{
	static const uint8_t id[4] = {3, 0, 0, 0}; /* data register and DMA */
	memset(f, 0, sizeof *f);
	device_init(&f->dev, &fw_cfg_type, tag, &f->s);
	f->bus = bus;
	f->item[KEY_SIGNATURE] = (struct fw_cfg_data){"QEMU", 4};
	f->item[KEY_ID] = (struct fw_cfg_data){id, sizeof id};
}

void fw_cfg_set(struct fw_cfg *f, enum fw_cfg_key key, const void *bytes, uint32_t size)
{
	assert(key < FW_CFG_KEYS);
	f->item[key] = (struct fw_cfg_data){bytes, size};
}

void fw_cfg_set_number(struct fw_cfg *f, enum fw_cfg_key key, uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		f->number[key][i] = (uint8_t)(number >> 8 * i);
	fw_cfg_set(f, key, f->number[key], 4);
}

bool fw_cfg_add(struct fw_cfg *f, const char *name, const void *bytes, uint32_t size)
{
	if (f->files == FW_CFG_FILES || strlen(name) >= FW_CFG_NAME_SIZE)
		return false;
	struct fw_cfg_entry *e = &f->directory.entry[f->files];
	put_big_endian(e->size, 4, size);
	put_big_endian(e->select, 2, FW_CFG_KEYS + f->files);
	strcpy(e->name, name);
	f->file[f->files] = (struct fw_cfg_data){bytes, size};
	f->files++;
	put_big_endian(f->directory.count, 4, f->files);
	return true;
}
