/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One direction of a VMBus ring buffer: memory and barriers, nothing else.
 *
 * The data pages are mapped twice, one mapping after the other, so that a
 * packet that passes the end of the ring is still contiguous to the reader
 * and the writer. Indices run within the first mapping.
 */
#ifndef _HVG_VMBUS_RING_H
#define _HVG_VMBUS_RING_H

#include <linux/types.h>
#include <hvg/ring_wire.h>

/**
 * struct ring - one direction of a channel
 * @ctl: control page, shared with the host
 * @data: data pages, mapped twice in a row
 * @size: bytes of data, a multiple of HVG_PAGE_SIZE
 * @index: the index that this side owns: the write index of a ring that is
 *	written, the read index of a ring that is read. The copy on the
 *	control page is for the host and never read back.
 * @published: the value of @index that the host has been told
 */
struct ring {
	struct hvg_ring_control *ctl;
	u8 *data;
	u32 size;
	u32 index;
	u32 published;
};

/**
 * struct ring_packet - a packet copied out of a ring
 * @head: its descriptor, checked
 * @bytes: length with the descriptor, without the trailer
 */
struct ring_packet {
	struct hvg_packet_header head;
	u32 bytes;
};

void ring_init(struct ring *ring, struct hvg_ring_control *ctl, void *data,
	       u32 size);

int ring_tx_room(struct ring *ring);
int ring_tx_reserve(struct ring *ring, u32 bytes);
int ring_tx_block(struct ring *ring, u32 bytes);
void ring_tx_unblock(struct ring *ring);
bool ring_tx_publish(struct ring *ring, u32 bytes);

int ring_rx_copy(struct ring *ring, void *buf, u32 room,
		 struct ring_packet *pkt);
bool ring_rx_publish(struct ring *ring);
void ring_rx_mask(struct ring *ring);
bool ring_rx_unmask(struct ring *ring);
int ring_rx_pending(const struct ring *ring);
u32 ring_bytes_used(const struct ring *ring);

/**
 * ring_rx_unpublished() - bytes read that the host does not know of yet
 * @ring: a ring that this side reads
 *
 * Context: the ring's one reader.
 * Return: bytes.
 */
static inline u32 ring_rx_unpublished(const struct ring *ring)
{
	return ring->index >= ring->published ?
	       ring->index - ring->published :
	       ring->size - ring->published + ring->index;
}

#endif /* _HVG_VMBUS_RING_H */
