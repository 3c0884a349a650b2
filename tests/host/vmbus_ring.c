// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two rings of a channel, host's side. The pages belong to the guest,
 * which runs and writes while we look: an index is loaded once, checked and
 * then used; a packet is copied before it is looked into. The indices that
 * the host owns are kept here and never read back from the guest. Runs with
 * the machine lock held. Source: PROTOCOL 4.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"
#include "vmbus_host.h"

#define TRAILER	((uint32_t)sizeof(struct hvg_packet_trailer))

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *p, uint32_t value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

/* Orders our store against our load of what the guest stores, and back. */
static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static bool index_valid(const struct vmbus_ring *ring, uint32_t index)
{
	return index < ring->size && index % 8 == 0;
}

/*
 * Rings of @pages guest pages, control page first. The GPADL was checked:
 * its pages are RAM. The guest made both indices, which must be in range.
 */
int vmbus_ring_init(struct vmbus_ring *ring, const uint64_t *pfns,
		    uint32_t pages, bool host_writes)
{
	struct hvg_ring_control *control;
	uint32_t i, write_index, read_index;

	control = vm_ram(pfns[0] << HVG_PAGE_SHIFT, HVG_PAGE_SIZE);
	ring->size = (pages - 1) * HVG_PAGE_SIZE;
	write_index = load(&control->write_index);
	read_index = load(&control->read_index);
	if (!index_valid(ring, write_index) || !index_valid(ring, read_index))
		return -EPROTO;
	ring->page = calloc(pages - 1, sizeof(*ring->page));
	if (!ring->page)
		abort();
	for (i = 1; i < pages; i++)
		ring->page[i - 1] = vm_ram(pfns[i] << HVG_PAGE_SHIFT,
					   HVG_PAGE_SIZE);
	ring->control = control;
	ring->index = host_writes ? write_index : read_index;
	/* The reader of 2.4 and later signals a blocked writer that says so. */
	if (host_writes && vmbus_conn.version >= HVG_VERSION_WIN8)
		store(&control->features, HVG_RING_FEATURE_PENDING_SEND);
	return 0;
}

void vmbus_ring_free(struct vmbus_ring *ring)
{
	free(ring->page);
	memset(ring, 0, sizeof(*ring));
}

static uint32_t advance(const struct vmbus_ring *ring, uint32_t index,
			uint32_t bytes)
{
	index += bytes;
	return index >= ring->size ? index - ring->size : index;
}

/* Copy between the ring, from @index on, and @buf; wraps, page by page. */
static void copy_out(const struct vmbus_ring *ring, uint32_t index, void *buf,
		     uint32_t bytes)
{
	uint8_t *to = buf;
	uint32_t part;

	while (bytes) {
		part = HVG_PAGE_SIZE - index % HVG_PAGE_SIZE;
		if (part > bytes)
			part = bytes;
		memcpy(to, ring->page[index / HVG_PAGE_SIZE] +
			   index % HVG_PAGE_SIZE, part);
		index = advance(ring, index, part);
		to += part;
		bytes -= part;
	}
}

static uint32_t copy_in(const struct vmbus_ring *ring, uint32_t index,
			const void *buf, uint32_t bytes)
{
	const uint8_t *from = buf;
	uint32_t part;

	while (bytes) {
		part = HVG_PAGE_SIZE - index % HVG_PAGE_SIZE;
		if (part > bytes)
			part = bytes;
		memcpy(ring->page[index / HVG_PAGE_SIZE] +
		       index % HVG_PAGE_SIZE, from, part);
		index = advance(ring, index, part);
		from += part;
		bytes -= part;
	}
	return index;
}

static uint32_t used(const struct vmbus_ring *ring, uint32_t write_index,
		     uint32_t read_index)
{
	return write_index >= read_index ? write_index - read_index :
	       ring->size - read_index + write_index;
}

/* Bytes that wait in the guest-to-host ring; negative: broken. */
static int64_t in_bytes(struct vmbus_channel *chan)
{
	uint32_t write_index = load(&chan->in.control->write_index);

	if (!index_valid(&chan->in, write_index)) {
		vmbus_channel_broken(chan, "guest-to-host write index",
				     write_index);
		return -EPROTO;
	}
	return used(&chan->in, write_index, chan->in.index);
}

/* Bytes free in the host-to-guest ring; negative: broken. */
static int64_t out_free(struct vmbus_channel *chan)
{
	uint32_t read_index = load(&chan->out.control->read_index);

	if (!index_valid(&chan->out, read_index)) {
		vmbus_channel_broken(chan, "host-to-guest read index",
				     read_index);
		return -EPROTO;
	}
	return chan->out.size - used(&chan->out, chan->out.index, read_index);
}

bool vmbus_ring_readable(struct vmbus_channel *chan)
{
	return !chan->broken && in_bytes(chan) > 0;
}

/*
 * Mask the guest's signals while we drain. After unmasking the caller looks
 * again: the barrier pairs with the guest's between its write index and its
 * look at the mask.
 */
