// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SCSI host: its limits, its LUNs, and the entry points of error
 * handling. How commands come to it differs between kernels and is in
 * host_mq.c or host_legacy.c.
 *
 * Process context, except where said.
 */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_dbg.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_devinfo.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

/* Addressing limits of the host. */
#define STORVSC_SCSI_PATHS	8
#define STORVSC_SCSI_TARGETS	2
#define STORVSC_SCSI_LUNS	255
#define STORVSC_IDE_TARGETS	1
#define STORVSC_IDE_LUNS	64

/* Ring bytes of a request with one page, trailer included. */
#define STORVSC_SMALL_REQUEST	128
/* Ring bytes of a request without page numbers, trailer included. */
#define STORVSC_REQUEST_OVERHEAD	(16 + 8 + 8 + 64 + 8)
/* The ring holds at least this many of the largest requests. */
#define STORVSC_RING_REQUESTS	4

#define STORVSC_MAX_SLOTS	512

static struct storvsc_adapter *storvsc_adapter(struct Scsi_Host *shost)
{
	return shost_priv(shost);
}

/**
 * storvsc_host_queued - the end of queuecommand()
 * @scmd: the command; only looked at where @ret is not 0
 * @ret: what storvsc_submit() returned
 *
 * Context: as queuecommand().
 * Return: true when the command is the host's or is over; false: to be tried
 * again. Other disks are not to wait for that: those that the host answers may
 * have a channel of their own, or room by then.
 */
bool storvsc_host_queued(struct scsi_cmnd *scmd, int ret)
{
	if (!ret)
		return true;
	if (ret < 0 && ret != -EINVAL) {
		/*
		 * The midlayer gives up on what took longer than all tries; of
		 * what error handling sends in its place it asks at the end.
		 */
		if (!scmd->device->host->eh_action)
			scmd->jiffies_at_alloc = jiffies;
		return false;
	}
	if (ret == -EINVAL)
		scmd->result = DID_ERROR << 16;
	scsi_done(scmd);
	return true;
}

/**
 * storvsc_eh_abort - eh_abort_handler
 * @scmd: command whose time was up
 *
 * There is no abort in the protocol: only find out that it is not needed.
 *
 * Return: SUCCESS or FAILED.
 */
int storvsc_eh_abort(struct scsi_cmnd *scmd)
{
	struct storvsc_slot *slot = storvsc_host_slot(scmd);

	if (slot && storvsc_slot_owned(slot))
		return FAILED;
	/* Its finisher may still be at it. */
	synchronize_rcu();
	return SUCCESS;
}

/**
 * storvsc_eh_device_reset - eh_device_reset_handler
 * @scmd: a command to the LUN
 *
 * Return: SUCCESS or FAILED.
 */
int storvsc_eh_device_reset(struct scsi_cmnd *scmd)
{
	struct scsi_device *sdev = scmd->device;

	return storvsc_reset_lun(storvsc_adapter(sdev->host), sdev) ?
	       FAILED : SUCCESS;
}

/**
 * storvsc_eh_bus_reset - eh_bus_reset_handler
 * @scmd: a command to the adapter
 *
 * Return: SUCCESS or FAILED.
 */
int storvsc_eh_bus_reset(struct scsi_cmnd *scmd)
{
	return storvsc_reset_bus(storvsc_adapter(scmd->device->host)) ?
	       FAILED : SUCCESS;
}

/**
 * storvsc_eh_host_reset - eh_host_reset_handler
 * @scmd: a command to the adapter
 *
 * Return: SUCCESS or FAILED.
 */
int storvsc_eh_host_reset(struct scsi_cmnd *scmd)
{
	int ret = storvsc_restart(storvsc_adapter(scmd->device->host));

	/* Finishers may still be at it, and the midlayer ends what failed. */
	synchronize_rcu();
	return ret ? FAILED : SUCCESS;
}

/**
 * storvsc_sdev_init - sdev_init
 * @sdev: LUN that may be there
 *
 * Return: 0 or -ENOMEM.
 */
int storvsc_sdev_init(struct scsi_device *sdev)
{
	struct storvsc_lun *lun = kzalloc(sizeof(*lun), GFP_KERNEL);

	if (!lun)
		return -ENOMEM;
	sdev->hostdata = lun;
	/*
	 * Hosts claim an SPC version older than what they implement: LUNs
	 * beyond 7 are there, REPORT LUNS and the VPD pages work.
	 */
	sdev->sdev_bflags = BLIST_REPORTLUN2 | BLIST_LARGELUN |
			    BLIST_TRY_VPD_PAGES;
	return 0;
}

/**
 * storvsc_sdev_configure - sdev_configure
 * @sdev: LUN that is there
 * @lim: of its request queue
 *
 * Return: 0.
 */
int storvsc_sdev_configure(struct scsi_device *sdev, struct queue_limits *lim)
{
	struct storvsc_adapter *a = storvsc_adapter(sdev->host);

	/*
	 * READ CAPACITY (16), with the word on thin provisioning, is only
	 * asked for above SPC-2, which is what these hosts claim to be.
	 */
	if (a->version >= HVG_STOR_VERSION_WIN8 &&
	    sdev->scsi_level == SCSI_SPC_2)
		sdev->scsi_level = SCSI_SPC_3;
	storvsc_queue_configure(a, sdev);
	return 0;
}

