/* The best score, in the cartridge's SRAM: a mark, four bytes and their complements. */
#include "demo.h"

#define SRAM ((volatile u8 *)0x0e000000)
#define MARK 0x5a

u32 score_read(void)
{
	u32 score = 0;

	if (SRAM[0] != MARK)
		return 0;
	for (u32 i = 0; i < 4; i++) {
		u8 byte = SRAM[1 + i];

		if ((byte ^ SRAM[5 + i]) != 0xff)
			return 0;
		score |= (u32)byte << (8 * i);
	}
	return score;
}

void score_write(u32 score)
{
	for (u32 i = 0; i < 4; i++) {
		u8 byte = (u8)(score >> (8 * i));

		SRAM[1 + i] = byte;
		SRAM[5 + i] = (u8)~byte;
	}
	SRAM[0] = MARK;
}
