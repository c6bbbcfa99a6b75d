/* What the files of the boot ROM share. */
#ifndef MYNA_ROMS_GBA_BIOS_H
#define MYNA_ROMS_GBA_BIOS_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef signed short s16;
typedef int s32;

#define IO8(offset)  (*(volatile u8 *)(0x04000000 + (offset)))
#define IO16(offset) (*(volatile u16 *)(0x04000000 + (offset)))
#define IO32(offset) (*(volatile u32 *)(0x04000000 + (offset)))

/* The first 32 MiB are not read on a program's behalf: the boot ROM is nobody's business. */
static inline int readable(const void *from)
{
	return ((u32)from & 0x0e000000) != 0;
}

/* bios.S: `words` is a multiple of 8; step 0 repeats the first word. */
void bios_copy_words(const u32 *from, u32 *to, u32 words, u32 step);
void bios_copy_blocks(const u32 *from, u32 *to, u32 words, u32 step);
/* bios_math.c: 1.14 fixed point, 256 steps a turn. */
s32 bios_sine(u32 angle);

#endif
