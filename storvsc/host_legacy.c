// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queueing on kernels without blk-mq, where the midlayer calls
 * queuecommand() with the host lock held and runs a timer for each command.
 *
 * Slots. Commands have no tags: a free list under the host lock supplies the
 * slot, and scsi_cmnd.host_scribble keeps it as long as the command is ours.
 *
 * Data. It may be one buffer without a scatterlist, and what the block layer
 * joins need not fill the pages between the first and the last: such data
 * goes through pages of our own (bounce.c).
 *
 * Timers. scsi_done() does nothing when the timer of the command has fired:
 * what becomes of the command is up to eh_timed_out() then. And while the
 * midlayer starts the timer once more, after eh_timed_out() has returned, a
 * scsi_done() at the same time would spoil it. So:
 *
 *   - A command without a slot that eh_timed_out() sees has been answered,
 *     or was to be tried again, just when the timer fired; the midlayer shall
 *     finish it. (Or its timer fired before it came to queuecommand(), where
 *     it gets its serial number. That is on the same CPU, so there is no
 *     window: the timer has been started again before the command is ours.)
 *   - From eh_timed_out() until an RCU grace period later the command is in
 *     the "window". The timer runs in a softirq, which no grace period ends
 *     within. What is answered in the window is finished at its end.
 *   - What was handed to error handling stays there: scsi_done() is not
 *     called any more.
 *
 * All of that is under the host lock. Lock order: the channel's receive lock,
 * the host lock, the channel's send lock.
 *
 * Flushes. The block layer has a flush tried once and takes its failure for
 * success: a request without data has nothing left that could fail. fsync()
 * would say that what a restart has lost is on the disk. So a flush is tried
 * again whatever it met but the disk's end, and when that does not help the log
 * says so.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_tcq.h>
#include <scsi/scsi_transport.h>
#include "bounce.h"
#include "storvsc.h"

/* As sd has it for reads and writes. */
#define STORVSC_FLUSH_RETRIES	5

/* What the host has answered waits for recovery to end, however long. */
#define STORVSC_EH_LIMIT	(24 * 3600 * HZ)

/**
 * struct storvsc_request - what a command has while it is ours
 * @idle: in the queue's list while no command has it
 * @queue: whose
 * @scmd: the command or NULL
 * @linear: the command's buffer, if it has no scatterlist
 * @bounce: pages of our own, if count is not 0
 * @in_eh: error handling has the command
 * @window: the midlayer may be starting the timer; @rcu is in use
 * @again: the timer fired in the window
 * @late: answered in the window
 * @rcu: ends the window
 */
struct storvsc_request {
	struct list_head idle;
	struct storvsc_queue *queue;
	struct scsi_cmnd *scmd;
	struct scatterlist linear;
	struct storvsc_data bounce;
	bool in_eh;
	bool window;
	bool again;
	bool late;
	struct rcu_head rcu;
};

/**
 * struct storvsc_queue - the requests of an adapter
 * @shost: its host; the host lock protects everything here
 * @pool: pages for bouncing
 * @idle: requests that no command has
 * @requests: all of them, as many as slots, in the same order
 */
struct storvsc_queue {
	struct Scsi_Host *shost;
	struct storvsc_bounce_pool *pool;
	struct list_head idle;
	struct storvsc_request *requests;
};

static struct storvsc_slot *storvsc_request_slot(struct storvsc_request *req)
{
	struct storvsc_adapter *a = shost_priv(req->queue->shost);

	return &a->slots[req - req->queue->requests];
}

/* Caller holds the host lock. */
static struct storvsc_request *storvsc_request_get(struct storvsc_queue *q,
						   struct scsi_cmnd *scmd)
{
	struct storvsc_request *req;

	if (list_empty(&q->idle))
		return NULL;
	req = list_first_entry(&q->idle, struct storvsc_request, idle);
	list_del(&req->idle);
	req->scmd = scmd;
	req->in_eh = false;
	req->late = false;
	scmd->host_scribble = (void *)req;
	return req;
}

/* The command is no longer ours. Caller holds the host lock. */
static void storvsc_request_put(struct storvsc_request *req)
{
	struct storvsc_queue *q = req->queue;

	if (req->bounce.count)
		storvsc_bounce_put(q->pool, &req->bounce);
	req->bounce.count = 0;
	req->scmd->host_scribble = NULL;
	req->scmd = NULL;
	if (!req->window)
		list_add(&req->idle, &q->idle);
}

