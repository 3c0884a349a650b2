/* SPDX-License-Identifier: GPL-2.0-only */
/* The control socket: commands are registered by the part that serves them. */
#ifndef HVHOST_CONTROL_H
#define HVHOST_CONTROL_H

#include <jansson.h>

/*
 * A command gets its request and returns a new result object, or NULL with
 * *error set to a malloc'ed line that names what was expected and what came.
 */
typedef json_t *(*control_fn)(const json_t *request, char **error);

int control_init(const char *path);
void control_fini(void);
void control_register(const char *name, const char *args, const char *help,
		      control_fn fn);
/* "stats" and "status" are assembled from parts. Each returns a new value. */
void control_register_part(const char *command, const char *key,
			   json_t *(*fn)(void));
__attribute__((format(printf, 2, 3)))
json_t *control_error(char **error, const char *fmt, ...);

#endif
