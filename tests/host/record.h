/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's record of protocol events, and its log. */
#ifndef HVHOST_RECORD_H
#define HVHOST_RECORD_H

#include <jansson.h>
#include <stdbool.h>

/* Append an event; steals @details (a JSON object or NULL). */
void record_event(const char *what, json_t *details);
json_t *record_dump(void);
void record_fini(void);

/* @path NULL: no log, or stderr with @verbose. Complains and returns -1. */
int hlog_open(const char *path, bool verbose);
/* Log line to --log (or nowhere); verbose ones only with --verbose. */
void hlog(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void hlog_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
