// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channels of an adapter: opening, closing, losing them, and which CPU
 * sends on which.
 *
 * A CPU sends on the channel whose interrupt it takes, so that a completion
 * runs where the command was submitted. CPUs without a channel of their own
 * share those of their NUMA node, or else all of them. Without sub-channels,
 * or when one is lost, the primary channel serves. Transaction ids say
 * nothing about the channel, so the host may answer on any.
 *
 * Process context, but for the callbacks of the bus that say otherwise.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/wait.h>
#include <scsi/scsi.h>
#include "storvsc.h"

/* The host expects the channel properties of a sub-channel: all zero. */
#define STORVSC_OPEN_USER_BYTES	24

/* Largest packet that a storage host has to send, with room to spare. */
#define STORVSC_MAX_PACKET	512

/* After a rescind, for answers that are on their way. */
#define STORVSC_RESCIND_GRACE_MS	1000

static void storvsc_remap(struct work_struct *work);

/**
 * storvsc_channels_alloc - make room for the primary and its sub-channels
 * @a: adapter
 * @subchannels: how many may come at most
 *
 * Return: 0 or -ENOMEM.
 */
int storvsc_channels_alloc(struct storvsc_adapter *a, u16 subchannels)
{
	unsigned int i;

	INIT_WORK(&a->remap, storvsc_remap);
	init_waitqueue_head(&a->closed);
	a->chans = kcalloc(1 + subchannels, sizeof(*a->chans), GFP_KERNEL);
	a->cpu_chan = kcalloc(nr_cpu_ids, sizeof(*a->cpu_chan), GFP_KERNEL);
	if (!a->chans || !a->cpu_chan) {
		storvsc_channels_free(a);
		return -ENOMEM;
	}
	a->subchannels = subchannels;
	for (i = 0; i <= subchannels; i++) {
		a->chans[i].adapter = a;
		a->chans[i].index = i;
	}
	return 0;
}

/**
 * storvsc_channels_free - the opposite of storvsc_channels_alloc()
 * @a: adapter whose channels are closed and which takes no commands
 *
 * No callback of the bus runs any more afterwards.
 */
void storvsc_channels_free(struct storvsc_adapter *a)
{
	struct hvg_channel *chan;
	unsigned int i;

	for (i = 0; a->chans && i <= a->subchannels; i++) {
		chan = a->chans[i].last;
		if (!chan)
			continue;
		/* Closed already, but perhaps by a callback that still runs. */
		hvg_channel_close_begin(chan);
		hvg_channel_put(chan);
	}
	if (a->chans)
		cancel_work_sync(&a->remap);
	kfree(a->chans);
	kfree(a->cpu_chan);
	a->chans = NULL;
	a->cpu_chan = NULL;
}

static struct hvg_channel *storvsc_chan(struct storvsc_adapter *a,
					unsigned int index)
{
	return rcu_dereference_protected(a->chans[index].chan,
					 lockdep_is_held(&a->chan_lock));
}

/*
 * The @turn'th open channel, counted around; of @node if that is not
 * NUMA_NO_NODE. -1 if there is none.
 */
static int storvsc_pick(struct storvsc_adapter *a, int node, unsigned int turn)
{
	struct hvg_channel *chan;
	unsigned int pass, i, n = 0;

	for (pass = 0; pass < 2; pass++) {
		if (pass && n)
			turn %= n;
		else if (pass)
			return -1;
		for (i = 0, n = 0; i <= a->subchannels; i++) {
			chan = storvsc_chan(a, i);
			if (!chan)
				continue;
			if (node != NUMA_NO_NODE &&
			    cpu_to_node(hvg_channel_cpu(chan)) != node)
				continue;
			if (pass && n == turn)
				return i;
			n++;
		}
	}
	return -1;
}

static int storvsc_own_channel(struct storvsc_adapter *a, unsigned int cpu)
{
	struct hvg_channel *chan;
	unsigned int i;

	/* From the end: a sub-channel before the busier primary. */
	for (i = a->subchannels + 1; i-- > 0;) {
		chan = storvsc_chan(a, i);
		if (chan && hvg_channel_cpu(chan) == cpu)
			return i;
	}
	return -1;
}

