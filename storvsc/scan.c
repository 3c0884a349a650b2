// SPDX-License-Identifier: GPL-2.0-only
/*
 * LUNs that come, go or change size while the guest runs.
 *
 * The host tells of changes by ENUMERATE_BUS and REMOVE_DEVICE packets, by
 * unit attentions, and by failing commands to a LUN that is no more. All of
 * them set an event from interrupt context; one work item does what follows.
 */
#include <linux/bitops.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

#define STORVSC_TUR_TIMEOUT	(30 * HZ)
#define STORVSC_TUR_RETRIES	3

/**
 * storvsc_event - something happened to an adapter
 * @a: adapter
 * @event: what
 *
 * Context: any.
 */
void storvsc_event(struct storvsc_adapter *a, enum storvsc_event event)
{
	set_bit(event, &a->events);
	if (storvsc_state(a) == STORVSC_RUNNING)
		queue_work(a->wq, &a->work);
}

/**
 * storvsc_lun_event - something happened to a LUN
 * @a: adapter
 * @sdev: the LUN; ignored while it is still being scanned
 * @event: what
 *
 * Context: any.
 */
void storvsc_lun_event(struct storvsc_adapter *a, struct scsi_device *sdev,
		       enum storvsc_event event)
{
	struct storvsc_lun *lun = sdev->hostdata;

	/* The LUN stays as long as the command that brought the event. */
	if (!lun || sdev->sdev_state != SDEV_RUNNING)
		return;
	set_bit(event, &lun->events);
	storvsc_event(a, STORVSC_EVENT_LUN);
}

/* Did @event happen to the LUN? If it did, it is the caller's to handle. */
static bool storvsc_lun_take(struct scsi_device *sdev,
			     enum storvsc_event event)
{
	struct storvsc_lun *lun;
	bool taken;

	rcu_read_lock();
	/* Pairs with storvsc_sdev_destroy(). */
	lun = READ_ONCE(sdev->hostdata);
	taken = lun && test_and_clear_bit(event, &lun->events);
	rcu_read_unlock();
	return taken;
}

/* The host says that there is no such LUN. */
static bool storvsc_lun_absent(struct scsi_device *sdev)
{
	struct scsi_sense_hdr hdr;
	int result;

	memset(&hdr, 0, sizeof(hdr));
	result = scsi_test_unit_ready(sdev, STORVSC_TUR_TIMEOUT,
				      STORVSC_TUR_RETRIES, &hdr);
	if (result <= 0)
		return false;
	if (host_byte(result) == DID_NO_CONNECT)
		return true;
	return scsi_sense_valid(&hdr) && hdr.sense_key == ILLEGAL_REQUEST &&
	       hdr.asc == 0x25;
}

/* @all: the host named no LUN, so every one is asked. */
static void storvsc_check_lun(struct storvsc_adapter *a,
			      struct scsi_device *sdev, bool all)
{
	bool check;

	if (sdev->sdev_state != SDEV_RUNNING || READ_ONCE(a->scan_over))
		return;
	check = storvsc_lun_take(sdev, STORVSC_EVENT_PRESENCE);
	/* For one that error handling has given up the midlayer answers. */
	if ((check || all) && storvsc_lun_absent(sdev) &&
	    sdev->sdev_state == SDEV_RUNNING &&
	    storvsc_state(a) == STORVSC_RUNNING) {
		storvsc_note(a, 1, "%u:%u:%u is gone\n", sdev->channel,
			     sdev->id, (u32)sdev->lun);
		scsi_remove_device(sdev);
		return;
	}
	/* Only now: the question above may have brought a unit attention. */
	if (storvsc_lun_take(sdev, STORVSC_EVENT_REVALIDATE)) {
		atomic_inc(&a->count.revalidations);
		scsi_rescan_device(sdev);
	}
}

/*
 * The module must stay for as long as LUNs are looked for: without a reference
 * to it scsi_report_lun_scan() of 2.6.18 leaves a LUN behind that is half
 * there, which nobody can remove.
 */
static bool storvsc_scan_begin(struct storvsc_adapter *a)
{
	if (!try_module_get(THIS_MODULE))
		return false;
	mutex_lock(&a->scan_lock);
	return true;
}

static void storvsc_scan_done(struct storvsc_adapter *a)
{
	mutex_unlock(&a->scan_lock);
	module_put(THIS_MODULE);
}

