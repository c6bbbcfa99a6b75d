/* Nanoseconds per call of floating-point exec functions: on the host's arithmetic (FPSR.IXC set),
 * with IXC clear before each call, and with FPCR asking for rounding that the host does not do.
 * The least of many rounds, since other work only ever adds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cpu/arm64/exec.h"
#include "cpu/arm64/table.h"
#include "cpu/fp/fp.h"

#define ROUNDS 60
#define CALLS  50000

static const struct {
	const char *text;
	uint32_t word;
} insns[] = {
    {"fadd d0, d1, d2", 0x1e622820},
    {"fmul d0, d1, d2", 0x1e620820},
    {"fdiv d0, d1, d2", 0x1e621820},
    {"fsqrt d0, d1", 0x1e61c020},
    {"fmadd d0, d1, d2, d3", 0x1f420c20},
    {"fadd s0, s1, s2", 0x1e222820},
    {"fadd h0, h1, h2", 0x1ee22820},
    {"fcmp d1, d2", 0x1e622020},
    {"fmax d0, d1, d2", 0x1e624820},
    {"scvtf d0, x1", 0x9e620020},
    {"fcvtzs x0, d1", 0x9e780020},
    {"fcvt s0, d1", 0x1e624020},
    {"frintm d0, d1", 0x1e654020},
    {"fadd v0.4s, v1.4s, v2.4s", 0x4e22d420},
    {"fmla v0.4s, v1.4s, v2.4s", 0x4e22cc20},
    {"fmul v0.2d, v1.2d, v2.2d", 0x6e62dc20},
    {"fcmgt v0.4s, v1.4s, v2.4s", 0x6ea2e420},
    {"scvtf v0.4s, v1.4s", 0x4e21d820},
    {"frsqrts v0.4s, v1.4s, v2.4s", 0x4ea2fc20},
    {"fadd v0.8h, v1.8h, v2.8h", 0x4e421420},
};

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double measure(struct arm64 *c, uint32_t word, uint32_t fpcr, uint32_t fpsr)
{
	struct insn i;
	double best = 1;
	arm64_decode(word, &i);
	c->s.fpcr = fpcr;
	for (unsigned round = 0; round < ROUNDS; round++) {
		/* An ordinary number in every format. */
		for (unsigned n = 0; n < ARM64_V_COUNT; n++)
			c->s.v[n] = UINT64_C(0x3ff13c453ff13c45);
		c->s.x[1] = 123456789;
		double start = seconds();
		for (unsigned n = 0; n < CALLS; n++) {
			c->s.fpsr = fpsr;
			i.exec(c, &i);
		}
		double time = seconds() - start;
		best = time < best ? time : best;
	}
	return best * 1e9 / CALLS;
}

int main(void)
{
	struct arm64 *c = calloc(1, sizeof *c);
	if (!c)
		return EXIT_FAILURE;
	printf("%-28s %8s %8s %8s\n", "ns per call", "IXC = 1", "IXC = 0", "RMode = 1");
	for (unsigned n = 0; n < sizeof insns / sizeof insns[0]; n++)
		printf("%-28s %8.1f %8.1f %8.1f\n", insns[n].text,
		    measure(c, insns[n].word, 0, FPSR_IXC), measure(c, insns[n].word, 0, 0),
		    measure(c, insns[n].word, UINT32_C(1) << 22, FPSR_IXC));
	free(c);
	return EXIT_SUCCESS;
}
