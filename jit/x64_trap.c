/* Where interrupted instructions go on. */
#include "jit/x64_trap.h"

static uint32_t offset_of(const struct x64 *x, const uint8_t *p)
{
	return (uint32_t)(p - x->j->memory.write);
}

static void add(struct x64 *x, const uint8_t *at, const uint8_t *to, bool again)
{
	x->j->trap[x->j->trap_count++] =
	    (struct trap){offset_of(x, at), offset_of(x, to) & INT32_MAX, again};
}

void x64_trap(struct x64 *x, const uint8_t *at, const uint8_t *to)
{
	if (x->j->traps)
		add(x, at, to, false);
}

void x64_trap_again(struct x64 *x, const uint8_t *at)
{
	if (!x->j->traps)
		return;
	add(x, at, x->cold.p, true);
	put_bytes(&x->cold, at, (size_t)(x->a.p - at));
	patch_to(call_rel(&x->cold), x->j->unmask);
	patch_to(jump(&x->cold), x->a.p);
}

void x64_trap_thunk(struct assembler *a)
{
	put8(a, 0x9c); /* PUSHF */
	mxcsr(a, 3, at(RSP, -8));
	alu_mem_imm(a, ALU_AND, false, at(RSP, -8), ~JIT_FP_MASK_INVALID);
	mxcsr(a, 2, at(RSP, -8));
	put8(a, 0x9d); /* POPF */
	put8(a, 0xc3);
}

const void *jit_trapped(const void *at, bool *again)
{
	struct jit *j = jit_running();
	if (!j || !j->traps || !jit_holds(j, at))
		return NULL;
	const uint32_t offset = (uint32_t)((const uint8_t *)at - j->memory.run);
	unsigned low = 0, high = j->trap_count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (j->trap[middle].at < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == j->trap_count || j->trap[low].at != offset)
		return NULL;
	j->trapped++;
	*again = j->trap[low].again;
	return j->memory.run + j->trap[low].to;
}
