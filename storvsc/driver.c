// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver on the VMBus: module parameters, probe, remove, sub-channels.
 *
 * Process context throughout.
 */
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <scsi/scsi_host.h>
#include <hvg/guids.h>
#include "storvsc.h"

#define STORVSC_MIN_RING	(8u << 12)
/* A GPADL has 8190 pages at most, of both rings together. */
#define STORVSC_MAX_RING	(8u << 20)

unsigned int storvsc_param_ring_bytes = 128 << 10;
module_param_named(ring_bytes, storvsc_param_ring_bytes, uint, 0644);
MODULE_PARM_DESC(ring_bytes,
		 "bytes of each ring of a channel, 32768 to 8388608, for adapters found from now on (default 131072)");

unsigned int storvsc_param_queue_depth = 256;
module_param_named(queue_depth, storvsc_param_queue_depth, uint, 0644);
MODULE_PARM_DESC(queue_depth,
		 "outstanding commands of a LUN at first, and of a hardware queue, for adapters found from now on (default 256)");

unsigned int storvsc_param_subchannels = 64;
module_param_named(subchannels, storvsc_param_subchannels, uint, 0644);
MODULE_PARM_DESC(subchannels,
		 "most sub-channels of an adapter, 0 for none, for adapters found from now on (default 64)");

unsigned int storvsc_param_timeouts = 3;
module_param_named(timeouts, storvsc_param_timeouts, uint, 0644);
MODULE_PARM_DESC(timeouts,
		 "how often the timer of a command starts again before error recovery (default 3)");

unsigned int storvsc_param_log_level = 1;
module_param_named(log_level, storvsc_param_log_level, uint, 0644);
MODULE_PARM_DESC(log_level,
		 "0 errors only, 1 also what changes, 2 also failed commands (default 1)");

unsigned int storvsc_param_double_attach;
module_param_named(double_attach, storvsc_param_double_attach, uint, 0644);
MODULE_PARM_DESC(double_attach,
		 "1 attaches IDE disks that the emulated controller's driver has attached as well: dangerous (default 0)");

static u32 storvsc_ring_bytes(void)
{
	u32 bytes = clamp_t(u32, READ_ONCE(storvsc_param_ring_bytes),
			    STORVSC_MIN_RING, STORVSC_MAX_RING);

	return PAGE_ALIGN(bytes);
}

static int storvsc_adapter_init(struct storvsc_adapter *a,
				enum storvsc_type type)
{
	a->type = type;
	if (type == STORVSC_IDE) {
		/* The instance id names channel and device of the disk. */
		a->path = a->hdev->instance.b[0];
		a->target = a->hdev->instance.b[4];
	}
	a->state = STORVSC_STARTING;
	a->ring_bytes = storvsc_ring_bytes();
	mutex_init(&a->restart_lock);
	mutex_init(&a->chan_lock);
	mutex_init(&a->sync.lock);
	init_completion(&a->sync.done);
	storvsc_scan_init(a);
	/* Not for memory reclaim: what it removes waits for other works. */
	a->wq = alloc_ordered_workqueue("hvg_storvsc_%u", 0,
					a->shost->host_no);
	/* Nor for that, but disks that memory is written to wait for it. */
	a->mend_wq = alloc_ordered_workqueue("hvg_storvsc_mend_%u",
					     WQ_MEM_RECLAIM,
					     a->shost->host_no);
	return a->wq && a->mend_wq ? 0 : -ENOMEM;
}

static void storvsc_adapter_free(struct storvsc_adapter *a)
{
	/* It goes through the channels; no more of it is started by now. */
	cancel_work_sync(&a->mend);
	/* So does a reset by hand, which needs nothing but the SCSI host. */
	mutex_lock(&a->restart_lock);
	storvsc_channels_free(a);
	mutex_unlock(&a->restart_lock);
	storvsc_scan_stop(a);
	if (a->wq)
		destroy_workqueue(a->wq);
	if (a->mend_wq)
		destroy_workqueue(a->mend_wq);
	storvsc_slots_free(a);
	storvsc_ports_release(a);
	storvsc_host_put(a);
}

static u16 storvsc_want_subchannels(void)
{
	return min_t(u32, READ_ONCE(storvsc_param_subchannels),
		     num_online_cpus() - 1);
}

