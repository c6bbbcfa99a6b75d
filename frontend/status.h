/* What a process that ran myna may conclude from its exit status.
 *
 * The numbers keep clear of those the shell, GNU timeout, Automake and git bisect give a meaning,
 * so a script can tell "the guest failed" from "the host failed, try again".
 */
#ifndef MYNA_FRONTEND_STATUS_H
#define MYNA_FRONTEND_STATUS_H

/* STATUS(id, number, meaning): the enum, the help and the manual page. */
#define STATUS_LIST(STATUS)                                                                        \
	STATUS(OK, 0, "success; for run: the guest powered off, or --until was reached")           \
	STATUS(MISMATCH, 1, "something compared is not as expected")                               \
	STATUS(USAGE, 2, "a mistake in the command line or configuration")                         \
	STATUS(GUEST, 3, "the guest stopped for good without switching itself off")                \
	STATUS(MEDIA, 5, "a kernel, disk or state file is missing, damaged or of another kind")    \
	STATUS(INTERNAL, 70, "a mistake of myna's own; please report it")                          \
	STATUS(TRY_AGAIN, 75, "the host failed (disk full, out of memory); trying again may help") \
	STATUS(TIMEOUT, 124, "--wall-timeout ran out before the guest was done")                   \
	STATUS(SIGNAL, 128, "128 + n: ended by signal n")

enum status {
#define STATUS(id, number, meaning) STATUS_##id = number,
	STATUS_LIST(STATUS)
#undef STATUS
};

#endif
