/* Double-mapped code memory. */
#include "jit/cache.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static bool map_file(struct code_memory *m, size_t size)
{
	int fd = memfd_create("code", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	if (ftruncate(fd, (off_t)size) == 0) {
		m->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		m->run = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	}
	int error = errno;
	close(fd);
	errno = error;
	return true;
}

/* mremap() of no bytes of a shared mapping maps the same pages once more. */
static bool map_anonymous(struct code_memory *m, size_t size)
{
	m->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->write == MAP_FAILED)
		return false;
	m->run = mremap(m->write, 0, size, MREMAP_MAYMOVE);
	return m->run != MAP_FAILED && !mprotect(m->run, size, PROT_READ | PROT_EXEC);
}

bool code_memory_map(struct code_memory *m, size_t size, bool anonymous)
{
	*m = (struct code_memory){.size = size};
	bool mapped = anonymous ? map_anonymous(m, size) : map_file(m, size);
	if (mapped && m->write && m->write != MAP_FAILED && m->run && m->run != MAP_FAILED)
		return true;
	int error = errno;
	code_memory_unmap(m);
	errno = error;
	return false;
}

void code_memory_unmap(struct code_memory *m)
{
	if (m->write && m->write != MAP_FAILED)
		munmap(m->write, m->size);
	if (m->run && m->run != MAP_FAILED)
		munmap(m->run, m->size);
	*m = (struct code_memory){.size = 0};
}
