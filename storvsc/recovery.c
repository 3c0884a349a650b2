// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time-outs, resets and the restart of an adapter.
 *
 * The protocol has no way to abort one command, and until the host answers
 * it may write to the command's pages. So no command is given back to the
 * midlayer before the host has answered it or has let go of the channel:
 *
 *   1. The timer of a command may run out a few times before recovery starts.
 *      A host that was paused, moved or whose storage stalls needs time, not
 *      resets; and as a pause, however long, makes the timer run out only
 *      once, a pause never causes an error by itself. Each time the ring is
 *      looked at, in case that only the interrupt was lost. Only where the
 *      host has broken the channel the first time is enough to close it.
 *   2. The host is asked to reset the LUN, then the bus, and everything
 *      concerned must come back within a time limit.
 *   3. The channels are closed, which takes the pages away from the host. A
 *      host that does not cancel what is outstanding confirms that when it has
 *      done the last of it, which is waited for, however long it takes: only a
 *      rescind, after which nothing more is heard, ends that as well. The
 *      channels are opened again, a few times if need be, and the commands
 *      repeated. Where that fails, the adapter is dead and its commands fail,
 *      until a reset is asked for by hand (host_reset in sysfs; what error
 *      handling has set offline is set running by hand as well).
 *
 * Process context (error handler thread, workqueue), except where said.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_device.h>
#include "storvsc.h"

/* For the host's answer to a reset, and for commands to come back after it. */
#define STORVSC_RESET_TIMEOUT_MS	10000
#define STORVSC_DRAIN_TIMEOUT_MS	5000

/* A host that fails while the adapter starts gets another chance, later. */
#define STORVSC_RESTART_TRIES	3
#define STORVSC_RESTART_DELAY_MS	1000

/* A channel that breaks so long after the last one has not been broken anew. */
#define STORVSC_MEND_QUIET_MS	10000

/* Timers that may run out while a broken channel is being mended. */
#define STORVSC_MEND_EXPIRIES	2

/**
 * storvsc_more_time - the timer of a command ran out: wait on?
 * @a: adapter
 * @slot: slot of the command
 *
 * Context: the timer's. Return: true to start the timer again.
 */
bool storvsc_more_time(struct storvsc_adapter *a, struct storvsc_slot *slot)
{
	unsigned int state = storvsc_state(a);

	atomic_inc(&a->count.timeouts);
	if (state == STORVSC_GONE || state == STORVSC_DEAD ||
	    !storvsc_slot_owned(slot))
		return true;	/* whoever sees to that finishes it */
	if (storvsc_channel_broken(a, slot->chan)) {
		/* No answer comes on it; who mends it ends its commands. */
		storvsc_broken(a);
		return slot->expiries++ < STORVSC_MEND_EXPIRIES;
	}
	if (storvsc_channel_held(a, slot->chan))
		return true;	/* and who has closed it waits, too */
	storvsc_channel_look(a, slot->chan);
	if (slot->expiries >= READ_ONCE(storvsc_param_timeouts))
		return false;
	slot->expiries++;
	return true;
}

/* Wait until the host has answered everything for @sdev, NULL for all. */
static int storvsc_drain(struct storvsc_adapter *a, struct scsi_device *sdev)
{
	unsigned long deadline;

	deadline = jiffies + msecs_to_jiffies(STORVSC_DRAIN_TIMEOUT_MS);
	while (!storvsc_slots_idle(a, sdev)) {
		if (time_after(jiffies, deadline))
			return -ETIMEDOUT;
		msleep(20);
	}
	/* The finishers of those that were seen idle are through as well. */
	synchronize_rcu();
	return 0;
}

static int storvsc_reset(struct storvsc_adapter *a, struct scsi_device *sdev,
			 enum hvg_stor_op op)
{
	struct hvg_stor_packet pkt;
	int ret;

	memset(&pkt, 0, sizeof(pkt));
	pkt.operation = op;
	pkt.u.request.length = a->request_bytes;
	if (a->type == STORVSC_IDE) {
		pkt.u.request.path = a->path;
		pkt.u.request.target = a->target;
	} else if (sdev) {
		pkt.u.request.path = sdev->channel;
		pkt.u.request.target = sdev->id;
	}
	if (sdev)
		pkt.u.request.lun = sdev->lun;

	/* The end of the adapter ends the waits, and then waits for the lock. */
	mutex_lock(&a->restart_lock);
	ret = storvsc_sync_request(a, &pkt, STORVSC_RESET_TIMEOUT_MS);
	if (!ret && pkt.status != HVG_NT_SUCCESS) {
		dev_warn(storvsc_dev(a),
			 "reset %u: expected status 0, got 0x%08x\n", op,
			 pkt.status);
		ret = -EIO;
	}
	if (!ret)
		ret = storvsc_drain(a, sdev);
	mutex_unlock(&a->restart_lock);
	return ret;
}

/**
 * storvsc_reset_lun - have the host reset a LUN
 * @a: adapter
 * @sdev: the LUN
 *
 * Return: 0 when the host has answered all of the LUN's commands, -errno.
 */
int storvsc_reset_lun(struct storvsc_adapter *a, struct scsi_device *sdev)
{
	atomic_inc(&a->count.lun_resets);
	return storvsc_reset(a, sdev, HVG_STOR_RESET_LUN);
}

/**
 * storvsc_reset_bus - have the host reset all LUNs
 * @a: adapter
 *
 * Return: 0 when the host has answered all commands, -errno.
 */
