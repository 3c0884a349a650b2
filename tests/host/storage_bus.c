// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storage controllers, their targets and LUNs, hot plug, and what main calls.
 *
 * A SCSI controller is one VMBus device with many LUNs. The IDE accelerator
 * is one VMBus device per disk, whose instance id says channel and drive.
 *
 * Context: loop thread, or main before the loop runs; machine lock held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/hvg/types.h"
#include "main.h"
#include "storage.h"
#include "storage_bus.h"
#include "storvsp.h"

#define STORAGE_DRAIN_MS	10000

/* User data of an offer; old guests find their IDE drive in it. */
struct offer_properties {
	uint16_t reserved;
	uint8_t path;
	uint8_t target;
	uint32_t reserved2;
	uint32_t flags;
	uint32_t reserved3[3];
};
#define OFFER_IDE_DEVICE	0x2u

struct storage_controller_list storage_list =
	TAILQ_HEAD_INITIALIZER(storage_list);

const char *storage_bus_name(enum storage_bus bus)
{
	return bus == STORAGE_IDE ? "ide" : "scsi";
}

void storage_controller_get(struct storage_controller *ctl)
{
	ctl->refs++;
}

void storage_controller_put(struct storage_controller *ctl)
{
	if (--ctl->refs)
		return;
	for (unsigned int t = 0; t < STORAGE_TARGETS; t++)
		for (unsigned int l = 0; l < STORAGE_LUNS; l++)
			scsi_lun_put(ctl->luns[t][l]);
	free(ctl);
}

/* @ide_target is ignored for SCSI. */
struct storage_controller *storage_find(enum storage_bus bus, int number,
					int ide_target)
{
	struct storage_controller *ctl;

	TAILQ_FOREACH(ctl, &storage_list, link)
		if (ctl->bus == bus && (int)ctl->number == number &&
		    (bus == STORAGE_SCSI || (int)ctl->ide_target == ide_target))
			return ctl;
	return NULL;
}

static struct storage_controller *controller_add(enum storage_bus bus,
						 unsigned int number,
						 unsigned int ide_target)
{
	struct hvg_guid scsi = HVG_GUID(0xf8b3781a + number, 0x1e82, 0x4818,
					0xa1, 0xc3, 0x63, 0xd8,
					0x06, 0xec, 0x15, 0xbb);
	struct hvg_guid ide = HVG_GUID(number, ide_target, 0x8899,
				       0, 0, 0, 0, 0, 0, 0, 0);
	struct offer_properties user = {
		.path = number,
		.target = ide_target,
		.flags = OFFER_IDE_DEVICE,
	};
	struct storage_controller *ctl = calloc(1, sizeof(*ctl));

	if (!ctl)
		abort();
	ctl->refs = 1;
	ctl->bus = bus;
	ctl->number = number;
	ctl->ide_target = ide_target;
	TAILQ_INIT(&ctl->channels);
	TAILQ_INSERT_TAIL(&storage_list, ctl, link);
	if (bus == STORAGE_SCSI)
		ctl->dev = vmbus_device_add(&storvsp_scsi_service, &scsi,
					    NULL, 0, ctl);
	else
		ctl->dev = vmbus_device_add(&storvsp_ide_service, &ide,
					    &user, sizeof(user), ctl);
	return ctl;
}

static void controller_remove(struct storage_controller *ctl)
{
	TAILQ_REMOVE(&storage_list, ctl, link);
	vmbus_device_remove(ctl->dev);
	ctl->dev = NULL;
	storage_controller_put(ctl);
}

int storage_scsi_add(unsigned int number, char **error)
{
	if (number >= STORAGE_CONTROLLERS)
		return storage_fail(error,
				    "SCSI controller %u: expected 0 to %u",
				    number, STORAGE_CONTROLLERS - 1);
	if (storage_find(STORAGE_SCSI, number, 0))
		return storage_fail(error, "SCSI controller %u exists already",
				    number);
	controller_add(STORAGE_SCSI, number, 0);
	return 0;
}

int storage_scsi_remove(unsigned int number, char **error)
{
	struct storage_controller *ctl = storage_find(STORAGE_SCSI, number, 0);

	if (!ctl)
		return storage_fail(error, "there is no SCSI controller %u",
				    number);
	controller_remove(ctl);
	return 0;
}

/**
 * storage_controller_lun - the logical unit that a request names, or NULL
 *
 * Guests do not set the path of the IDE accelerator: the channel says it.
 */
