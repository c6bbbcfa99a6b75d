/* The algorithm of Knuth, Morris and Pratt: each byte is looked at once, whatever the text. */
#include "frontend/match.h"

#include <stdlib.h>
#include <string.h>

static size_t extend(const struct text_match *m, size_t at, uint8_t byte)
{
	while (at && m->text[at] != byte)
		at = m->border[at - 1];
	return m->text[at] == byte ? at + 1 : 0;
}

bool match_init(struct text_match *m, const void *text, size_t size)
{
	*m = (struct text_match){.text = malloc(size + 1), .size = size};
	m->border = calloc(size + 1, sizeof(*m->border));
	if (!m->text || !m->border) {
		match_free(m);
		return false;
	}
	memcpy(m->text, text, size);
	for (size_t i = 1; i < size; i++)
		m->border[i] = extend(m, m->border[i - 1], m->text[i]);
	return true;
}

void match_free(struct text_match *m)
{
	free(m->text);
	free(m->border);
	*m = (struct text_match){0};
}

bool match_byte(struct text_match *m, uint8_t byte)
{
	if (!m->size)
		return false;
	m->at = extend(m, m->at, byte);
	if (m->at < m->size)
		return false;
	m->at = 0;
	return true;
}
