// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a channel: open, close, and what a rescind does in between.
 * Process context throughout; the data path is in channel_io.c.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "affinity.h"
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "gpadl.h"
#include "message.h"
#include "request.h"
#include "trace.h"

/* A ring needs its control page and one of data. */
#define RING_MIN_BYTES	(2 * HVG_PAGE_SIZE)
#define PACKET_MAX_BYTES	(0xffffu * 8)

static atomic_t next_open_id = ATOMIC_INIT(0);

/**
 * channel_init() - bring a new channel into its first state
 * @chan: zeroed
 *
 * Context: any.
 */
void channel_init(struct hvg_channel *chan)
{
	mutex_init(&chan->open_lock);
	mutex_init(&chan->callback_lock);
	spin_lock_init(&chan->tx_lock);
	spin_lock_init(&chan->rx_lock);
	init_waitqueue_head(&chan->rescind_done);
	tasklet_setup(&chan->drain_tasklet, channel_drain_tasklet);
	chan->state = CHANNEL_OFFERED;
}

static bool channel_may_become(enum channel_state from, enum channel_state to)
{
	switch (from) {
	case CHANNEL_OFFERED:
		return to == CHANNEL_OPENING;
	case CHANNEL_OPENING:
		return to == CHANNEL_OPEN || to == CHANNEL_CLOSING;
	case CHANNEL_OPEN:
		return to == CHANNEL_CLOSING;
	case CHANNEL_CLOSING:
		return to == CHANNEL_OFFERED;
	}
	return false;
}

static void channel_set_state(struct hvg_channel *chan, enum channel_state to)
{
	lockdep_assert_held(&chan->open_lock);
	WARN_ON(!channel_may_become(chan->state, to));
	WRITE_ONCE(chan->state, to);
}

static int channel_check_params(const struct hvg_open_params *params)
{
	if (params->send_bytes < RING_MIN_BYTES ||
	    params->recv_bytes < RING_MIN_BYTES ||
	    !IS_ALIGNED(params->send_bytes | params->recv_bytes,
			HVG_PAGE_SIZE))
		return -EINVAL;
	if (params->user_bytes > HVG_OFFER_USER_BYTES)
		return -EINVAL;
	if (!params->ops || (!params->ops->packet && !params->ops->event) ||
	    params->ops->max_packet < sizeof(struct hvg_packet_header) ||
	    params->ops->max_packet > PACKET_MAX_BYTES)
		return -EINVAL;
	return 0;
}

static int channel_alloc_rings(struct hvg_channel *chan,
			       const struct hvg_open_params *params)
{
	struct ring_memory *mem = &chan->memory;
	int err;

	chan->rx_buf_bytes = params->ops->max_packet;
	chan->rx_buf = kvmalloc(chan->rx_buf_bytes, GFP_NOIO);
	if (!chan->rx_buf)
		return -ENOMEM;
	err = ring_memory_alloc(mem, params->send_bytes, params->recv_bytes);
	if (err) {
		kvfree(chan->rx_buf);
		chan->rx_buf = NULL;
		return err;
	}
	ring_init(&chan->tx, mem->send, mem->send + HVG_PAGE_SIZE,
		  params->send_bytes - HVG_PAGE_SIZE);
	ring_init(&chan->rx, mem->recv, mem->recv + HVG_PAGE_SIZE,
		  params->recv_bytes - HVG_PAGE_SIZE);
	chan->tx.ctl->features = HVG_RING_FEATURE_PENDING_SEND;
	return 0;
}

/* From here on the host's packets reach the driver. */
static void channel_go_live(struct hvg_channel *chan)
{
	spin_lock_irq(&chan->rx_lock);
	chan->rx_live = true;
	spin_unlock_irq(&chan->rx_lock);
	spin_lock_irq(&chan->tx_lock);
	chan->tx_blocked = 0;
	chan->tx_live = true;
	spin_unlock_irq(&chan->tx_lock);
}

static void channel_stop_tx(struct hvg_channel *chan)
{
	spin_lock_irq(&chan->tx_lock);
	chan->tx_live = false;
	spin_unlock_irq(&chan->tx_lock);
}

/* When this returns no callback of the data path runs, nor starts. */
static void channel_stop_io(struct hvg_channel *chan)
{
	channel_stop_tx(chan);
	spin_lock_irq(&chan->rx_lock);
	chan->rx_live = false;
	spin_unlock_irq(&chan->rx_lock);
	/* An interrupt that saw the channel alive may be in a callback. */
	synchronize_rcu();
	tasklet_kill(&chan->drain_tasklet);
}

