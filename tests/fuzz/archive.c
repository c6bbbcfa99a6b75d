/* Fuzz target: an archive somebody gives as a cartridge.
 *
 * What comes out is within the limit; what is refused stays as it was, with a sentence.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct media m = {malloc(size + 1), size};
	char why[512] = "";

	if (!m.bytes)
		abort();
	memcpy(m.bytes, data, size);
	if (archive_open(&m, "fuzz", "gba", LIMIT, "the limit", why, sizeof(why))) {
		assert(!strncmp(why, "fuzz: ", 6) && m.size == size);
		assert(!memcmp(m.bytes, data, size));
	} else {
		assert(!why[0] && (m.size <= LIMIT || m.size == size));
	}
	media_free(&m);
	return 0;
}
