/* The I/O area: which part answers at which address. */
#include "machine/boards/gba_parts.h"

/* Ascending; a register belongs to the last row that does not begin behind it. */
static const struct row {
	uint16_t first, end; /* offsets in the area */
	uint16_t base;       /* that the part counts from */
	const struct bus_ops *ops;
	size_t part; /* its place in struct gba */
} rows[] = {
    {GBA_IO_PPU, GBA_IO_PPU + GBA_PPU_REGISTERS, GBA_IO_PPU, &gba_ppu_ops,
	offsetof(struct gba, ppu)},
    {GBA_IO_APU, GBA_IO_APU + GBA_APU_REGISTERS, GBA_IO_APU, &gba_apu_ops,
	offsetof(struct gba, apu)},
    {GBA_IO_DMA, GBA_IO_DMA + GBA_DMA_REGISTERS, GBA_IO_DMA, &gba_dma_ops,
	offsetof(struct gba, dma)},
    {GBA_IO_TIMER, GBA_IO_TIMER + GBA_TIMER_REGISTERS, GBA_IO_TIMER, &gba_timer_ops,
	offsetof(struct gba, timer)},
    {GBA_IO_SIO, GBA_IO_SIO + 0xc, GBA_IO_SIO, &gba_sio_ops, offsetof(struct gba, sio)},
    {GBA_IO_KEYPAD, GBA_IO_KEYPAD + 4, GBA_IO_KEYPAD, &gba_keypad_ops,
	offsetof(struct gba, keypad)},
    {GBA_IO_RCNT, GBA_IO_RCNT + 4, GBA_IO_SIO, &gba_sio_ops, offsetof(struct gba, sio)},
    {GBA_IO_JOY, GBA_IO_JOY + 4, GBA_IO_SIO, &gba_sio_ops, offsetof(struct gba, sio)},
    {GBA_IO_JOY + 0x10, GBA_IO_JOY + 0x1c, GBA_IO_SIO, &gba_sio_ops, offsetof(struct gba, sio)},
    {GBA_IO_IRQ, GBA_IO_WAITCNT, GBA_IO_IRQ, &gba_irq_ops, offsetof(struct gba, irq)},
    {GBA_IO_WAITCNT, GBA_IO_IME, GBA_IO_WAITCNT, &gba_waits_ops, offsetof(struct gba, waits)},
    {GBA_IO_IME, GBA_IO_IME + 4, GBA_IO_IRQ, &gba_irq_ops, offsetof(struct gba, irq)},
    {GBA_IO_POWER, GBA_IO_POWER + 4, GBA_IO_POWER, &gba_power_ops, offsetof(struct gba, irq)},
    {GBA_IO_MEMORY_CONTROL, GBA_IO_MEMORY_CONTROL + 4, GBA_IO_MEMORY_CONTROL,
	&gba_memory_control_ops, offsetof(struct gba, waits)},
};

#define ROWS (sizeof rows / sizeof rows[0])

static const struct row *row_at(uint32_t offset)
{
	unsigned low = 0, high = ROWS;

	while (high - low > 1) {
		unsigned middle = (low + high) / 2;
		if (rows[middle].first <= offset)
			low = middle;
		else
			high = middle;
	}
	return offset < rows[low].end ? &rows[low] : NULL;
}

/* Only the memory control is repeated. */
static uint32_t folded(uint32_t offset)
{
	uint32_t low = offset & 0xffff;

	return low >= GBA_IO_MEMORY_CONTROL && low < GBA_IO_MEMORY_CONTROL + 4 ? low : offset;
}

static void *part_of(struct gba *g, const struct row *r)
{
	return (uint8_t *)g + r->part;
}

/* One or two bytes. */
static uint32_t read_part(struct gba *g, uint32_t offset, unsigned size, uint32_t open)
{
	const struct row *r = row_at(offset);
	uint64_t value = GBA_OPEN_BUS;

	if (r)
		value = r->ops->read(part_of(g, r), offset - r->base, size);
	return value & GBA_OPEN_BUS ? open : (uint32_t)value;
}

uint32_t gba_io_read(struct gba *g, uint32_t offset, unsigned size, uint32_t open)
{
	offset = folded(offset);
	if (size < 4) {
		open >>= (offset & 3) * 8;
		return read_part(g, offset, size, size == 1 ? open & 0xff : open & 0xffff);
	}
	uint32_t low = read_part(g, offset, 2, open & 0xffff);
	return low | read_part(g, offset + 2, 2, open >> 16) << 16;
}

void gba_io_write(struct gba *g, uint32_t offset, uint32_t value, unsigned size)
{
	offset = folded(offset);
	if (size == 4) {
		gba_io_write(g, offset, value & 0xffff, 2);
		gba_io_write(g, offset + 2, value >> 16, 2);
		return;
	}
	const struct row *r = row_at(offset);
	if (r)
		r->ops->write(part_of(g, r), offset - r->base, value, size);
}

/* --- For the debugger's bus --- */

static uint64_t io_peek(void *owner, uint64_t offset, unsigned size)
{
	struct gba *g = owner;
	const struct row *r = row_at((uint32_t)offset);

	return r ? r->ops->peek(part_of(g, r), offset - r->base, size) & 0xffff : 0;
}

static uint64_t io_read(void *owner, uint64_t offset, unsigned size)
{
	return gba_io_read(owner, (uint32_t)offset, size, 0);
}

static void io_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	gba_io_write(owner, (uint32_t)offset, (uint32_t)value, size);
}

const struct bus_ops gba_io_ops = {io_read, io_write, io_peek, 1, 2};
