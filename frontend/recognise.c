/* What a file is, by its first bytes.  Works on memory alone, with bytes nobody vouches for.
 *
 * Sources: Linux Documentation/arch/arm64/booting.rst, Documentation/arch/x86/boot.rst,
 * Documentation/arch/riscv/boot-image-header.rst; System V ABI (ELF); Microsoft PE format; RFC 1952
 * (gzip); the magic numbers of file formats as listed in magic(5).
 */
#include <stdio.h>
#include <string.h>

#include "frontend/media.h"

static uint64_t little(const uint8_t *p, unsigned n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | p[n];
	return value;
}

struct magic {
	size_t offset;
	const char *bytes;
	size_t size;
	enum media_kind kind;
	const char *name, *remedy;
};
#define MAGIC(offset, bytes, kind, name, remedy)                     \
	{                                                            \
		offset, bytes, sizeof(bytes) - 1, kind, name, remedy \
	}

static const char give_image[] = "give the arm64 file Image, or vmlinuz of an arm64 distribution";
static const char unpack_first[] = "unpack it first";
static const char give_drive[] = "attach it with --drive file=...";

/* The first match counts. */
static const struct magic magics[] = {
    MAGIC(56, "ARM\x64", MEDIA_ARM64_IMAGE, "an arm64 Linux Image", ""),
    MAGIC(56, "RSC\x05", MEDIA_OTHER, "a RISC-V Linux Image", give_image),
    MAGIC(0x202, "HdrS", MEDIA_OTHER, "an x86 Linux bzImage", give_image),
    MAGIC(0x24, "\x18\x28\x6f\x01", MEDIA_OTHER, "a 32-bit Arm Linux zImage", give_image),
    MAGIC(4, "zimg", MEDIA_OTHER, "a compressed EFI kernel (zboot)",
	"give the file Image, which its build or 'unpack-vmlinuz' leaves"),
    MAGIC(0, "\x1f\x8b", MEDIA_GZIP, "a gzip file", unpack_first),
    MAGIC(0, "\x28\xb5\x2f\xfd", MEDIA_OTHER, "a zstd file", unpack_first),
    MAGIC(0,
	"\xfd"
	"7zXZ",
	MEDIA_OTHER, "an xz file", unpack_first),
    MAGIC(0, "BZh", MEDIA_OTHER, "a bzip2 file", unpack_first),
    MAGIC(0, "\x04\x22\x4d\x18", MEDIA_OTHER, "an lz4 file", unpack_first),
    MAGIC(0, "\x02\x21\x4c\x18", MEDIA_OTHER, "an lz4 file", unpack_first),
    MAGIC(0, "PK\x03\x04", MEDIA_ARCHIVE, "a zip archive", unpack_first),
    MAGIC(0, "7z\xbc\xaf\x27\x1c", MEDIA_ARCHIVE, "a 7z archive", unpack_first),
    MAGIC(0, "070701", MEDIA_OTHER, "a cpio archive, as used for initial RAM disks",
	"give it with --initrd"),
    MAGIC(0, "\xd0\x0d\xfe\xed", MEDIA_DTB, "a flattened device tree or FIT image",
	"give a device tree with --dtb; unpack a FIT image first"),
    MAGIC(0, "\x27\x05\x19\x56", MEDIA_OTHER, "a U-Boot uImage",
	"give the Image inside it, or load it with U-Boot as --firmware"),
    MAGIC(0, "QFI\xfb", MEDIA_DISK, "a qcow2 disk", "convert it: qemu-img convert -O raw"),
    MAGIC(0, "mynastat", MEDIA_STATE, "a saved state of myna", "load it with --load-state"),
    MAGIC(0x8001, "CD001", MEDIA_DISK, "an ISO 9660 disk", give_drive),
    MAGIC(0x200, "EFI PART", MEDIA_DISK, "a raw disk with a GPT", give_drive),
    MAGIC(0x438, "\x53\xef", MEDIA_DISK, "a raw ext2, ext3 or ext4 file system", give_drive),
    MAGIC(0, "!<arch>\n", MEDIA_OTHER, "an ar archive or Debian package", unpack_first),
    MAGIC(0, "#!", MEDIA_OTHER, "a script", give_image),
    MAGIC(0, "ANDROID!", MEDIA_OTHER, "an Android boot image", "unpack its kernel and ramdisk"),
    MAGIC(0x1fe, "\x55\xaa", MEDIA_DISK, "a raw disk with a boot sector", give_drive),
};

struct number_name {
	unsigned number;
	const char *name;
};

static const struct number_name elf_machines[] = {
    {2, "SPARC"},
    {3, "x86 (i386)"},
    {4, "68000"},
    {8, "MIPS"},
    {20, "PowerPC"},
    {21, "PowerPC64"},
    {22, "S/390"},
    {40, "32-bit Arm"},
    {43, "SPARC64"},
    {62, "x86-64"},
    {183, "arm64"},
    {243, "RISC-V"},
    {258, "LoongArch"},
    {0, NULL},
};
static const struct number_name pe_machines[] = {
    {0x014c, "x86 (i386)"},
    {0x01c0, "32-bit Arm"},
    {0x01c2, "32-bit Arm"},
    {0x01c4, "32-bit Arm"},
    {0x5032, "RISC-V"},
    {0x5064, "RISC-V"},
    {0x6232, "LoongArch"},
    {0x6264, "LoongArch"},
    {0x8664, "x86-64"},
    {0xaa64, "arm64"},
    {0, NULL},
};

