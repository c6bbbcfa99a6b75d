/* Kernels, initial RAM disks, device trees and firmware: reading files into memory, and saying
 * what a file is. */
#ifndef MYNA_FRONTEND_MEDIA_H
#define MYNA_FRONTEND_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontend/status.h"

struct media {
	uint8_t *bytes; /* NULL: none */
	size_t size;
};

/* Read the file `path` given with `option`, at most `limit` bytes of it.  `limit_name` says in
 * messages what sets the limit. */
enum status media_read(struct media *m, const char *path, const char *option, uint64_t limit,
    const char *limit_name, char *why, size_t size);

/* media_read() and unpacking if it is gzipped, then a check that it is an arm64 Linux Image. */
enum status media_read_kernel(
    struct media *m, const char *path, uint64_t limit, char *why, size_t size);

/* media_read() and a check that it is a device tree and whole. */
enum status media_read_dtb(struct media *m, const char *path, char *why, size_t size);

void media_free(struct media *m);

/* Replace a gzipped file in memory by what it unpacks to, as long as that is within the limit.
 * `name` (option and path) begins the message when that fails. */
enum status media_unpack(struct media *m, const char *name, uint64_t limit, const char *limit_name,
    char *why, size_t size);

/* Say that `name` `what` ("is larger than") the limit. */
enum status media_too_large(const char *name, const char *what, uint64_t limit,
    const char *limit_name, char *why, size_t size);

/* Length of the path without its last suffix (two if that is .gz): what the files beside a
 * cartridge begin with. */
int media_stem(const char *path);

enum media_kind {
	MEDIA_UNKNOWN,
	MEDIA_EMPTY,
	MEDIA_ARM64_IMAGE,
	MEDIA_GBA,
	MEDIA_DTB,
	MEDIA_GZIP,
	MEDIA_ARCHIVE,
	MEDIA_ELF,
	MEDIA_STATE,
	MEDIA_DISK,
	MEDIA_OTHER, /* known, and of no use here */
};

/* What the bytes at the start of a file say it is. */
struct media_info {
	enum media_kind kind;
	char name[100];     /* "an ELF file for x86-64" */
	const char *remedy; /* what to give as a kernel instead */
};
#define MEDIA_PROBE 65536 /* bytes worth giving to media_recognise() */
struct media_info media_recognise(const uint8_t *bytes, size_t n);

/* Header of an arm64 Image (Documentation/arch/arm64/booting.rst of Linux). */
struct image_header {
	uint64_t text_offset; /* from a 2 MiB boundary, bytes */
	uint64_t image_size;  /* including what is not in the file; 0 in kernels before 3.17 */
	uint64_t flags;
	bool big_endian;
	unsigned page_kib;   /* 4, 16, 64; 0 not said */
	bool anywhere;       /* need not be near the start of RAM */
	bool efi;            /* also a PE file for UEFI */
	uint64_t file_bytes; /* at least this long when whole, from the PE header; 0 not known */
};
/* False if the bytes are no arm64 Image. */
bool image_header_read(struct image_header *h, const uint8_t *bytes, size_t n);

#endif
