/* Double-mapped code memory. */
#include "jit/cache.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

bool code_memory_map(struct code_memory *m, size_t size)
{
	*m = (struct code_memory){.size = size};
	int fd = memfd_create("code", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	if (ftruncate(fd, (off_t)size) == 0) {
		m->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		m->run = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	}
	int error = errno;
	close(fd);
	if (m->write && m->write != MAP_FAILED && m->run && m->run != MAP_FAILED)
		return true;
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
