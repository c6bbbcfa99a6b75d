/* Every floating-point row of the A64 instruction table against qemu-aarch64: values chosen to
 * hurt, all modes of FPCR, results, condition flags and FPSR compared.
 *
 *	fp_differential QEMU GUEST [SEED [ROW-PREFIX]]
 *
 * QEMU runs in a process of its own and executes guest.c.  Exit code 77 (skipped) where either
 * program is missing. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu/arm64/exec.h"
#include "cpu/arm64/table.h"
#include "cpu/fp/fp.h"
#include "tests/fp/exchange.h"
#include "tests/fp/values.h"

#define EXIT_SKIP      77
#define SHOWN_FAILURES 6 /* of a row */

struct session {
	int to, from; /* pipes */
	pid_t pid;
	struct random random;
	struct arm64 *cpu;
	struct exchange sent, received;
	unsigned long cases, failures;
};

/* --- words ----------------------------------------------------------------------------- */

/* The value of a field with this letter; registers are those of exchange.h. */
static uint32_t field(struct random *r, char letter)
{
	switch (letter) {
	case 'd': return 0;
	case 'n': return 1;
	case 'm': return 2;
	case 'a': return 3;
	default: return (uint32_t)random_next(r);
	}
}

/* Fill the letters of a pattern, or return false if the word belongs to another row. */
static bool make_word(struct random *r, const struct insn_row *row, uint32_t *word)
{
	uint32_t w = row->value, used[128] = {0}, value[128];
	unsigned bit = 0;
	for (size_t n = strlen(row->pattern); n-- > 0;) {
		unsigned char letter = (unsigned char)row->pattern[n];
		if (letter == ' ')
			continue;
		if (letter >= 'A') {
			if (used[letter] == 0)
				value[letter] = field(r, (char)letter);
			w |= (value[letter] >> used[letter]++ & 1) << bit;
		}
		bit++;
	}
	*word = w;
	return decode(arm64_decoder(), w) == row;
}

static bool is_floating(const struct insn_row *row)
{
	return row->name[0] == 'f' || strncmp(row->name, "scvtf", 5) == 0 ||
	       strncmp(row->name, "ucvtf", 5) == 0 || strcmp(row->name, "urecpe_v") == 0 ||
	       strcmp(row->name, "ursqrte_v") == 0;
}

/* --- cases ----------------------------------------------------------------------------- */

static void make_case(struct random *r, struct fp_case *c)
{
	unsigned bits = 16u << random_below(r, 3);
	bool related = random_chance(r, 30);
	for (unsigned at = 0; at < 128; at += bits) {
		uint64_t first = value_random(r, bits);
		for (unsigned n = 0; n < 4; n++) {
			uint64_t v = related && random_chance(r, 60) ? value_near(r, bits, first)
								     : value_random(r, bits);
			c->v[n][at / 64] |= v << at % 64;
		}
	}
	for (unsigned n = 0; n < 2; n++)
		c->x[n] = random_chance(r, 50) ? value_random(r, 64)
					       : random_next(r) >> random_below(r, 64);
	c->nzcv = random_next(r) & UINT64_C(0xf0000000);
	c->fpcr = fpcr_random(r);
	/* IXC decides between host arithmetic and the reference. */
	c->fpsr = random_chance(r, 50) ? FPSR_IXC : random_next(r) & FPSR_MASK;
	c->word = random_below(r, EXCHANGE_WORDS);
}

/* Execute a case here: the same fixed registers, the rest of the state stays zero. */
static void execute(struct session *s, struct fp_case *c)
{
	struct arm64_state *state = &s->cpu->s;
	struct insn insn;
	arm64_decode(s->sent.words[c->word], &insn);
	memcpy(state->v, c->v, sizeof c->v);
	memcpy(&state->v[36], c->v[2], 16);
	state->x[0] = c->x[0];
	state->x[1] = c->x[1];
	state->nzcv = (uint32_t)(c->nzcv >> 28);
	state->fpcr = (uint32_t)c->fpcr;
	state->fpsr = (uint32_t)c->fpsr;
	insn.exec(s->cpu, &insn);
	memcpy(c->v, state->v, sizeof c->v);
	c->x[0] = state->x[0];
	c->x[1] = state->x[1];
	c->nzcv = (uint64_t)state->nzcv << 28;
	c->fpsr = state->fpsr;
}

static void show(const char *what, const struct fp_case *c)
{
	printf("\t%-8s v0=%016llx%016llx x0=%016llx nzcv=%llx fpsr=%08llx\n", what,
	    (unsigned long long)c->v[0][1], (unsigned long long)c->v[0][0],
	    (unsigned long long)c->x[0], (unsigned long long)c->nzcv >> 28,
	    (unsigned long long)c->fpsr);
}

