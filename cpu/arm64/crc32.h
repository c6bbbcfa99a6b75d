/* CRC-32 with the two polynomials of FEAT_CRC32, without pre- or post-inversion. */
#ifndef MYNA_CPU_ARM64_CRC32_H
#define MYNA_CPU_ARM64_CRC32_H

#include <stdint.h>

/* `size` low bytes of `data` (1, 2, 4, 8) added to `crc`. */
uint32_t crc32_ieee(uint32_t crc, uint64_t data, unsigned size);       /* 0x04c11db7 */
uint32_t crc32_castagnoli(uint32_t crc, uint64_t data, unsigned size); /* 0x1edc6f41 */

/* Fill the byte tables; called once when the instruction table is built. */
void crc32_init(void);

#endif