/* Caller holds chan_lock. */
static void storvsc_map_cpus(struct storvsc_adapter *a)
{
	unsigned int cpu, turn = 0;
	int index;

	for_each_possible_cpu(cpu) {
		index = storvsc_own_channel(a, cpu);
		if (index < 0)
			index = storvsc_pick(a, cpu_to_node(cpu), turn++);
		if (index < 0)
			index = storvsc_pick(a, NUMA_NO_NODE, turn++);
		WRITE_ONCE(a->cpu_chan[cpu], index < 0 ? 0 : index);
	}
}

static void storvsc_remap(struct work_struct *work)
{
	struct storvsc_adapter *a = container_of(work, struct storvsc_adapter,
						 remap);

	mutex_lock(&a->chan_lock);
	storvsc_map_cpus(a);
	mutex_unlock(&a->chan_lock);
}

/* The channel that the host has taken away, which takes @chan with it. */
static struct hvg_channel *storvsc_rescinded(struct storvsc_adapter *a,
					     struct hvg_channel *chan)
{
	if (hvg_channel_rescinded(chan))
		return chan;
	/* With the primary channel all others go. */
	chan = a->hdev->channel;
	return hvg_channel_rescinded(chan) ? chan : NULL;
}

/*
 * The host may say that it takes a channel away while requests are still being
 * done on it, and nothing says when they have been: only their answers do,
 * where they come. How many channels ever go together, the time of each is
 * from when the host said so; and of one that goes with the primary, without a
 * word of its own, from when the adapter sent its last.
 */
static void storvsc_grace(struct storvsc_adapter *a, unsigned int index,
			  struct hvg_channel *chan)
{
	struct hvg_channel *gone = storvsc_rescinded(a, chan);
	unsigned long since = hvg_channel_rescinded_at(gone), halted;
	unsigned long grace = msecs_to_jiffies(STORVSC_RESCIND_GRACE_MS);

	if (gone != chan) {
		mutex_lock(&a->chan_lock);
		halted = a->state == STORVSC_RUNNING ? jiffies : a->halted;
		mutex_unlock(&a->chan_lock);
		if (time_after(halted, since))
			since = halted;
	}
	while (storvsc_slots_on(a, index)) {
		hvg_channel_look(chan);
		if (jiffies - since >= grace)
			return;
		msleep(20);
	}
}

/*
 * Close one channel: nothing more is sent on it, the host gives up the pages
 * of what was outstanding, and that is finished with @host_byte. So it is when
 * this returns true, also where somebody else has begun it. Where it is false
 * the host may still do what was outstanding, so that this stays as it is, and
 * the caller comes again.
 *
 * With the primary channel a host takes the sub-channels as well, of which it
 * may say nothing any more.
 *
 * No lock is held over that, because the bus waits for a storvsc_rescind()
 * that runs meanwhile; and nobody waits for another to be through with it, as
 * that may be one that waits for this storvsc_rescind(). Each closes the
 * channel, which only the first does, and finishes what is left.
 */
static bool storvsc_channel_close(struct storvsc_adapter *a,
				  unsigned int index, u8 host_byte, bool wait)
{
	struct storvsc_channel *sc = &a->chans[index];
	struct hvg_channel *chan = NULL;
	bool open, gone, held = false;
	unsigned long closed;

	mutex_lock(&a->chan_lock);
	open = storvsc_chan(a, index);
	if (open || sc->closers || sc->held) {
		chan = hvg_channel_get(sc->last);
		sc->closers++;
	}
	if (open) {
		sc->held = true;
		sc->closed = jiffies;
		RCU_INIT_POINTER(sc->chan, NULL);
		storvsc_map_cpus(a);
	}
	closed = sc->closed;
	mutex_unlock(&a->chan_lock);
	if (!chan)
		return true;

	/* Pairs with rcu_read_lock() in storvsc_submit(). */
	synchronize_rcu();
	gone = storvsc_rescinded(a, chan);
	if (!gone) {
		if (wait && (open || storvsc_slots_on(a, index)))
			held = hvg_channel_close(chan);
		else
			held = hvg_channel_close_begin(chan);
		gone = storvsc_rescinded(a, chan);
	}
	if (gone) {
		storvsc_grace(a, index, chan);
		hvg_channel_close_begin(chan);
		held = false;
	}
	if (!held)
		storvsc_slots_fail(a, index, host_byte, jiffies - closed);
	hvg_channel_put(chan);

	mutex_lock(&a->chan_lock);
	sc->held = held;
	sc->closers--;
	mutex_unlock(&a->chan_lock);
	wake_up_all(&a->closed);
	return !held;
}

