// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an adapter looks like from outside: hvg_storvsc/DEVICE/state in
 * debugfs. Process context.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

static struct dentry *storvsc_debugfs_root;

static const char *storvsc_state_name(unsigned int state)
{
	static const char * const names[] = {
		[STORVSC_STARTING] = "starting",
		[STORVSC_RUNNING] = "running",
		[STORVSC_RESETTING] = "resetting",
		[STORVSC_DEAD] = "dead",
		[STORVSC_GONE] = "gone",
	};

	return names[state];
}

static void storvsc_show_channels(struct seq_file *m,
				  struct storvsc_adapter *a)
{
	struct hvg_channel *chan;
	unsigned int i, cpu;

	rcu_read_lock();
	for (i = 0; i <= a->subchannels; i++) {
		chan = rcu_dereference(a->chans[i].chan);
		if (!chan)
			continue;
		seq_printf(m, "channel %u: interrupts on cpu %u, used by cpus",
			   i, hvg_channel_cpu(chan));
		for_each_online_cpu(cpu)
			if (READ_ONCE(a->cpu_chan[cpu]) == i)
				seq_printf(m, " %u", cpu);
		seq_putc(m, '\n');
	}
	rcu_read_unlock();
}

static int storvsc_state_show(struct seq_file *m, void *unused)
{
	struct storvsc_adapter *a = m->private;
	struct storvsc_counters *c = &a->count;

	seq_printf(m, "version %u.%u\n", a->version >> 8, a->version & 0xff);
	seq_printf(m, "state %s\n", storvsc_state_name(storvsc_state(a)));
	seq_printf(m, "host %u\n", a->shost->host_no);
	seq_printf(m, "queues %u\n", a->queues);
	seq_printf(m, "queue_slots %u\n", a->queue_slots);
	seq_printf(m, "max_transfer_bytes %u\n", a->max_transfer_bytes);
	seq_printf(m, "max_pages %u\n", a->max_pages);
	seq_printf(m, "ring_bytes %u\n", a->ring_bytes);
	storvsc_show_channels(m, a);
	seq_printf(m, "bad_packets %d\n", atomic_read(&c->bad_packets));
	seq_printf(m, "stale_completions %d\n",
		   atomic_read(&c->stale_completions));
	seq_printf(m, "ring_full %d\n", atomic_read(&c->ring_full));
	seq_printf(m, "timeouts %d\n", atomic_read(&c->timeouts));
	seq_printf(m, "lun_resets %d\n", atomic_read(&c->lun_resets));
	seq_printf(m, "bus_resets %d\n", atomic_read(&c->bus_resets));
	seq_printf(m, "restarts %d\n", atomic_read(&c->restarts));
	seq_printf(m, "rescans %d\n", atomic_read(&c->rescans));
	seq_printf(m, "revalidations %d\n", atomic_read(&c->revalidations));
	seq_printf(m, "rescinded %d\n", atomic_read(&c->rescinded));
	seq_printf(m, "gaps %d\n", atomic_read(&c->gaps));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(storvsc_state);

/**
 * storvsc_debugfs_init - make the driver's directory
 */
void storvsc_debugfs_init(void)
{
	storvsc_debugfs_root = debugfs_create_dir("hvg_storvsc", NULL);
}

/**
 * storvsc_debugfs_exit - remove the driver's directory
 */
void storvsc_debugfs_exit(void)
{
	debugfs_remove_recursive(storvsc_debugfs_root);
}

/**
 * storvsc_debugfs_add - make an adapter's directory
 * @a: adapter
 */
void storvsc_debugfs_add(struct storvsc_adapter *a)
{
	a->debugfs = debugfs_create_dir(dev_name(storvsc_dev(a)),
					storvsc_debugfs_root);
	debugfs_create_file("state", 0444, a->debugfs, a,
			    &storvsc_state_fops);
}

/**
 * storvsc_debugfs_remove - remove an adapter's directory
 * @a: adapter
 */
void storvsc_debugfs_remove(struct storvsc_adapter *a)
{
	debugfs_remove_recursive(a->debugfs);
}