/* The host closes it, or will be asked before it is asked for the rings. */
static int channel_post_close(struct hvg_channel *chan)
{
	struct hvg_msg_channel msg = {
		{ HVG_MSG_CLOSE_CHANNEL, 0 }, chan->id
	};
	int err = 0;

	if (!hvg_channel_rescinded(chan))
		err = message_post(&msg, sizeof(msg));
	chan->close_owed = err;
	return err;
}

static int channel_begin_teardown(struct hvg_channel *chan)
{
	int err;

	if (chan->tearing_down)
		return 0;
	if (chan->close_owed) {
		err = channel_post_close(chan);
		if (err)
			return err;
	}
	err = gpadl_teardown_begin(chan, chan->gpadl, &chan->teardown);
	chan->tearing_down = !err;
	return err;
}

static void channel_end_teardown(struct hvg_channel *chan)
{
	/* A rescind may be about to end it. */
	if (chan->tearing_down)
		request_cancel(&chan->teardown);
	chan->tearing_down = false;
	chan->close_owed = false;
	chan->gpadl = 0;
}

/*
 * Have the rings back from the host. -errno: it has them still. After a rescind
 * nothing more is heard of them: they stay until the channel goes.
 */
static int channel_free_rings(struct hvg_channel *chan, unsigned int limit_ms)
{
	int err;

	lockdep_assert_held(&chan->open_lock);
	kvfree(chan->rx_buf);
	chan->rx_buf = NULL;
	if (hvg_channel_rescinded(chan))
		return 0;
	if (chan->gpadl) {
		err = channel_begin_teardown(chan);
		if (!err)
			err = request_expect(&chan->teardown, limit_ms);
		if (err)
			return err == -ENODEV ? 0 : err;
	}
	channel_end_teardown(chan);
	ring_memory_free(&chan->memory);
	return 0;
}

/* Go on without the rings, whether the host has given them back or not. */
static void channel_drop_rings(struct hvg_channel *chan)
{
	bool ours = hvg_channel_rescinded(chan);

	lockdep_assert_held(&chan->open_lock);
	if (!chan->memory.pages)
		return;
	if (chan->tearing_down && !request_expect(&chan->teardown, 0))
		ours = true;
	channel_end_teardown(chan);
	if (ours)
		ring_memory_free(&chan->memory);
	else
		ring_memory_lose(&chan->memory);
}

/**
 * channel_abandon() - a closed channel goes for good
 * @chan: nobody opens it any more
 *
 * Context: process.
 */
void channel_abandon(struct hvg_channel *chan)
{
	mutex_lock(&chan->open_lock);
	channel_drop_rings(chan);
	mutex_unlock(&chan->open_lock);
}

/* The target CPU stays: who would take it away waits until it is open. */
static int channel_post_open(struct hvg_channel *chan,
			     const struct hvg_open_params *params)
{
	const struct hvg_msg_open_result *result;
	struct hvg_msg_open msg;
	struct host_request req;
	int err;

	memset(&msg, 0, sizeof(msg));
	msg.header.type = HVG_MSG_OPEN_CHANNEL;
	msg.channel = chan->id;
	msg.open_id = atomic_inc_return(&next_open_id);
	msg.gpadl = chan->gpadl;
	msg.target_vp = affinity_target_vp(chan);
	msg.downstream_page = chan->memory.send_count;
	if (params->user)
		memcpy(msg.user, params->user, params->user_bytes);

	request_begin(&req, chan, HVG_MSG_OPEN_RESULT, msg.open_id);
	err = message_post(&msg, HVG_OPEN_SIZE_V1);
	if (err) {
		request_cancel(&req);
		return err;
	}
	err = request_wait(&req, host_limit_ms);
	if (err) {
		/* It may have opened after all. */
		channel_post_close(chan);
		return err;
	}
	result = (const void *)req.reply;
	if (result->channel == chan->id && !result->status)
		return 0;
	dev_err(&chan->bdev->hdev.dev,
		"open refused: expected channel %u, status 0, got %u, %#x\n",
		chan->id, result->channel, result->status);
	if (result->channel != chan->id)
		channel_post_close(chan);
	return -EIO;
}

/* The last step: a rescind from here on is told through ops->rescind(). */
static int channel_become_open(struct hvg_channel *chan)
{
	int err = 0;

	mutex_lock(&chan->callback_lock);
	if (hvg_channel_rescinded(chan))
		err = -ENODEV;
	else
		channel_set_state(chan, CHANNEL_OPEN);
	mutex_unlock(&chan->callback_lock);
	return err;
}

