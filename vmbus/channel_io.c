// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of a channel: packets out, packets in, signals.
 *
 * Sending works in any context under tx_lock. What the host has sent is read
 * under rx_lock, which makes its holder the only reader, and with interrupts
 * off, and handed to the driver. A driver that asks for events reads by itself,
 * without that lock.
 *
 * The interrupt reads, with the host's signals masked until a look at the ring
 * finds nothing; where there is more than one interrupt may take a tasklet
 * goes on. What the host answers while it is being signalled needs no
 * interrupt: who signals looks at the ring afterwards.
 */
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/sync_bitops.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "platform.h"
#include "trace.h"

/* Packets for which interrupts stay off. */
#define DRAIN_BUDGET	256

/* The ring broke the rules: nothing is read or sent any more. */
static void channel_break(struct hvg_channel *chan, const char *expected,
			  u64 got)
{
	chan->stats.bad_packets++;
	if (chan->broken)
		return;
	WRITE_ONCE(chan->broken, true);
	dev_err_ratelimited(&chan->bdev->hdev.dev,
			    "channel %u stopped: expected %s, got %llu\n",
			    chan->id, expected, got);
}

/**
 * hvg_channel_bad_packet() - count and log a packet that the driver refuses
 * @chan: channel
 * @expected: what should have been there
 * @got: what was
 *
 * Context: any.
 */
void hvg_channel_bad_packet(struct hvg_channel *chan, const char *expected,
			    u64 got)
{
	chan->stats.bad_packets++;
	dev_warn_ratelimited(&chan->bdev->hdev.dev,
			     "channel %u: bad packet dropped: expected %s, got %llu\n",
			     chan->id, expected, got);
}
EXPORT_SYMBOL_GPL(hvg_channel_bad_packet);

/*
 * Below 5.0 the host finds the channel by its bit in the second half of the
 * interrupt page, unless the channel has an interrupt of its own.
 */
static void channel_signal(struct hvg_channel *chan)
{
	unsigned long *bits;

	if (chan->use_interrupt_page) {
		bits = connection.interrupt_page + HVG_INTERRUPT_PAGE_HALF;
		sync_set_bit(chan->id, bits);
	}
	platform_signal_event(chan->connection_id, 0);
	trace_hvg_signal(chan->id);
}

/*
 * May the sender look at the ring after its signal? Only where the tasklet
 * runs at once, and not against somebody who has masked the host's signals
 * for longer. Caller holds tx_lock, taken with @flags.
 */
static bool channel_may_look(const struct hvg_channel *chan,
			     unsigned long flags)
{
	return !in_interrupt() && !irqs_disabled_flags(flags) &&
	       READ_ONCE(chan->rx_live) && !chan->ops->event &&
	       !READ_ONCE(chan->rx.ctl->interrupt_mask);
}

/*
 * Under RCU. A reader may be at work meanwhile. Each unmasks after its last
 * look and then looks again, so what the host writes is seen by one of them.
 */
static void channel_signal_and_look(struct hvg_channel *chan)
{
	/* Nobody else runs on this CPU while the host's signals are masked. */
	local_bh_disable();
	ring_rx_mask(&chan->rx);
	channel_signal(chan);
	if (ring_rx_unmask(&chan->rx))
		tasklet_schedule(&chan->drain_tasklet);
	local_bh_enable();
}

static int channel_tx_no_room(struct hvg_channel *chan, u32 bytes)
{
	bool awaited = chan->tx_blocked;
	int err;

	lockdep_assert_held(&chan->tx_lock);
	chan->stats.out_full_total++;
	if (!awaited)
		chan->stats.out_full_first++;
	/* Of several that wait the largest counts: one signal for all. */
	bytes = max(bytes, chan->tx_blocked);
	chan->tx_blocked = bytes;
	err = ring_tx_block(&chan->tx, bytes);
	/* Who was told to wait before, is to hear of the room all the same. */
	if (!err && awaited)
		tasklet_schedule(&chan->drain_tasklet);
	else if (!err)
		chan->tx_blocked = 0;
	return err;
}

