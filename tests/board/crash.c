/* Crashes inside translated code, for real: the code of a block that a guest runs is overwritten
 * through its writable mapping, in a child process, and the report is read.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frontend/crash.h"
#include "frontend/status.h"
#include "tests/board/mapped.h"

static const uint32_t program[1024] = {
    0x4eb88421, /* add v1.4s, v1.4s, v24.4s */
    0x4eb88694, /* add v20.4s, v20.4s, v24.4s */
    0x14000001, /* b c */
    0xf9400001, /* ldr x1, [x0] */
    0x91000421, /* add x1, x1, #0x1 */
    0xf9000001, /* str x1, [x0] */
    0x17fffffa, /* b 0 */
};
#define SECOND_BLOCK 0x4008000c

/* Of the second block: it is entered with the guest's vectors in registers. */
static struct engine_code code;

static void watch(void *owner, const struct engine_block *b, enum engine_stage stage)
{
	if (stage == ENGINE_TRANSLATED && b->pc == SECOND_BLOCK)
		code = b->code[0];
}

/* The program in its loop. */
static struct machine *start(void)
{
	char why[240] = "";
	const struct engine_options options = {.kind = ENGINE_JIT, .watch = watch};
	struct machine *m = mapped_machine(program, sizeof program, options, why, sizeof why);
	if (!m)
		cr_skip_test("%s", why);
	/* X19, V1 and V20 live in registers of the host. */
	struct arm64_state *s = &((struct arm64 *)m->cpus[0])->s;
	s->cpacr_el1 = 3 << 20;
	s->x[19] = UINT64_C(0x1122334455667788);
	s->v[2 * 24] = s->v[2 * 24 + 1] = UINT64_C(0x100000001);
	mode_changed((struct arm64 *)m->cpus[0]);
	machine_run(m, 7 * 143); /* the child crashes in the next round */
	cr_assert(code.size, "nothing has been translated");
	return m;
}

/* The code memory where it may be written: the other mapping of the same memfd. */
static uint8_t *writable_code(void)
{
	char line[300];
	unsigned long from, to;
	FILE *maps = fopen("/proc/self/maps", "r");
	uint8_t *found = NULL;
	while (maps && fgets(line, sizeof line, maps))
		if (strstr(line, "memfd:code") && strstr(line, " rw-s ") &&
		    sscanf(line, "%lx-%lx", &from, &to) == 2)
			found = (uint8_t *)from;
	if (maps)
		fclose(maps);
	cr_assert(found, "no writable mapping of the code memory");
	return found;
}

/* A page of a mapped file that the file does not have: SIGBUS. */
static uint8_t *page_beyond_file(void)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
}

typedef void child_fn(struct machine *m);

/* What the child writes to standard error, and how it ends. */
static int run_child(child_fn *child, char *said, size_t size)
{
	int ends[2], status = 0;
	size_t n = 0;
	struct machine *m = start();
	cr_assert_eq(pipe(ends), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		for (int s = 1; s < NSIG; s++) /* nobody else's handlers */
			signal(s, SIG_DFL);
		if (!crash_catch(m))
			_exit(99);
		child(m);
		_exit(98); /* survived */
	}
	close(ends[1]);
	for (ssize_t got; n + 1 < size && (got = read(ends[0], said + n, size - n - 1)) > 0;)
		n += (size_t)got;
	said[n] = 0;
	close(ends[0]);
	waitpid(pid, &status, 0);
	machine_free(m);
	return status;
}

static void overwrite(struct machine *m, const void *bytes, size_t n)
{
	memcpy(writable_code() + code.offset, bytes, n);
	machine_run(m, 1000);
}

static void load_null(struct machine *m)
{
	overwrite(m, "\x48\x8b\x04\x25\0\0\0\0", 8); /* mov rax, [0] */
}

static void undefined_instruction(struct machine *m)
{
	overwrite(m, "\x0f\x0b", 2); /* ud2 */
}

static void divide_by_zero(struct machine *m)
{
	overwrite(m, "\x31\xc9\xf7\xf1", 4); /* xor ecx, ecx; div ecx */
}

static void load_beyond_file(struct machine *m)
{
	uint8_t mov[10] = {0x48, 0xa1}; /* mov rax, [imm64] */
	uint8_t *page = page_beyond_file();
	memcpy(mov + 2, &page, sizeof page);
	overwrite(m, mov, sizeof mov);
}

static void crash_in_c(struct machine *m)
{
	__asm__ volatile("movl $0, 0" ::: "memory");
}

static void signal_from_outside(struct machine *m)
{
	raise(SIGSEGV);
}

static char said[1 << 20];

static void expect_report(child_fn *child, const char *signal_text)
{
	int status = run_child(child, said, sizeof said);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == STATUS_INTERNAL, "status %#x: %s",
	    status, said);
	/* V1 and V20, which the crashing round has added to. */
	static const char vectors[] = "0000009000000090 0000009000000090";
	const char *const texts[] = {signal_text, "internal error", "guest pc 0x4",
	    "straight path, +", "ldr x1, [x0]", "str x1, [x0]", "LOAD_HOST i64", "=> +", vectors,
	    "1122334455667788", "ttbr0_el1: 0000000040800000", "instructions executed"};
	for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
		cr_expect(strstr(said, texts[k]), "'%s' is not in: %s", texts[k], said);
	const char *v1 = strstr(said, vectors);
	cr_expect(v1 && strstr(v1 + sizeof vectors, vectors), "only once: %s", said);
}

Test(crash, segmentation_fault)
{
	expect_report(load_null, "signal 11");
}

Test(crash, undefined_instruction)
{
	expect_report(undefined_instruction, "signal 4");
}

Test(crash, division)
{
	expect_report(divide_by_zero, "signal 8");
}

Test(crash, bus_error)
{
	expect_report(load_beyond_file, "signal 7");
}

/* ... ends the process as without us. */
Test(crash, elsewhere)
{
	int status = run_child(crash_in_c, said, sizeof said);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %#x", status);
	cr_expect_str_eq(said, "");
}

Test(crash, sent_by_somebody)
{
	int status = run_child(signal_from_outside, said, sizeof said);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %#x", status);
	cr_expect_str_eq(said, "");
}
