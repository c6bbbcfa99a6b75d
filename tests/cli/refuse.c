/* Runs a command on a host that refuses it executable memory, for real.
 *
 *	refuse mmap|memfd COMMAND [ARGUMENT...]
 *
 * A seccomp filter makes the kernel answer EPERM to mmap() of shared executable memory (programs
 * and libraries are mapped private), or to memfd_create().  Exit status 77 where there is no
 * seccomp. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SKIP     77
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, at))
/* Go on if the loaded word is `value`, or has a bit of it; else to ALLOW, `left` lines on. */
#define IF_EQUAL(value, left) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, left)
#define IF_BIT(value, left)   BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, value, 0, left)
#define REFUSE                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW                 BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter no_mmap[] = {
    LOAD(nr),
    IF_EQUAL(SYS_mmap, 5),
    LOAD(args[2]),
    IF_BIT(PROT_EXEC, 3),
    LOAD(args[3]),
    IF_BIT(MAP_SHARED, 1),
    REFUSE,
    ALLOW,
};

static struct sock_filter no_memfd[] = {
    LOAD(nr),
    IF_EQUAL(SYS_memfd_create, 1),
    REFUSE,
    ALLOW,
};

int main(int argc, char **argv)
{
	struct sock_fprog filter = {sizeof no_mmap / sizeof *no_mmap, no_mmap};
	if (argc < 3) {
		fprintf(stderr, "usage: refuse mmap|memfd COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (!strcmp(argv[1], "memfd"))
		filter = (struct sock_fprog){sizeof no_memfd / sizeof *no_memfd, no_memfd};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
		perror("refuse: seccomp");
		return SKIP;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 2;
}