static int channel_tx_reserve(struct hvg_channel *chan, u32 bytes)
{
	int err;

	lockdep_assert_held(&chan->tx_lock);
	if (!chan->tx_live || chan->broken || chan->rescinded)
		return -ENODEV;
	err = ring_tx_reserve(&chan->tx, bytes);
	if (err == -EAGAIN)
		err = channel_tx_no_room(chan, bytes);
	if (err == -EPROTO) {
		channel_break(chan, "a read index inside the ring",
			      READ_ONCE(chan->tx.ctl->read_index));
		err = -ENODEV;
	}
	return err;
}

/**
 * hvg_tx_begin() - reserve room for a packet and write its descriptor
 * @chan: open channel
 * @tx: the caller's; filled in
 * @type: enum hvg_packet_type
 * @desc_bytes: bytes between descriptor and payload (page ranges), a
 *	multiple of 8
 * @payload_bytes: bytes of payload, padded to 8 by the bus
 * @trans_id: comes back in the completion
 * @packet_flags: HVG_PACKET_FLAG_*
 *
 * The packet is what hvg/ring_wire.h describes. After 0 the send lock is held
 * with interrupts off: put what belongs between descriptor and payload, then
 * the payload, then hvg_tx_commit().
 *
 * Context: any.
 * Return: 0; -EAGAIN: no room, ops->writable() will be called; -ENODEV:
 * rescinded, not open or broken; -EMSGSIZE: can never fit; -EINVAL:
 * @desc_bytes.
 */
