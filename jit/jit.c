/* A translator's life: code memory, thunks, linking. */
#include "jit/jit.h"

#include <stdlib.h>

#include "jit/x64_ra.h"
#include "jit/x64_thunks.h"

#define PINNED_VECTORS_AVX2 12

#define COLD_SHARE 2 /* one half of the memory is for code out of line */

/* NZCV values under which each condition holds. */
static uint16_t condition_set(unsigned cond)
{
	uint16_t set = 0;
	for (unsigned v = 0; v < 16; v++) {
		bool n = v >> 3 & 1, z = v >> 2 & 1, c = v >> 1 & 1, o = v & 1, r;
		switch (cond >> 1) {
		case 0: r = z; break;
		case 1: r = c; break;
		case 2: r = n; break;
		case 3: r = o; break;
		case 4: r = c && !z; break;
		case 5: r = n == o; break;
		case 6: r = n == o && !z; break;
		default: r = true;
		}
		if (cond & 1 && cond != 15)
			r = !r;
		set |= (uint16_t)(r << v);
	}
	return set;
}

/* All of what the server and client processors of the last years agree on. */
static bool host_has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	       !getenv("MYNA_JIT_AVX2");
}

bool jit_host_supported(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
	       __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
	       __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("aes") &&
	       __builtin_cpu_supports("pclmul");
}

struct jit *jit_new(const struct jit_guest *guest, size_t bytes)
{
	struct jit *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	j->guest = *guest;
	j->sites = calloc(JIT_MAX_SITES, sizeof *j->sites);
	j->hint_time = calloc(JIT_CONTEXTS * guest->hints + 1u, sizeof *j->hint_time);
	if (!j->sites || !j->hint_time || !code_memory_map(&j->memory, bytes)) {
		jit_free(j);
		return NULL;
	}
	for (unsigned c = 0; c < 16; c++)
		j->cond_set[c] = condition_set(c);
	j->avx512 = host_has_avx512();
	j->vbmi = j->avx512 && __builtin_cpu_supports("avx512vbmi");
	j->pinned_vectors = j->avx512 ? JIT_VECTORS : PINNED_VECTORS_AVX2;
	x64_thunks(j);
	j->cold_start = j->memory.write + bytes / COLD_SHARE;
	j->hot_end = j->cold_start;
	j->cold_end = j->memory.write + bytes;
	jit_flush(j);
	return j;
}

void jit_free(struct jit *j)
{
	if (!j)
		return;
	code_memory_unmap(&j->memory);
	free(j->sites);
	free(j->hint_time);
	free(j);
}

void jit_flush(struct jit *j)
{
	j->hot = j->start;
	j->cold = j->cold_start;
	j->site_count = 1; /* 0 means none */
}

void jit_link(struct jit *j, uint64_t site, void *code)
{
	if (site == 0 || site >= j->site_count)
		return;
	patch_to(j->sites[site].at, j->memory.write + ((uint8_t *)code - j->memory.run));
}

void jit_replace(struct jit *j, void *old, void *code)
{
	struct assembler a = {j->memory.write + ((uint8_t *)old - j->memory.run)};
	patch_to(jump(&a), j->memory.write + ((uint8_t *)code - j->memory.run));
}

void jit_enter(struct jit *j, void *guest, void *code)
{
	j->enter(guest, code);
}

size_t jit_code_used(const struct jit *j)
{
	return (size_t)(j->hot - j->start) + (size_t)(j->cold - j->cold_start);
}