/* Takes chan_lock, with nobody closing the channel of that place any more. */
static void storvsc_lock_closed(struct storvsc_adapter *a, unsigned int index)
{
	for (;;) {
		mutex_lock(&a->chan_lock);
		if (!a->chans[index].closers)
			return;
		mutex_unlock(&a->chan_lock);
		wait_event(a->closed, !READ_ONCE(a->chans[index].closers));
	}
}

static void storvsc_writable(struct hvg_channel *chan)
{
	struct storvsc_channel *sc = hvg_channel_context(chan);
	struct storvsc_adapter *a = sc->adapter;

	/* Pairs with the xchg in storvsc_submit(). */
	if (xchg(&a->ring_blocked, 0))
		schedule_work(&a->kick);
}

static void storvsc_rescind(struct hvg_channel *chan)
{
	struct storvsc_channel *sc = hvg_channel_context(chan);
	struct storvsc_adapter *a = sc->adapter;

	atomic_inc(&a->count.rescinded);
	if (!sc->index) {
		storvsc_take_down(a, STORVSC_GONE, DID_NO_CONNECT);
		return;
	}
	if (storvsc_state(a) == STORVSC_RUNNING)
		storvsc_note(a, 1, "sub-channel %u rescinded\n", sc->index);
	storvsc_channel_close(a, sc->index, DID_RESET, true);
}

/* Not here and now: who opens a channel under chan_lock waits for the bus. */
static void storvsc_moved(struct hvg_channel *chan)
{
	struct storvsc_channel *sc = hvg_channel_context(chan);

	schedule_work(&sc->adapter->remap);
}

static const struct hvg_channel_ops storvsc_channel_ops = {
	.packet = storvsc_packet,
	.writable = storvsc_writable,
	.rescind = storvsc_rescind,
	.moved = storvsc_moved,
	.max_packet = STORVSC_MAX_PACKET,
};

/* Caller holds chan_lock; the channel is open. */
static void storvsc_channel_use(struct storvsc_adapter *a, unsigned int index,
				struct hvg_channel *chan)
{
	struct storvsc_channel *sc = &a->chans[index];

	if (sc->last)
		hvg_channel_put(sc->last);
	sc->last = hvg_channel_get(chan);
	sc->held = false;
	rcu_assign_pointer(sc->chan, chan);
	storvsc_map_cpus(a);
}

/**
 * storvsc_channel_open - open a channel and send on it
 * @a: adapter
 * @index: 0 for the primary
 * @chan: the channel that the host offered
 *
 * Return: 0, -EINVAL for an index that was not asked for, -EEXIST for one
 * that is open, -EBUSY while the host still works on what came on the one
 * before, or the bus's error.
 */
int storvsc_channel_open(struct storvsc_adapter *a, u16 index,
			 struct hvg_channel *chan)
{
	static const u8 user[STORVSC_OPEN_USER_BYTES];
	struct hvg_open_params params = {
		.send_bytes = a->ring_bytes,
		.recv_bytes = a->ring_bytes,
		.user = user,
		.user_bytes = sizeof(user),
		.ops = &storvsc_channel_ops,
	};
	int ret;

	if (index > a->subchannels)
		return -EINVAL;
	params.context = &a->chans[index];

	/* The one before may have been rescinded, which ends it. */
	if (storvsc_channel_held(a, index))
		storvsc_channel_close(a, index, DID_RESET, false);
	storvsc_lock_closed(a, index);
	if (a->state == STORVSC_GONE || a->state == STORVSC_DEAD) {
		ret = -ENODEV;
	} else if (storvsc_chan(a, index)) {
		ret = -EEXIST;
	} else if (storvsc_slots_on(a, index)) {
		ret = -EBUSY;
	} else {
		ret = hvg_channel_open(chan, &params);
		if (!ret)
			storvsc_channel_use(a, index, chan);
	}
	mutex_unlock(&a->chan_lock);
	return ret;
}