struct scsi_lun *storage_controller_lun(const struct storage_controller *ctl,
					unsigned int path, unsigned int target,
					unsigned int lun)
{
	if (path && ctl->bus == STORAGE_SCSI)
		return NULL;
	if (target >= STORAGE_TARGETS || lun >= STORAGE_LUNS)
		return NULL;
	return ctl->luns[target][lun];
}

void storage_controller_report_luns(const struct storage_controller *ctl,
				    struct scsi_cmd *cmd, unsigned int path,
				    unsigned int target)
{
	uint8_t luns[STORAGE_LUNS];
	unsigned int n = 0;

	for (unsigned int l = 0; l < STORAGE_LUNS; l++)
		if (storage_controller_lun(ctl, path, target, l))
			luns[n++] = l;
	if (cmd->lun)
		cmd->lun->attention &= ~SCSI_UA_LUNS;
	scsi_report_luns(cmd, luns, n);
}

/*
 * The other units of a target say that its list of units has changed, to a
 * guest that may have read the list already.
 */
static void luns_changed(struct storage_controller *ctl, unsigned int target,
			 const struct scsi_lun *except)
{
	if (ctl->state != STORVSP_READY)
		return;
	for (unsigned int l = 0; l < STORAGE_LUNS; l++) {
		struct scsi_lun *lun = ctl->luns[target][l];

		if (lun && lun != except)
			lun->attention |= SCSI_UA_LUNS;
	}
}

static int place_scsi(struct storage_spec *spec, bool new_controller,
		      char **error)
{
	struct storage_controller *ctl;

	if (spec->controller < 0)
		spec->controller = 0;
	if (spec->target < 0)
		spec->target = 0;
	ctl = storage_find(STORAGE_SCSI, spec->controller, 0);
	if (!ctl && !new_controller)
		return storage_fail(error, "there is no SCSI controller %d",
				    spec->controller);
	if (spec->lun < 0) {
		spec->lun = 0;
		while (ctl && spec->lun < STORAGE_LUNS &&
		       ctl->luns[spec->target][spec->lun])
			spec->lun++;
		if (spec->lun == STORAGE_LUNS)
			return storage_fail(error, "%s: no free LUN at scsi controller %d target %d",
					    spec->file, spec->controller,
					    spec->target);
	}
	if (ctl && ctl->luns[spec->target][spec->lun])
		return storage_fail(error, "%s: scsi controller %d target %d LUN %d is taken by %s",
				    spec->file, spec->controller, spec->target,
				    spec->lun,
				    ctl->luns[spec->target][spec->lun]->image->path);
	return 0;
}

static int place_ide(struct storage_spec *spec, char **error)
{
	struct storage_controller *taken;

	for (int i = 0; i < STORAGE_IDE_CHANNELS * STORAGE_TARGETS; i++) {
		int channel = i / STORAGE_TARGETS, target = i % STORAGE_TARGETS;

		if ((spec->controller >= 0 && spec->controller != channel) ||
		    (spec->target >= 0 && spec->target != target))
			continue;
		taken = storage_find(STORAGE_IDE, channel, target);
		if (taken && spec->controller >= 0 && spec->target >= 0)
			return storage_fail(error, "%s: ide controller %d target %d is taken by %s",
					    spec->file, channel, target,
					    taken->luns[target][0]->image->path);
		if (taken)
			continue;
		spec->controller = channel;
		spec->target = target;
		spec->lun = 0;
		return 0;
	}
	return storage_fail(error, "%s: no free place on the IDE bus",
			    spec->file);
}

static struct scsi_lun *open_lun(const struct storage_spec *spec, char **error)
{
	struct image *image = image_open(spec->file, spec->ro, error);

	if (!image)
		return NULL;
	if (!image->size)
		storage_fail(error, "%s: is empty, expected at least one sector of %u bytes",
			     spec->file, spec->sector);
	else if (image->size % spec->sector)
		storage_fail(error, "%s: %llu bytes are not a multiple of the sector size %u",
			     spec->file, (unsigned long long)image->size,
			     spec->sector);
	else
		return scsi_lun_new(spec->kind, image, spec->sector,
				    spec->discard, spec->serial);
	image_put(image);
	return NULL;
}

/**
 * storage_attach - put a disk on a bus, running guest or not
 * @spec: complete on return: says where the disk went
 */
