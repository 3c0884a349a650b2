// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMBus ring buffer.
 *
 * Knows neither channels nor interrupts: the callers hold the lock of the
 * ring's one writer or one reader and send the signals that the functions
 * ask for. Any context.
 *
 * The host writes to the same pages at any time. What it wrote is read once
 * into a private copy, checked, and only the copy is used. The partner of
 * each barrier is the same step on the host's side, hence the virt_
 * barriers, which order memory on a uniprocessor kernel as well.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include "ring.h"

/* Each packet starts and ends on a multiple of this. */
#define RING_ALIGN	8

/**
 * ring_init() - start an empty ring
 * @ring: to be filled in
 * @ctl: zeroed control page
 * @data: the data pages, mapped twice in a row
 * @size: bytes of data, once
 *
 * Context: any; nobody else uses the ring yet.
 */
void ring_init(struct ring *ring, struct hvg_ring_control *ctl, void *data,
	       u32 size)
{
	ring->ctl = ctl;
	ring->data = data;
	ring->size = size;
	ring->index = 0;
	ring->published = 0;
}

static bool ring_index_valid(const struct ring *ring, u32 index)
{
	return index < ring->size && !(index % RING_ALIGN);
}

/* Bytes between a read and a write index: what is there to be read. */
static u32 ring_used(const struct ring *ring, u32 read, u32 write)
{
	return write >= read ? write - read : ring->size - read + write;
}

static u32 ring_advance(const struct ring *ring, u32 index, u32 bytes)
{
	index += bytes;
	return index >= ring->size ? index - ring->size : index;
}

/**
 * ring_tx_room() - how large a packet may be now
 * @ring: a ring that this side writes
 *
 * A packet may not fill the ring: equal indices mean empty.
 *
 * Context: the ring's one writer.
 * Return: bytes, less than the ring's size; -EPROTO: the host's index is bad.
 */
int ring_tx_room(struct ring *ring)
{
	/* Pairs with the host's release of the read index. */
	u32 read = virt_load_acquire(&ring->ctl->read_index);

	if (!ring_index_valid(ring, read))
		return -EPROTO;
	return ring->size - ring_used(ring, read, ring->index) - RING_ALIGN;
}

/**
 * ring_tx_reserve() - see whether a packet fits
 * @ring: a ring that this side writes
 * @bytes: length with descriptor and trailer, a multiple of 8
 *
 * The packet is then written at @ring->data + @ring->index, contiguously.
 *
 * Context: the ring's one writer.
 * Return: 0; -EMSGSIZE: never fits; -EAGAIN: not now; -EPROTO: the host's
 * index is bad.
 */
int ring_tx_reserve(struct ring *ring, u32 bytes)
{
	int room;

	if (bytes > ring->size - RING_ALIGN)
		return -EMSGSIZE;
	room = ring_tx_room(ring);
	if (room < 0)
		return room;
	return (u32)room < bytes ? -EAGAIN : 0;
}

/**
 * ring_tx_block() - ask the host for a signal when there is room
 * @ring: a ring that this side writes
 * @bytes: length of the packet that found no room
 *
 * The host signals when the free space passes @bytes. Room that came
 * between the failed ring_tx_reserve() and the request is seen here, as the
 * host may not have seen the request in time.
 *
 * Context: the ring's one writer.
 * Return: 0: there is room after all and nothing was asked for; -EAGAIN:
 * asked; -EPROTO: the host's index is bad.
 */
int ring_tx_block(struct ring *ring, u32 bytes)
{
	int err;

	WRITE_ONCE(ring->ctl->pending_send_size, bytes);
	/* Pairs with the host's barrier between read index and pending size. */
	virt_mb();
	err = ring_tx_reserve(ring, bytes);
	if (!err)
		ring_tx_unblock(ring);
	return err;
}

/**
 * ring_tx_unblock() - no signal wanted any more
 * @ring: a ring that this side writes
 *
 * Context: the ring's one writer.
 */
void ring_tx_unblock(struct ring *ring)
{
	WRITE_ONCE(ring->ctl->pending_send_size, 0);
}

/**
 * ring_tx_publish() - hand a written packet to the host
 * @ring: a ring that this side writes
 * @bytes: length as reserved; the last 8 are the trailer, written here
 *
 * Context: the ring's one writer.
 * Return: true if the host must be signalled: the ring was empty and the host
 * does not look by itself.
 */
bool ring_tx_publish(struct ring *ring, u32 bytes)
{
	struct hvg_packet_trailer trailer;
	u32 start = ring->index;

	trailer.reserved = 0;
	trailer.packet_start = start;
	memcpy(ring->data + start + bytes - sizeof(trailer), &trailer,
	       sizeof(trailer));

	ring->index = ring_advance(ring, start, bytes);
	ring->published = ring->index;
	/* The packet before the index. Pairs with the host's acquire. */
	virt_store_release(&ring->ctl->write_index, ring->index);
	/*
	 * The index before the mask and the read index. Pairs with the
	 * host's barrier between unmasking and its last look at the ring.
	 */
	virt_mb();
	if (READ_ONCE(ring->ctl->interrupt_mask))
		return false;
	return READ_ONCE(ring->ctl->read_index) == start;
}

