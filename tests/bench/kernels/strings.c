/* A text: its words and lines, a word looked for, numbers read; with loops and with the C library.
 */
#include "kernel.h"

#define SIZE 32768

static char text[SIZE + 1];

static void write_text(void)
{
	static const char *const words[] = {"the", "of", "machine", "guest", "emulator",
	    "translates", "a", "block", "and", "register", "memory", "to", "4096", "interrupt",
	    "is", "17"};
	uint64_t seed = 19;
	size_t n = 0;

	while (n < SIZE - 16) {
		uint64_t r = random_next(&seed);
		const char *word = words[r % 16];
		size_t length = strlen(word);

		memcpy(text + n, word, length);
		n += length;
		text[n++] = (r >> 8) % 12 ? ' ' : '\n';
	}
	text[n] = 0;
}

static unsigned count_words(const char *s)
{
	unsigned words = 0;
	int inside = 0;

	for (; *s; s++) {
		int letter = (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9');

		words += (unsigned)(letter && !inside);
		inside = letter;
	}
	return words;
}

static uint64_t sum_numbers(const char *s)
{
	uint64_t sum = 0;

	while (*s) {
		uint64_t number = 0;

		while (*s && (*s < '0' || *s > '9'))
			s++;
		for (; *s >= '0' && *s <= '9'; s++)
			number = number * 10 + (uint64_t)(*s - '0');
		sum += number;
	}
	return sum;
}

static unsigned count_found(const char *s, const char *word)
{
	unsigned found = 0;

	for (; *s; s++) {
		size_t i = 0;

		while (word[i] && s[i] == word[i])
			i++;
		found += !word[i];
	}
	return found;
}

static uint64_t hash_lines(const char *s)
{
	uint64_t sum = 0;

	for (const char *end; (end = strchr(s, '\n')); s = end + 1)
		sum = mix(sum, (uint64_t)(end - s) + (unsigned char)*s);
	return mix(sum, strlen(s));
}

uint64_t kernel_strings(unsigned scale)
{
	uint64_t sum = 0;

	write_text();
	for (unsigned i = 0; i < scale; i++) {
		text[(i * 37) % 16384] ^= 1;
		sum = mix(sum, count_words(text));
		sum = mix(sum, sum_numbers(text));
		sum = mix(sum, count_found(text, "memory"));
		sum = mix(sum, hash_lines(text));
	}
	return sum;
}
