/* Boot ROM: decompression (GBATEK, "BIOS Decompression Functions").
 *
 * Each comes with a function that takes the bytes it makes: one for memory with 8-bit writes, one
 * for video memory, which takes halfwords.  A header says how many bytes there will be; its first
 * byte is not looked at, as the caller knows what it is. */
#include "bios.h"

struct out {
	u8 *at;
	u32 left;    /* bytes */
	u32 half;    /* video memory: the byte that waits for its neighbour */
	u32 by_half; /* write halfwords */
};

static void put(struct out *o, u32 byte)
{
	if (!o->by_half)
		*(volatile u8 *)o->at = (u8)byte;
	else if ((u32)o->at & 1)
		*(volatile u16 *)(o->at - 1) = (u16)(o->half | byte << 8);
	else
		o->half = byte & 0xff;
	o->at++;
	o->left--;
}

static u32 word_at(const u8 *p)
{
	return (u32)(p[0] | p[1] << 8 | p[2] << 16) | (u32)p[3] << 24;
}

static struct out begin(const u8 *from, u8 *to, u32 by_half)
{
	return (struct out){to, word_at(from) >> 8, 0, by_half};
}

/* --- LZ77: a flag a block, a byte, or 3..18 bytes from up to 4096 before --- */

static void lz77(const u8 *from, u8 *to, u32 by_half)
{
	struct out o = begin(from, to, by_half);

	if (!readable(from))
		return;
	from += 4;
	while (o.left) {
		u32 flags = *from++;
		for (u32 i = 0; i < 8 && o.left; i++, flags <<= 1) {
			if (!(flags & 0x80)) {
				put(&o, *from++);
				continue;
			}
			u32 n = (u32)(*from >> 4) + 3, back = ((*from & 15u) << 8 | from[1]) + 1;
			from += 2;
			for (; n && o.left; n--)
				put(&o, back == 1 && by_half && (u32)o.at & 1 ? o.half
									      : *(o.at - back));
		}
	}
}

void bios_lz77_wram(const u8 *from, u8 *to)
{
	lz77(from, to, 0);
}

void bios_lz77_vram(const u8 *from, u8 *to)
{
	lz77(from, to, 1);
}

/* --- Run lengths --- */

static void run_lengths(const u8 *from, u8 *to, u32 by_half)
{
	struct out o = begin(from, to, by_half);

	if (!readable(from))
		return;
	from += 4;
	while (o.left) {
		u32 flag = *from++, run = flag & 0x80, n = (flag & 0x7f) + (run ? 3 : 1);
		for (; n && o.left; n--) {
			put(&o, *from);
			from += !run;
		}
		from += run != 0;
	}
}

void bios_rl_wram(const u8 *from, u8 *to)
{
	run_lengths(from, to, 0);
}

void bios_rl_vram(const u8 *from, u8 *to)
{
	run_lengths(from, to, 1);
}

/* --- Differences --- */

static void diff8(const u8 *from, u8 *to, u32 by_half)
{
	struct out o = begin(from, to, by_half);
	u32 value = 0;

	if (!readable(from))
		return;
	for (from += 4; o.left;) {
		value += *from++;
		put(&o, value & 0xff);
	}
}

void bios_diff8_wram(const u8 *from, u8 *to)
{
	diff8(from, to, 0);
}

void bios_diff8_vram(const u8 *from, u8 *to)
{
	diff8(from, to, 1);
}

void bios_diff16(const u16 *from, u16 *to)
{
	u32 left = word_at((const u8 *)from) >> 8, value = 0;

	if (!readable(from))
		return;
	for (from += 2; left >= 2; left -= 2) {
		value += *from++;
		*(volatile u16 *)to++ = (u16)value;
	}
}

/* --- Huffman --- */

/* A node: the pair of its sons is 2 * (bits 0..5) + 2 bytes behind its address, rounded down to
 * even; bit 7: the first of them is data, bit 6: the second. */
void bios_huff(const u8 *from, u32 *to)
{
	u32 header = word_at(from), left = header >> 8, bits = header & 15;
	const u8 *root = from + 5, *node = root;
	const u8 *stream = from + 4 + ((u32)from[4] + 1) * 2;
	u32 word = 0, filled = 0;

	if (!readable(from) || (bits != 4 && bits != 8))
		return;
	while (left) {
		u32 code = word_at(stream);
		stream += 4;
		for (u32 i = 0; i < 32 && left; i++, code <<= 1) {
			u32 second = code >> 31, is_data = *node & (second ? 0x40 : 0x80);
			node = (const u8 *)((u32)node & ~1u) + (*node & 0x3f) * 2 + 2 + second;
			if (!is_data)
				continue;
			word |= (u32)*node << filled;
			filled += bits;
			node = root;
			if (filled < 32)
				continue;
			*(volatile u32 *)to++ = word;
			word = filled = 0;
			left = left > 4 ? left - 4 : 0;
		}
	}
}

/* --- Bits --- */

struct unpack {
	u16 bytes;
	u8 from_bits, to_bits;
	u32 offset; /* bit 31: add it to zeros, too */
};

void bios_bit_unpack(const u8 *from, u32 *to, const struct unpack *u)
{
	u32 mask = (1u << u->from_bits) - 1, offset = u->offset & 0x7fffffff,
	    zeros = u->offset >> 31;
	u32 word = 0, filled = 0;

	if (!readable(from) || !u->from_bits || !u->to_bits)
		return;
	for (u32 n = u->bytes; n; n--) {
		u32 byte = *from++;
		for (u32 at = 0; at < 8; at += u->from_bits) {
			u32 value = byte >> at & mask;
			word |= (value || zeros ? value + offset : value) << filled;
			filled += u->to_bits;
			if (filled < 32)
				continue;
			*(volatile u32 *)to++ = word;
			word = filled = 0;
		}
	}
}