static void storvsc_window_end(struct rcu_head *rcu)
{
	struct storvsc_request *req = container_of(rcu, struct storvsc_request,
						   rcu);
	struct Scsi_Host *shost = req->queue->shost;
	struct scsi_cmnd *scmd;
	unsigned long flags;

	spin_lock_irqsave(shost->host_lock, flags);
	scmd = req->scmd;
	if (req->again) {
		req->again = false;
		call_rcu(&req->rcu, storvsc_window_end);
	} else {
		req->window = false;
		if (!scmd) {
			list_add(&req->idle, &req->queue->idle);
		} else if (req->late) {
			storvsc_request_put(req);
			scsi_done(scmd);
		}
	}
	spin_unlock_irqrestore(shost->host_lock, flags);
}

/* Caller holds the host lock. */
static void storvsc_window_begin(struct storvsc_request *req)
{
	if (req->window) {
		req->again = true;
		return;
	}
	req->window = true;
	call_rcu(&req->rcu, storvsc_window_end);
}

/* Caller holds the host lock. */
static enum scsi_eh_timer_return storvsc_timed_out(struct storvsc_adapter *a,
						   struct scsi_cmnd *scmd)
{
	struct storvsc_request *req = (void *)scmd->host_scribble;

	if (!req)
		return scmd->serial_number ? EH_HANDLED : EH_RESET_TIMER;
	if (req->late) {
		storvsc_request_put(req);
		return EH_HANDLED;
	}
	/* A host that is removed has no error handling; its end ends all. */
	if (a->shost->shost_state == SHOST_DEL ||
	    a->shost->shost_state == SHOST_DEL_RECOVERY ||
	    storvsc_more_time(a, storvsc_request_slot(req))) {
		storvsc_window_begin(req);
		return EH_RESET_TIMER;
	}
	req->in_eh = true;
	return EH_NOT_HANDLED;
}

static enum scsi_eh_timer_return storvsc_eh_timed_out(struct scsi_cmnd *scmd)
{
	struct Scsi_Host *shost = scmd->device->host;
	enum scsi_eh_timer_return ret;
	unsigned long flags;

	spin_lock_irqsave(shost->host_lock, flags);
	ret = storvsc_timed_out(shost_priv(shost), scmd);
	spin_unlock_irqrestore(shost->host_lock, flags);
	return ret;
}

static bool storvsc_in_range(unsigned int number, unsigned int end)
{
	return number == SCAN_WILD_CARD || number < end;
}

/* The file "scan" of the host in sysfs, and /proc/scsi/scsi. */
static int storvsc_user_scan(struct Scsi_Host *shost, unsigned int channel,
			     unsigned int id, unsigned int lun)
{
	if (!storvsc_in_range(channel, shost->max_channel + 1) ||
	    !storvsc_in_range(id, shost->max_id) ||
	    !storvsc_in_range(lun, shost->max_lun + 1))
		return -EINVAL;
	storvsc_scan(shost_priv(shost), channel, id, lun);
	return 0;
}

/*
 * The host template's hook for time-outs is not there, or not looked at, in
 * all kernels. A scan by hand is ours so that it is done as our own are.
 */
static struct scsi_transport_template storvsc_transport = {
	.eh_timed_out = storvsc_eh_timed_out,
	.user_scan = storvsc_user_scan,
};

/**
 * storvsc_host_slot - the slot of a command
 * @scmd: command that the midlayer has given us
 *
 * Context: any. Return: the slot, or NULL if it has none any more.
 */
struct storvsc_slot *storvsc_host_slot(struct scsi_cmnd *scmd)
{
	struct Scsi_Host *shost = scmd->device->host;
	struct storvsc_slot *slot = NULL;
	struct storvsc_request *req;
	unsigned long flags;

	spin_lock_irqsave(shost->host_lock, flags);
	req = (void *)scmd->host_scribble;
	if (req)
		slot = storvsc_request_slot(req);
	spin_unlock_irqrestore(shost->host_lock, flags);
	return slot;
}

/**
 * storvsc_host_data - the host has answered: put the data into its place
 * @scmd: command
 * @bytes: how much data is there: what the host says, nothing after a failure
 *
 * Context: any.
 */
void storvsc_host_data(struct scsi_cmnd *scmd, u32 bytes)
{
	struct storvsc_request *req = (void *)scmd->host_scribble;
	const struct storvsc_data data = {
		.sgl = scsi_sglist(scmd),
		.count = scsi_sg_count(scmd),
	};

	if (!req->bounce.count || scmd->sc_data_direction == DMA_TO_DEVICE)
		return;
	/* More has not been there, and what was there is of others. */
	bytes = min_t(u32, bytes, scsi_bufflen(scmd));
	storvsc_bounce_in(req->queue->pool, &req->bounce, &data, bytes);
}

/*
 * Of what has failed nothing is known to have been done, nor is anything copied
 * then. These sd and sr take what is before the bad sector for done, whatever
 * was moved: so they are not told which sector that is.
 */
