// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a disk is asked for with: key=value pairs of --disk and --dvd, and of
 * the control commands. Errors are one line that names what was expected.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage_bus.h"

int storage_fail(char **error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (vasprintf(error, fmt, args) < 0)
		*error = NULL;
	va_end(args);
	return -EINVAL;
}

void storage_spec_init(struct storage_spec *spec, bool dvd)
{
	memset(spec, 0, sizeof(*spec));
	spec->kind = dvd ? SCSI_CDROM : SCSI_DISK;
	spec->bus = STORAGE_SCSI;
	spec->controller = -1;
	spec->target = -1;
	spec->lun = -1;
	spec->ro = dvd;
	spec->discard = !dvd;
	spec->sector = dvd ? 2048 : 512;
}

void storage_spec_free(struct storage_spec *spec)
{
	free(spec->file);
	free(spec->serial);
}

static int set_number(int *to, const char *key, const char *value, int max,
		      char **error)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno || end == value || *end || n < 0 || n > max)
		return storage_fail(error, "%s=%s: expected a number from 0 to %d",
				    key, value, max);
	*to = n;
	return 0;
}

static int set_switch(bool *to, const char *key, const char *value,
		      char **error)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return storage_fail(error, "%s=%s: expected on or off", key,
				    value);
	*to = !strcmp(value, "on");
	return 0;
}

static int set_serial(struct storage_spec *spec, const char *value,
		      char **error)
{
	size_t n = strlen(value);

	if (n > SCSI_SERIAL_MAX)
		return storage_fail(error, "serial=%s: %zu characters, expected at most %d",
				    value, n, SCSI_SERIAL_MAX);
	for (size_t i = 0; i < n; i++)
		if (value[i] < 0x20 || value[i] > 0x7e)
			return storage_fail(error, "serial: expected printable ASCII");
	free(spec->serial);
	spec->serial = strdup(value);
	return 0;
}

int storage_spec_set(struct storage_spec *spec, const char *key,
		     const char *value, char **error)
{
	int n, ret;

	if (!strcmp(key, "file")) {
		free(spec->file);
		spec->file = strdup(value);
		return 0;
	}
	if (!strcmp(key, "bus")) {
		if (strcmp(value, "scsi") && strcmp(value, "ide"))
			return storage_fail(error, "bus=%s: expected scsi or ide",
					    value);
		spec->bus = strcmp(value, "ide") ? STORAGE_SCSI : STORAGE_IDE;
		return 0;
	}
	if (!strcmp(key, "controller"))
		return set_number(&spec->controller, key, value,
				  STORAGE_CONTROLLERS - 1, error);
	if (!strcmp(key, "target"))
		return set_number(&spec->target, key, value,
				  STORAGE_TARGETS - 1, error);
	if (!strcmp(key, "lun"))
		return set_number(&spec->lun, key, value, STORAGE_LUNS - 1,
				  error);
	if (!strcmp(key, "ro"))
		return set_switch(&spec->ro, key, value, error);
	if (!strcmp(key, "discard"))
		return set_switch(&spec->discard, key, value, error);
	if (!strcmp(key, "serial"))
		return set_serial(spec, value, error);
	if (!strcmp(key, "sector")) {
		ret = set_number(&n, key, value, 4096, error);
		if (!ret)
			spec->sector = n;
		return ret;
	}
	return storage_fail(error, "unknown key %s: expected file, bus, controller, target, lun, ro, sector, discard or serial",
			    key);
}

/* What does not go together, once all keys are known. */
int storage_spec_check(const struct storage_spec *spec, char **error)
{
	if (!spec->file || !*spec->file)
		return storage_fail(error, "no file= given");
	if (spec->kind == SCSI_CDROM) {
		if (spec->sector != 2048)
			return storage_fail(error, "sector=%u: a DVD has 2048",
					    spec->sector);
		if (!spec->ro)
			return storage_fail(error, "ro=off: a DVD is read-only");
	} else if (spec->sector != 512 && spec->sector != 4096) {
		return storage_fail(error, "sector=%u: expected 512 or 4096",
				    spec->sector);
	}
	if (spec->bus == STORAGE_IDE) {
		if (spec->controller >= STORAGE_IDE_CHANNELS)
			return storage_fail(error, "controller=%d: expected 0 to %d on the IDE bus",
					    spec->controller,
					    STORAGE_IDE_CHANNELS - 1);
		if (spec->lun > 0)
			return storage_fail(error, "lun=%d: expected 0 on the IDE bus",
					    spec->lun);
	}
	return 0;
}

/* Cut off the next part of @text at a comma; two commas stand for one. */
static char *next_part(const char **text)
{
	char *part = calloc(1, strlen(*text) + 1);
	const char *p = *text;
	size_t n = 0;

	if (!part)
		abort();
	for (; *p; p++) {
		if (*p == ',' && *++p != ',')
			break;
		part[n++] = *p;
	}
	*text = p;
	return part;
}

/**
 * storage_spec_parse - key=value[,key=value]...
 * @spec: initialized; updated, storage_attach() checks the whole of it
 * @text: from the command line
 */
int storage_spec_parse(struct storage_spec *spec, const char *text,
		       char **error)
{
	int ret = 0;

	while (!ret && *text) {
		char *part = next_part(&text);
		char *value = strchr(part, '=');

		if (value) {
			*value++ = '\0';
			ret = storage_spec_set(spec, part, value, error);
		} else {
			ret = storage_fail(error, "%s: expected key=value",
					   part);
		}
		free(part);
	}
	return ret;
}
