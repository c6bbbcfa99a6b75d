/* How a machine's instructions are executed: what whoever builds one may ask of any CPU's engine,
 * and what the engine counts.  The guest cannot tell the difference. */
#ifndef MYNA_CPU_ENGINE_H
#define MYNA_CPU_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum engine_kind {
	ENGINE_INTERP, /* no translator: a row's function for each instruction */
	ENGINE_EVAL,   /* blocks of IR, evaluated: slow, on any host */
	ENGINE_JIT,    /* blocks of host code */
};

/* A block, for those who look: valid while they are told of it. */
struct ir_block;
struct engine_block {
	uint64_t pc;           /* guest address */
	const uint32_t *words; /* guest instructions from there on, in guest memory; see ir_pc() */
	unsigned count;
	const struct ir_block *ir;
	/* Host code where it runs, the straight path and what is out of line; the offset is in the
	 * whole code memory.  Size 0: none. */
	struct engine_code {
		const uint8_t *at;
		size_t offset, size;
	} code[2];
	/* Text of a guest instruction. */
	void (*disassemble)(uint32_t word, uint64_t pc, char *text, size_t size);
};

/* Where translated code was interrupted, and with what in the host's registers, numbered as in its
 * instructions. */
struct engine_crash {
	const uint8_t *at;
	uint64_t gpr[16];
	uint64_t vector[32][2]; /* the low 128 bits */
	unsigned vectors;       /* how many of them are known */
};

enum engine_stage {
	ENGINE_LOWERED, /* the IR as the lowerings made it */
	ENGINE_TRANSLATED,
};

/* "interp", "eval" or "jit"; false if it is none of them. */
bool engine_named(const char *name, enum engine_kind *kind);

/* How translated code finds invalid floating-point operations. */
enum engine_traps {
	ENGINE_TRAPS_NEVER,  /* by looking at results */
	ENGINE_TRAPS_SELDOM, /* by SIGFPE, answered as jit_trapped() says, while there are few */
	ENGINE_TRAPS_ALWAYS, /* however many there are */
};

struct engine_options {
	enum engine_kind kind;
	bool lockstep;           /* compare every block with the interpreter */
	bool avx2_only;          /* ENGINE_JIT: do without AVX-512 and SHA-NI */
	bool emit_all;           /* ENGINE_JIT: code to be looked at, not run, on any host */
	uint64_t cache_bytes;    /* room for translated blocks, 0: ENGINE_CACHE_BYTES */
	enum engine_traps traps; /* ENGINE_JIT */
	bool anonymous;          /* ENGINE_JIT: code memory that perf looks up in its map */
	uint64_t random;         /* ENGINE_JIT: not 0: seed of random register allocation */
	/* A clock of the host in nanoseconds, to time translation with; NULL: untimed. */
	uint64_t (*clock)(void);
	/* Told of every block at each stage, unless NULL. */
	void (*watch)(void *owner, const struct engine_block *b, enum engine_stage stage);
	void *watch_owner;
};

#define ENGINE_CACHE_BYTES (UINT64_C(64) << 20)
#define ENGINE_CACHE_LEAST (UINT64_C(256) << 10)

struct engine_stats {
	uint64_t blocks, instructions; /* translated */
	uint64_t translate_ns;         /* that took, if there is a clock */
	uint64_t code_bytes;           /* made */
	uint64_t flushes;              /* the cache was full */
	uint64_t calls;                /* of the interpreter from translated code */
	uint64_t helpers;              /* calls of other functions from there */
	uint64_t tlb_misses;           /* of translated code's accesses */
	uint64_t singles;              /* instructions left to the interpreter */
	uint64_t fp_traps;             /* SIGFPE for invalid operations */
	uint64_t lookups;              /* returns to find the next block */
};

#endif
