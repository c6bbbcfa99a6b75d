/* Boot ROM: resets, waits, copies (GBATEK, "BIOS Reset Functions", "BIOS Halt Functions", "BIOS
 * Memory Copy"). */
#include "bios.h"

/* --- Resets --- */

static void clear(u32 at, u32 bytes)
{
	static const u32 zero;

	bios_copy_blocks(&zero, (u32 *)at, bytes / 4, 0);
}

static void clear_registers(u32 from, u32 to)
{
	for (u32 at = from; at < to; at += 2)
		IO16(at) = 0;
}

static void reset_sound(void)
{
	IO16(0x84) = 0;
	IO16(0x84) = 0x80;
	clear_registers(0x60, 0x84);
	IO16(0x82) = 0x8800;
	IO16(0x82) = 0;
	/* Both banks of the wave. */
	IO16(0x70) = 0x40;
	clear_registers(0x90, 0xa0);
	IO16(0x70) = 0;
	clear_registers(0x90, 0xa0);
	IO16(0x88) = 0x200;
	IO16(0x84) = 0;
}

static void reset_others(void)
{
	clear_registers(0x04, 0x20);
	for (u32 at = 0x20; at < 0x40; at += 0x10) {
		IO16(at) = IO16(at + 6) = 0x100;
		IO16(at + 2) = IO16(at + 4) = 0;
		IO32(at + 8) = IO32(at + 12) = 0;
	}
	clear_registers(0x40, 0x58);
	clear_registers(0xb0, 0xe0);
	clear_registers(0x100, 0x110);
	IO16(0x132) = 0;
	IO16(0x200) = 0;
	IO16(0x202) = 0xffff;
	IO16(0x204) = 0;
	IO16(0x208) = 0;
}

void bios_register_ram_reset(u32 flags)
{
	IO16(0x00) = 0x80;
	if (flags & 1)
		clear(0x02000000, 0x40000);
	/* The last 512 bytes hold the stacks and the interrupt handler's address. */
	if (flags & 2)
		clear(0x03000000, 0x7e00);
	if (flags & 4)
		clear(0x05000000, 0x400);
	if (flags & 8)
		clear(0x06000000, 0x18000);
	if (flags & 0x10)
		clear(0x07000000, 0x400);
	if (flags & 0x80)
		reset_others();
	if (flags & 0x20) {
		clear_registers(0x120, 0x12c);
		IO16(0x134) = 0x8000;
		IO16(0x140) = 7;
	}
	if (flags & 0x40)
		reset_sound();
}

/* --- Copies --- */

enum { COPY_FILL = 1 << 24, COPY_WORDS = 1 << 26, COPY_COUNT = 0x1fffff };

void bios_cpu_set(const void *from, void *to, u32 control)
{
	u32 n = control & COPY_COUNT, step = control & COPY_FILL ? 0 : 1;

	if (!readable(from))
		return;
	if (control & COPY_WORDS) {
		bios_copy_words(from, to, n, step);
	} else {
		const volatile u16 *source = from;
		volatile u16 *target = to;
		for (; n; n--, source += step)
			*target++ = *source;
	}
}

void bios_cpu_fast_set(const void *from, void *to, u32 control)
{
	u32 words = ((control & COPY_COUNT) + 7) & ~7u;

	if (readable(from) && words)
		bios_copy_blocks(from, to, words, !(control & COPY_FILL));
}

/* --- Others --- */

/* The sum of the words of the ROM that programs know. */
u32 bios_checksum(void)
{
	return 0xbaae187f;
}

/* To 0 or to the middle, step by step, so that it is not heard. */
void bios_sound_bias(u32 level)
{
	u32 target = level ? 0x200 : 0, bias = IO16(0x88), other = bias & 0xfc00;

	bias &= 0x3ff;
	while (bias != target) {
		bias += bias < target ? 1 : -1u;
		IO16(0x88) = (u16)(other | bias);
		for (volatile u32 wait = 0; wait < 8; wait++)
			;
	}
}

/* Nobody is at the other end. */
u32 bios_multi_boot(void)
{
	return 1;
}
