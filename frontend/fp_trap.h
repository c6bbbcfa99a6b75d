/* Invalid floating-point operations of translated code arrive as SIGFPE; it goes on elsewhere. */
#ifndef MYNA_FRONTEND_FP_TRAP_H
#define MYNA_FRONTEND_FP_TRAP_H

#include <stdbool.h>

/* Answer SIGFPE from now on, for engine_options.traps; what else raises it ends the process. */
bool fp_trap_catch(void);

/* For a handler of SIGFPE: false if what `context` (a ucontext_t) interrupted is something else. */
bool fp_trap_resume(void *context);

#endif
