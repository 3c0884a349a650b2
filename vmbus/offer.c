// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offers and rescinds: channels come and go.
 *
 * The message work enters an offer into the table and marks a rescind, and
 * never blocks on a driver. What a driver takes part in happens in two
 * ordered work queues: one adds and removes devices, so that a rescind comes
 * after the probe and a second offer after the end of the first; the other
 * tells a driver of the rescind while it may still sit in its probe.
 */
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "log.h"
#include "message.h"
#include "offer.h"
#include "request.h"
#include "sysfs.h"
#include "trace.h"

/* Protects channels, the sub-channel lists and the writing of the table. */
DEFINE_MUTEX(channels_lock);
LIST_HEAD(channels);

/* By channel id. Written under channels_lock, read under RCU. */
static struct hvg_channel __rcu *table[HVG_MAX_CHANNELS];
/* The largest id ever in the table; only grows while connected. */
static u32 highest_id;
/*
 * Offers that there was no memory for. The host wants their ids back as well
 * when it rescinds them. Protected by channels_lock.
 */
static DECLARE_BITMAP(forgotten, HVG_MAX_CHANNELS);
/* Offers are taken. Protected by channels_lock. */
static bool accepting;

static struct workqueue_struct *device_queue;
static struct workqueue_struct *rescind_queue;

/*
 * Channels and devices that exist, and one for the connection: the module must
 * not go before they do.
 */
static atomic_t living;
static DECLARE_COMPLETION(all_gone);

/**
 * offer_channel() - the channel of an id
 * @id: as the host gave it
 *
 * Context: any, under rcu_read_lock() or channels_lock.
 * Return: channel or NULL.
 */
struct hvg_channel *offer_channel(u32 id)
{
	if (!id || id >= HVG_MAX_CHANNELS)
		return NULL;
	return rcu_dereference_check(table[id],
				     lockdep_is_held(&channels_lock));
}

/**
 * offer_highest_id() - end of the ids that can have an event flag set
 *
 * Context: any.
 */
u32 offer_highest_id(void)
{
	return READ_ONCE(highest_id);
}

/**
 * offer_object_born() - one more object whose end the module waits for
 *
 * Context: any.
 */
void offer_object_born(void)
{
	atomic_inc(&living);
}

/**
 * offer_object_gone() - one object less
 *
 * Context: any.
 */
void offer_object_gone(void)
{
	if (atomic_dec_and_test(&living))
		complete(&all_gone);
}

static void channel_release(struct kobject *kobj)
{
	struct hvg_channel *chan = container_of(kobj, struct hvg_channel, kobj);

	bus_device_put(chan->bdev);
	kfree(chan);
	offer_object_gone();
}

/* Give an id back to the host, once. */
static void offer_release_id(u32 id)
{
	struct hvg_msg_channel msg = { { HVG_MSG_RELID_RELEASED, 0 }, id };

	/* After UNLOAD the host knows no ids. */
	if (connection.state == CONNECTION_UP)
		message_post(&msg, sizeof(msg));
}

/*
 * Leave the table and give the id back to the host. Nobody has the channel
 * open; interrupts that still look at it are waited for.
 */
static void channel_drop(struct hvg_channel *chan, bool release_id)
{
	mutex_lock(&channels_lock);
	RCU_INIT_POINTER(table[chan->id], NULL);
	list_del(&chan->link);
	list_del(&chan->sub_link);
	mutex_unlock(&channels_lock);
	synchronize_rcu();
	if (release_id)
		offer_release_id(chan->id);
	channel_abandon(chan);
	kobject_put(&chan->kobj);
}

static void channel_remove(struct hvg_channel *chan)
{
	if (channel_is_primary(chan))
		bus_device_remove(chan->bdev);
	else
		bus_subchannel_remove(chan);
	channel_drop(chan, chan->rescinded);
}

static void channel_add_work(struct work_struct *work)
{
	struct hvg_channel *chan =
		container_of(work, struct hvg_channel, add_work);

	if (READ_ONCE(chan->rescinded))
		return;
	if (channel_is_primary(chan))
		bus_device_add(chan->bdev);
	else
		bus_subchannel_add(chan);
}

static void channel_rescind_work(struct work_struct *work)
{
	channel_rescind_callback(container_of(work, struct hvg_channel,
					      rescind_work));
}

/* Frees the channel, so that its rescind_work must be over. */
static void channel_remove_work(struct work_struct *work)
{
	flush_workqueue(rescind_queue);
	channel_remove(container_of(work, struct hvg_channel, remove_work));
}

static const struct kobj_type channel_ktype = {
	.release = channel_release,
	.sysfs_ops = &channel_sysfs_ops,
	.default_groups = channel_sysfs_groups,
};