static int storvsc_probe(struct hvg_device *hdev,
			 const struct hv_vmbus_device_id *id)
{
	struct storvsc_adapter *a;
	u16 want = storvsc_want_subchannels();
	int ret, most;

	a = storvsc_host_alloc(hdev);
	if (!a)
		return -ENOMEM;
	ret = storvsc_adapter_init(a, id->driver_data);
	if (ret)
		goto free;
	/* First, so that no other driver comes between. */
	storvsc_ports_reserve(a);
	if (storvsc_emulated(a)) {
		ret = -ENODEV;
		goto free;
	}
	ret = storvsc_channels_alloc(a, want);
	if (ret)
		goto free;
	hvg_set_drvdata(hdev, a);

	ret = storvsc_channel_open(a, 0, hdev->channel);
	if (ret) {
		dev_err(&hdev->dev, "channel not opened (%d)\n", ret);
		goto drop;
	}
	most = storvsc_protocol_start(a);
	if (most < 0) {
		ret = most;
		goto close;
	}
	/* Fewer may come than there is room for; none is no failure. */
	a->subchannels = min_t(int, want, most);
	ret = storvsc_host_limits(a);
	if (ret)
		goto close;
	ret = storvsc_slots_alloc(a);
	if (ret)
		goto close;
	storvsc_set_state(a, STORVSC_RUNNING);
	if (a->subchannels)
		storvsc_protocol_subchannels(a, a->subchannels);

	ret = storvsc_host_add(a);
	if (ret)
		goto close;
	storvsc_debugfs_add(a);
	dev_info(&hdev->dev, "storage protocol %u.%u, %u queues, transfers up to %u KiB\n",
		 a->version >> 8, a->version & 0xff, a->queues,
		 a->shost->max_sectors / 2);
	return 0;

close:
	storvsc_end(a);
drop:
	hvg_set_drvdata(hdev, NULL);
free:
	storvsc_adapter_free(a);
	return ret;
}

static void storvsc_remove(struct hvg_device *hdev)
{
	struct storvsc_adapter *a = hvg_get_drvdata(hdev);

	storvsc_debugfs_remove(a);
	storvsc_host_remove(a);
	storvsc_end(a);
	hvg_set_drvdata(hdev, NULL);
	storvsc_adapter_free(a);
}

/* The next kernel must find its memory untouched by this one's requests. */
static void storvsc_shutdown(struct hvg_device *hdev)
{
	storvsc_quiesce(hvg_get_drvdata(hdev));
}

static void storvsc_subchannel(struct hvg_device *hdev,
			       struct hvg_channel *chan)
{
	struct storvsc_adapter *a = hvg_get_drvdata(hdev);
	u16 index = hvg_channel_subchannel_index(chan);
	int ret;

	if (!a)
		return;
	ret = index ? storvsc_channel_open(a, index, chan) : -EINVAL;
	if (ret)
		dev_warn_ratelimited(&hdev->dev,
				     "sub-channel %u not used (%d)\n", index,
				     ret);
}

static const struct hv_vmbus_device_id storvsc_ids[] = {
	{ .guid = HVG_GUID_SCSI, .driver_data = STORVSC_SCSI },
	{ .guid = HVG_GUID_IDE, .driver_data = STORVSC_IDE },
	{ }
};
MODULE_DEVICE_TABLE(vmbus, storvsc_ids);
MODULE_ALIAS_VMBUS(HVG_ALIAS_SCSI);
MODULE_ALIAS_VMBUS(HVG_ALIAS_IDE);

static struct hvg_driver storvsc_driver = {
	.name = "hvg_storvsc",
	.id_table = storvsc_ids,
	.probe = storvsc_probe,
	.remove = storvsc_remove,
	.shutdown = storvsc_shutdown,
	.subchannel = storvsc_subchannel,
	/* Each waits for its host's answers; disks are told apart by ids. */
	.driver = {
		.probe_type = PROBE_PREFER_ASYNCHRONOUS,
	},
};

static int __init storvsc_init(void)
{
	int ret;

	storvsc_debugfs_init();
	ret = hvg_driver_register(&storvsc_driver);
	if (ret)
		storvsc_debugfs_exit();
	return ret;
}

static void __exit storvsc_exit(void)
{
	hvg_driver_unregister(&storvsc_driver);
	storvsc_debugfs_exit();
}

module_init(storvsc_init);
module_exit(storvsc_exit);

MODULE_DESCRIPTION("Hyper-V synthetic SCSI and IDE storage");
MODULE_LICENSE("GPL");
