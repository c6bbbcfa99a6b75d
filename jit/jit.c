/* A translator's life: its host (x86-64 code, or the evaluator), code memory, linking. */
#include "jit/jit.h"

#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jit/eval_host.h"
#include "jit/x64_ra.h"
#include "jit/x64_thunks.h"
#include "jit/x64_trap.h"

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
	       __builtin_cpu_supports("avx512cd");
}

/* Not every compiler knows these by name (Intel SDM 2A, CPUID). */
static bool host_has_lzcnt(void)
{
	unsigned a, b, c = 0, d;
	return __get_cpuid(0x80000001, &a, &b, &c, &d) && c >> 5 & 1;
}

static bool host_has_sha(void)
{
	unsigned a, b, c, d;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}

bool jit_host_supported(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
	       __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
	       host_has_lzcnt() && __builtin_cpu_supports("aes") &&
	       __builtin_cpu_supports("pclmul");
}

static bool x64_open(struct jit *j, const struct jit_options *o, char *why, size_t size)
{
	const size_t bytes = o->bytes;
	if (!o->emit_all && !jit_host_supported()) {
		snprintf(why, size, "the host's CPU lacks AVX2, FMA, BMI2, AES or PCLMUL");
		return false;
	}
	j->sites = calloc(JIT_MAX_SITES, sizeof *j->sites);
	j->hint_time = calloc(JIT_CONTEXTS * j->guest.hints + 1u, sizeof *j->hint_time);
	j->trap = o->traps ? calloc(JIT_MAX_TRAPS, sizeof *j->trap) : NULL;
	j->traps = o->traps;
	if (!j->sites || !j->hint_time || (o->traps && !j->trap))
		return false;
	if (!code_memory_map(&j->memory, bytes, o->anonymous)) {
		snprintf(why, size,
		    "the host refuses %zu MiB of executable memory (%s); allow mappings of a memfd "
		    "with "
		    "PROT_EXEC (seccomp, SELinux execmem; ulimit -v, -f)",
		    bytes >> 20, strerror(errno));
		return false;
	}
	for (unsigned c = 0; c < 16; c++)
		j->cond_set[c] = condition_set(c);
	const bool all = o->emit_all, more = !o->avx2_only;
	j->avx512 = more && (all || host_has_avx512());
	j->vbmi = j->avx512 && (all || __builtin_cpu_supports("avx512vbmi"));
	j->sha = more && (all || host_has_sha());
	j->pinned_vectors = j->avx512 ? JIT_VECTORS : PINNED_VECTORS_AVX2;
	x64_thunks(j);
	j->cold_start = j->memory.write + bytes / COLD_SHARE;
	j->hot_end = j->cold_start;
	j->cold_end = j->memory.write + bytes;
	return true;
}

struct jit *jit_new(
    const struct jit_guest *guest, const struct jit_options *o, char *why, size_t size)
{
	struct jit *j = calloc(1, sizeof *j);
	snprintf(why, size, "the host is out of memory");
	if (!j)
		return NULL;
	j->guest = *guest;
	j->random = o->random;
	if (o->evaluate)
		j->eval = eval_host_new(guest, o->bytes);
	if (o->evaluate ? !j->eval : !x64_open(j, o, why, size)) {
		jit_free(j);
		return NULL;
	}
	jit_flush(j);
	return j;
}

void jit_free(struct jit *j)
{
	if (!j)
		return;
	eval_host_free(j->eval);
	code_memory_unmap(&j->memory);
	free(j->sites);
	free(j->hint_time);
	free(j->trap);
	free(j);
}

bool jit_traps(const struct jit *j)
{
	return j->traps;
}

uint64_t jit_trap_count(const struct jit *j)
{
	return j->trapped;
}

void jit_mask_traps(struct jit *j)
{
	j->traps = false;
	jit_flush(j);
}

void *jit_compile(struct jit *j, const struct ir_block *b)
{
	return j->eval ? eval_host_keep(j->eval, b) : x64_compile(j, b);
}

static struct jit_range range_of(const struct jit *j, const uint8_t *start, const uint8_t *end)
{
	size_t offset = (size_t)(start - j->memory.write);
	return (struct jit_range){j->memory.run + offset, offset, (size_t)(end - start)};
}

void jit_last_code(const struct jit *j, struct jit_range range[2])
{
	range[0] = range[1] = (struct jit_range){0};
	if (j->eval)
		return;
	range[0] = range_of(j, j->last_hot, j->hot);
	range[1] = range_of(j, j->last_cold, j->cold);
}

bool jit_holds(const struct jit *j, const void *at)
{
	const uint8_t *p = at;
	return p >= j->memory.run && p < j->memory.run + j->memory.size;
}

void jit_recover(const struct jit *j, void *guest, const uint64_t host[16],
    const uint64_t vector[][2], unsigned vectors)
{
	uint64_t live;
	memcpy(&live, (uint8_t *)guest + j->guest.vectors_live, sizeof live);
	for (unsigned k = 0; live && k < j->pinned_vectors; k++)
		if (VECTOR_PINNED_FIRST + k < vectors)
			memcpy((uint8_t *)guest + j->guest.vector[k],
			    vector[VECTOR_PINNED_FIRST + k], 16);
	for (unsigned k = 0; k < JIT_PINNED; k++)
		memcpy((uint8_t *)guest + j->guest.pinned[k], &host[x64_pinned[k]], 8);
}

void jit_flush(struct jit *j)
{
	if (j->eval)
		eval_host_flush(j->eval);
	j->hot = j->last_hot = j->start;
	j->cold = j->last_cold = j->cold_start;
	j->site_count = 1; /* 0 means none */
	j->trap_count = 0;
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

/* Whose code this thread is in, for a signal's handler. */
static _Thread_local struct jit *running;

struct jit *jit_running(void)
{
	return running;
}

void jit_enter(struct jit *j, void *guest, void *code)
{
	if (j->eval) {
		eval_host_enter(j->eval, guest, code);
		return;
	}
	running = j;
	j->enter(guest, code);
	running = NULL;
}

size_t jit_code_used(const struct jit *j)
{
	if (j->eval)
		return eval_host_used(j->eval);
	return (size_t)(j->hot - j->start) + (size_t)(j->cold - j->cold_start);
}
