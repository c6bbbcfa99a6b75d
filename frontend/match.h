/* Watching a stream of bytes for a text, a byte at a time and without keeping the stream. */
#ifndef MYNA_FRONTEND_MATCH_H
#define MYNA_FRONTEND_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_match {
	uint8_t *text;
	size_t size;
	size_t *border; /* border[i]: longest proper prefix of text that ends text[0..i] */
	size_t at;      /* bytes of text seen so far */
};

/* Copies the text.  False when memory is short. */
bool match_init(struct text_match *m, const void *text, size_t size);
void match_free(struct text_match *m);

/* True for the byte that completes the text; watching starts anew after it. */
bool match_byte(struct text_match *m, uint8_t byte);

#endif
