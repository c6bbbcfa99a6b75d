/* myna info: what a machine or a file is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/commands.h"
#include "frontend/media.h"
#include "machine/boards/boards.h"
#include "machine/machine.h"

/* No kernel is larger unpacked, and a file that claims to be is not looked at. */
#define INFO_LIMIT (UINT64_C(1) << 30)

/* The region that begins next after `at`, or NULL. */
static const struct bus_region *next_region(const struct machine *m, const struct bus_region *at)
{
	const struct bus_region *best = NULL, *r;

	for (unsigned i = 0; (r = bus_region(m->bus, i)); i++) {
		if ((!at || r->base > at->base) && (!best || r->base < best->base))
			best = r;
	}
	return best;
}

static void print_map(const struct machine *m)
{
	static const char *const kinds[] = {"RAM", "ROM", "I/O"};
	const struct bus_region *r = NULL;

	puts("memory map:");
	while ((r = next_region(m, r)))
		printf("  %010" PRIx64 "-%010" PRIx64 "  %s  %s\n", r->base, r->base + r->size - 1,
		    kinds[r->kind], r->name);
}

static void print_interrupts(const struct board *board)
{
	puts("interrupts:");
	for (const struct board_interrupt *i = board->interrupts; i->source; i++) {
		/* A GIC's private and shared ones have numbers of their own. */
		if (i->intid < 16)
			printf("  %3u  %s\n", i->intid, i->source);
		else
			printf("  %3u  %s %-3u  %s\n", i->intid, i->intid < 32 ? "PPI" : "SPI",
			    i->intid - (i->intid < 32 ? 16 : 32), i->source);
	}
}

static void print_devices(const struct machine *m)
{
	puts("devices:");
	for (const struct device *d = m->devices; d; d = d->next)
		printf("  %-16s%-16s%s\n", d->tag, d->type->name, d->type->description);
}

static enum status info_machine(const struct board *board)
{
	/* A board wants something to run; this is never executed. */
	static const uint32_t nothing;
	struct board_config config = {
	    .memory = UINT64_C(512) << 20,
	    .smp = 1,
	    .gic_version = 3,
	    .firmware = &nothing,
	    .firmware_size = sizeof(nothing),
	    .rom = &nothing,
	    .rom_size = sizeof(nothing),
	};
	char why[512];
	struct machine *m = board->create(&config, why, sizeof(why));

	if (!m)
		return complain(STATUS_TRY_AGAIN, "%s", why);
	printf("machine: %s\ndescription: %s\ncpu: %s\nticks per second: %" PRIu64 "\n",
	    board->name, board->description, board->cpu, m->tick_hz);
	print_map(m);
	print_interrupts(board);
	print_devices(m);
	machine_free(m);
	return STATUS_OK;
}

static void print_image(const struct media *m)
{
	struct image_header h;

	if (!image_header_read(&h, m->bytes, m->size))
		return;
	printf("text offset: 0x%" PRIx64 "\n", h.text_offset);
	printf("size in memory: %" PRIu64 "\n", h.image_size);
	printf("byte order: %s\n", h.big_endian ? "big-endian" : "little-endian");
	if (h.page_kib)
		printf("page size: %u KiB\n", h.page_kib);
	printf("placement: %s\n", h.anywhere ? "anywhere in RAM" : "near the start of RAM");
	printf("efi: %s\n", h.efi ? "yes" : "no");
	if (h.file_bytes > m->size)
		printf("cut short: %zu bytes of %" PRIu64 "\n", m->size, h.file_bytes);
}

static enum status info_file(const char *path)
{
	struct media_info info;
	struct media m;
	char why[512];
	enum status status = media_read(
	    &m, path, "info", INFO_LIMIT, "the most that is looked at", why, sizeof(why));

	if (status)
		return complain(status, "%s", why);
	info = media_recognise(m.bytes, m.size);
	printf("file: %s\nsize: %zu\nkind: %s\n", path, m.size, info.name);
	if (info.kind == MEDIA_GZIP) {
		status = media_unpack(
		    &m, path, INFO_LIMIT, "the most that is looked at", why, sizeof(why));
		if (status) {
			media_free(&m);
			return complain(status, "%s", why);
		}
		info = media_recognise(m.bytes, m.size);
		printf("unpacked size: %zu\nunpacked kind: %s\n", m.size, info.name);
	}
	print_image(&m);
	media_free(&m);
	return STATUS_OK;
}

enum status command_info(const struct options *o)
{
	const struct board *board;

	if (o->operand_count != 1)
		return complain(STATUS_USAGE, "info: name one machine or file");
	board = board_find(o->operands[0]);
	return board ? info_machine(board) : info_file(o->operands[0]);
}
