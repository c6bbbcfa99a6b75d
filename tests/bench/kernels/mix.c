/*
 * Lists, matrices and a state machine in turn, a CRC-16 over their results: the shape of CoreMark,
 * written anew.
 */
#include "kernel.h"

#define ITEMS 200
#define SIDE  12

struct item {
	struct item *next;
	int16_t key, index;
};

static uint16_t crc16(uint16_t crc, uint16_t word)
{
	for (int i = 0; i < 16; i++) {
		uint16_t bit = (crc ^ word) & 1;

		crc >>= 1;
		word >>= 1;
		if (bit)
			crc ^= 0xa001;
	}
	return crc;
}

static struct item *reverse(struct item *list)
{
	struct item *done = NULL;

	while (list) {
		struct item *next = list->next;

		list->next = done;
		done = list;
		list = next;
	}
	return done;
}

static int by_key(const struct item *a, const struct item *b)
{
	return a->key != b->key ? a->key - b->key : a->index - b->index;
}

static int by_index(const struct item *a, const struct item *b)
{
	return a->index - b->index;
}

static struct item *merge(
    struct item *a, struct item *b, int (*order)(const struct item *, const struct item *))
{
	struct item *head, **end = &head;

	while (a && b) {
		struct item **least = order(a, b) <= 0 ? &a : &b;

		*end = *least;
		end = &(*least)->next;
		*least = *end;
	}
	*end = a ? a : b;
	return head;
}

static struct item *sort(
    struct item *list, unsigned n, int (*order)(const struct item *, const struct item *))
{
	struct item *middle = list, *rest;

	if (n < 2)
		return list;
	for (unsigned i = 1; i < n / 2; i++)
		middle = middle->next;
	rest = middle->next;
	middle->next = NULL;
	list = sort(list, n / 2, order);
	return merge(list, sort(rest, n - n / 2, order), order);
}

static uint16_t lists(uint16_t crc, uint64_t *seed)
{
	static struct item items[ITEMS];
	struct item *list;

	for (int i = 0; i < ITEMS; i++) {
		items[i].next = i + 1 < ITEMS ? &items[i + 1] : NULL;
		items[i].key = (int16_t)(random_next(seed) & 0x7ff);
		items[i].index = (int16_t)i;
	}
	list = sort(reverse(items), ITEMS, by_key);
	for (int key = 0; key < 0x800; key += 0x80) {
		struct item *at = list;

		while (at && at->key < key)
			at = at->next;
		crc = crc16(crc, at ? (uint16_t)at->index : 0xffff);
	}
	list = sort(list, ITEMS, by_index);
	return crc16(crc, (uint16_t)list->next->key);
}

static uint16_t matrices(uint16_t crc, uint64_t *seed)
{
	static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
	int32_t sum = 0;

	for (int i = 0; i < SIDE * SIDE; i++) {
		uint64_t r = random_next(seed);

		a[i / SIDE][i % SIDE] = (int16_t)r;
		b[i / SIDE][i % SIDE] = (int16_t)(r >> 16);
	}
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			int32_t cell = 0;

			for (int k = 0; k < SIDE; k++)
				cell += (int32_t)a[i][k] * b[k][j] >> 6;
			sum += cell > 0 ? cell >> 3 : -(cell >> 5);
		}
	return crc16(crc, (uint16_t)sum);
}

enum state { START, SIGN, INTEGER, FRACTION, EXPONENT, WRONG, STATES };

static enum state next_state(enum state s, char c)
{
	int digit = c >= '0' && c <= '9';

	switch (s) {
	case START:
		if (c == '+' || c == '-')
			return SIGN;
		return digit ? INTEGER : c == '.' ? FRACTION : WRONG;
	case SIGN: return digit ? INTEGER : c == '.' ? FRACTION : WRONG;
	case INTEGER:
		if (c == '.')
			return FRACTION;
		return digit ? INTEGER : c == 'e' ? EXPONENT : WRONG;
	case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : WRONG;
	case EXPONENT: return digit ? EXPONENT : WRONG;
	default: return WRONG;
	}
}

static uint16_t states(uint16_t crc, uint64_t *seed)
{
	static const char *const inputs[] = {"5012,", "-874,", "+122,", "35.54400,", ".1234500,",
	    "5.500e3,", "-.123e2,", "T0.3e,", "-1.7k,"};
	uint16_t ends[STATES] = {0};

	for (int i = 0; i < 100; i++) {
		const char *at = inputs[random_next(seed) % 9];
		enum state s = START;

		for (; *at != ','; at++)
			s = next_state(s, *at);
		ends[s]++;
	}
	for (int i = 0; i < STATES; i++)
		crc = crc16(crc, ends[i]);
	return crc;
}

uint64_t kernel_mix(unsigned scale)
{
	uint64_t sum = 0, seed = 29;
	uint16_t crc = 0;

	for (unsigned i = 0; i < scale; i++) {
		crc = lists(crc, &seed);
		crc = matrices(crc, &seed);
		crc = states(crc, &seed);
		sum = mix(sum, crc);
	}
	return sum;
}
