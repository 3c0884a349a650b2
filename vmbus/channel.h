/* SPDX-License-Identifier: GPL-2.0-only */
/* A channel: what its offer said, its life, its rings. */
#ifndef _HVG_VMBUS_CHANNEL_H
#define _HVG_VMBUS_CHANNEL_H

#include <linux/interrupt.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <hvg/vmbus.h>
#include "request.h"
#include "ring.h"
#include "ring_memory.h"

struct bus_device;
struct dentry;

/**
 * enum channel_state - the life of a channel between offer and release
 * @CHANNEL_OFFERED: no ring but what the host has not given back; the only
 *	state in which it may go away
 * @CHANNEL_OPENING: ring and callbacks are set, the host has not answered
 * @CHANNEL_OPEN: the driver uses it
 * @CHANNEL_CLOSING: callbacks have stopped, the host may still have the ring
 *
 * That the host has rescinded the channel is not a state of this list: it
 * can happen in each.
 */
enum channel_state {
	CHANNEL_OFFERED,
	CHANNEL_OPENING,
	CHANNEL_OPEN,
	CHANNEL_CLOSING,
};

/**
 * struct channel_stats - counters, read without a lock
 * @interrupts: interrupts from the host
 * @packets_in: packets taken
 * @packets_out: packets sent
 * @bytes_in: bytes taken, descriptors and trailers included
 * @bytes_out: bytes sent, likewise
 * @bad_packets: packets that broke the ring's or the driver's protocol
 * @intr_in_full: signals because the host waited for room
 * @intr_out_empty: signals because the ring was empty
 * @out_full_first: packets that found no room while nobody waited for it
 * @out_full_total: packets that found no room
 *
 * @packets_out, @bytes_out, @intr_out_empty, @out_full_*: changed under
 * tx_lock. The rest belong to the ring's one reader.
 */
struct channel_stats {
	u64 interrupts;
	u64 packets_in;
	u64 packets_out;
	u64 bytes_in;
	u64 bytes_out;
	u64 bad_packets;
	u64 intr_in_full;
	u64 intr_out_empty;
	u64 out_full_first;
	u64 out_full_total;
};

/**
 * struct hvg_channel - a channel
 * @kobj: channels/<id> in sysfs, and the reference count
 * @bdev: the device of its primary channel; holds a reference
 * @link: in the list of all channels; protected by channels_lock
 * @sub_link: in @bdev's list of sub-channels; protected by channels_lock
 * @offer: the offer, checked
 * @id: channel id, "relid"
 * @connection_id: for signals to the host
 * @use_interrupt_page: a signal goes with a bit on the interrupt page
 * @monitored: the host has given it a monitor id
 * @rescinded: the host has taken it away; set once, read anywhere
 * @rescinded_at: when, jiffies; written before @rescinded
 * @broken: the ring broke the rules; cleared by open, read anywhere
 * @in_sysfs: @kobj has been added; only the device work touches it
 * @debugfs: its file
 * @assigned: @cpu counts as this channel's; protected by affinity_lock
 * @cpu: takes the interrupts; protected by affinity_lock, read anywhere
 * @open_lock: serialises open and close; protects @state and @memory
 * @state: see there
 * @callback_lock: protects the call of ops->rescind() against close, and the
 *	step from opening to open against a rescind. Inside @open_lock.
 * @rescinding: task that is in ops->rescind(); protected by @callback_lock
 * @rescind_done: woken when @rescinding becomes NULL
 * @ops: the driver's; set while the state is not CHANNEL_OFFERED
 * @context: the driver's
 * @memory: pages of both rings; after a close those that the host still has
 * @gpadl: handle of the rings' GPADL, 0: none
 * @close_owed: CLOSE_CHANNEL could not be sent; protected by @open_lock
 * @tearing_down: the host was asked to let go of it; protected by @open_lock
 * @teardown: waits for the answer to that
 * @tx_lock: protects @tx, @tx_live, @tx_blocked; any context
 * @tx: guest-to-host ring
 * @tx_live: packets may be sent
 * @tx_blocked: packet length that somebody waits to have room for, or 0
 * @rx_lock: makes the reader of @rx the only one; protects @rx_live. Taken in
 *	hard interrupt context; the driver's callbacks run under it.
 * @rx: host-to-guest ring
 * @rx_live: callbacks may be called
 * @rx_buf: private copy of the packet being handled
 * @rx_buf_bytes: its size
 * @drain_tasklet: reads on where an interrupt has left off
 * @rescind_work: tells the driver of a rescind
 * @add_work: adds the device, or shows the sub-channel to its driver
 * @remove_work: undoes that after a rescind
 * @stats: counters
 */
struct hvg_channel {
	struct kobject kobj;
	struct bus_device *bdev;
	struct list_head link;
	struct list_head sub_link;
	struct hvg_msg_offer offer;
	u32 id;
	u32 connection_id;
	bool use_interrupt_page;
	bool monitored;
	bool rescinded;
	unsigned long rescinded_at;
	bool broken;
	bool in_sysfs;
	bool assigned;
	struct dentry *debugfs;
	unsigned int cpu;

	struct mutex open_lock;		/* open against close */
	enum channel_state state;
	struct mutex callback_lock;	/* rescind() against close */
	struct task_struct *rescinding;
	wait_queue_head_t rescind_done;
	const struct hvg_channel_ops *ops;
	void *context;
	struct ring_memory memory;
	u32 gpadl;
	bool close_owed;
	bool tearing_down;
	struct host_request teardown;

	spinlock_t tx_lock;		/* one writer of tx */
	struct ring tx;
	bool tx_live;
	u32 tx_blocked;

	spinlock_t rx_lock;		/* one reader of rx */
	struct ring rx;
	bool rx_live;
	void *rx_buf;
	u32 rx_buf_bytes;
	struct tasklet_struct drain_tasklet;

	struct work_struct rescind_work;
	struct work_struct add_work;
	struct work_struct remove_work;
	struct channel_stats stats;
};

/* channel.c */
void channel_init(struct hvg_channel *chan);
void channel_abandon(struct hvg_channel *chan);
void channel_rescind_callback(struct hvg_channel *chan);

/* channel_io.c */
void channel_interrupt(struct hvg_channel *chan);
void channel_drain_now(struct hvg_channel *chan);
void channel_drain_tasklet(struct tasklet_struct *tasklet);

static inline bool channel_is_primary(const struct hvg_channel *chan)
{
	return !chan->offer.subchannel;
}

#endif /* _HVG_VMBUS_CHANNEL_H */