static void report(const struct insn_row *row, uint32_t word, const struct fp_case *before,
    const struct fp_case *here, const struct fp_case *there)
{
	printf("%s: %08x %s, fpcr=%08llx\n", row->name, word, row->text,
	    (unsigned long long)before->fpcr);
	for (unsigned n = 1; n < 4; n++)
		printf("\tv%u=%016llx%016llx\n", n, (unsigned long long)before->v[n][1],
		    (unsigned long long)before->v[n][0]);
	printf("\tx1=%016llx\n", (unsigned long long)before->x[1]);
	show("before", before);
	show("myna", here);
	show("qemu", there);
}

/* Where QEMU 7.2 contradicts the manual: put its result right. */
static void correct(
    const struct insn_row *row, uint32_t word, const struct fp_case *before, struct fp_case *there)
{
	uint64_t n = before->v[1][0];
	bool denormal = (n & INT64_MAX) != 0 && (n & INT64_MAX) >> 52 == 0;
	/* FPToFixedJS: a denormal flushed to zero was not converted exactly. */
	if (strcmp(row->name, "fjcvtzs") == 0 && denormal && before->fpcr & FPCR_FZ)
		there->nzcv = 0;
	/* A scalar of 16 bits leaves the rest of the register zero; QEMU extends its sign. */
	if (strcmp(row->name, "fcvtzs_fix_s") == 0 && (word >> 19 & 15) < 4)
		there->v[0][0] &= 0xffff;
}

/* --- the run --------------------------------------------------------------------------- */

static bool transfer_out(int fd, const void *buffer, size_t size)
{
	for (const char *p = buffer; size > 0;) {
		ssize_t n = write(fd, p, size);
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static bool transfer_in(int fd, void *buffer, size_t size)
{
	for (char *p = buffer; size > 0;) {
		ssize_t n = read(fd, p, size);
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static bool start(struct session *s, char *qemu, char *guest)
{
	int to[2], from[2];
	if (pipe(to) != 0 || pipe(from) != 0)
		return false;
	s->pid = fork();
	if (s->pid < 0)
		return false;
	if (s->pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		close(from[0]);
		execl(qemu, qemu, "-cpu", "max", guest, (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	s->to = to[1];
	s->from = from[0];
	return true;
}

/* False if the row cannot be tested or QEMU has gone. */
static bool run_row(struct session *s, const struct insn_row *row)
{
	unsigned failures = 0;
	memset(&s->sent, 0, sizeof s->sent);
	for (unsigned n = 0; n < EXCHANGE_WORDS; n++) {
		unsigned tries = 0;
		while (!make_word(&s->random, row, &s->sent.words[n])) {
			if (++tries == 1000) {
				printf("%s: no word of this row was found\n", row->name);
				return false;
			}
		}
	}
	for (unsigned n = 0; n < EXCHANGE_CASES; n++)
		make_case(&s->random, &s->sent.cases[n]);
	if (!transfer_out(s->to, &s->sent, sizeof s->sent) ||
	    !transfer_in(s->from, s->received.cases, sizeof s->received.cases)) {
		printf("%s: the other side went away\n", row->name);
		return false;
	}
	for (unsigned n = 0; n < EXCHANGE_CASES; n++) {
		struct fp_case here = s->sent.cases[n];
		execute(s, &here);
		correct(row, s->sent.words[here.word], &s->sent.cases[n], &s->received.cases[n]);
		if (memcmp(&here, &s->received.cases[n], sizeof here) == 0)
			continue;
		if (++failures <= SHOWN_FAILURES)
			report(row, s->sent.words[here.word], &s->sent.cases[n], &here,
			    &s->received.cases[n]);
	}
	if (failures)
		printf("%s: %u of %u cases differ\n", row->name, failures, EXCHANGE_CASES);
	s->cases += EXCHANGE_CASES;
	s->failures += failures;
	return true;
}

int main(int argc, char **argv)
{
	static struct session s;
	const struct decoder *d = arm64_decoder();
	unsigned rows = 0;
	if (argc < 3 || access(argv[1], X_OK) != 0 || access(argv[2], X_OK) != 0) {
		printf("SKIP: needs qemu-aarch64 (qemu-user) and gcc-aarch64-linux-gnu\n");
		return EXIT_SKIP;
	}
	s.random.state = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	s.cpu = calloc(1, sizeof *s.cpu);
	signal(SIGPIPE, SIG_IGN);
	if (!s.cpu || !start(&s, argv[1], argv[2]))
		return EXIT_FAILURE;
	for (unsigned n = 0; n < d->count; n++) {
		const char *prefix = argc > 4 ? argv[4] : "";
		if (!is_floating(&d->rows[n]) ||
		    strncmp(d->rows[n].name, prefix, strlen(prefix)) != 0)
			continue;
		if (!run_row(&s, &d->rows[n]))
			return EXIT_FAILURE;
		rows++;
	}
	close(s.to);
	waitpid(s.pid, NULL, 0);
	free(s.cpu);
	printf("%u rows, %lu cases, %lu differ\n", rows, s.cases, s.failures);
	return rows > 0 && s.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