static int channel_do_open(struct hvg_channel *chan,
			   const struct hvg_open_params *params)
{
	int err;

	lockdep_assert_held(&chan->open_lock);
	channel_drop_rings(chan);
	err = channel_alloc_rings(chan, params);
	if (err)
		return err;
	chan->ops = params->ops;
	chan->context = params->context;
	chan->broken = false;
	channel_set_state(chan, CHANNEL_OPENING);

	err = gpadl_create(chan, chan->memory.pages, chan->memory.count,
			   &chan->gpadl);
	if (err) {
		channel_set_state(chan, CHANNEL_CLOSING);
		goto rings;
	}
	/*
	 * Not under the CPU hotplug lock: a disk may wait for this channel, and
	 * who holds that lock for memory that is written to the disk.
	 */
	affinity_assign(chan);
	/* The host may send before its answer has been seen. */
	channel_go_live(chan);
	err = channel_post_open(chan, params);
	if (!err)
		err = channel_become_open(chan);
	if (!err)
		return 0;

	channel_set_state(chan, CHANNEL_CLOSING);
	/* First, as a move of the channel looks at its ring once more. */
	affinity_release(chan);
	channel_stop_io(chan);
rings:
	channel_free_rings(chan, host_limit_ms);
	chan->ops = NULL;
	chan->context = NULL;
	channel_set_state(chan, CHANNEL_OFFERED);
	return err;
}

/**
 * hvg_channel_open() - open a channel
 * @chan: from the device or the subchannel() callback
 * @params: sizes in bytes, callbacks, what the host's service gets
 *
 * OPEN_CHANNEL and OPEN_RESULT; hvg/vmbus_wire.h. Packets may reach the
 * callbacks before this returns. Rings that a host has not given back after
 * the close before are not waited for: they stay lost until the module goes.
 *
 * Context: process; waits for the host, up to the module's host_limit for
 * each of its two answers.
 * Return: 0; -EINVAL: parameters; -EBUSY: it is open; -ENOMEM; -ENOSPC: the
 * host keeps the memory of channels before it; -EIO: refused by the host;
 * -ENODEV: rescinded; -ETIMEDOUT.
 */
int hvg_channel_open(struct hvg_channel *chan,
		     const struct hvg_open_params *params)
{
	int err;

	err = channel_check_params(params);
	if (err)
		return err;
	mutex_lock(&chan->open_lock);
	if (hvg_channel_rescinded(chan))
		err = -ENODEV;
	else if (chan->state != CHANNEL_OFFERED)
		err = -EBUSY;
	else
		err = channel_do_open(chan, params);
	mutex_unlock(&chan->open_lock);
	trace_hvg_open(chan->id, chan->cpu, params->send_bytes,
		       params->recv_bytes, err);
	return err;
}
EXPORT_SYMBOL_GPL(hvg_channel_open);

/*
 * Take open_lock with no ops->rescind() running in another task, and make
 * sure that none starts. False: there is nothing to close.
 */
static bool channel_begin_close(struct hvg_channel *chan)
{
	struct task_struct *other;

	for (;;) {
		bool open;

		mutex_lock(&chan->open_lock);
		mutex_lock(&chan->callback_lock);
		open = chan->state == CHANNEL_OPEN;
		other = chan->rescinding == current ? NULL : chan->rescinding;
		if (open && !other)
			channel_set_state(chan, CHANNEL_CLOSING);
		mutex_unlock(&chan->callback_lock);
		if (open && !other)
			return true;
		mutex_unlock(&chan->open_lock);
		if (!other)
			return false;
		/* Also when rescind() has closed it by itself. */
		wait_event(chan->rescind_done, !READ_ONCE(chan->rescinding));
	}
}

static int channel_close(struct hvg_channel *chan, unsigned int limit_ms)
{
	bool open = channel_begin_close(chan);
	int err;

	if (open) {
		/* First, as a move of the channel looks at its ring again. */
		affinity_release(chan);
		channel_stop_io(chan);
		channel_post_close(chan);
	} else {
		mutex_lock(&chan->open_lock);
	}
	/* Somebody else may have opened it again by now. */
	err = open || chan->state == CHANNEL_OFFERED ?
	      channel_free_rings(chan, limit_ms) : 0;
	if (open) {
		chan->ops = NULL;
		chan->context = NULL;
		channel_set_state(chan, CHANNEL_OFFERED);
	}
	mutex_unlock(&chan->open_lock);
	if (open)
		trace_hvg_close(chan->id, hvg_channel_rescinded(chan));
	return err;
}

/**
 * hvg_channel_close() - close a channel and wait for the host
 * @chan: need not be open
 *
 * CLOSE_CHANNEL; hvg/vmbus_wire.h. No callback runs after it returned,
 * except the rescind() that it may be called from. A host gives the rings up
 * when all that came on them has ended, and only then the memory that those
 * requests named is the guest's again. Where that takes longer, call it again.
 *
 * Context: process; waits for the host, up to the module's host_limit, and for
 * a rescind() that runs in another task.
 * Return: 0: the host has nothing of what was closed any more, or has taken the
 * channel away; -EINPROGRESS: it has not said so; -errno: nor could it be asked.
 */
