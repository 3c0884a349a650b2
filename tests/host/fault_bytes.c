// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host writes, some bytes of it overwritten on the way to the guest.
 * What becomes of them follows from the fault's value and their number alone,
 * and the record has it. Runs with the machine lock held.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "fault.h"
#include "record.h"

/* Of more than this only the beginning is overwritten. */
#define BYTES_MAX	16384
/* As much as the record has of what it would have been. */
#define HEAD_BYTES	16
/* As much as the record has of what has changed. */
#define SPAN_BYTES	64
/* One in so many is cut short. */
#define CUT_ODDS	8
/* Lies that would be believed are not told; one that is not is soon found. */
#define TRIES		64

/* What "value" begins its own sequence with. */
static uint64_t sequence(uint32_t value)
{
	return (uint64_t)value << 32 | value;
}

/* A number near the limits of @bits bits, or near @old, or any. */
static uint64_t number(uint64_t *random, uint64_t old, unsigned int bits)
{
	uint64_t top = 1ull << (bits - 1);

	switch (fault_random(random) % 8) {
	case 0:
		return old ^ 1ull << fault_random(random) % bits;
	case 1:
		return 0;
	case 2:
		return UINT64_MAX;
	case 3:
		return top;
	case 4:
		return top - 1;
	case 5:
		return old + 1;
	case 6:
		return old - 1;
	default:
		return (uint64_t)fault_random(random) << 32 |
		       fault_random(random);
	}
}

/* A field of 1, 2, 4 or 8 bytes, aligned as most of them are. */
static void change_field(uint64_t *random, uint8_t *data, size_t bytes)
{
	size_t width = 1u << fault_random(random) % 4, at;
	uint64_t value = 0;

	while (width > bytes)
		width /= 2;
	at = fault_random(random) % (bytes / width) * width;
	memcpy(&value, data + at, width);
	value = number(random, value, width * 8);
	memcpy(data + at, &value, width);
}

/* One in eight is noise from somewhere on, one in four is more than one. */
static void change(uint64_t *random, uint8_t *data, size_t bytes)
{
	size_t i;

	do {
		if (fault_random(random) % 8) {
			change_field(random, data, bytes);
			continue;
		}
		for (i = fault_random(random) % bytes; i < bytes; i++)
			data[i] = fault_random(random);
	} while (!(fault_random(random) % 4));
}

static json_t *hex(const uint8_t *data, size_t bytes)
{
	char text[2 * SPAN_BYTES + 1] = "";
	size_t i;

	for (i = 0; i < bytes && i < SPAN_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	return json_string(text);
}

/* From the first byte that has changed to the last. */
static void tell(enum fault fault, struct fault_place place,
		 const uint8_t *was, size_t bytes, const uint8_t *is,
		 size_t left)
{
	size_t from = 0, to = left;
	json_t *o;

	while (from < left && was[from] == is[from])
		from++;
	while (to > from && was[to - 1] == is[to - 1])
		to--;
	o = json_pack("{s:s, s:I, s:I, s:I, s:o, s:I, s:o, s:o}",
		      "name", fault_name(fault),
		      "value", (json_int_t)fault_value(fault),
		      "bytes", (json_int_t)bytes, "left", (json_int_t)left,
		      "head", hex(was, bytes < HEAD_BYTES ? bytes : HEAD_BYTES),
		      "at", (json_int_t)from, "was", hex(was + from, to - from),
		      "is", hex(is + from, to - from));
	if (place.channel)
		json_object_set_new(o, "channel", json_integer(place.channel));
	if (place.disk)
		json_object_set_new(o, "disk", json_string(place.disk));
	if (place.cdb)
		json_object_set_new(o, "cdb", json_integer(place.cdb[0]));
	record_event("bytes", o);
}

static size_t garble(enum fault fault, struct fault_place place, void *data,
		     size_t bytes, fault_believed believed, bool cut)
{
	static uint8_t was[BYTES_MAX];
	size_t some = bytes < BYTES_MAX ? bytes : BYTES_MAX, left;
	unsigned int try;
	uint64_t random;

	if (!bytes || !fault_fires(fault, place))
		return bytes;
	random = sequence(fault_value(fault));
	memcpy(was, data, some);
	for (try = 0; try < TRIES; try++) {
		left = some;
		if (cut && !(fault_random(&random) % CUT_ODDS))
			left = fault_random(&random) % some;
		else
			change(&random, data, some);
		/* A field may have been what it became. */
		if ((left < some || memcmp(was, data, some)) &&
		    !(believed && believed(was, some, data, left)))
			break;
		memcpy(data, was, some);
		left = some;
	}
	tell(fault, place, was, some, data, left);
	return left < some ? left : bytes;
}

void fault_overwrite(enum fault fault, struct fault_place place, void *data,
		     size_t bytes, fault_believed believed)
{
	garble(fault, place, data, bytes, believed, false);
}

size_t fault_garble(enum fault fault, struct fault_place place, void *data,
		    size_t bytes, fault_believed believed)
{
	return garble(fault, place, data, bytes, believed, true);
}
