/* A hash table with linear probing: insert, find, remove. 256 KiB, so most of it misses the L1
 * cache. */
#include "kernel.h"

#define SLOTS 16384

struct slot {
	uint64_t key; /* 0: free */
	uint64_t value;
};

static struct slot slots[SLOTS];

static size_t home(uint64_t key)
{
	return key * UINT64_C(0x9e3779b97f4a7c15) >> 50;
}

static struct slot *find(uint64_t key)
{
	size_t i = home(key);

	while (slots[i].key && slots[i].key != key)
		i = (i + 1) % SLOTS;
	return &slots[i];
}

/* Moves back what was pushed past the slot that becomes free. */
static void remove_slot(size_t hole)
{
	for (size_t i = (hole + 1) % SLOTS; slots[i].key; i = (i + 1) % SLOTS) {
		size_t wanted = home(slots[i].key);

		if ((i - wanted) % SLOTS < (i - hole) % SLOTS)
			continue;
		slots[hole] = slots[i];
		hole = i;
	}
	slots[hole].key = 0;
}

uint64_t kernel_hash(unsigned scale)
{
	uint64_t sum = 0, seed = 23;

	memset(slots, 0, sizeof slots);
	for (unsigned s = 0; s < scale; s++) {
		for (int i = 0; i < 4096; i++) {
			uint64_t r = random_next(&seed);
			struct slot *slot = find(1 + r % 12000);

			if (!slot->key)
				*slot = (struct slot){1 + r % 12000, r >> 32};
			else if (r >> 60 < 7)
				remove_slot((size_t)(slot - slots));
			else
				sum += slot->value++;
		}
		sum = mix(sum, seed);
	}
	return sum;
}
