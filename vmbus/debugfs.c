// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/hvg_vmbus: the state of the connection, and each
 * channel's state, counters and rings. Process context, read only.
 */
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "debugfs.h"
#include "message.h"

static struct dentry *top, *channels_dir;

static const char * const connection_states[] = {
	[CONNECTION_DOWN] = "down",
	[CONNECTION_CONTACT] = "contact",
	[CONNECTION_UP] = "up",
	[CONNECTION_UNLOADING] = "unloading",
};

static const char * const channel_states[] = {
	[CHANNEL_OFFERED] = "offered",
	[CHANNEL_OPENING] = "opening",
	[CHANNEL_OPEN] = "open",
	[CHANNEL_CLOSING] = "closing",
};

static int connection_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "state:              %s\n",
		   connection_states[connection.state]);
	seq_printf(m, "version:            %u.%u\n",
		   HVG_VERSION_MAJOR(connection.version),
		   HVG_VERSION_MINOR(connection.version));
	seq_printf(m, "features:           %#x\n", connection.features);
	seq_printf(m, "message connection: %#x\n",
		   connection.message_connection);
	seq_printf(m, "message CPU:        %u\n", connection.cpu);
	seq_printf(m, "messages sent:      %lu\n", message_stats.sent);
	seq_printf(m, "send retries:       %lu\n", message_stats.retries);
	seq_printf(m, "messages received:  %lu\n", message_stats.received);
	seq_printf(m, "unexpected:         %lu\n", message_stats.unexpected);
	seq_printf(m, "malformed:          %lu\n", message_stats.malformed);
	seq_printf(m, "of other types:     %lu\n", message_stats.foreign);
	seq_printf(m, "queue full:         %lu\n", message_stats.stalls);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(connection);

static void ring_show(struct seq_file *m, const char *name,
		      const struct ring *ring)
{
	const struct hvg_ring_control *ctl = ring->ctl;

	seq_printf(m, "%s size %u own %u write %u read %u mask %u pending %u features %#x\n",
		   name, ring->size, ring->index,
		   READ_ONCE(ctl->write_index), READ_ONCE(ctl->read_index),
		   READ_ONCE(ctl->interrupt_mask),
		   READ_ONCE(ctl->pending_send_size),
		   READ_ONCE(ctl->features));
}

static int channel_show(struct seq_file *m, void *unused)
{
	struct hvg_channel *chan = m->private;
	const struct channel_stats *stats = &chan->stats;
	char interface[GUID_TEXT_BYTES], instance[GUID_TEXT_BYTES];

	bus_guid_text(interface, &chan->offer.interface);
	bus_guid_text(instance, &chan->offer.instance);
	seq_printf(m, "interface %s\ninstance %s\n", interface, instance);
	seq_printf(m, "id %u sub-channel %u connection %#x flags %#x cpu %u\n",
		   chan->id, chan->offer.subchannel, chan->connection_id,
		   chan->offer.flags, chan->cpu);
	seq_printf(m, "packets in %llu out %llu bytes in %llu out %llu bad %llu\n",
		   stats->packets_in, stats->packets_out, stats->bytes_in,
		   stats->bytes_out, stats->bad_packets);
	seq_printf(m, "interrupts %llu signals for packets %llu for room %llu\n",
		   stats->interrupts, stats->intr_out_empty,
		   stats->intr_in_full);
	seq_printf(m, "no room first %llu in all %llu\n",
		   stats->out_full_first, stats->out_full_total);

	/* The rings stay while the lock is held. */
	mutex_lock(&chan->open_lock);
	seq_printf(m, "state %s%s%s\n", channel_states[chan->state],
		   chan->rescinded ? " rescinded" : "",
		   chan->broken ? " broken" : "");
	if (chan->state == CHANNEL_OPEN) {
		ring_show(m, "out", &chan->tx);
		ring_show(m, "in", &chan->rx);
	}
	mutex_unlock(&chan->open_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(channel);

/**
 * debugfs_channel_add() - show a channel
 * @chan: channel; stays until debugfs_channel_remove()
 *
 * Context: process.
 */
void debugfs_channel_add(struct hvg_channel *chan)
{
	char name[12];

	snprintf(name, sizeof(name), "%u", chan->id);
	chan->debugfs = debugfs_create_file(name, 0400, channels_dir, chan,
					    &channel_fops);
}

/**
 * debugfs_channel_remove() - show a channel no more
 * @chan: channel; need not have been shown
 *
 * Nobody reads its file when this returns.
 *
 * Context: process.
 */
void debugfs_channel_remove(struct hvg_channel *chan)
{
	debugfs_remove(chan->debugfs);
	chan->debugfs = NULL;
}

/**
 * debugfs_init() - make the directory
 *
 * Context: process.
 */
void debugfs_init(void)
{
	top = debugfs_create_dir("hvg_vmbus", NULL);
	debugfs_create_file("connection", 0400, top, NULL, &connection_fops);
	channels_dir = debugfs_create_dir("channels", top);
}

/**
 * debugfs_exit() - remove the directory
 *
 * Context: process.
 */
void debugfs_exit(void)
{
	debugfs_remove_recursive(top);
}