void vmbus_ring_mask(struct vmbus_channel *chan, bool on)
{
	struct vmbus_ring *ring = &chan->in;
	const struct vmbus_word words[] = {
		{ &ring->control->interrupt_mask, on },
		{ &ring->control->read_index, ring->index },
	};

	store(&ring->control->interrupt_mask, on);
	vmbus_fault_control(chan, ring, words, 2);
	full_barrier();
}

/*
 * The host's writer waits and there is room now. Takes the wish for a signal
 * back, so that the guest does not signal again.
 */
bool vmbus_ring_unblocked(struct vmbus_channel *chan)
{
	int64_t room;

	if (!chan->write_blocked || chan->broken)
		return false;
	room = out_free(chan);
	if (room < 0 || room <= chan->write_needs)
		return false;
	chan->write_blocked = false;
	store(&chan->out.control->pending_send_size, 0);
	return true;
}

/*
 * Publish that @bytes were read. A writer that waits for P bytes is
 * signalled when free space crosses P, and only then. The barrier pairs with
 * the guest's between its pending size and its look at the read index.
 */
static void consume(struct vmbus_channel *chan, uint32_t bytes)
{
	struct vmbus_ring *ring = &chan->in;
	uint32_t pending, write_index, before, after;

	ring->index = advance(ring, ring->index, bytes);
	store(&ring->control->read_index, vmbus_fault_read_index(chan, ring));
	full_barrier();
	if (!(load(&ring->control->features) & HVG_RING_FEATURE_PENDING_SEND))
		return;
	pending = load(&ring->control->pending_send_size);
	if (!pending)
		return;
	write_index = load(&ring->control->write_index);
	if (!index_valid(ring, write_index))
		return;	/* the next read says so */
	after = ring->size - used(ring, write_index, ring->index);
	before = after > bytes ? after - bytes : 0;
	if (before <= pending && after > pending)
		vmbus_channel_interrupt(chan);
}

/* Where the payload begins, and the ranges before it. NULL or what is wrong. */
static const char *parse(struct vmbus_packet *pkt, uint32_t offset,
			 uint32_t length)
{
	struct hvg_gpa_header gpa;
	struct hvg_xfer_header xfer;
	const uint32_t head = sizeof(struct hvg_packet_header);

	pkt->ranges = NULL;
	pkt->ranges_bytes = 0;
	pkt->range_count = 0;
	switch (pkt->type) {
	case HVG_PACKET_INBAND:
	case HVG_PACKET_COMPLETION:
		break;
	case HVG_PACKET_GPA_DIRECT:
	case HVG_PACKET_TRANSFER_PAGES:
		if (offset < head + sizeof(gpa))
			return "payload offset inside the range header";
		memcpy(&gpa, pkt->buf + head, sizeof(gpa));
		memcpy(&xfer, pkt->buf + head, sizeof(xfer));
		pkt->range_count = pkt->type == HVG_PACKET_GPA_DIRECT ?
				   gpa.range_count : xfer.range_count;
		pkt->ranges = pkt->buf + head + sizeof(gpa);
		pkt->ranges_bytes = offset - head - sizeof(gpa);
		/* A range has 8 bytes at least. */
		if (pkt->range_count > pkt->ranges_bytes / 8)
			return "more ranges than fit before the payload";
		break;
	default:
		return "packet type";
	}
	pkt->data = pkt->buf + offset;
	pkt->bytes = length - offset;
	return NULL;
}

/**
 * vmbus_read() - take the next packet from the guest
 * @chan: open channel
 * @pkt: gets the packet and a copy of all of it
 *
 * Context: machine lock held.
 * Return: 1 a packet, 0 the ring is empty, -ENOTCONN not open, -EPROTO the
 * guest broke the ring, or a packet is longer than VMBUS_PACKET_MAX; the
 * channel is stopped then.
 */
int vmbus_read(struct vmbus_channel *chan, struct vmbus_packet *pkt)
{
	struct hvg_packet_header header;
	uint32_t length, offset;
	const char *wrong;
	int64_t waiting;

	if (chan->state != CHANNEL_OPEN)
		return -ENOTCONN;
	if (chan->broken)
		return -EPROTO;
	waiting = in_bytes(chan);
	if (waiting <= 0)
		return waiting;
	if (waiting < (int64_t)sizeof(header) + TRAILER) {
		vmbus_channel_broken(chan, "bytes too few for a packet:",
				     waiting);
		return -EPROTO;
	}
	copy_out(&chan->in, chan->in.index, &header, sizeof(header));
	length = header.length8 * 8u;
	offset = header.offset8 * 8u;
	if (length < sizeof(header) || length + TRAILER > waiting) {
		vmbus_channel_broken(chan, "packet length", length);
		return -EPROTO;
	}
	if (length > VMBUS_PACKET_MAX) {
		vmbus_channel_broken(chan, "packet longer than 16384:",
				     length);
		return -EPROTO;
	}
	if (offset < sizeof(header) || offset > length) {
		vmbus_channel_broken(chan, "payload offset", offset);
		return -EPROTO;
	}
	copy_out(&chan->in, chan->in.index, pkt->buf, length);
	/* The guest may have changed the head meanwhile: ours counts. */
	memcpy(pkt->buf, &header, sizeof(header));
	pkt->type = header.type;
	pkt->flags = header.flags;
	pkt->trans_id = header.trans_id;
	wrong = parse(pkt, offset, length);
	if (wrong) {
		vmbus_channel_broken(chan, wrong, header.type);
		return -EPROTO;
	}
	chan->packets_in++;
	chan->bytes_in += length + TRAILER;
	consume(chan, length + TRAILER);
	return 1;
}

