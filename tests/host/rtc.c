// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MC146818 clock and its CMOS memory, in UTC, BCD and 24 hours unless the
 * guest says otherwise. It has no alarm and no periodic interrupt. With the
 * machine lock held.
 */
#define _GNU_SOURCE
#include <string.h>
#include <time.h>

#include "vm_priv.h"

#define RTC_INDEX		0x70
#define RTC_DATA		0x71

enum {
	RTC_SECONDS = 0, RTC_MINUTES = 2, RTC_HOURS = 4, RTC_WEEKDAY = 6,
	RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9, RTC_A = 10, RTC_B = 11,
	RTC_C = 12, RTC_D = 13, RTC_CENTURY = 0x32,
};

#define RTC_A_DIVIDER		0x26
#define RTC_B_SET		0x80
#define RTC_B_BINARY		0x04
#define RTC_B_24H		0x02
#define RTC_D_VALID		0x80

static uint8_t cmos[128], index_reg;
static time_t offset;		/* guest's time less the host's */

void rtc_reset(void)
{
	memset(cmos, 0, sizeof(cmos));
	cmos[RTC_A] = RTC_A_DIVIDER;
	cmos[RTC_B] = RTC_B_24H;
	index_reg = 0;
}

static uint8_t encode(int n)
{
	if (cmos[RTC_B] & RTC_B_BINARY)
		return n;
	return n / 10 << 4 | n % 10;
}

static int decode(uint8_t n)
{
	if (cmos[RTC_B] & RTC_B_BINARY)
		return n;
	return (n >> 4) * 10 + (n & 0xf);
}

static uint8_t encode_hour(int hour)
{
	if (cmos[RTC_B] & RTC_B_24H)
		return encode(hour);
	return encode(hour % 12 ? hour % 12 : 12) | (hour >= 12 ? 0x80 : 0);
}

static int decode_hour(uint8_t n)
{
	if (cmos[RTC_B] & RTC_B_24H)
		return decode(n);
	return decode(n & 0x7f) % 12 + (n & 0x80 ? 12 : 0);
}

/* The registers from the time; they stand still while the guest sets them. */
static void refresh(void)
{
	time_t now = time(NULL) + offset;
	struct tm tm;

	if ((cmos[RTC_B] & RTC_B_SET) || !gmtime_r(&now, &tm))
		return;
	cmos[RTC_SECONDS] = encode(tm.tm_sec);
	cmos[RTC_MINUTES] = encode(tm.tm_min);
	cmos[RTC_HOURS] = encode_hour(tm.tm_hour);
	cmos[RTC_WEEKDAY] = encode(tm.tm_wday + 1);
	cmos[RTC_DAY] = encode(tm.tm_mday);
	cmos[RTC_MONTH] = encode(tm.tm_mon + 1);
	cmos[RTC_YEAR] = encode(tm.tm_year % 100);
	cmos[RTC_CENTURY] = encode(tm.tm_year / 100 + 19);
}

/* The time from the registers. */
static void commit(void)
{
	struct tm tm = {
		.tm_sec = decode(cmos[RTC_SECONDS]),
		.tm_min = decode(cmos[RTC_MINUTES]),
		.tm_hour = decode_hour(cmos[RTC_HOURS]),
		.tm_mday = decode(cmos[RTC_DAY]),
		.tm_mon = decode(cmos[RTC_MONTH]) - 1,
		.tm_year = decode(cmos[RTC_YEAR]) +
			   (decode(cmos[RTC_CENTURY]) - 19) * 100,
	};

	offset = timegm(&tm) - time(NULL);
}

static bool is_time(uint8_t reg)
{
	return reg == RTC_SECONDS || reg == RTC_MINUTES || reg == RTC_HOURS ||
	       (reg >= RTC_WEEKDAY && reg <= RTC_YEAR) || reg == RTC_CENTURY;
}

uint32_t rtc_in(uint16_t port, unsigned int size)
{
	(void)size;
	if (port == RTC_INDEX)
		return 0xff;
	if (index_reg == RTC_D)
		return RTC_D_VALID;
	if (is_time(index_reg))
		refresh();
	return cmos[index_reg];
}

void rtc_out(uint16_t port, unsigned int size, uint32_t value)
{
	uint8_t old_b = cmos[RTC_B];

	(void)size;
	if (port == RTC_INDEX) {
		index_reg = value & 0x7f;	/* bit 7 masks NMI */
		return;
	}
	if (index_reg == RTC_C || index_reg == RTC_D)
		return;
	if (is_time(index_reg))
		refresh();
	cmos[index_reg] = value;
	if (index_reg == RTC_B && (old_b & ~value & RTC_B_SET))
		commit();
	else if (is_time(index_reg) && !(old_b & RTC_B_SET))
		commit();
}