/**
 * ring_rx_pending() - what the host has written and nobody has read
 * @ring: a ring that this side reads
 *
 * Context: the ring's one reader; to others it is a guess.
 * Return: bytes; -EPROTO: the host's index is bad.
 */
int ring_rx_pending(const struct ring *ring)
{
	/* Pairs with the host's release of the write index. */
	u32 write = virt_load_acquire(&ring->ctl->write_index);

	if (!ring_index_valid(ring, write))
		return -EPROTO;
	return ring_used(ring, READ_ONCE(ring->index), write);
}

/**
 * ring_rx_copy() - take the next packet
 * @ring: a ring that this side reads
 * @buf: gets the packet, descriptor included, trailer not
 * @room: bytes at @buf
 * @pkt: gets the checked descriptor and the length
 *
 * The host learns of it with the next ring_rx_publish(). @pkt->head is the
 * checked copy; the descriptor's bytes at @buf are the same.
 *
 * Context: the ring's one reader.
 * Return: 1: a packet; 0: none; -EPROTO: the ring or the descriptor is bad;
 * -EMSGSIZE: larger than @room (@pkt says how large).
 */
int ring_rx_copy(struct ring *ring, void *buf, u32 room,
		 struct ring_packet *pkt)
{
	int pending = ring_rx_pending(ring);
	u32 head_bytes;

	if (pending <= 0)
		return pending;
	if (pending < sizeof(pkt->head) + sizeof(struct hvg_packet_trailer))
		return -EPROTO;

	memcpy(&pkt->head, ring->data + ring->index, sizeof(pkt->head));
	/* The copy must not be fetched again from the shared page. */
	barrier();
	pkt->bytes = pkt->head.length8 * 8u;
	head_bytes = pkt->head.offset8 * 8u;

	if (head_bytes < sizeof(pkt->head) || head_bytes > pkt->bytes)
		return -EPROTO;
	if (pkt->bytes + sizeof(struct hvg_packet_trailer) > pending)
		return -EPROTO;
	if (pkt->bytes > room)
		return -EMSGSIZE;

	memcpy(buf, &pkt->head, sizeof(pkt->head));
	memcpy((u8 *)buf + sizeof(pkt->head),
	       ring->data + ring->index + sizeof(pkt->head),
	       pkt->bytes - sizeof(pkt->head));
	WRITE_ONCE(ring->index,
		   ring_advance(ring, ring->index, pkt->bytes +
				sizeof(struct hvg_packet_trailer)));
	return 1;
}

/**
 * ring_rx_publish() - give the space of the packets read back to the host
 * @ring: a ring that this side reads
 *
 * Context: the ring's one reader.
 * Return: true if the host must be signalled: it waits for room, and this
 * made enough of it.
 */
bool ring_rx_publish(struct ring *ring)
{
	u32 old = ring->published;
	u32 wanted, write;

	if (ring->index == old)
		return false;
	ring->published = ring->index;
	/* The copies before the index. Pairs with the host's acquire. */
	virt_store_release(&ring->ctl->read_index, ring->index);
	/* Pairs with the host's barrier between pending size and read index. */
	virt_mb();

	if (!(READ_ONCE(ring->ctl->features) & HVG_RING_FEATURE_PENDING_SEND))
		return false;
	wanted = READ_ONCE(ring->ctl->pending_send_size);
	if (!wanted)
		return false;
	write = READ_ONCE(ring->ctl->write_index);
	if (!ring_index_valid(ring, write))
		return false;
	return ring->size - ring_used(ring, old, write) <= wanted &&
	       ring->size - ring_used(ring, ring->index, write) > wanted;
}

/**
 * ring_rx_mask() - tell the host that the ring is being read
 * @ring: a ring that this side reads
 *
 * Context: any; a look at the ring must follow soon.
 */
void ring_rx_mask(struct ring *ring)
{
	WRITE_ONCE(ring->ctl->interrupt_mask, 1);
	/* Pairs with the host's barrier between write index and mask. */
	virt_mb();
}

/**
 * ring_rx_unmask() - ask for a signal for the next packet
 * @ring: a ring that this side reads, all packets of which have been taken
 *
 * Context: the ring's one reader, or who has masked it.
 * Return: true if a packet came meanwhile, for which the host has sent no
 * signal: the ring is masked again and must be read.
 */
bool ring_rx_unmask(struct ring *ring)
{
	WRITE_ONCE(ring->ctl->interrupt_mask, 0);
	/* Pairs with the host's barrier between write index and mask. */
	virt_mb();
	if (!ring_rx_pending(ring))
		return false;
	ring_rx_mask(ring);
	return true;
}

/**
 * ring_bytes_used() - bytes between the indices, for people to look at
 * @ring: either ring
 *
 * Context: any; the ring stays.
 * Return: bytes; 0 if an index is bad.
 */
u32 ring_bytes_used(const struct ring *ring)
{
	u32 read = READ_ONCE(ring->ctl->read_index);
	u32 write = READ_ONCE(ring->ctl->write_index);

	if (!ring_index_valid(ring, read) || !ring_index_valid(ring, write))
		return 0;
	return ring_used(ring, read, write);
}