static void storvsc_hide_sector(struct scsi_cmnd *scmd)
{
	u8 *sense = scmd->sense_buffer;

	if ((sense[0] & 0x7e) == 0x70)
		sense[0] &= ~0x80;	/* information field is not valid */
	else
		sense[7] = 0;		/* no descriptors */
}

/*
 * One of the block layer's, not one that somebody has sent as a command, nor
 * what error handling sends in the place of one.
 */
static bool storvsc_is_flush(const struct scsi_cmnd *scmd)
{
	return blk_pc_request(scmd->request) && blk_barrier_rq(scmd->request) &&
	       scmd->cmnd[0] == SYNCHRONIZE_CACHE;
}

/* Have the midlayer try it again, unless it does by itself, or cannot. */
static void storvsc_flush_done(struct scsi_cmnd *scmd)
{
	u8 status = scmd->result & 0xff;

	if (!scmd->result || host_byte(scmd->result) == DID_NO_CONNECT ||
	    status == SAM_STAT_BUSY || status == SAM_STAT_TASK_SET_FULL)
		return;
	if (scmd->retries < scmd->allowed)
		scmd->result = DID_SOFT_ERROR << 16;
	else
		dev_err_ratelimited(&scmd->device->sdev_gendev,
				    "flush failed with 0x%08x: what was written may be lost, and this kernel takes it for done\n",
				    scmd->result);
}

/**
 * storvsc_host_done - give a command back to the midlayer
 * @scmd: command, with its result set
 *
 * Context: any.
 */
void storvsc_host_done(struct scsi_cmnd *scmd)
{
	struct Scsi_Host *shost = scmd->device->host;
	struct storvsc_request *req = (void *)scmd->host_scribble;
	unsigned long flags;

	if (blk_fs_request(scmd->request) &&
	    (scmd->result & 0xff) == SAM_STAT_CHECK_CONDITION)
		storvsc_hide_sector(scmd);
	/* What ends with DID_RESET is sent again here, for ever if need be. */
	if (host_byte(scmd->result) == DID_RESET)
		scmd->result = DID_SOFT_ERROR << 16;
	if (storvsc_is_flush(scmd))
		storvsc_flush_done(scmd);
	spin_lock_irqsave(shost->host_lock, flags);
	if (req->in_eh) {
		scmd->jiffies_at_alloc = jiffies + STORVSC_EH_LIMIT;
		storvsc_request_put(req);
	} else if (req->window) {
		req->late = true;
	} else {
		storvsc_request_put(req);
		scsi_done(scmd);
	}
	spin_unlock_irqrestore(shost->host_lock, flags);
}

static int storvsc_send_bounced(struct storvsc_adapter *a,
				struct storvsc_request *req,
				const struct storvsc_data *data,
				unsigned int timeout_s)
{
	struct scsi_cmnd *scmd = req->scmd;
	int ret;

	ret = storvsc_bounce_get(req->queue->pool, scsi_bufflen(scmd),
				 &req->bounce);
	if (ret)
		return ret;
	if (scmd->sc_data_direction == DMA_TO_DEVICE)
		storvsc_bounce_out(req->queue->pool, &req->bounce, data,
				   scsi_bufflen(scmd));
	return storvsc_submit(a, storvsc_request_slot(req), scmd, &req->bounce,
			      timeout_s);
}

static int storvsc_send_command(struct storvsc_adapter *a,
				struct storvsc_request *req)
{
	struct scsi_cmnd *scmd = req->scmd;
	unsigned int timeout_s = DIV_ROUND_UP(scmd->timeout_per_command, HZ);
	struct storvsc_data data = {
		.sgl = scsi_sglist(scmd),
		.count = scsi_sg_count(scmd),
	};
	int ret;

	if (!data.count && scsi_bufflen(scmd)) {
		sg_init_one(&req->linear, scmd->request_buffer,
			    scsi_bufflen(scmd));
		data.sgl = &req->linear;
		data.count = 1;
	}
	ret = storvsc_submit(a, storvsc_request_slot(req), scmd, &data,
			     timeout_s);
	if (ret == -EINVAL)
		ret = storvsc_send_bounced(a, req, &data, timeout_s);
	return ret;
}

static int storvsc_try_command(struct storvsc_adapter *a,
			       struct scsi_cmnd *scmd)
{
	struct storvsc_request *req;
	int ret;

	req = storvsc_request_get(a->queue, scmd);
	if (!req)
		return -EAGAIN;
	ret = storvsc_send_command(a, req);
	if (ret)
		storvsc_request_put(req);
	return ret;
}

