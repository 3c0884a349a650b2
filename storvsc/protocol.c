// SPDX-License-Identifier: GPL-2.0-only
/*
 * The storage protocol's start-up, and requests that wait for their answer.
 *
 * Start-up: BEGIN_INITIALIZATION, QUERY_PROTOCOL_VERSION from the newest
 * version down until the host accepts one, QUERY_PROPERTIES,
 * END_INITIALIZATION; later CREATE_SUB_CHANNELS. Everything that is learned
 * goes into the adapter, which may therefore differ from its neighbour.
 *
 * Process context, except for storvsc_sync_complete() (interrupt).
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "storvsc.h"
#include "trace.h"

/* The host answers in milliseconds; it may be paused or busy, not for ever. */
#define STORVSC_START_TIMEOUT_MS	30000

/* A reply up to the end of the sense data: all versions have that much. */
#define STORVSC_MIN_REPLY		HVG_STOR_PACKET_WIN6

/* How often a wait looks whether the channel still works. */
#define STORVSC_LOOK_MS			500

/* For hosts that name no limit: what the smallest of them takes. */
#define STORVSC_DEFAULT_TRANSFER	(64u << 10)

static const u16 storvsc_versions[] = {
	HVG_STOR_VERSION_WIN10,
	HVG_STOR_VERSION_WIN8_1,
	HVG_STOR_VERSION_WIN8,
	HVG_STOR_VERSION_WIN7,
	HVG_STOR_VERSION_WIN6,
};

static void storvsc_set_version(struct storvsc_adapter *a, u16 version)
{
	a->version = version;
	if (version >= HVG_STOR_VERSION_WIN8) {
		a->packet_bytes = sizeof(struct hvg_stor_packet);
		a->request_bytes = sizeof(struct hvg_stor_request);
		a->sense_bytes = HVG_STOR_SENSE_WIN8;
	} else {
		a->packet_bytes = HVG_STOR_PACKET_WIN6;
		a->request_bytes = HVG_STOR_REQUEST_WIN6;
		a->sense_bytes = HVG_STOR_SENSE_WIN6;
	}
}

static int storvsc_sync_send(struct storvsc_adapter *a,
			     const struct hvg_stor_packet *pkt, u64 id,
			     unsigned long deadline)
{
	struct hvg_channel *chan;
	int ret;

	for (;;) {
		rcu_read_lock();
		chan = rcu_dereference(a->chans[0].chan);
		ret = -ENODEV;
		if (chan)
			ret = hvg_channel_send(chan, HVG_PACKET_INBAND, pkt,
					       a->packet_bytes, id,
					       HVG_PACKET_FLAG_COMPLETION);
		rcu_read_unlock();
		if (ret != -EAGAIN || time_after(jiffies, deadline))
			return ret;
		msleep(20);
	}
}

/* 0 when somebody has taken the request and completed it. */
static int storvsc_sync_wait(struct storvsc_adapter *a, unsigned long deadline)
{
	unsigned long look = msecs_to_jiffies(STORVSC_LOOK_MS);

	while (!wait_for_completion_timeout(&a->sync.done, look)) {
		if (storvsc_channel_broken(a, 0))
			return -EIO;
		if (time_after(jiffies, deadline))
			return -ETIMEDOUT;
	}
	return 0;
}

/**
 * storvsc_sync_request - send a packet and wait for the host's answer
 * @a: adapter with an open primary channel
 * @pkt: the request; replaced by the reply
 * @timeout_ms: how long to wait for room in the ring and for the answer
 *
 * A rescind or a restart of the adapter ends the wait.
 *
 * Return: 0 if the host answered, whatever its status is; -ETIMEDOUT, -EIO
 * when the channel broke meanwhile, -ENODEV, or the bus's error.
 */
int storvsc_sync_request(struct storvsc_adapter *a,
			 struct hvg_stor_packet *pkt, unsigned int timeout_ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(timeout_ms);
	struct storvsc_sync *sync = &a->sync;
	unsigned int state;
	int ret;

	mutex_lock(&sync->lock);
	reinit_completion(&sync->done);
	pkt->flags |= HVG_STOR_FLAG_COMPLETION;
	state = ((sync->state | STORVSC_OWNED) + 1) | STORVSC_OWNED;
	sync->error = 0;
	/* Pairs with the cmpxchg of whoever takes it. */
	smp_store_release(&sync->state, state);
	if (storvsc_state(a) == STORVSC_GONE)
		ret = -ENODEV;
	else
		ret = storvsc_sync_send(a, pkt,
					(u64)state << 32 | STORVSC_SYNC_INDEX,
					deadline);
	trace_storvsc_sync(a, pkt->operation, ret);

	if (!ret)
		ret = storvsc_sync_wait(a, deadline);
	if (ret) {
		if (cmpxchg(&sync->state, state, state & ~STORVSC_OWNED) ==
		    state)
			goto out;
		/* Whoever took it is about to complete it. */
		wait_for_completion(&sync->done);
	}
	ret = sync->error;
	if (!ret)
		*pkt = sync->reply;
out:
	mutex_unlock(&sync->lock);
	if (ret)
		dev_warn_ratelimited(storvsc_dev(a),
				     "operation %u: expected an answer within %u ms, got %d\n",
				     pkt->operation, timeout_ms, ret);
	return ret;
}

/**
 * storvsc_sync_complete - the host answered a synchronous request
 * @a: adapter
 * @state: upper half of the transaction id
 * @pkt: the completion packet
 *
 * Context: interrupt. Return: false if nobody waits for this answer.
 */