int storage_attach(struct storage_spec *spec, bool new_controller,
		   char **error)
{
	struct storage_controller *ctl;
	struct scsi_lun *lun;
	int ret = storage_spec_check(spec, error);

	if (ret)
		return ret;
	ret = spec->bus == STORAGE_IDE ? place_ide(spec, error) :
					 place_scsi(spec, new_controller, error);
	if (ret)
		return ret;
	lun = open_lun(spec, error);
	if (!lun)
		return -EINVAL;
	ctl = storage_find(spec->bus, spec->controller, spec->target);
	if (!ctl)
		ctl = controller_add(spec->bus, spec->controller,
				     spec->bus == STORAGE_IDE ? spec->target :
								0);
	ctl->luns[spec->target][spec->lun] = lun;
	luns_changed(ctl, spec->target, lun);
	storvsp_notify_bus(ctl, HVG_STOR_ENUMERATE_BUS);
	return 0;
}

/**
 * storage_lun - find a unit by its address
 *
 * Return: the unit, or NULL and an error line.
 */
struct scsi_lun *storage_lun(enum storage_bus bus, int number, int target,
			     int lun, char **error)
{
	struct storage_controller *ctl = storage_find(bus, number, target);

	if (ctl && target >= 0 && target < STORAGE_TARGETS && lun >= 0 &&
	    lun < STORAGE_LUNS && ctl->luns[target][lun])
		return ctl->luns[target][lun];
	storage_fail(error, "there is no disk at %s controller %d target %d LUN %d",
		     storage_bus_name(bus), number, target, lun);
	return NULL;
}

/*
 * Commands in flight end as if nothing had happened; the next one finds no
 * such LUN. An IDE disk takes its channel with it.
 */
int storage_detach(enum storage_bus bus, int number, int target, int lun,
		   char **error)
{
	struct scsi_lun *unit = storage_lun(bus, number, target, lun, error);
	struct storage_controller *ctl;

	if (!unit)
		return -ENODEV;
	ctl = storage_find(bus, number, target);
	if (bus == STORAGE_IDE) {
		controller_remove(ctl);
		return 0;
	}
	ctl->luns[target][lun] = NULL;
	scsi_lun_put(unit);
	luns_changed(ctl, target, NULL);
	storvsp_notify_bus(ctl, HVG_STOR_REMOVE_DEVICE);
	return 0;
}

/**
 * storage_init - set up the I/O ring and the control commands
 *
 * Return: 0, or -1 and the line that says why is out.
 */
int storage_init(void)
{
	int ret = image_ring_init();

	if (ret)
		return complain("storage needs io_uring of Linux 5.6 or later: %s",
				strerror(-ret));
	image_set_batch_end(storvsp_resume_all);
	storage_control_init();
	return 0;
}

int storage_add_spec(const char *text, bool dvd, char **error)
{
	struct storage_spec spec;
	int ret;

	storage_spec_init(&spec, dvd);
	ret = storage_spec_parse(&spec, text, error);
	if (!ret)
		ret = storage_attach(&spec, true, error);
	storage_spec_free(&spec);
	return ret;
}

int storage_controllers(unsigned int count, char **error)
{
	if (count > STORAGE_CONTROLLERS)
		return storage_fail(error, "%u SCSI controllers: expected at most %u",
				    count, STORAGE_CONTROLLERS);
	for (unsigned int i = 0; i < count; i++)
		if (!storage_find(STORAGE_SCSI, i, 0))
			controller_add(STORAGE_SCSI, i, 0);
	return 0;
}

void storage_pause(bool on)
{
	storvsp_pause(on);
}

/*
 * The guest's memory is about to be somebody else's: nothing may be moved
 * into it any more when this returns.
 */
void storage_reset(void)
{
	struct storage_controller *ctl;

	image_drain(NULL, STORAGE_DRAIN_MS);
	TAILQ_FOREACH(ctl, &storage_list, link) {
		storvsp_reset(ctl);
		for (unsigned int t = 0; t < STORAGE_TARGETS; t++)
			for (unsigned int l = 0; l < STORAGE_LUNS; l++)
				if (ctl->luns[t][l])
					scsi_lun_reset(ctl->luns[t][l],
						       SCSI_UA_POWER_ON);
	}
}

void storage_fini(void)
{
	struct storage_controller *ctl;

	storage_reset();
	image_ring_fini();
	/* The devices go with the VMBus host, before this or after it. */
	while ((ctl = TAILQ_FIRST(&storage_list))) {
		TAILQ_REMOVE(&storage_list, ctl, link);
		storage_controller_put(ctl);
	}
	storvsp_request_fini();
}