/*
 * The midlayer gives up on what has taken longer than all its tries: from the
 * first one on, not from when the command was made, and without what recovery
 * took. Upper drivers take what has succeeded for done, all of it, but ask for
 * less where blocks are larger than 512 bytes; and of a command in whose place
 * error handling has sent one the midlayer forgets what they ask for.
 */
static void storvsc_try_begin(struct scsi_cmnd *scmd)
{
	if (scmd->device->host->eh_action)
		return;		/* error handling's, in the place of one */
	if (!scmd->result || time_after(scmd->jiffies_at_alloc, jiffies))
		scmd->jiffies_at_alloc = jiffies;
	if (blk_fs_request(scmd->request))
		scmd->underflow = scsi_bufflen(scmd);
	if (storvsc_is_flush(scmd))
		scmd->allowed = max(scmd->allowed, STORVSC_FLUSH_RETRIES);
}

/* The host lock is held, interrupts are off. */
static int storvsc_queuecommand(struct scsi_cmnd *scmd,
				void (*done)(struct scsi_cmnd *scmd))
{
	int ret;

	scmd->scsi_done = done;
	storvsc_try_begin(scmd);
	/* For eh_timed_out(), if the timer fires before we are out of here. */
	scmd->result = DID_REQUEUE << 16;
	ret = storvsc_try_command(shost_priv(scmd->device->host), scmd);
	return storvsc_host_queued(scmd, ret) ? 0 : SCSI_MLQUEUE_DEVICE_BUSY;
}

/**
 * storvsc_queue_init - make the requests
 * @a: adapter; queues and queue_slots are set
 * @slots: requests that one channel has room for
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int storvsc_queue_init(struct storvsc_adapter *a, unsigned int slots)
{
	struct storvsc_queue *q;
	unsigned int i;

	a->queues = 1;
	a->queue_slots = slots;
	a->shost->can_queue = slots;
	a->shost->transportt = &storvsc_transport;

	q = kzalloc_obj(*q, GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	a->queue = q;
	q->shost = a->shost;
	INIT_LIST_HEAD(&q->idle);
	q->pool = storvsc_bounce_alloc(a->max_pages);
	q->requests = vzalloc(slots * sizeof(*q->requests));
	if (!q->pool || !q->requests) {
		storvsc_queue_exit(a);
		return -ENOMEM;
	}
	for (i = 0; i < slots; i++) {
		q->requests[i].queue = q;
		list_add_tail(&q->requests[i].idle, &q->idle);
	}
	return 0;
}

/**
 * storvsc_queue_exit - the opposite of storvsc_queue_init()
 * @a: adapter, which takes no more commands
 *
 * Context: process.
 */
void storvsc_queue_exit(struct storvsc_adapter *a)
{
	struct storvsc_queue *q = a->queue;

	if (!q)
		return;
	/* Error handling asks by commands of its own, and nobody waits for it. */
	wait_event(a->shost->host_wait, !scsi_host_in_recovery(a->shost));
	/* Windows that are still open, and those that open again at their end. */
	rcu_barrier();
	rcu_barrier();
	storvsc_bounce_free(q->pool);
	vfree(q->requests);
	kfree(q);
	a->queue = NULL;
}

/**
 * storvsc_queue_configure - prepare the queue of a LUN
 * @a: adapter
 * @sdev: LUN
 *
 * Context: process.
 */
void storvsc_queue_configure(struct storvsc_adapter *a,
			     struct scsi_device *sdev)
{
	scsi_adjust_queue_depth(sdev,
				sdev->tagged_supported ? MSG_SIMPLE_TAG : 0,
				sdev->queue_depth);
	/* Pages are described by their frames, wherever they are. */
	blk_queue_bounce_limit(sdev->request_queue, BLK_BOUNCE_ANY);
}

struct scsi_host_template storvsc_template = {
	.module = THIS_MODULE,
	.name = "Hyper-V synthetic storage",
	.proc_name = "hvg_storvsc",
	.queuecommand = storvsc_queuecommand,
	.eh_abort_handler = storvsc_eh_abort,
	.eh_device_reset_handler = storvsc_eh_device_reset,
	.eh_bus_reset_handler = storvsc_eh_bus_reset,
	.eh_host_reset_handler = storvsc_eh_host_reset,
	.sdev_init = storvsc_sdev_init,
	.sdev_configure = storvsc_sdev_configure,
	.sdev_destroy = storvsc_sdev_destroy,
	.change_queue_depth = storvsc_change_queue_depth,
	.bios_param = storvsc_bios_param,
	.this_id = -1,
	.skip_settle_delay = 1,
	/* What lies next to each other needs no bouncing when it is joined. */
	.use_clustering = ENABLE_CLUSTERING,
};