/* The host's words after a packet, and what a fault makes of them. */
static void fault_out(struct vmbus_channel *chan)
{
	struct vmbus_ring *ring = &chan->out;
	const struct vmbus_word words[] = {
		{ &ring->control->write_index, ring->index },
		{ &ring->control->pending_send_size,
		  chan->write_blocked ? chan->write_needs : 0 },
		{ &ring->control->features,
		  vmbus_conn.version >= HVG_VERSION_WIN8 ?
		  HVG_RING_FEATURE_PENDING_SEND : 0 },
	};

	vmbus_fault_control(chan, ring, words, 3);
}

/* Ask the reader for a signal when there is room for @bytes. */
static int block_writer(struct vmbus_channel *chan, uint32_t bytes)
{
	/* Of several that wait the smallest is worth the first signal. */
	if (!chan->write_blocked || bytes < chan->write_needs)
		chan->write_needs = bytes;
	chan->write_blocked = true;
	store(&chan->out.control->pending_send_size, chan->write_needs);
	full_barrier();
	/* The guest may have read before it could see the wish. */
	if (out_free(chan) > bytes) {
		vmbus_ring_unblocked(chan);
		return 0;
	}
	if (vmbus_conn.version < HVG_VERSION_WIN8)
		vmbus_poll_start();
	return chan->broken ? -ENOTCONN : -EAGAIN;
}

/* A packet with so much payload, without its trailer. */
static uint32_t packet_length(uint32_t bytes)
{
	return (sizeof(struct hvg_packet_header) + bytes + 7) & ~7u;
}

/**
 * vmbus_write() - send a packet to the guest
 * @chan: open channel
 * @type: enum hvg_packet_type
 * @trans_id: transaction id
 * @data: payload
 * @bytes: length of @data
 * @flags: HVG_PACKET_FLAG_*
 *
 * The guest is interrupted when the ring was empty and it has not masked
 * interrupts.
 *
 * Context: machine lock held.
 * Return: 0; -EAGAIN no room, the service's @writable will be called;
 * -ENOTCONN the channel is not open or broken; -EMSGSIZE it could never fit.
 */
int vmbus_write(struct vmbus_channel *chan, uint16_t type, uint64_t trans_id,
		const void *data, uint32_t bytes, uint16_t flags)
{
	static const uint8_t padding[8];
	uint32_t length = packet_length(bytes);
	struct vmbus_ring *ring = &chan->out;
	struct hvg_packet_header header = {
		.type = type,
		.offset8 = sizeof(header) / 8,
		.flags = flags,
		.trans_id = trans_id,
	};
	struct hvg_packet_trailer trailer = { 0 };
	uint32_t index, old, read_index;
	int64_t room;
	int ret;

	if (chan->state != CHANNEL_OPEN || chan->broken)
		return -ENOTCONN;
	if (bytes > UINT16_MAX * 8u - sizeof(header) ||
	    length + TRAILER >= ring->size)
		return -EMSGSIZE;
	room = out_free(chan);
	if (room < 0)
		return -ENOTCONN;
	/* A full ring would look empty. */
	if (room <= length + TRAILER) {
		ret = block_writer(chan, length + TRAILER);
		if (ret)
			return ret;
	}
	bytes = vmbus_fault_payload(chan, &data, bytes);
	length = packet_length(bytes);
	header.length8 = length / 8;
	old = ring->index;
	trailer.packet_start = old;
	vmbus_fault_packet(chan, &header, &trailer);
	index = copy_in(ring, old, &header, sizeof(header));
	index = copy_in(ring, index, data, bytes);
	index = copy_in(ring, index, padding, length - sizeof(header) - bytes);
	index = copy_in(ring, index, &trailer, sizeof(trailer));
	ring->index = index;
	chan->packets_out++;
	chan->bytes_out += length + TRAILER;
	store(&ring->control->write_index,
	      vmbus_fault_write_index(chan, ring, old));
	fault_out(chan);
	/* Pairs with the guest's between unmasking and its second look. */
	full_barrier();
	read_index = load(&ring->control->read_index);
	if (!load(&ring->control->interrupt_mask) && read_index == old)
		vmbus_channel_interrupt(chan);
	return 0;
}
