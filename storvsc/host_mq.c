// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queueing on kernels with blk-mq.
 *
 * There is one hardware queue for each channel that the host grants. A queue
 * supplies tags; the tag selects the request slot. Which channel a command
 * goes out on is decided when it is sent (channels.c), because sub-channels
 * are opened after the host has been registered, and may come and go.
 */
#include <linux/blk-mq.h>
#include <linux/module.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

/**
 * storvsc_queue_init - size the queues
 * @a: adapter; queues and queue_slots are set
 * @slots: requests that one channel has room for
 *
 * The midlayer keeps over half a KiB for each tag of each queue, used or not:
 * there are as many as one LUN shall have outstanding, not what the ring takes.
 *
 * Return: 0 or -errno.
 */
int storvsc_queue_init(struct storvsc_adapter *a, unsigned int slots)
{
	u32 depth = READ_ONCE(storvsc_param_queue_depth);

	a->queues = min_t(unsigned int, 1 + a->subchannels, nr_cpu_ids);
	a->queue_slots = clamp_t(u32, depth, STORVSC_MIN_SLOTS, slots);
	a->shost->nr_hw_queues = a->queues;
	a->shost->can_queue = a->queue_slots;
	return 0;
}

/**
 * storvsc_queue_exit - the opposite of storvsc_queue_init()
 * @a: adapter, which takes no more commands
 */
void storvsc_queue_exit(struct storvsc_adapter *a)
{
}

/**
 * storvsc_queue_configure - prepare the queue of a LUN
 * @a: adapter
 * @sdev: LUN
 */
void storvsc_queue_configure(struct storvsc_adapter *a,
			     struct scsi_device *sdev)
{
	if (a->version <= HVG_STOR_VERSION_WIN8)
		sdev->no_write_same = 1;
}

/**
 * storvsc_host_slot - the slot of a command
 * @scmd: command that the midlayer has given us
 *
 * Context: any. Return: the slot.
 */
struct storvsc_slot *storvsc_host_slot(struct scsi_cmnd *scmd)
{
	struct storvsc_adapter *a = shost_priv(scmd->device->host);
	u32 tag = blk_mq_unique_tag(scsi_cmd_to_rq(scmd));

	return &a->slots[blk_mq_unique_tag_to_hwq(tag) * a->queue_slots +
			 blk_mq_unique_tag_to_tag(tag)];
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
	/* There it is: the virt boundary makes bouncing needless. */
}

/**
 * storvsc_host_done - give a command back to the midlayer
 * @scmd: command, with its result set
 *
 * Context: any.
 */
void storvsc_host_done(struct scsi_cmnd *scmd)
{
	scsi_done(scmd);
}

static enum scsi_qc_status storvsc_queuecommand(struct Scsi_Host *shost,
						struct scsi_cmnd *scmd)
{
	struct storvsc_adapter *a = shost_priv(shost);
	struct storvsc_data data = {
		.sgl = scsi_sglist(scmd),
		.count = scsi_sg_count(scmd),
	};
	unsigned int timeout_s = DIV_ROUND_UP(scsi_cmd_to_rq(scmd)->timeout,
					      HZ);
	int ret = storvsc_submit(a, storvsc_host_slot(scmd), scmd, &data,
				 timeout_s);

	/* A target that may have any number of commands is never blocked. */
	return storvsc_host_queued(scmd, ret) ? 0 : SCSI_MLQUEUE_TARGET_BUSY;
}

static enum scsi_timeout_action storvsc_eh_timed_out(struct scsi_cmnd *scmd)
{
	struct storvsc_adapter *a = shost_priv(scmd->device->host);

	if (storvsc_more_time(a, storvsc_host_slot(scmd)))
		return SCSI_EH_RESET_TIMER;
	return SCSI_EH_NOT_HANDLED;
}

static int storvsc_host_reset(struct Scsi_Host *shost, int reset_type)
{
	return storvsc_restart(shost_priv(shost));
}

struct scsi_host_template storvsc_template = {
	.module = THIS_MODULE,
	.name = "Hyper-V synthetic storage",
	.proc_name = "hvg_storvsc",
	.queuecommand = storvsc_queuecommand,
	.eh_timed_out = storvsc_eh_timed_out,
	.eh_abort_handler = storvsc_eh_abort,
	.eh_device_reset_handler = storvsc_eh_device_reset,
	.eh_bus_reset_handler = storvsc_eh_bus_reset,
	.eh_host_reset_handler = storvsc_eh_host_reset,
	.host_reset = storvsc_host_reset,
	.sdev_init = storvsc_sdev_init,
	.sdev_configure = storvsc_sdev_configure,
	.sdev_destroy = storvsc_sdev_destroy,
	.change_queue_depth = storvsc_change_queue_depth,
	.bios_param = storvsc_bios_param,
	.this_id = -1,
	.skip_settle_delay = 1,
	.track_queue_depth = 1,
	/* All pages but the first and last of a request are full ones. */
	.virt_boundary_mask = HVG_PAGE_SIZE - 1,
};
