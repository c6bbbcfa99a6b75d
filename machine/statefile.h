/* The container of state files: a header, sections in any order, a directory.
 *
 * docs/state-format.md describes the bytes.  A section is raw, or cut into chunks that are kept
 * compressed in the file's store under their hash, each once.  This file knows nothing of what
 * sections mean; snapshot.c does.
 */
#ifndef MYNA_MACHINE_STATEFILE_H
#define MYNA_MACHINE_STATEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#define STATE_VERSION   1
#define STATE_PAGE      4096u       /* RAM sections begin at multiples of it */
#define STATE_CHUNK     65536u      /* bytes hashed and compressed together */
#define STATE_IN_MEMORY (64u << 20) /* largest section that is loaded whole, 64 MiB */

enum section_kind {
	SECTION_MACHINE = 1, /* what machine this is, as text */
	SECTION_DEVICE = 2,  /* fields of the device `name` */
	SECTION_BLOB = 3,    /* data of varying size of the device `name` */
	SECTION_EVENTS = 4,
	SECTION_RAM = 5,    /* contents of the RAM block `name`, page-aligned */
	SECTION_HASHES = 6, /* struct chunk_hash of each chunk of the raw RAM section `name` */
	SECTION_STORE = 7,  /* compressed chunks, one after the other */
	SECTION_INDEX = 8,  /* struct stored_chunk for each of them, ascending by hash */
};

enum section_form { FORM_RAW, FORM_CHUNKED };

/* XXH3-128 of a chunk; both 0 for a chunk of zeros, which is not stored. */
struct chunk_hash {
	uint64_t high, low;
};

struct stored_chunk {
	struct chunk_hash hash;
	uint64_t offset; /* in the file */
	uint32_t stored; /* bytes there: one zstd frame */
	uint32_t size;   /* bytes of the chunk */
};

struct state_header {
	uint8_t magic[8];
	uint32_t version;
	uint32_t sections;
	uint64_t dir_offset, dir_size;
	uint64_t dir_hash; /* XXH3-64 of the directory */
	uint64_t file_size;
	uint64_t header_hash; /* XXH3-64 of everything above */
};

/* A directory entry; its name follows. */
struct state_entry {
	uint16_t kind, form;
	uint32_t name_size; /* bytes, no terminator */
	uint64_t offset;    /* in the file */
	uint64_t stored;    /* bytes there */
	uint64_t size;      /* bytes of the contents; for FORM_RAW the same */
	uint64_t hash;      /* XXH3-64 of the stored bytes; 0, unchecked, for RAM and STORE */
};

extern const uint8_t state_magic[8];

struct section {
	struct state_entry e;
	char *name;
};

struct state_file {
	int fd;
	uint64_t size;
	struct section *sections;
	unsigned count;
	char *names;
	struct stored_chunk *index;
	size_t index_count;
	uint8_t *packed; /* room for a compressed chunk; NULL without index, like `zstd` */
	struct ZSTD_DCtx_s *zstd;
};

/* Fill `why` and return false. */
bool state_fail(char *why, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Check header and directory of the file `fd`, which stays the caller's. */
bool state_file_open(struct state_file *f, int fd, char *why, size_t size);
void state_file_close(struct state_file *f);

const struct section *state_file_find(
    const struct state_file *f, enum section_kind kind, const char *name);

/* The contents of a section no larger than STATE_IN_MEMORY, with a zero byte behind, to be freed
 * by the caller.  NULL if it is damaged. */
uint8_t *section_load(const struct state_file *f, const struct section *s, char *why, size_t size);

/* Do the stored bytes have the hash that the directory claims? */
bool section_intact(const struct state_file *f, const struct section *s);

/* Chunks of a chunked section, or of a raw one with its SECTION_HASHES: NULL if damaged. */
struct chunk_hash *section_chunks(
    const struct state_file *f, const struct section *s, char *why, size_t size);

/* The chunk with `hash`, exactly `n` bytes, into `out`; checked. */
bool chunk_load(const struct state_file *f, struct chunk_hash hash, uint8_t *out, size_t n);

struct chunk_hash chunk_hash(const uint8_t *bytes, size_t n);
/* Names in a file reach messages: nothing but printable ASCII. */
bool printable(const char *text, size_t n);
bool all_zero(const uint8_t *bytes, size_t n);
uint64_t chunk_count(uint64_t size);
/* Order of an index, for bsearch and qsort. */
int chunk_order(const void *a, const void *b);

/* read() until `n` bytes are there; false at the end of the file. */
bool read_at(int fd, uint64_t offset, void *out, size_t n);
bool write_at(int fd, uint64_t offset, const void *in, size_t n);
/* Like write_at, but pages of zeros stay holes: the file must be fresh there. */
bool write_sparse(int fd, uint64_t offset, const uint8_t *bytes, size_t n);

/* Writing: sections one after the other, then the directory, last the header, so that a file that
 * was not finished is not taken for one. */
struct state_writer {
	int fd; /* -1: bytes are only hashed */
	uint64_t offset;
	uint8_t *buffer;
	size_t used;
	XXH3_state_t *hash;
	uint8_t *dir;
	size_t dir_size, dir_room;
	uint32_t sections;
	struct state_entry open;
	const char *open_name;
	bool failed; /* errno says why, kept in `error` */
	int error;
};

bool state_writer_open(struct state_writer *w, int fd);
void state_writer_free(struct state_writer *w);
void section_begin(struct state_writer *w, enum section_kind kind, const char *name);
void section_end(struct state_writer *w);
/* What was written is the list of chunks of contents of `size` bytes. */
void section_end_chunked(struct state_writer *w, uint64_t size);
/* Enter a section that lies at `e->offset` already. */
void section_enter(struct state_writer *w, const struct state_entry *e, const char *name);
/* Write directory and header.  False with a sentence if anything failed on the way. */
bool state_writer_finish(struct state_writer *w, char *why, size_t size);

/* A section's contents as devices read them back. */
struct state_reader {
	const struct state_file *file;
	const struct section *section;
	struct chunk_hash *chunks; /* FORM_CHUNKED */
	uint8_t *buffer;           /* STATE_CHUNK bytes: the chunk that holds `at` */
	uint64_t buffered;         /* its number, UINT64_MAX for none */
	uint64_t at;
};

bool state_reader_open(struct state_reader *r, const struct state_file *f, const struct section *s,
    char *why, size_t size);
void state_reader_free(struct state_reader *r);

#endif
