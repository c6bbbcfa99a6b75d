/* The handler: it moves the instruction pointer, and where asked to, masks Invalid. */
#include "frontend/fp_trap.h"

#include <signal.h>
#include <ucontext.h>

#include "jit/jit.h"

bool fp_trap_resume(void *context)
{
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	bool again = false;
	const void *to = jit_trapped((const void *)m->gregs[REG_RIP], &again);

	if (!to)
		return false;
	m->gregs[REG_RIP] = (greg_t)to;
	if (again)
		m->fpregs->mxcsr |= JIT_FP_MASK_INVALID;
	return true;
}

static void on_fpe(int number, siginfo_t *info, void *context)
{
	(void)info;
	if (!fp_trap_resume(context))
		signal(number, SIG_DFL);
}

bool fp_trap_catch(void)
{
	struct sigaction catch = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};

	return !sigaction(SIGFPE, &catch, NULL);
}