int hvg_channel_close(struct hvg_channel *chan)
{
	return channel_close(chan, host_limit_ms);
}
EXPORT_SYMBOL_GPL(hvg_channel_close);

/**
 * hvg_channel_close_begin() - close a channel without a wait for the host
 * @chan: need not be open
 *
 * As hvg_channel_close(), for who has others to close.
 *
 * Context: process; waits for whoever else closes it, and for a rescind() that
 * runs in another task.
 * Return: as hvg_channel_close().
 */
int hvg_channel_close_begin(struct hvg_channel *chan)
{
	return channel_close(chan, 0);
}
EXPORT_SYMBOL_GPL(hvg_channel_close_begin);

/**
 * channel_rescind_callback() - tell the driver of a rescind
 * @chan: marked as rescinded
 *
 * What the host had sent by then is handed over first. It may say that the
 * channel goes before it has answered all, so more is handed over as long as
 * the driver cares to wait.
 *
 * Context: process.
 */
void channel_rescind_callback(struct hvg_channel *chan)
{
	const struct hvg_channel_ops *ops = NULL;

	mutex_lock(&chan->callback_lock);
	if (chan->state == CHANNEL_OPEN) {
		chan->rescinding = current;
		ops = chan->ops;
	}
	mutex_unlock(&chan->callback_lock);
	if (!ops)
		return;

	channel_stop_tx(chan);
	if (!ops->event)
		channel_drain_now(chan);
	if (ops->rescind)
		ops->rescind(chan);
	channel_stop_io(chan);

	mutex_lock(&chan->callback_lock);
	WRITE_ONCE(chan->rescinding, NULL);
	mutex_unlock(&chan->callback_lock);
	wake_up_all(&chan->rescind_done);
}

/**
 * hvg_channel_get() - keep a channel's memory
 * @chan: channel
 *
 * Context: any.
 * Return: @chan.
 */
struct hvg_channel *hvg_channel_get(struct hvg_channel *chan)
{
	kobject_get(&chan->kobj);
	return chan;
}
EXPORT_SYMBOL_GPL(hvg_channel_get);

/**
 * hvg_channel_put() - undo hvg_channel_get()
 * @chan: channel
 *
 * Context: process.
 */
void hvg_channel_put(struct hvg_channel *chan)
{
	kobject_put(&chan->kobj);
}
EXPORT_SYMBOL_GPL(hvg_channel_put);

/**
 * hvg_channel_context() - what the driver gave to hvg_channel_open()
 * @chan: channel
 *
 * Context: any.
 */
void *hvg_channel_context(struct hvg_channel *chan)
{
	return chan->context;
}
EXPORT_SYMBOL_GPL(hvg_channel_context);

/**
 * hvg_channel_device() - the device that a channel belongs to
 * @chan: primary or sub-channel
 *
 * Context: any.
 */
struct hvg_device *hvg_channel_device(struct hvg_channel *chan)
{
	return &chan->bdev->hdev;
}
EXPORT_SYMBOL_GPL(hvg_channel_device);

/**
 * hvg_channel_subchannel_index() - which sub-channel it is
 * @chan: channel
 *
 * Context: any.
 * Return: index in the offer, 0: the primary channel.
 */
u16 hvg_channel_subchannel_index(struct hvg_channel *chan)
{
	return chan->offer.subchannel;
}
EXPORT_SYMBOL_GPL(hvg_channel_subchannel_index);

/**
 * hvg_channel_cpu() - the CPU that takes a channel's interrupts
 * @chan: open channel
 *
 * Context: any; it may change at any time.
 */
unsigned int hvg_channel_cpu(struct hvg_channel *chan)
{
	return READ_ONCE(chan->cpu);
}
EXPORT_SYMBOL_GPL(hvg_channel_cpu);

/**
 * hvg_channel_rescinded() - has the host taken the channel away
 * @chan: channel
 *
 * Context: any.
 */
bool hvg_channel_rescinded(struct hvg_channel *chan)
{
	return READ_ONCE(chan->rescinded);
}
EXPORT_SYMBOL_GPL(hvg_channel_rescinded);

/**
 * hvg_channel_broken() - has the ring been given up
 * @chan: channel
 *
 * Context: any.
 * Return: true after the host broke the rules; until the next open.
 */
bool hvg_channel_broken(struct hvg_channel *chan)
{
	return READ_ONCE(chan->broken);
}
EXPORT_SYMBOL_GPL(hvg_channel_broken);
