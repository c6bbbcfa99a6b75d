/* Fuzz target: a file somebody gives as a kernel.
 *
 * Recognising and unpacking it must end within the limit, and what is taken for an Image must have
 * room for its header.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct media m = {.bytes = malloc(size + 1), .size = size};
	struct media_info info;
	struct image_header h;
	char why[512] = "";

	if (!m.bytes)
		abort();
	memcpy(m.bytes, data, size);
	info = media_recognise(data, size);
	assert(info.name[0] && info.remedy);
	assert((info.kind == MEDIA_EMPTY) == !size);
	if (info.kind == MEDIA_GZIP &&
	    media_unpack(&m, "fuzz", LIMIT, "the limit", why, sizeof(why)))
		assert(why[0]);
	assert(m.size <= LIMIT || m.size == size);
	if (image_header_read(&h, m.bytes, m.size)) {
		assert(m.size >= 64);
		assert(media_recognise(m.bytes, m.size).kind == MEDIA_ARM64_IMAGE);
	}
	media_free(&m);
	return 0;
}