static struct hvg_channel *channel_alloc(const struct hvg_msg_offer *offer)
{
	struct hvg_channel *chan = kzalloc_obj(*chan, GFP_NOIO);

	if (!chan)
		return NULL;
	offer_object_born();
	kobject_init(&chan->kobj, &channel_ktype);
	INIT_LIST_HEAD(&chan->link);
	INIT_LIST_HEAD(&chan->sub_link);
	INIT_WORK(&chan->rescind_work, channel_rescind_work);
	INIT_WORK(&chan->add_work, channel_add_work);
	INIT_WORK(&chan->remove_work, channel_remove_work);
	channel_init(chan);

	chan->offer = *offer;
	chan->id = offer->channel;
	chan->cpu = connection.cpu;
	chan->connection_id = connection.version >= HVG_VERSION_WIN7 ?
		offer->connection_id : HVG_CONN_EVENT;
	chan->use_interrupt_page = connection.version < HVG_VERSION_WIN7 ||
		(connection.version < HVG_VERSION_WIN10_V5 &&
		 !(offer->interrupt_flags & HVG_OFFER_DEDICATED_INTERRUPT));
	/* Group and bit of the monitor pages come out of the id. */
	chan->monitored = offer->monitor_flags & HVG_OFFER_MONITOR_ALLOCATED &&
		offer->monitor_id < HVG_MONITOR_GROUPS * HVG_MONITOR_GROUP_BITS;
	return chan;
}

static struct bus_device *find_device(const struct hvg_msg_offer *offer)
{
	struct hvg_channel *chan;

	lockdep_assert_held(&channels_lock);
	list_for_each_entry(chan, &channels, link)
		if (channel_is_primary(chan) && !chan->rescinded &&
		    !memcmp(&chan->offer.instance, &offer->instance,
			    sizeof(offer->instance)))
			return chan->bdev;
	return NULL;
}

static bool has_subchannel(struct bus_device *bdev, u16 index)
{
	struct hvg_channel *chan;

	lockdep_assert_held(&channels_lock);
	list_for_each_entry(chan, &bdev->subs, sub_link)
		if (chan->offer.subchannel == index && !chan->rescinded)
			return true;
	return false;
}

static const char *offer_refusal(const struct hvg_msg_offer *offer,
				 struct bus_device *bdev)
{
	if (!accepting)
		return "none was asked for, or the bus is going down";
	if (!offer->channel || offer->channel >= HVG_MAX_CHANNELS)
		return "its id is out of range";
	if (offer_channel(offer->channel))
		return "its id is in use";
	if (!offer->subchannel)
		return bdev ? "its instance is there already" : NULL;
	if (!bdev)
		return "a sub-channel without a primary channel";
	if (memcmp(&bdev->hdev.interface, &offer->interface,
		   sizeof(offer->interface)))
		return "a sub-channel of another interface";
	if (has_subchannel(bdev, offer->subchannel))
		return "its sub-channel index is in use";
	return NULL;
}

static int offer_enter(const struct hvg_msg_offer *offer,
		       struct bus_device *bdev)
{
	struct hvg_channel *chan = channel_alloc(offer);

	if (!chan)
		return -ENOMEM;
	chan->bdev = bdev ? bus_device_get(bdev) : bus_device_alloc(chan);
	if (!chan->bdev) {
		kobject_put(&chan->kobj);
		return -ENOMEM;
	}
	list_add_tail(&chan->link, &channels);
	if (bdev)
		list_add_tail(&chan->sub_link, &bdev->subs);
	if (chan->id > highest_id)
		WRITE_ONCE(highest_id, chan->id);
	rcu_assign_pointer(table[chan->id], chan);
	__clear_bit(chan->id, forgotten);
	queue_work(device_queue, &chan->add_work);
	return 0;
}

/**
 * offer_received() - OFFER_CHANNEL
 * @data: message, at least as long as an offer of 0.13
 * @bytes: its length
 *
 * Context: process, from the dispatcher.
 */
void offer_received(const void *data, size_t bytes)
{
	struct hvg_msg_offer offer;
	struct bus_device *bdev;
	const char *refusal;

	if (connection.version >= HVG_VERSION_WIN7 && bytes < sizeof(offer)) {
		message_malformed("OFFER_CHANNEL", sizeof(offer), bytes);
		return;
	}
	memset(&offer, 0, sizeof(offer));
	memcpy(&offer, data, min(bytes, sizeof(offer)));
	/* A host without sub-channels may have anything there. */
	if (connection.version < HVG_VERSION_WIN8)
		offer.subchannel = 0;

	mutex_lock(&channels_lock);
	bdev = find_device(&offer);
	refusal = offer_refusal(&offer, bdev);
	if (!refusal && offer_enter(&offer, offer.subchannel ? bdev : NULL)) {
		__set_bit(offer.channel, forgotten);
		refusal = "out of memory";
	}
	mutex_unlock(&channels_lock);

	trace_hvg_offer(&offer, !refusal);
	if (refusal)
		vmbus_warn_host("offer of channel %u (sub-channel index %u) refused: %s\n",
				offer.channel, offer.subchannel, refusal);
}

