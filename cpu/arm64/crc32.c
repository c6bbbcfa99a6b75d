/* CRC-32, reflected, one byte at a time from tables. */
#include "cpu/arm64/crc32.h"

#define IEEE_REFLECTED       0xedb88320u
#define CASTAGNOLI_REFLECTED 0x82f63b78u

static uint32_t ieee[256], castagnoli[256];

static uint32_t byte_remainder(uint32_t byte, uint32_t polynomial)
{
	for (int k = 0; k < 8; k++)
		byte = byte >> 1 ^ (byte & 1 ? polynomial : 0);
	return byte;
}

void crc32_init(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		ieee[b] = byte_remainder(b, IEEE_REFLECTED);
		castagnoli[b] = byte_remainder(b, CASTAGNOLI_REFLECTED);
	}
}

static uint32_t update(const uint32_t *table, uint32_t crc, uint64_t data, unsigned size)
{
	for (; size > 0; size--, data >>= 8)
		crc = crc >> 8 ^ table[(crc ^ data) & 0xff];
	return crc;
}

uint32_t crc32_ieee(uint32_t crc, uint64_t data, unsigned size)
{
	return update(ieee, crc, data, size);
}

uint32_t crc32_castagnoli(uint32_t crc, uint64_t data, unsigned size)
{
	return update(castagnoli, crc, data, size);
}