/**
 * storvsc_sdev_destroy - sdev_destroy
 * @sdev: LUN that goes
 */
void storvsc_sdev_destroy(struct scsi_device *sdev)
{
	struct storvsc_lun *lun = sdev->hostdata;

	/* Pairs with storvsc_lun_take(). */
	WRITE_ONCE(sdev->hostdata, NULL);
	kfree_rcu(lun, rcu);
}

/**
 * storvsc_change_queue_depth - change_queue_depth
 * @sdev: LUN
 * @depth: outstanding commands that it shall have
 *
 * Return: how many it will have.
 */
int storvsc_change_queue_depth(struct scsi_device *sdev, int depth)
{
	struct storvsc_adapter *a = storvsc_adapter(sdev->host);
	int most = a->queues * a->queue_slots;

	return scsi_change_queue_depth(sdev, min(depth, most));
}

/**
 * storvsc_bios_param - bios_param: what the host's BIOS reports for its disks
 * @sdev: disk
 * @unused: disk
 * @capacity: sectors
 * @geometry: heads, sectors, cylinders
 *
 * Return: 0.
 */
int storvsc_bios_param(struct scsi_device *sdev, struct gendisk *unused,
		       sector_t capacity, int geometry[])
{
	sector_t cylinders = capacity;

	geometry[0] = 255;
	geometry[1] = 63;
	sector_div(cylinders, 255 * 63);
	geometry[2] = min_t(sector_t, cylinders, 65535);
	return 0;
}

/**
 * storvsc_host_alloc - make the SCSI host and the adapter in it
 * @hdev: VMBus device
 *
 * Return: the adapter, or NULL.
 */
struct storvsc_adapter *storvsc_host_alloc(struct hvg_device *hdev)
{
	struct storvsc_adapter *a;
	struct Scsi_Host *shost;

	shost = scsi_host_alloc(&storvsc_template, sizeof(*a));
	if (!shost)
		return NULL;
	a = shost_priv(shost);
	a->shost = shost;
	a->hdev = hdev;
	return a;
}

/**
 * storvsc_host_limits - size the queues by the ring and by the host's limits
 * @a: adapter with a started protocol and its number of sub-channels
 *
 * Sets queues, queue_slots, max_pages, and what the midlayer must know.
 *
 * Return: 0, -ENOMEM, or -EINVAL for a ring in which no useful request fits.
 */
int storvsc_host_limits(struct storvsc_adapter *a)
{
	struct Scsi_Host *shost = a->shost;
	u32 ring = a->ring_bytes - HVG_PAGE_SIZE;
	u32 pages, slots, depth;
	int ret;

	/* A transfer that starts within a page touches one more. */
	pages = (ring / STORVSC_RING_REQUESTS - STORVSC_REQUEST_OVERHEAD) /
		sizeof(u64);
	pages = min(pages, a->max_transfer_bytes / HVG_PAGE_SIZE + 1);
	pages = min_t(u32, pages, SG_MAX_SEGMENTS);
	if (pages < 2)
		return -EINVAL;
	a->max_pages = pages;
	shost->sg_tablesize = pages;
	shost->max_sectors = min((pages - 1) * HVG_PAGE_SIZE,
				 a->max_transfer_bytes) >> 9;

	slots = clamp_t(u32, ring / STORVSC_SMALL_REQUEST,
			STORVSC_MIN_SLOTS, STORVSC_MAX_SLOTS);
	ret = storvsc_queue_init(a, slots);
	if (ret)
		return ret;
	depth = READ_ONCE(storvsc_param_queue_depth);
	shost->cmd_per_lun = clamp_t(u32, depth, 1, a->queue_slots);

	if (a->type == STORVSC_IDE) {
		shost->max_channel = 0;
		shost->max_id = STORVSC_IDE_TARGETS;
		shost->max_lun = STORVSC_IDE_LUNS;
	} else {
		shost->max_channel = STORVSC_SCSI_PATHS - 1;
		shost->max_id = STORVSC_SCSI_TARGETS;
		shost->max_lun = STORVSC_SCSI_LUNS;
	}
	/* Above 16 the driver refuses by itself, saying why. */
	shost->max_cmd_len = SCSI_MAX_VARLEN_CDB_SIZE;
	return 0;
}

/**
 * storvsc_host_add - register the SCSI host and look for LUNs
 * @a: adapter that takes commands
 *
 * Return: 0 or -errno.
 */
int storvsc_host_add(struct storvsc_adapter *a)
{
	int ret;

	ret = scsi_add_host(a->shost, storvsc_dev(a));
	if (ret)
		return ret;
	storvsc_scan_first(a);
	return 0;
}

/**
 * storvsc_host_remove - take the SCSI host and its LUNs away
 * @a: adapter; takes commands until this returns, if it still can
 */
void storvsc_host_remove(struct storvsc_adapter *a)
{
	storvsc_scan_end(a);
	scsi_remove_host(a->shost);
}

/**
 * storvsc_host_put - give up the reference to the host and the adapter
 * @a: adapter
 */
void storvsc_host_put(struct storvsc_adapter *a)
{
	storvsc_queue_exit(a);
	scsi_host_put(a->shost);
}

/**
 * storvsc_host_unblock - send again what was put off
 * @a: adapter
 *
 * Context: process.
 */
void storvsc_host_unblock(struct storvsc_adapter *a)
{
	scsi_unblock_requests(a->shost);
}