/**
 * hvg_channel_rescinded_at() - when the host has taken the channel away
 * @chan: channel, rescinded
 *
 * Context: any.
 * Return: jiffies when RESCIND_OFFER came.
 */
unsigned long hvg_channel_rescinded_at(struct hvg_channel *chan)
{
	/* Pairs with smp_wmb() in offer_rescinded(). */
	smp_rmb();
	return chan->rescinded_at;
}
EXPORT_SYMBOL_GPL(hvg_channel_rescinded_at);

/**
 * offer_rescinded() - RESCIND_OFFER
 * @data: message
 * @bytes: its length
 *
 * The mark comes first, then the end of all waits for the host, then the
 * driver and the device, whose end gives the id back.
 *
 * Context: process, from the dispatcher.
 */
void offer_rescinded(const void *data, size_t bytes)
{
	const struct hvg_msg_channel *msg = data;
	struct hvg_channel *chan;
	bool first = false, owed = false;

	mutex_lock(&channels_lock);
	chan = offer_channel(msg->channel);
	if (chan && !chan->rescinded) {
		chan->rescinded_at = jiffies;
		/* Pairs with smp_rmb() in hvg_channel_rescinded_at(). */
		smp_wmb();
		WRITE_ONCE(chan->rescinded, true);
		request_rescind(chan);
		first = true;
		if (accepting) {
			queue_work(rescind_queue, &chan->rescind_work);
			/* Now, to be ahead of what takes the channel's place. */
			queue_work(device_queue, &chan->remove_work);
		}
	} else if (!chan && msg->channel < HVG_MAX_CHANNELS) {
		owed = __test_and_clear_bit(msg->channel, forgotten);
	}
	mutex_unlock(&channels_lock);

	trace_hvg_rescind(msg->channel, first);
	if (owed)
		offer_release_id(msg->channel);
	else if (!first)
		vmbus_warn_host("rescind of channel %u ignored: it is not offered\n",
				msg->channel);
}

/**
 * offer_start() - take offers from now on
 *
 * What a channel is like follows from the connection's version: before that
 * is known there is none.
 *
 * Context: process; the connection is up.
 */
void offer_start(void)
{
	mutex_lock(&channels_lock);
	accepting = true;
	mutex_unlock(&channels_lock);
}

/**
 * offer_flush() - wait until all that was offered so far has its device
 *
 * Context: process; not from a work of this file.
 */
void offer_flush(void)
{
	flush_workqueue(rescind_queue);
	flush_workqueue(device_queue);
}

/**
 * offer_stop() - remove all devices and take no more offers
 *
 * The connection is up still, so drivers close their channels in good order.
 *
 * Context: process.
 */
void offer_stop(void)
{
	struct hvg_channel *chan;

	mutex_lock(&channels_lock);
	accepting = false;
	mutex_unlock(&channels_lock);
	offer_flush();

	/* Sub-channels come after their primaries: from the end backwards. */
	for (;;) {
		mutex_lock(&channels_lock);
		chan = list_empty(&channels) ? NULL :
			list_entry(channels.prev, struct hvg_channel, link);
		mutex_unlock(&channels_lock);
		if (!chan)
			break;
		channel_remove(chan);
	}
}

/**
 * offer_exit() - undo offer_init()
 *
 * Waits for the last holder of a device: its memory is of this module.
 *
 * Context: process; offers are not taken yet, or after offer_stop().
 */
void offer_exit(void)
{
	offer_object_gone();
	while (!wait_for_completion_timeout(&all_gone,
					    msecs_to_jiffies(host_limit_ms)))
		vmbus_warn("waiting for who holds %d devices and channels that are gone\n",
			   atomic_read(&living));
	destroy_workqueue(device_queue);
	destroy_workqueue(rescind_queue);
}

/**
 * offer_init() - get ready for offers
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int offer_init(void)
{
	highest_id = 0;
	bitmap_zero(forgotten, HVG_MAX_CHANNELS);
	accepting = false;
	atomic_set(&living, 1);
	reinit_completion(&all_gone);
	device_queue = alloc_ordered_workqueue("hvg_vmbus_dev", 0);
	if (!device_queue)
		return -ENOMEM;
	/* A disk that memory is written to may end here. */
	rescind_queue = alloc_ordered_workqueue("hvg_vmbus_rescind",
						WQ_MEM_RECLAIM);
	if (!rescind_queue) {
		destroy_workqueue(device_queue);
		return -ENOMEM;
	}
	return 0;
}