static bool storvsc_scan_wanted(unsigned int wanted, unsigned int number)
{
	return wanted == SCAN_WILD_CARD || wanted == number;
}

static void storvsc_find_luns(struct storvsc_adapter *a, unsigned int path,
			      unsigned int target, u64 lun)
{
	struct Scsi_Host *shost = a->shost;
	unsigned int channel, id;

	lockdep_assert_held(&a->scan_lock);
	atomic_inc(&a->count.rescans);
	for (channel = 0; channel <= shost->max_channel; channel++)
		for (id = 0; id < shost->max_id; id++)
			if (!READ_ONCE(a->scan_over) &&
			    storvsc_scan_wanted(path, channel) &&
			    storvsc_scan_wanted(target, id))
				scsi_scan_target(&shost->shost_gendev, channel,
						 id, lun, SCSI_SCAN_RESCAN);
}

/**
 * storvsc_scan_first - look for LUNs for the first time
 * @a: adapter whose host has just been added
 *
 * Context: process.
 */
void storvsc_scan_first(struct storvsc_adapter *a)
{
	if (!storvsc_scan_begin(a))
		return;
	scsi_scan_host(a->shost);
	storvsc_scan_done(a);
}

/**
 * storvsc_scan - look for LUNs once more
 * @a: adapter
 * @path: which path, or SCAN_WILD_CARD
 * @target: which target, or SCAN_WILD_CARD
 * @lun: which LUN, or SCAN_WILD_CARD
 *
 * Context: process.
 */
void storvsc_scan(struct storvsc_adapter *a, unsigned int path,
		  unsigned int target, u64 lun)
{
	if (!storvsc_scan_begin(a))
		return;
	storvsc_find_luns(a, path, target, lun);
	storvsc_scan_done(a);
}

/* @bus: the host named no LUN. */
static void storvsc_look(struct storvsc_adapter *a, bool bus)
{
	struct scsi_device *sdev;

	lockdep_assert_held(&a->scan_lock);
	shost_for_each_device(sdev, a->shost)
		storvsc_check_lun(a, sdev, bus);
	if (bus && a->type == STORVSC_SCSI &&
	    storvsc_state(a) == STORVSC_RUNNING)
		storvsc_find_luns(a, SCAN_WILD_CARD, SCAN_WILD_CARD,
				  SCAN_WILD_CARD);
}

static void storvsc_work(struct work_struct *work)
{
	struct storvsc_adapter *a = container_of(work, struct storvsc_adapter,
						 work);
	bool bus;

	if (storvsc_state(a) != STORVSC_RUNNING)
		return;
	bus = test_and_clear_bit(STORVSC_EVENT_BUS, &a->events);
	if (!test_and_clear_bit(STORVSC_EVENT_LUN, &a->events) && !bus)
		return;
	if (!storvsc_scan_begin(a))
		return;
	storvsc_look(a, bus);
	storvsc_scan_done(a);
}

static void storvsc_kick(struct work_struct *work)
{
	struct storvsc_adapter *a = container_of(work, struct storvsc_adapter,
						 kick);

	if (storvsc_state(a) == STORVSC_RUNNING)
		storvsc_host_unblock(a);
}

/**
 * storvsc_scan_init - set up the work items of an adapter
 * @a: adapter
 */
void storvsc_scan_init(struct storvsc_adapter *a)
{
	mutex_init(&a->scan_lock);
	INIT_WORK(&a->work, storvsc_work);
	INIT_WORK(&a->kick, storvsc_kick);
	INIT_WORK(&a->mend, storvsc_mend);
}

/**
 * storvsc_scan_end - end a scan, and have no other
 * @a: adapter whose host is about to be removed
 *
 * Not all kernels wait for a scan when a host is removed: scsi_remove_host()
 * of 2.6.18 removes a LUN that is half there.
 *
 * Context: process.
 */
void storvsc_scan_end(struct storvsc_adapter *a)
{
	WRITE_ONCE(a->scan_over, true);
	/* One that goes on has ended when it gives the lock back. */
	mutex_lock(&a->scan_lock);
	mutex_unlock(&a->scan_lock);
}

/**
 * storvsc_scan_stop - wait for the work items of an adapter
 * @a: adapter whose state forbids new work
 */
void storvsc_scan_stop(struct storvsc_adapter *a)
{
	/* First, as it starts the others. */
	cancel_work_sync(&a->mend);
	cancel_work_sync(&a->work);
	cancel_work_sync(&a->kick);
}