/**
 * storvsc_channel_held - does the host still work on what came on a channel
 * @a: adapter
 * @index: of the channel; false while it is open
 *
 * Context: any.
 */
bool storvsc_channel_held(struct storvsc_adapter *a, u16 index)
{
	return READ_ONCE(a->chans[index].held);
}

/**
 * storvsc_channel_broken - has the bus given a channel up
 * @a: adapter
 * @index: of the channel; it need not be open
 *
 * Context: any.
 */
bool storvsc_channel_broken(struct storvsc_adapter *a, u16 index)
{
	struct hvg_channel *chan;
	bool broken;

	rcu_read_lock();
	chan = rcu_dereference(a->chans[index].chan);
	broken = chan && hvg_channel_broken(chan);
	rcu_read_unlock();
	return broken;
}

/**
 * storvsc_channel_look - look whether the host has answered on a channel
 * @a: adapter
 * @index: of the channel; it need not be open
 *
 * Context: any.
 */
void storvsc_channel_look(struct storvsc_adapter *a, u16 index)
{
	struct hvg_channel *chan;

	rcu_read_lock();
	chan = rcu_dereference(a->chans[index].chan);
	if (chan)
		hvg_channel_look(chan);
	rcu_read_unlock();
}

static void storvsc_say_held(struct storvsc_adapter *a)
{
	dev_warn_ratelimited(storvsc_dev(a),
			     "channel closed, but the host still works on its requests: waiting\n");
}

/**
 * storvsc_channels_mend - close sub-channels that do no more I/O
 * @a: adapter
 *
 * Their CPUs use the primary channel from then on.
 *
 * Return: true when the host has let go of what was outstanding on them; false:
 * call it again.
 */
bool storvsc_channels_mend(struct storvsc_adapter *a)
{
	bool wait = true, done = true;
	unsigned int i;

	for (i = a->subchannels; i > 0; i--) {
		if (!storvsc_channel_broken(a, i) &&
		    !storvsc_channel_held(a, i))
			continue;
		if (storvsc_channel_close(a, i, DID_RESET, wait))
			continue;
		wait = false;
		if (storvsc_slots_on(a, i))
			done = false;
	}
	if (!done)
		storvsc_say_held(a);
	return done;
}

/**
 * storvsc_set_state - change what happens to commands from now on
 * @a: adapter
 * @state: anything; has no effect once the adapter is gone
 */
void storvsc_set_state(struct storvsc_adapter *a, enum storvsc_state state)
{
	mutex_lock(&a->chan_lock);
	if (a->state == STORVSC_RUNNING && state != STORVSC_RUNNING)
		a->halted = jiffies;
	if (a->state != STORVSC_GONE)
		WRITE_ONCE(a->state, state);
	mutex_unlock(&a->chan_lock);
}

/**
 * storvsc_take_down - close all channels and finish what was outstanding
 * @a: adapter
 * @state: what comes after: resetting, dead or gone
 * @host_byte: DID_* for the commands that were outstanding
 *
 * Sub-channels first, and the primary only when the host has let go of them:
 * with the primary it takes them back, and says so before their last requests
 * have ended. Once it has let go of a channel it no longer touches the pages of
 * requests that came on it. As that may take long it is waited for only once,
 * and once more for the primary.
 *
 * Return: true when all commands that were outstanding are with the midlayer,
 * whoever has closed the channels; false: the host has not let go of some yet.
 */
bool storvsc_take_down(struct storvsc_adapter *a, enum storvsc_state state,
		       u8 host_byte)
{
	bool wait = true, closed = true;
	unsigned int i;

	storvsc_set_state(a, state);
	storvsc_sync_cancel(a, -ENODEV);

	for (i = a->subchannels + 1; i-- > 0 && (i || closed);) {
		if (storvsc_channel_close(a, i, host_byte, wait || !i))
			continue;
		wait = false;
		if (storvsc_slots_on(a, i))
			closed = false;
	}
	/* A request that got in between will not be answered any more. */
	storvsc_sync_cancel(a, -ENODEV);
	if (!closed)
		storvsc_say_held(a);
	return closed;
}
