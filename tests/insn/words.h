/* Random instruction words made from the patterns of rows. */
#ifndef MYNA_TESTS_INSN_WORDS_H
#define MYNA_TESTS_INSN_WORDS_H

#include "cpu/decode.h"
#include "tests/insn/random.h"

/* A word of `pattern`, fields random with a bias to what matters. */
uint32_t word_from_pattern(struct random *r, const char *pattern);

/* A word of row `row` which the decoder gives back to that row and that `skip`, unless it is NULL,
 * lets pass.  False if none was found. */
bool word_of_row(struct random *r, const struct decoder *d, uint32_t row,
    bool (*skip)(const struct insn_row *row, uint32_t word), uint32_t *word);

/* A sequence for the words of a row that does not depend on the other rows, so lists of exceptions
 * stay true. */
struct random random_of_row(const struct insn_row *row);

#endif
