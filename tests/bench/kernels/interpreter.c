/* A small register machine that runs a program of its own: how many steps 3n + 1 takes to reach 1.
 */
#include "kernel.h"

enum op {
	LOAD_CONST,
	MOVE,
	ADD,
	ADD_CONST,
	MUL_CONST,
	HALVE,
	ODD,
	JUMP,
	JUMP_ZERO,
	JUMP_LESS,
	STOP
};

struct instruction {
	uint8_t op, to, from;
	int16_t number;
};

/* r0 start, r1 limit, r2 the number, r3 steps, r4 condition, r5 one */
static const struct instruction program[] = {
    {LOAD_CONST, 5, 0, 1},
    {MOVE, 2, 0, 0},      /* 1: the next start */
    {JUMP_LESS, 5, 2, 4}, /* 2: until 1 is reached */
    {JUMP, 0, 0, 11},
    {ADD_CONST, 3, 0, 1},
    {ODD, 4, 2, 0},
    {JUMP_ZERO, 4, 0, 9},
    {MUL_CONST, 2, 2, 3},
    {ADD_CONST, 2, 0, 1},
    {HALVE, 2, 0, 0}, /* 3n + 1 is even */
    {JUMP, 0, 0, 2},
    {ADD, 0, 5, 0},
    {JUMP_LESS, 0, 1, 1},
    {STOP, 0, 0, 0},
};

static uint64_t run(const struct instruction *code, uint64_t *r)
{
	const struct instruction *at = code;
	uint64_t executed = 0;

	for (;;) {
		const struct instruction *i = at++;

		executed++;
		switch ((enum op)i->op) {
		case LOAD_CONST: r[i->to] = (uint64_t)i->number; break;
		case MOVE: r[i->to] = r[i->from]; break;
		case ADD: r[i->to] += r[i->from]; break;
		case ADD_CONST: r[i->to] += (uint64_t)i->number; break;
		case MUL_CONST: r[i->to] = r[i->from] * (uint64_t)i->number; break;
		case HALVE: r[i->to] >>= 1; break;
		case ODD: r[i->to] = r[i->from] & 1; break;
		case JUMP: at = code + i->number; break;
		case JUMP_ZERO:
			if (!r[i->to])
				at = code + i->number;
			break;
		case JUMP_LESS:
			if (r[i->to] < r[i->from])
				at = code + i->number;
			break;
		case STOP: return executed;
		}
	}
}

uint64_t kernel_interpreter(unsigned scale)
{
	uint64_t r[6] = {1, 1, 0, 0, 0, 0};
	uint64_t executed = 0;

	for (unsigned s = 0; s < scale; s++) {
		r[1] = r[0] + 100;
		executed += run(program, r);
		if (r[0] > 5000)
			r[0] = 1;
	}
	return mix(executed, r[3]);
}
