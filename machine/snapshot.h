/* Snapshots: the whole machine in one file, and its hash.
 *
 * Format: docs/state-format.md.  Little-endian; sections keyed by device tag, fields by name.
 * Unknown fields are reported and skipped, missing ones keep their reset value.  RAM is stored
 * page-aligned and mapped copy-on-write when loaded, so a restore costs milliseconds whatever
 * the size; pages of zeros are holes.
 */
#ifndef MYNA_MACHINE_SNAPSHOT_H
#define MYNA_MACHINE_SNAPSHOT_H

#include "machine/machine.h"

/* An XXH3-128 over every device's fields, every event's due tick, time, and all RAM.  Both halves
 * are 0 if there was no memory to compute it. */
struct state_hash {
	uint64_t high, low;
};
struct state_hash machine_hash(struct machine *m);

/* Write the machine to `fd` (a fresh, seekable file).  False with a sentence in `why`.
 * Files and their names are the caller's: it writes to a temporary file and renames. */
bool snapshot_save(struct machine *m, int fd, char *why, size_t size);

/* Load from `fd`.  The file is untrusted.  On failure the machine is reset and `why` says what
 * was wrong.  Non-fatal remarks (fields skipped or missing) go to machine_log(). */
bool snapshot_load(struct machine *m, int fd, char *why, size_t size);

/* The same state in the form for shipping: RAM and device data cut into chunks, each compressed
 * and stored once.  snapshot_load() takes both forms.  `in` is any state file, `out` a fresh,
 * seekable one. */
bool snapshot_pack(int in, int out, char *why, size_t size);
/* Back to the form that is mapped when loaded. */
bool snapshot_unpack(int in, int out, char *why, size_t size);

/* Check everything in a file, RAM included, against its hashes.  Loading leaves out RAM in the
 * mapped form, because reading it would cost what mapping saves. */
bool snapshot_verify(int fd, char *why, size_t size);

/* For devices with data of varying size (device_type.save_blob). */
bool state_write(struct state_writer *w, const void *bytes, size_t n);
/* Is a file being written?  False while the state is only hashed. */
bool state_saving(const struct state_writer *w);
/* False when fewer than `n` bytes are left. */
bool state_read(struct state_reader *r, void *bytes, size_t n);
size_t state_left(const struct state_reader *r);

/* "tag.field[3]: 0x1 != 0x2" for the first difference between two machines of one kind, RAM
 * included; false if equal. */
bool machine_difference(struct machine *a, struct machine *b, char *text, size_t size);

#endif