int storvsc_reset_bus(struct storvsc_adapter *a)
{
	atomic_inc(&a->count.bus_resets);
	return storvsc_reset(a, NULL, HVG_STOR_RESET_BUS);
}

/*
 * Wait until all commands of an adapter that has ended are back, whoever sees
 * to that. The lock is free now and then, as a shutdown does not wait so long.
 */
static void storvsc_outlast(struct storvsc_adapter *a)
{
	bool over;

	for (;;) {
		mutex_lock(&a->restart_lock);
		over = !a->chans ||
		       storvsc_take_down(a, STORVSC_GONE, DID_NO_CONNECT);
		mutex_unlock(&a->restart_lock);
		if (over)
			return;
		msleep(20);
	}
}

/* How many sub-channels the host can have, or -errno. */
static int storvsc_start_again(struct storvsc_adapter *a)
{
	unsigned int tries;
	int ret;

	for (tries = 1;; tries++) {
		while (!storvsc_take_down(a, STORVSC_RESETTING, DID_RESET) &&
		       storvsc_state(a) != STORVSC_GONE)
			msleep(20);
		synchronize_rcu();
		ret = storvsc_channel_open(a, 0, a->hdev->channel);
		if (!ret)
			ret = storvsc_protocol_start(a);
		if (ret >= 0 || storvsc_state(a) == STORVSC_GONE ||
		    hvg_channel_rescinded(a->hdev->channel))
			return ret;
		dev_err(storvsc_dev(a), "restart %u of %u failed (%d)\n",
			tries, STORVSC_RESTART_TRIES, ret);
		if (tries == STORVSC_RESTART_TRIES)
			return ret;
		msleep(STORVSC_RESTART_DELAY_MS);
	}
}

/**
 * storvsc_restart - close the adapter's channels and start it again
 * @a: adapter
 *
 * Commands that were outstanding end with DID_RESET.
 *
 * Return: 0, or -errno: the adapter is dead or gone then.
 */
int storvsc_restart(struct storvsc_adapter *a)
{
	u16 subchannels = a->subchannels;
	int ret;

	mutex_lock(&a->restart_lock);
	if (storvsc_state(a) == STORVSC_GONE) {
		mutex_unlock(&a->restart_lock);
		storvsc_outlast(a);
		return -ENODEV;
	}
	atomic_inc(&a->count.restarts);
	dev_warn_ratelimited(storvsc_dev(a), "restarting the adapter\n");
	ret = storvsc_start_again(a);
	if (ret >= 0) {
		storvsc_set_state(a, STORVSC_RUNNING);
		if (subchannels && ret)
			storvsc_protocol_subchannels(a, min_t(u16, ret,
							      subchannels));
		schedule_work(&a->kick);
		/* What the host said of its LUNs meanwhile was not heard. */
		storvsc_event(a, STORVSC_EVENT_BUS);
		ret = 0;
	} else {
		while (!storvsc_take_down(a, STORVSC_DEAD, DID_NO_CONNECT) &&
		       storvsc_state(a) != STORVSC_GONE)
			msleep(20);
	}
	mutex_unlock(&a->restart_lock);
	if (ret < 0 && storvsc_state(a) == STORVSC_GONE)
		storvsc_outlast(a);
	return ret;
}

/* A host that breaks each new channel shall not have a CPU to itself. */
static void storvsc_mend_pause(struct storvsc_adapter *a)
{
	if (time_after(jiffies, a->mended +
		       msecs_to_jiffies(STORVSC_MEND_QUIET_MS)))
		a->mends = 0;
	if (a->mends++ >= STORVSC_RESTART_TRIES)
		msleep(STORVSC_RESTART_DELAY_MS);
	a->mended = jiffies;
}

/**
 * storvsc_mend - see to channels that do no more I/O
 * @work: of an adapter
 */
void storvsc_mend(struct work_struct *work)
{
	struct storvsc_adapter *a = container_of(work, struct storvsc_adapter,
						 mend);

	/* Sub-channels alone: the others go on while the host is waited for. */
	while (storvsc_state(a) == STORVSC_RUNNING &&
	       !storvsc_channels_mend(a) && !storvsc_channel_broken(a, 0))
		msleep(20);
	if (storvsc_state(a) != STORVSC_RUNNING ||
	    !storvsc_channel_broken(a, 0))
		return;
	storvsc_mend_pause(a);
	storvsc_restart(a);
}

/**
 * storvsc_broken - a channel of an adapter does no more I/O
 * @a: adapter
 *
 * Context: any.
 */
void storvsc_broken(struct storvsc_adapter *a)
{
	if (storvsc_state(a) == STORVSC_RUNNING)
		queue_work(a->mend_wq, &a->mend);
}

/**
 * storvsc_quiesce - the machine goes down: close the adapter for good
 * @a: adapter
 *
 * What the host has not let go of by then stays as it is.
 */
void storvsc_quiesce(struct storvsc_adapter *a)
{
	/* Ends the waits of a restart, if there is one. */
	storvsc_take_down(a, STORVSC_GONE, DID_NO_CONNECT);
	mutex_lock(&a->restart_lock);
	storvsc_take_down(a, STORVSC_GONE, DID_NO_CONNECT);
	mutex_unlock(&a->restart_lock);
}

/**
 * storvsc_end - the adapter goes: close it for good
 * @a: adapter
 *
 * All its commands are with the midlayer when this returns.
 */
void storvsc_end(struct storvsc_adapter *a)
{
	storvsc_quiesce(a);
	storvsc_outlast(a);
}
