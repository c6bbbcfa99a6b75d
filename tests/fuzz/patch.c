/* Fuzz target: a patch somebody found beside a cartridge.
 *
 * The first four bytes say how large the cartridge is (one byte, times 16) and how much of it the
 * limit allows; the rest is the patch.  So that a fuzzer gets behind the CRCs they are put right
 * first: those of image and patch, not that of the result.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "frontend/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put32(uint8_t *p, uLong value)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static struct media copy(const uint8_t *bytes, size_t n)
{
	struct media m = {malloc(n ? n : 1), n};

	if (!m.bytes)
		abort();
	if (bytes)
		memcpy(m.bytes, bytes, n);
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct media image, patch;
	char why[512] = "";
	uint64_t limit;
	size_t before;

	if (size < 4)
		return 0;
	image = copy(NULL, data[0] * 16u + 1);
	for (size_t i = 0; i < image.size; i++)
		image.bytes[i] = (uint8_t)(i * 7);
	limit = image.size + data[1] * 256u + data[2];
	patch = copy(data + 4, size - 4);
	if ((data[3] & 1) && patch.size >= 16) {
		put32(patch.bytes + patch.size - 12, crc32(0, image.bytes, (uInt)image.size));
		put32(patch.bytes + patch.size - 4, crc32(0, patch.bytes, (uInt)patch.size - 4));
	}
	before = image.size;
	if (patch_apply(&image, &patch, "fuzz", limit, why, sizeof(why)))
		assert(!strncmp(why, "fuzz: ", 6) && image.size == before);
	else
		assert(!why[0] && image.size && image.size <= limit);
	media_free(&image);
	media_free(&patch);
	return 0;
}