bool storvsc_sync_complete(struct storvsc_adapter *a, unsigned int state,
			   const struct hvg_packet *pkt)
{
	struct storvsc_sync *sync = &a->sync;
	u32 bytes = min_t(u32, pkt->bytes, sizeof(sync->reply));

	if (!(state & STORVSC_OWNED) ||
	    cmpxchg(&sync->state, state, state & ~STORVSC_OWNED) != state)
		return false;
	if (bytes < STORVSC_MIN_REPLY) {
		sync->error = -EPROTO;
	} else {
		memset(&sync->reply, 0, sizeof(sync->reply));
		memcpy(&sync->reply, pkt->data, bytes);
	}
	complete(&sync->done);
	return true;
}

/**
 * storvsc_sync_cancel - end the wait of a synchronous request
 * @a: adapter
 * @error: what the request is to return
 */
void storvsc_sync_cancel(struct storvsc_adapter *a, int error)
{
	struct storvsc_sync *sync = &a->sync;
	unsigned int state = READ_ONCE(sync->state);

	if (!(state & STORVSC_OWNED) ||
	    cmpxchg(&sync->state, state, state & ~STORVSC_OWNED) != state)
		return;
	sync->error = error;
	complete(&sync->done);
}

/* A request whose status must be success; the reply is left in @pkt. */
static int storvsc_start_request(struct storvsc_adapter *a,
				 struct hvg_stor_packet *pkt,
				 enum hvg_stor_op op)
{
	int ret;

	pkt->operation = op;
	ret = storvsc_sync_request(a, pkt, STORVSC_START_TIMEOUT_MS);
	if (ret)
		return ret;
	if (pkt->status != HVG_NT_SUCCESS) {
		dev_err(storvsc_dev(a),
			"operation %u: expected status 0, got 0x%08x\n",
			op, pkt->status);
		return -EPROTO;
	}
	return 0;
}

static int storvsc_negotiate(struct storvsc_adapter *a, unsigned int first)
{
	struct hvg_stor_packet pkt;
	unsigned int i;
	int ret;

	for (i = first; i < ARRAY_SIZE(storvsc_versions); i++) {
		storvsc_set_version(a, storvsc_versions[i]);
		memset(&pkt, 0, sizeof(pkt));
		pkt.operation = HVG_STOR_QUERY_PROTOCOL_VERSION;
		pkt.u.version.version = storvsc_versions[i];
		ret = storvsc_sync_request(a, &pkt, STORVSC_START_TIMEOUT_MS);
		if (ret)
			return ret;
		if (pkt.status == HVG_NT_SUCCESS)
			return 0;
		dev_dbg(storvsc_dev(a), "version %u.%u refused: 0x%08x\n",
			storvsc_versions[i] >> 8, storvsc_versions[i] & 0xff,
			pkt.status);
	}
	dev_err(storvsc_dev(a), "the host accepts no protocol version, lowest offered %u.%u\n",
		a->version >> 8, a->version & 0xff);
	return -EPROTO;
}

/**
 * storvsc_protocol_start - bring the storage protocol up
 * @a: adapter with a freshly opened primary channel
 *
 * Sets version, sizes and max_transfer_bytes.
 *
 * Return: how many sub-channels the host can have, or -errno.
 */
int storvsc_protocol_start(struct storvsc_adapter *a)
{
	struct hvg_stor_packet pkt;
	unsigned int first = 0;
	int ret;

	/* Hosts of this age know only the short packet of 4.2 and before. */
	if (hvg_protocol_version() <= HVG_VERSION_WIN7)
		while (storvsc_versions[first] > HVG_STOR_VERSION_WIN7)
			first++;
	storvsc_set_version(a, storvsc_versions[first]);

	memset(&pkt, 0, sizeof(pkt));
	ret = storvsc_start_request(a, &pkt, HVG_STOR_BEGIN_INITIALIZATION);
	if (ret)
		return ret;
	ret = storvsc_negotiate(a, first);
	if (ret)
		return ret;

	memset(&pkt, 0, sizeof(pkt));
	ret = storvsc_start_request(a, &pkt, HVG_STOR_QUERY_PROPERTIES);
	if (ret)
		return ret;
	a->max_transfer_bytes = pkt.u.properties.max_transfer_bytes;
	if (!a->max_transfer_bytes)
		a->max_transfer_bytes = STORVSC_DEFAULT_TRANSFER;
	if (a->max_transfer_bytes < HVG_PAGE_SIZE) {
		dev_err(storvsc_dev(a),
			"expected transfers of 4096 bytes or more, got %u\n",
			a->max_transfer_bytes);
		return -EPROTO;
	}
	ret = 0;
	if (a->type == STORVSC_SCSI && a->version >= HVG_STOR_VERSION_WIN8 &&
	    pkt.u.properties.flags & HVG_STOR_PROPERTY_MULTICHANNEL)
		ret = pkt.u.properties.max_subchannels;

	memset(&pkt, 0, sizeof(pkt));
	return storvsc_start_request(a, &pkt, HVG_STOR_END_INITIALIZATION) ? :
	       ret;
}

/**
 * storvsc_protocol_subchannels - have the host offer sub-channels
 * @a: adapter with a started protocol
 * @count: how many
 *
 * Return: 0 or -errno; the adapter works without them.
 */
int storvsc_protocol_subchannels(struct storvsc_adapter *a, u16 count)
{
	struct hvg_stor_packet pkt;

	memset(&pkt, 0, sizeof(pkt));
	pkt.u.subchannel_count = count;
	return storvsc_start_request(a, &pkt, HVG_STOR_CREATE_SUB_CHANNELS);
}
