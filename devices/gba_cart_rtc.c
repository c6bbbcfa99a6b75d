/* The clock: S-3511A, three lines.  While CS is high, the chip takes a bit of SIO at each rising
 * edge of SCK, and gives one after each falling edge.  A command is 0110, three bits of number and
 * one of direction, the highest first; its data follow, the lowest bit of each byte first. */
#include <string.h>

#include "devices/gba_cart_parts.h"

enum { COMMAND_RESET, COMMAND_STATUS, COMMAND_DATE, COMMAND_TIME };
enum { READ = 1, COMMAND_CODE = 0x60 };
enum { STATUS_24H = 0x40, STATUS_WRITABLE = 0x6a };

/* Bytes of data by number of command. */
static const uint8_t lengths[8] = {0, 1, 7, 3};

#define DAY INT64_C(86400)

struct date {
	int64_t year; /* since 2000 */
	unsigned month, day, weekday, hour, minute, second;
};

static unsigned to_bcd(unsigned n)
{
	return n / 10 % 10 << 4 | n % 10;
}

static unsigned from_bcd(unsigned n)
{
	return (n >> 4) * 10 + (n & 15);
}

/* Days since 1970-01-01 of a day of the Gregorian calendar; years begin in March, so that the leap
 * day is the last one. */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = year / 400, of_era = year % 400;
	int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct date date_from_seconds(int64_t seconds)
{
	struct date d;
	int64_t day = seconds / DAY, rest = seconds % DAY, year = 2000;

	if (rest < 0) {
		rest += DAY;
		day--;
	}
	/* The chip knows a century. */
	int64_t first = days_from_date(2000, 1, 1), last = days_from_date(2100, 1, 1);
	day = first + ((day - first) % (last - first) + (last - first)) % (last - first);
	while (day >= days_from_date(year + 1, 1, 1))
		year++;
	d.month = 1;
	while (d.month < 12 && day >= days_from_date(year, d.month + 1, 1))
		d.month++;
	d.year = year - 2000;
	d.day = (unsigned)(day - days_from_date(year, d.month, 1)) + 1;
	d.weekday = (unsigned)((day + 4) % 7);
	d.hour = (unsigned)(rest / 3600);
	d.minute = (unsigned)(rest / 60 % 60);
	d.second = (unsigned)(rest % 60);
	return d;
}

/* Guest time without what the guest has set. */
static int64_t unset_seconds(const struct gba_cart *c)
{
	return (int64_t)(c->epoch + scheduler_now(c->sched) / GBA_HZ);
}

static uint8_t hour_byte(const struct gba_cart *c, unsigned hour)
{
	unsigned shown = c->s.rtc_status & STATUS_24H ? hour : hour % 12;

	return (uint8_t)(to_bcd(shown) | (hour >= 12 ? 0x80 : 0));
}

static void give_time(struct gba_cart *c)
{
	struct date d = date_from_seconds(unset_seconds(c) + c->rtc_offset);
	uint8_t all[7] = {(uint8_t)to_bcd((unsigned)d.year), (uint8_t)to_bcd(d.month),
	    (uint8_t)to_bcd(d.day), (uint8_t)d.weekday, hour_byte(c, d.hour),
	    (uint8_t)to_bcd(d.minute), (uint8_t)to_bcd(d.second)};
	unsigned n = lengths[c->s.rtc_command >> 1 & 7];

	memcpy(c->s.rtc_data, all + 7 - n, n);
}

static unsigned at_most(unsigned n, unsigned most)
{
	return n < most ? n : most;
}

/* Nonsense in a date is taken for the nearest thing that exists. */
static void take_time(struct gba_cart *c, bool with_date)
{
	struct date d = date_from_seconds(unset_seconds(c) + c->rtc_offset);
	const uint8_t *data = c->s.rtc_data + (with_date ? 4 : 0);
	unsigned hour = from_bcd(data[0] & 0x3f);

	if (with_date) {
		d.year = at_most(from_bcd(c->s.rtc_data[0]), 99);
		d.month = at_most(from_bcd(c->s.rtc_data[1] & 0x1f), 12);
		d.day = at_most(from_bcd(c->s.rtc_data[2] & 0x3f), 31);
	}
	if (!(c->s.rtc_status & STATUS_24H))
		hour = hour % 12 + (data[0] & 0x80 ? 12 : 0);
	hour = at_most(hour, 23);
	int64_t day = days_from_date(2000 + d.year, d.month ? d.month : 1, d.day ? d.day : 1);
	c->rtc_offset = day * DAY + hour * 3600 + at_most(from_bcd(data[1] & 0x7f), 59) * 60 +
			at_most(from_bcd(data[2] & 0x7f), 59) - unset_seconds(c);
}

static void begin(struct gba_cart *c, uint8_t command)
{
	struct gba_cart_state *s = &c->s;
	unsigned number = command >> 1 & 7;

	if ((command & 0xf0) != COMMAND_CODE) {
		/* Wait for the next CS. */
		s->rtc_bits = 8;
		return;
	}
	s->rtc_command = command;
	s->rtc_bits = 0;
	if (number == COMMAND_RESET) {
		s->rtc_status = 0;
		c->rtc_offset = days_from_date(2000, 1, 1) * DAY - unset_seconds(c);
	} else if (number == COMMAND_STATUS && command & READ) {
		s->rtc_data[0] = s->rtc_status;
	} else if (command & READ) {
		give_time(c);
	}
}

static void finish(struct gba_cart *c)
{
	unsigned number = c->s.rtc_command >> 1 & 7;

	if (number == COMMAND_STATUS)
		c->s.rtc_status = c->s.rtc_data[0] & STATUS_WRITABLE;
	else if (number == COMMAND_DATE || number == COMMAND_TIME)
		take_time(c, number == COMMAND_DATE);
}

static void take_bit(struct gba_cart *c, bool bit)
{
	struct gba_cart_state *s = &c->s;
	unsigned length = lengths[s->rtc_command >> 1 & 7] * 8u, at = s->rtc_bits;

	if (!s->rtc_command) {
		if (at >= 8)
			return;
		s->rtc_shift = (uint8_t)(s->rtc_shift << 1 | bit);
		if (++s->rtc_bits == 8)
			begin(c, s->rtc_shift);
		return;
	}
	if (s->rtc_command & READ || at >= length)
		return;
	uint8_t mask = (uint8_t)(1 << (at & 7));
	s->rtc_data[at / 8] =
	    (uint8_t)(bit ? s->rtc_data[at / 8] | mask : s->rtc_data[at / 8] & ~mask);
	if (++s->rtc_bits == length)
		finish(c);
}

static void give_bit(struct gba_cart_state *s)
{
	unsigned length = lengths[s->rtc_command >> 1 & 7] * 8u, at = s->rtc_bits;

	if (!(s->rtc_command & READ) || at >= length)
		return;
	s->rtc_out = s->rtc_data[at / 8] >> (at & 7) & 1;
	s->rtc_bits++;
}

void gba_rtc_lines(struct gba_cart *c, uint8_t before)
{
	struct gba_cart_state *s = &c->s;
	uint8_t lines = s->gpio_data, changed = before ^ lines;

	if (!(lines & RTC_CS) || changed & RTC_CS) {
		s->rtc_command = s->rtc_bits = s->rtc_shift = 0;
		s->rtc_out = 1;
		return;
	}
	if (!(changed & RTC_SCK))
		return;
	if (lines & RTC_SCK)
		take_bit(c, lines & RTC_SIO);
	else
		give_bit(s);
}
