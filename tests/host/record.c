// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of protocol events (the last 4096 of them, for the control
 * socket) and the log file. record_*() with the machine lock held; hlog*()
 * from any thread.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "main.h"
#include "record.h"

#define RECORD_EVENTS	4096

static struct {
	json_t *event[RECORD_EVENTS];
	uint64_t count;			/* since start */
} record;

static FILE *log_file;
static bool log_verbose;

int hlog_open(const char *path, bool verbose)
{
	log_verbose = verbose;
	if (!path) {
		if (verbose)
			log_file = stderr;
		return 0;
	}
	log_file = fopen(path, "we");
	if (!log_file)
		return complain("--log %s: %s", path, strerror(errno));
	setvbuf(log_file, NULL, _IOLBF, 0);
	return 0;
}

__attribute__((format(printf, 1, 0)))
static void vlog(const char *fmt, va_list ap)
{
	uint64_t ms = now_ms();

	flockfile(log_file);
	fprintf(log_file, "%6llu.%03u ", (unsigned long long)(ms / 1000),
		(unsigned int)(ms % 1000));
	vfprintf(log_file, fmt, ap);
	fputc('\n', log_file);
	funlockfile(log_file);
}

void hlog(const char *fmt, ...)
{
	va_list ap;

	if (!log_file)
		return;
	va_start(ap, fmt);
	vlog(fmt, ap);
	va_end(ap);
}

void hlog_verbose(const char *fmt, ...)
{
	va_list ap;

	if (!log_file || !log_verbose)
		return;
	va_start(ap, fmt);
	vlog(fmt, ap);
	va_end(ap);
}

void record_event(const char *what, json_t *details)
{
	json_t **slot = &record.event[record.count % RECORD_EVENTS];
	json_t *event = json_object();
	char *text;

	json_object_set_new(event, "t_ms", json_integer(now_ms()));
	json_object_set_new(event, "what", json_string(what));
	if (details) {
		json_object_update(event, details);
		json_decref(details);
	}
	json_decref(*slot);
	*slot = event;
	record.count++;

	if (log_file) {
		text = json_dumps(event, JSON_COMPACT);
		hlog("event %s", text ? text : what);
		free(text);
	}
}

/* Return: an array of the events kept, the oldest first. */
json_t *record_dump(void)
{
	uint64_t i = record.count > RECORD_EVENTS ?
		     record.count - RECORD_EVENTS : 0;
	json_t *events = json_array();

	for (; i < record.count; i++)
		json_array_append(events, record.event[i % RECORD_EVENTS]);
	return events;
}

void record_fini(void)
{
	unsigned int i;

	for (i = 0; i < RECORD_EVENTS; i++) {
		json_decref(record.event[i]);
		record.event[i] = NULL;
	}
	record.count = 0;
	if (log_file && log_file != stderr)
		fclose(log_file);
	log_file = NULL;
}
