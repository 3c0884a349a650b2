// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named faults: ways in which the host can be told to misbehave, from the
 * command line or the control socket. Runs with the machine lock held.
 */
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "fault.h"
#include "main.h"
#include "record.h"

struct fault {
	const char *name, *help;
	bool armed;
};

/* Ends with an entry without a name. */
static struct fault faults[] = {
	{ .name = NULL },
};

static struct fault *fault_find(const char *name)
{
	struct fault *f;

	for (f = faults; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static const char *fault_list(char *buf, size_t size)
{
	const struct fault *f;
	size_t len = 0;

	snprintf(buf, size, "none");
	for (f = faults; f->name && len < size; f++)
		len += snprintf(buf + len, size - len, "%s%s",
				len ? " " : "", f->name);
	return buf;
}

static void fault_arm(struct fault *f)
{
	f->armed = true;
	record_event("fault", json_pack("{s:s}", "name", f->name));
}

static json_t *cmd_fault(const json_t *request, char **error)
{
	const char *name = json_string_value(json_object_get(request, "name"));
	struct fault *f;
	char known[512];

	if (!name)
		return control_error(error, "\"name\" must be a string");
	f = fault_find(name);
	if (!f)
		return control_error(error, "unknown fault '%s', known are: %s",
				     name, fault_list(known, sizeof(known)));
	fault_arm(f);
	return json_object();
}

int fault_init(const char *name)
{
	struct fault *f;
	char known[512];

	control_register("fault", "name, arg", "arm a named fault", cmd_fault);
	if (!name)
		return 0;
	f = fault_find(name);
	if (!f)
		return complain("--fault %s: unknown, known are: %s", name,
				fault_list(known, sizeof(known)));
	fault_arm(f);
	return 0;
}