static const char *name_of(const struct number_name *names, unsigned number)
{
	for (; names->name; names++) {
		if (names->number == number)
			return names->name;
	}
	return "an unknown architecture";
}

static void recognise_elf(struct media_info *info, const uint8_t *bytes, size_t n)
{
	unsigned machine = n >= 20 ? (unsigned)little(bytes + 18, 2) : 0;

	if (n >= 20 && bytes[5] == 2) /* ELFDATA2MSB */
		machine = (unsigned)bytes[18] << 8 | bytes[19];
	info->kind = MEDIA_ELF;
	snprintf(
	    info->name, sizeof(info->name), "an ELF file for %s", name_of(elf_machines, machine));
	info->remedy = machine == 183 ? "give arch/arm64/boot/Image instead of vmlinux; objcopy -O "
					"binary makes a flat file"
				      : give_image;
}

/* Offset of the PE header, or 0. */
static size_t pe_header(const uint8_t *bytes, size_t n)
{
	uint64_t offset;

	if (n < 64 || memcmp(bytes, "MZ", 2))
		return 0;
	offset = little(bytes + 60, 4);
	return offset <= n - 24 && n >= 88 && !memcmp(bytes + offset, "PE\0\0", 4) ? (size_t)offset
										   : 0;
}

static void recognise_pe(struct media_info *info, const uint8_t *bytes, size_t n)
{
	size_t pe = pe_header(bytes, n);

	info->kind = MEDIA_OTHER;
	info->remedy = give_image;
	if (pe)
		snprintf(info->name, sizeof(info->name), "an EFI or Windows program for %s",
		    name_of(pe_machines, (unsigned)little(bytes + pe + 4, 2)));
	else
		snprintf(info->name, sizeof(info->name), "a DOS program");
}

/* A cartridge's header (gbatek, "GBA Cartridge Header"): a branch over it, a byte that is always
 * 0x96, and the complement of the sum over name, maker and version.  The logo may lack in programs
 * people write.  An arm64 Image has its mark where the logo is. */
static bool is_gba(const uint8_t *bytes, size_t n)
{
	uint8_t sum = 0x19;

	if (n < 0xc0 || bytes[3] != 0xea || bytes[0xb2] != 0x96 ||
	    !memcmp(bytes + 56, "ARM\x64", 4))
		return false;
	for (size_t i = 0xa0; i <= 0xbd; i++)
		sum += bytes[i];
	return !sum;
}

struct media_info media_recognise(const uint8_t *bytes, size_t n)
{
	struct media_info info = {MEDIA_UNKNOWN, "a file of unknown kind", give_image};

	if (!n)
		return (struct media_info){MEDIA_EMPTY, "an empty file", give_image};
	if (is_gba(bytes, n))
		return (struct media_info){
		    MEDIA_GBA, "a Game Boy Advance cartridge", "run it with 'myna run gba FILE'"};
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];

		if (n < m->offset + m->size || memcmp(bytes + m->offset, m->bytes, m->size))
			continue;
		info.kind = m->kind;
		snprintf(info.name, sizeof(info.name), "%s", m->name);
		info.remedy = m->remedy;
		return info;
	}
	if (n >= 4 && !memcmp(bytes, "\177ELF", 4))
		recognise_elf(&info, bytes, n);
	else if (n >= 2 && !memcmp(bytes, "MZ", 2))
		recognise_pe(&info, bytes, n);
	return info;
}

/* End of the last section's bytes in a PE file; 0 when the headers are not all there. */
static uint64_t pe_file_bytes(const uint8_t *bytes, size_t n, size_t pe)
{
	size_t sections = (size_t)little(bytes + pe + 6, 2);
	size_t table = pe + 24 + (size_t)little(bytes + pe + 20, 2);
	uint64_t end = 0;

	for (size_t i = 0; i < sections; i++) {
		size_t row = table + i * 40;
		uint64_t last;

		if (row + 40 > n)
			return 0;
		last = little(bytes + row + 16, 4) + little(bytes + row + 20, 4);
		end = last > end ? last : end;
	}
	return end;
}

bool image_header_read(struct image_header *h, const uint8_t *bytes, size_t n)
{
	size_t pe;

	*h = (struct image_header){0};
	if (n < 64 || memcmp(bytes + 56, "ARM\x64", 4))
		return false;
	h->text_offset = little(bytes + 8, 8);
	h->image_size = little(bytes + 16, 8);
	h->flags = little(bytes + 24, 8);
	h->big_endian = h->flags & 1;
	h->page_kib = (unsigned)(0x40100400 >> (8 * (h->flags >> 1 & 3)) & 0xff);
	h->anywhere = h->flags >> 3 & 1;
	pe = pe_header(bytes, n);
	h->efi = pe != 0;
	h->file_bytes = pe ? pe_file_bytes(bytes, n, pe) : 0;
	return true;
}
