/* Calls: recursive, through tables of functions, and back from the C library. */
#include <stdlib.h>

#include "kernel.h"

/* noinline: what is to be measured are the calls, which gcc would unroll into one another. */
static __attribute__((noinline)) uint64_t fib(uint64_t n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint64_t kernel_fib(unsigned scale)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < scale; i++)
		sum = mix(sum, fib(18 + i % 2));
	return sum;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint64_t kernel_qsort(unsigned scale)
{
	enum { N = 4000 };
	static uint32_t numbers[N];
	uint64_t sum = 0, seed = 42;

	for (unsigned i = 0; i < scale; i++) {
		for (int j = 0; j < N; j++)
			numbers[j] = (uint32_t)random_next(&seed);
		qsort(numbers, N, sizeof *numbers, compare);
		for (int j = 0; j < N; j += 97)
			sum = mix(sum, numbers[j]);
	}
	return sum;
}

struct shape;

struct shape_class {
	uint64_t (*area)(const struct shape *s);
	void (*grow)(struct shape *s, uint32_t by);
};

struct shape {
	const struct shape_class *class;
	uint32_t width, height;
};

static uint64_t square_area(const struct shape *s)
{
	return (uint64_t)s->width * s->width;
}

static uint64_t rectangle_area(const struct shape *s)
{
	return (uint64_t)s->width * s->height;
}

static uint64_t triangle_area(const struct shape *s)
{
	return (uint64_t)s->width * s->height / 2;
}

static uint64_t frame_area(const struct shape *s)
{
	return 2 * ((uint64_t)s->width + s->height);
}

static void grow_width(struct shape *s, uint32_t by)
{
	s->width = (s->width + by) & 0xffff;
}

static void grow_both(struct shape *s, uint32_t by)
{
	s->width = (s->width + by) & 0xffff;
	s->height = (s->height ^ by) & 0xffff;
}

static const struct shape_class classes[] = {
    {square_area, grow_width},
    {rectangle_area, grow_both},
    {triangle_area, grow_both},
    {frame_area, grow_width},
};

uint64_t kernel_virtual(unsigned scale)
{
	enum { N = 256 };
	struct shape shapes[N];
	uint64_t sum = 0, seed = 7;

	for (int i = 0; i < N; i++)
		shapes[i] = (struct shape){&classes[random_next(&seed) % 4],
		    (uint32_t)random_next(&seed) & 0xffff, (uint32_t)random_next(&seed) & 0xffff};
	for (unsigned i = 0; i < scale * 16; i++) {
		uint64_t area = 0;

		for (struct shape *s = shapes; s < shapes + N; s++) {
			area += s->class->area(s);
			s->class->grow(s, i);
		}
		sum = mix(sum, area);
	}
	return sum;
}