int hvg_tx_begin(struct hvg_channel *chan, struct hvg_tx *tx, u16 type,
		 u32 desc_bytes, u32 payload_bytes, u64 trans_id,
		 u16 packet_flags)
{
	struct hvg_packet_header head;
	u32 head_bytes = sizeof(head) + desc_bytes;
	u32 length = head_bytes + ALIGN(payload_bytes, 8);
	int err;

	if (!IS_ALIGNED(desc_bytes, 8))
		return -EINVAL;
	if (desc_bytes > U16_MAX * 8 || payload_bytes > U16_MAX * 8 ||
	    length > U16_MAX * 8)
		return -EMSGSIZE;

	spin_lock_irqsave(&chan->tx_lock, tx->flags);
	err = channel_tx_reserve(chan, length +
				 sizeof(struct hvg_packet_trailer));
	if (err) {
		spin_unlock_irqrestore(&chan->tx_lock, tx->flags);
		return err;
	}

	tx->chan = chan;
	tx->at = chan->tx.data + chan->tx.index;
	tx->end = tx->at + length;
	head.type = type;
	head.offset8 = head_bytes / 8;
	head.length8 = length / 8;
	head.flags = packet_flags;
	head.trans_id = trans_id;
	hvg_tx_put(tx, &head, sizeof(head));
	/* The lock stays held: to hvg_tx_commit(), not to sparse. */
	__release(&chan->tx_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(hvg_tx_begin);

/**
 * hvg_tx_commit() - hand a packet to the host
 * @tx: from hvg_tx_begin()
 *
 * What was reserved and not written is zeroed. Drops the send lock and
 * signals the host if the ring's rules say so.
 *
 * Context: after hvg_tx_begin().
 */
void hvg_tx_commit(struct hvg_tx *tx)
{
	struct hvg_channel *chan = tx->chan;
	bool signal, look;
	u32 bytes;

	__acquire(&chan->tx_lock);
	lockdep_assert_held(&chan->tx_lock);
	if (tx->at != tx->end)
		memset(tx->at, 0, tx->end - tx->at);
	bytes = tx->end - chan->tx.data - chan->tx.index +
		sizeof(struct hvg_packet_trailer);
	signal = ring_tx_publish(&chan->tx, bytes);
	chan->stats.packets_out++;
	chan->stats.bytes_out += bytes;
	if (signal)
		chan->stats.intr_out_empty++;
	look = signal && channel_may_look(chan, tx->flags);
	/* The rings stay: a close waits for it after it has had the lock. */
	rcu_read_lock();
	spin_unlock_irqrestore(&chan->tx_lock, tx->flags);
	if (look)
		channel_signal_and_look(chan);
	else if (signal)
		channel_signal(chan);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(hvg_tx_commit);

/**
 * hvg_channel_send() - send a packet without page ranges
 * @chan: open channel
 * @type: HVG_PACKET_INBAND or HVG_PACKET_COMPLETION
 * @data: payload
 * @bytes: its length
 * @trans_id: comes back in the completion, or is that of the request
 * @packet_flags: HVG_PACKET_FLAG_*
 *
 * Context: any.
 * Return: as hvg_tx_begin().
 */
int hvg_channel_send(struct hvg_channel *chan, u16 type, const void *data,
		     u32 bytes, u64 trans_id, u16 packet_flags)
{
	struct hvg_tx tx;
	int err;

	err = hvg_tx_begin(chan, &tx, type, 0, bytes, trans_id, packet_flags);
	if (err)
		return err;
	hvg_tx_put(&tx, data, bytes);
	hvg_tx_commit(&tx);
	return 0;
}
EXPORT_SYMBOL_GPL(hvg_channel_send);

/*
 * Somebody had found no room. Hosts from 2.4 on send an interrupt when there
 * is some; with older ones any interrupt of the channel will do.
 */
static void channel_tx_unblock(struct hvg_channel *chan)
{
	bool room = false;

	lockdep_assert_held(&chan->rx_lock);
	if (!chan->rx_live || !READ_ONCE(chan->tx_blocked))
		return;
	spin_lock(&chan->tx_lock);
	/* It asks anew: another sender may have had the room in between. */
	if (chan->tx_live && chan->tx_blocked &&
	    !ring_tx_block(&chan->tx, chan->tx_blocked)) {
		chan->tx_blocked = 0;
		room = true;
	}
	spin_unlock(&chan->tx_lock);
	if (room && chan->ops->writable)
		chan->ops->writable(chan);
}

static void channel_rx_publish(struct hvg_channel *chan)
{
	if (!ring_rx_publish(&chan->rx))
		return;
	chan->stats.intr_in_full++;
	channel_signal(chan);
}

/* 1: a packet was handed to the driver; 0: none; -errno: the ring is bad. */
static int channel_rx_packet(struct hvg_channel *chan)
{
	struct ring_packet raw;
	struct hvg_packet pkt;
	u32 head_bytes;
	int err;

	err = ring_rx_copy(&chan->rx, chan->rx_buf, chan->rx_buf_bytes, &raw);
	if (err <= 0)
		return err;
	head_bytes = raw.head.offset8 * 8u;
	pkt.type = raw.head.type;
	pkt.flags = raw.head.flags;
	pkt.trans_id = raw.head.trans_id;
	pkt.desc = chan->rx_buf + sizeof(raw.head);
	pkt.desc_bytes = head_bytes - sizeof(raw.head);
	pkt.data = chan->rx_buf + head_bytes;
	pkt.bytes = raw.bytes - head_bytes;
	chan->stats.packets_in++;
	chan->stats.bytes_in += raw.bytes + sizeof(struct hvg_packet_trailer);
	chan->ops->packet(chan, &pkt);
	return 1;
}

/* Reads up to @budget packets; how many it were. */
static int channel_read(struct hvg_channel *chan, int budget)
{
	int done, more = 0;

	for (done = 0; done < budget; done++) {
		if (READ_ONCE(chan->broken))
			break;
		more = channel_rx_packet(chan);
		if (more <= 0)
			break;
		/* In a long run the host gets room back on the way. */
		if (ring_rx_unpublished(&chan->rx) >= chan->rx.size / 4)
			channel_rx_publish(chan);
	}
	if (more < 0)
		channel_break(chan, more == -EMSGSIZE ?
			      "a packet that fits the driver's limit" :
			      "a packet inside the ring", chan->rx.index);
	channel_rx_publish(chan);
	return done;
}

/*
 * Caller holds rx_lock. True: another look is to follow, and the host's
 * signals are masked until then.
 */
static bool channel_read_all(struct hvg_channel *chan, int budget)
{
	lockdep_assert_held(&chan->rx_lock);
	if (!chan->rx_live || chan->broken)
		return false;
	ring_rx_mask(&chan->rx);
	do {
		budget -= channel_read(chan, budget);
		/* Stays masked: no signal is wanted from a bad ring. */
		if (chan->broken)
			return false;
	} while (budget > 0 && ring_rx_unmask(&chan->rx));
	if (chan->ops->drained)
		chan->ops->drained(chan);
	return budget <= 0;
}

/* Interrupts are off. */
static void channel_drain(struct hvg_channel *chan)
{
	spin_lock(&chan->rx_lock);
	channel_tx_unblock(chan);
	if (channel_read_all(chan, DRAIN_BUDGET))
		tasklet_schedule(&chan->drain_tasklet);
	/* Old hosts say nothing of room that they made meanwhile. */
	channel_tx_unblock(chan);
	spin_unlock(&chan->rx_lock);
}

/* Interrupts are off. */
static void channel_look(struct hvg_channel *chan)
{
	/* The callbacks are there while it is set, and a grace period more. */
	if (!READ_ONCE(chan->rx_live))
		return;
	if (!chan->ops->event) {
		channel_drain(chan);
		return;
	}
	spin_lock(&chan->rx_lock);
	channel_tx_unblock(chan);
	spin_unlock(&chan->rx_lock);
	ring_rx_mask(&chan->rx);
	chan->ops->event(chan);
}

/**
 * channel_drain_tasklet() - go on reading where an interrupt left off
 * @tasklet: of the channel
 *
 * Context: softirq. Callbacks find interrupts off, as in an interrupt.
 */
void channel_drain_tasklet(struct tasklet_struct *tasklet)
{
	struct hvg_channel *chan =
		container_of(tasklet, struct hvg_channel, drain_tasklet);

	channel_drain_now(chan);
}

/**
 * channel_drain_now() - read a channel without an interrupt
 * @chan: channel, alive by reference
 *
 * Context: process or softirq, interrupts on.
 */
void channel_drain_now(struct hvg_channel *chan)
{
	rcu_read_lock();
	local_irq_disable();
	channel_look(chan);
	local_irq_enable();
	rcu_read_unlock();
}

/**
 * hvg_channel_look() - look whether the host has sent something
 * @chan: channel; need not be open
 *
 * For who has waited for long: an interrupt may have been lost.
 *
 * Context: any; the callbacks run later, in a tasklet.
 */
void hvg_channel_look(struct hvg_channel *chan)
{
	/* Pairs with channel_stop_io(), which waits, and then for the tasklet. */
	rcu_read_lock();
	if (READ_ONCE(chan->rx_live))
		tasklet_schedule(&chan->drain_tasklet);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(hvg_channel_look);

/**
 * channel_interrupt() - the host has signalled a channel
 * @chan: channel, alive by RCU
 *
 * Context: hard interrupt, or process with interrupts off.
 */
void channel_interrupt(struct hvg_channel *chan)
{
	chan->stats.interrupts++;
	trace_hvg_interrupt(chan->id);
	channel_look(chan);
}

/**
 * hvg_channel_poll() - hand packets to the driver that asked for events
 * @chan: open channel whose driver has ops->event
 * @budget: how many at most
 *
 * Never twice at once for one channel: the driver sees to that.
 *
 * Context: any; ops->packet() is called in the same.
 * Return: how many it were.
 */
int hvg_channel_poll(struct hvg_channel *chan, int budget)
{
	if (!READ_ONCE(chan->rx_live))
		return 0;
	return channel_read(chan, budget);
}
EXPORT_SYMBOL_GPL(hvg_channel_poll);

/**
 * hvg_channel_poll_done() - wait for the next event
 * @chan: open channel whose driver has ops->event
 *
 * Calls ops->event() when a packet came after the last look.
 *
 * Context: as hvg_channel_poll().
 */
void hvg_channel_poll_done(struct hvg_channel *chan)
{
	if (!READ_ONCE(chan->rx_live) || READ_ONCE(chan->broken))
		return;
	if (ring_rx_unmask(&chan->rx))
		chan->ops->event(chan);
}
EXPORT_SYMBOL_GPL(hvg_channel_poll_done);
