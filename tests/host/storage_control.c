// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control commands of the storage service, and its part of "stats".
 *
 * Context: loop thread, machine lock held.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "storage_bus.h"

static json_t *result(int ret)
{
	return ret ? NULL : json_object();
}

/* One member of a request as a key of a disk specification. */
static int spec_member(struct storage_spec *spec, const char *key,
		       const json_t *value, char **error)
{
	char number[32];

	if (json_is_string(value))
		return storage_spec_set(spec, key, json_string_value(value),
					error);
	if (json_is_boolean(value))
		return storage_spec_set(spec, key,
					json_is_true(value) ? "on" : "off",
					error);
	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		return storage_spec_set(spec, key, number, error);
	}
	return storage_fail(error, "%s: expected a string, a number or a boolean",
			    key);
}

/* The members of @request that are not keys of a disk. */
static bool is_envelope(const char *key)
{
	return !strcmp(key, "cmd") || !strcmp(key, "id") ||
	       !strcmp(key, "kind");
}

static int spec_from_request(struct storage_spec *spec, const json_t *request,
			     char **error)
{
	const json_t *kind = json_object_get(request, "kind");
	const char *name = json_string_value(kind);
	const char *key;
	json_t *value;
	int ret;

	if (kind && (!name || (strcmp(name, "disk") && strcmp(name, "dvd")))) {
		storage_spec_init(spec, false);
		return storage_fail(error, "kind: expected disk or dvd");
	}
	storage_spec_init(spec, name && !strcmp(name, "dvd"));
	json_object_foreach((json_t *)request, key, value) {
		if (is_envelope(key))
			continue;
		ret = spec_member(spec, key, value, error);
		if (ret)
			return ret;
	}
	return 0;
}

static json_t *cmd_disk_add(const json_t *request, char **error)
{
	struct storage_spec spec;
	json_t *where = NULL;

	if (!spec_from_request(&spec, request, error) &&
	    !storage_attach(&spec, false, error))
		where = json_pack("{s:s, s:i, s:i, s:i}", "bus",
				  storage_bus_name(spec.bus), "controller",
				  spec.controller, "target", spec.target,
				  "lun", spec.lun);
	storage_spec_free(&spec);
	return where;
}

/* The address in @request; everything but the bus defaults to 0. */
static int address(const json_t *request, struct storage_spec *spec,
		   char **error)
{
	static const char *const keys[] = { "bus", "controller", "target",
					    "lun" };
	int ret;

	storage_spec_init(spec, false);
	spec->controller = 0;
	spec->target = 0;
	spec->lun = 0;
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(request, keys[i]);

		if (!value)
			continue;
		ret = spec_member(spec, keys[i], value, error);
		if (ret)
			return ret;
	}
	return 0;
}

static struct scsi_lun *addressed_lun(const json_t *request, char **error)
{
	struct storage_spec spec;

	if (address(request, &spec, error))
		return NULL;
	return storage_lun(spec.bus, spec.controller, spec.target, spec.lun,
			   error);
}

static json_t *cmd_disk_remove(const json_t *request, char **error)
{
	struct storage_spec spec;

	if (address(request, &spec, error))
		return NULL;
	return result(storage_detach(spec.bus, spec.controller, spec.target,
				     spec.lun, error));
}

static json_t *cmd_disk_resize(const json_t *request, char **error)
{
	const json_t *size = json_object_get(request, "size");
	struct scsi_lun *lun = addressed_lun(request, error);
	json_int_t bytes = json_integer_value(size);
	int ret;

	if (!lun)
		return NULL;
	if (!json_is_integer(size) || bytes <= 0 || bytes % lun->sector)
		return control_error(error, "size: expected a multiple of the sector size %u in bytes",
				     lun->sector);
	ret = image_resize(lun->image, bytes);
	if (ret)
		return control_error(error, "%s: cannot be resized to %" JSON_INTEGER_FORMAT ": %s",
				     lun->image->path, bytes, strerror(-ret));
	scsi_lun_capacity_changed(lun);
	return json_object();
}

static int fault_op(const char *name)
{
	static const char *const names[IMAGE_OPS] = {
		[IMAGE_READ] = "read", [IMAGE_WRITE] = "write",
		[IMAGE_SYNC] = "flush", [IMAGE_DISCARD] = "unmap",
		[IMAGE_FILL] = "write_same",
	};

	for (int i = 0; i < IMAGE_OPS; i++)
		if (name && !strcmp(name, names[i]))
			return i;
	return -1;
}

static json_t *cmd_disk_fault(const json_t *request, char **error)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = { { "EIO", EIO }, { "ENOSPC", ENOSPC } };
	const char *name = json_string_value(json_object_get(request, "error"));
	const char *op = json_string_value(json_object_get(request, "op"));
	const json_t *delay = json_object_get(request, "delay_ms");
	const json_t *count = json_object_get(request, "count");
	struct scsi_lun *lun = addressed_lun(request, error);
	struct image_fault *fault;

	if (!lun)
		return NULL;
	fault = &lun->image->fault;
	if (delay)
		fault->delay_ms = json_integer_value(delay);
	if (json_is_true(json_object_get(request, "release")))
		image_release(lun->image);
	if (json_is_true(json_object_get(request, "drop")))
		image_drop(lun->image);
	if (!name)
		return json_object();
	if (fault_op(op) < 0)
		return control_error(error, "op: expected read, write, flush, unmap or write_same");
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(name, errors[i].name))
			continue;
		fault->error = errors[i].error;
		fault->count[fault_op(op)] =
			count ? json_integer_value(count) : 1;
		return json_object();
	}
	return control_error(error, "error=%s: expected EIO or ENOSPC", name);
}

