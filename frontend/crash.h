/* A crash inside translated code: a report of where, and exit status 70.
 *
 * It is a mistake of the translator's own, which a guest must not be able to cause; the report is
 * for whoever is to mend it.
 */
#ifndef MYNA_FRONTEND_CRASH_H
#define MYNA_FRONTEND_CRASH_H

#include <stdbool.h>

struct machine;

/* From now on SIGSEGV, SIGBUS, SIGILL and SIGFPE in translated code of `m` are reported; elsewhere
 * they do what they did before.  False when the host refuses. */
bool crash_catch(struct machine *m);

/* `m` is about to go. */
void crash_forget(void);

#endif
