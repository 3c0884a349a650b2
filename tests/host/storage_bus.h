/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storage controllers and what hangs on them. Everything runs on the loop
 * thread with the machine lock held.
 */
#ifndef HVHOST_STORAGE_BUS_H
#define HVHOST_STORAGE_BUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "../../include/hvg/storvsc_wire.h"
#include "scsi.h"

/* A host has four. More give a guest a thousand channels. */
#define STORAGE_CONTROLLERS	256
#define STORAGE_TARGETS		2
#define STORAGE_LUNS		255
#define STORAGE_IDE_CHANNELS	2

struct vmbus_device;
struct storvsp_channel;

enum storage_bus { STORAGE_SCSI, STORAGE_IDE };

/* How far the guest is with the initialization of a controller. */
enum storvsp_state {
	STORVSP_BEGIN,
	STORVSP_QUERY_VERSION,
	STORVSP_QUERY_PROPERTIES,
	STORVSP_END,
	STORVSP_READY,
};

/**
 * struct storage_controller - a SCSI controller, or the accelerator of one
 *	IDE disk
 * @refs: the list holds one, each open channel another
 * @number: SCSI controller or IDE channel
 * @ide_target: IDE: 0 master, 1 slave; its disk is at that target, LUN 0
 * @dev: NULL once it was removed
 * @version: negotiated by the guest, 0 before
 * @protocol_errors: packets that no driver should send
 */
struct storage_controller {
	TAILQ_ENTRY(storage_controller) link;
	unsigned int refs;
	enum storage_bus bus;
	unsigned int number;
	unsigned int ide_target;
	struct vmbus_device *dev;
	struct scsi_lun *luns[STORAGE_TARGETS][STORAGE_LUNS];

	enum storvsp_state state;
	uint16_t version;
	TAILQ_HEAD(, storvsp_channel) channels;
	unsigned int channel_count;

	struct scsi_stats stats;
	unsigned int in_flight;
	unsigned int queue_depth_max;
	uint64_t ranges_bytes_unaligned;
	uint64_t protocol_errors;
};

TAILQ_HEAD(storage_controller_list, storage_controller);
extern struct storage_controller_list storage_list;

/**
 * struct storage_spec - a disk as it is asked for
 * @controller, @target, @lun: -1: the next that is free
 */
struct storage_spec {
	char *file;
	enum storage_bus bus;
	enum scsi_kind kind;
	int controller;
	int target;
	int lun;
	bool ro;
	bool discard;
	unsigned int sector;
	char *serial;
};

/* storage_spec.c */
void storage_spec_init(struct storage_spec *spec, bool dvd);
void storage_spec_free(struct storage_spec *spec);
int storage_spec_parse(struct storage_spec *spec, const char *text,
		       char **error);
/* One key, as "key=value" on the command line or in a control request. */
int storage_spec_set(struct storage_spec *spec, const char *key,
		     const char *value, char **error);
int storage_spec_check(const struct storage_spec *spec, char **error);
__attribute__((format(printf, 2, 3)))
int storage_fail(char **error, const char *fmt, ...);

/* storage_bus.c */
const char *storage_bus_name(enum storage_bus bus);
struct storage_controller *storage_find(enum storage_bus bus, int number,
					int ide_target);
int storage_scsi_add(unsigned int number, char **error);
int storage_scsi_remove(unsigned int number, char **error);
/* @new_controller: make the SCSI controller if it does not exist. */
int storage_attach(struct storage_spec *spec, bool new_controller,
		   char **error);
int storage_detach(enum storage_bus bus, int number, int target, int lun,
		   char **error);
struct scsi_lun *storage_lun(enum storage_bus bus, int number, int target,
			     int lun, char **error);
void storage_controller_get(struct storage_controller *ctl);
void storage_controller_put(struct storage_controller *ctl);
struct scsi_lun *storage_controller_lun(const struct storage_controller *ctl,
					unsigned int path, unsigned int target,
					unsigned int lun);
void storage_controller_report_luns(const struct storage_controller *ctl,
				    struct scsi_cmd *cmd, unsigned int path,
				    unsigned int target);

/* storage_control.c */
void storage_control_init(void);

#endif