static json_t *disk_json(const struct storage_controller *ctl,
			 unsigned int target, unsigned int l)
{
	const struct scsi_lun *lun = ctl->luns[target][l];
	const struct scsi_stats *s = &lun->stats;

	return json_pack("{s:i, s:s, s:i, s:i, s:s, s:I, s:i, s:b, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "controller", (int)ctl->number,
			 "bus", storage_bus_name(ctl->bus),
			 "target", (int)target, "lun", (int)l,
			 "file", lun->image->path,
			 "size", (json_int_t)lun->image->size,
			 "sector", (int)lun->sector,
			 "ro", (int)lun->ro, "discard", (int)lun->discard,
			 "kind", lun->kind == SCSI_CDROM ? "dvd" : "disk",
			 "serial", lun->serial,
			 "requests", (json_int_t)s->requests,
			 "reads", (json_int_t)s->reads,
			 "writes", (json_int_t)s->writes,
			 "bytes_read", (json_int_t)s->bytes_read,
			 "bytes_written", (json_int_t)s->bytes_written,
			 "unmaps", (json_int_t)s->unmaps,
			 "flushes", (json_int_t)s->flushes,
			 "errors", (json_int_t)s->errors);
}

static json_t *cmd_disk_list(const json_t *request, char **error)
{
	struct storage_controller *ctl;
	json_t *disks = json_array();

	(void)request;
	(void)error;
	TAILQ_FOREACH(ctl, &storage_list, link)
		for (unsigned int t = 0; t < STORAGE_TARGETS; t++)
			for (unsigned int l = 0; l < STORAGE_LUNS; l++)
				if (ctl->luns[t][l])
					json_array_append_new(disks,
						disk_json(ctl, t, l));
	return json_pack("{s:o}", "disks", disks);
}

/* The controller number of a device command; negative: an error line. */
static int device_number(const json_t *request, char **error)
{
	const char *type = json_string_value(json_object_get(request, "type"));
	const json_t *number = json_object_get(request, "controller");

	if (!type || strcmp(type, "scsi"))
		return storage_fail(error, "type: expected scsi");
	if (!json_is_integer(number) || json_integer_value(number) < 0 ||
	    json_integer_value(number) >= STORAGE_CONTROLLERS)
		return storage_fail(error, "controller: expected a number from 0 to %d",
				    STORAGE_CONTROLLERS - 1);
	return json_integer_value(number);
}

static json_t *cmd_device_add(const json_t *request, char **error)
{
	int n = device_number(request, error);

	return n < 0 ? NULL : result(storage_scsi_add(n, error));
}

static json_t *cmd_device_remove(const json_t *request, char **error)
{
	int n = device_number(request, error);

	return n < 0 ? NULL : result(storage_scsi_remove(n, error));
}

static json_t *controller_json(const struct storage_controller *ctl)
{
	const struct scsi_stats *s = &ctl->stats;
	char version[16];

	snprintf(version, sizeof(version), "%u.%u", ctl->version >> 8,
		 ctl->version & 0xff);
	return json_pack("{s:i, s:s, s:i, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:I, s:I}",
			 "controller", (int)ctl->number,
			 "bus", storage_bus_name(ctl->bus),
			 "target", (int)ctl->ide_target,
			 "version", ctl->version ? json_string(version) :
						   json_null(),
			 "requests", (json_int_t)s->requests,
			 "reads", (json_int_t)s->reads,
			 "writes", (json_int_t)s->writes,
			 "bytes_read", (json_int_t)s->bytes_read,
			 "bytes_written", (json_int_t)s->bytes_written,
			 "unmaps", (json_int_t)s->unmaps,
			 "flushes", (json_int_t)s->flushes,
			 "errors", (json_int_t)s->errors,
			 "queue_depth_max", (int)ctl->queue_depth_max,
			 "in_flight", (int)ctl->in_flight,
			 "subchannels", ctl->channel_count ?
					(int)ctl->channel_count - 1 : 0,
			 "ranges_bytes_unaligned",
			 (json_int_t)ctl->ranges_bytes_unaligned,
			 "protocol_errors", (json_int_t)ctl->protocol_errors);
}

static json_t *storage_stats(void)
{
	struct storage_controller *ctl;
	json_t *list = json_array();

	TAILQ_FOREACH(ctl, &storage_list, link)
		json_array_append_new(list, controller_json(ctl));
	return list;
}

void storage_control_init(void)
{
	static const struct {
		const char *name, *args, *help;
		control_fn fn;
	} commands[] = {
		{ "disk-list", "", "all disks and DVDs", cmd_disk_list },
		{ "disk-add",
		  "file, bus, controller, target, lun, ro, sector, discard, serial, kind (disk or dvd)",
		  "attach a disk to a running guest", cmd_disk_add },
		{ "disk-remove", "bus, controller, target, lun",
		  "take a disk away", cmd_disk_remove },
		{ "disk-resize", "bus, controller, target, lun, size (bytes)",
		  "change a disk's file and tell the guest by a unit attention",
		  cmd_disk_resize },
		{ "disk-fault",
		  "bus, controller, target, lun, delay_ms, release or drop (what the delay holds), error (EIO or ENOSPC), op (read, write, flush, unmap, write_same), count",
		  "slow a disk down, or let its next operations of a kind fail",
		  cmd_disk_fault },
		{ "device-add", "type (scsi), controller",
		  "offer a further SCSI controller", cmd_device_add },
		{ "device-remove", "type (scsi), controller",
		  "rescind a SCSI controller", cmd_device_remove },
	};

	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		control_register(commands[i].name, commands[i].args,
				 commands[i].help, commands[i].fn);
	control_register_part("stats", "storage", storage_stats);
}
