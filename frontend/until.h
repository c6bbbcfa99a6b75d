/* The conditions of --until: any of them ends the run. */
#ifndef MYNA_FRONTEND_UNTIL_H
#define MYNA_FRONTEND_UNTIL_H

#include "frontend/match.h"
#include "frontend/options.h"

struct until {
	uint64_t tick;         /* UINT64_MAX: none */
	uint64_t frame;        /* UINT64_MAX: none */
	uint64_t instructions; /* UINT64_MAX: none */
	struct text_match texts[OPTION_LIST_MAX];
	const char *names[OPTION_LIST_MAX];
	unsigned text_count;
	const char *reached; /* the condition that was met, NULL so far */
};

/* `tick_hz`: ticks in a second of guest time. */
enum status until_parse(
    struct until *u, const struct option_list *list, uint64_t tick_hz, char *why, size_t size);
void until_free(struct until *u);

/* A byte came out of the serial port.  True if it completes one of the texts. */
bool until_byte(struct until *u, uint8_t byte);

/* The screen has finished its `frame`th picture.  True if that many were to be waited for. */
bool until_frame(struct until *u, uint64_t frame);

/* Are the counted conditions met? */
bool until_counted(struct until *u, uint64_t tick, uint64_t instructions);

#endif
