/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMBus ring buffer: control page, packet descriptors, trailer.
 *
 * Each direction is one control page followed by a whole number of data
 * pages. The guest-to-host ring comes first in the GPADL.
 */
#ifndef _HVG_RING_WIRE_H
#define _HVG_RING_WIRE_H

#include "types.h"

#define HVG_RING_FEATURE_PENDING_SEND	0x1u

/**
 * struct hvg_ring_control - control page of one direction
 * @write_index: byte offset into the data, advanced by the producer
 * @read_index: byte offset into the data, advanced by the consumer
 * @interrupt_mask: 1 while the consumer drains and wants no signal
 * @pending_send_size: free bytes that a blocked producer waits for, 0: none
 * @features: HVG_RING_FEATURE_*, set by the producer's side
 */
struct hvg_ring_control {
	hvg_u32 write_index;
	hvg_u32 read_index;
	hvg_u32 interrupt_mask;
	hvg_u32 pending_send_size;
	hvg_u32 reserved1[12];
	hvg_u32 features;
	hvg_u8 reserved2[HVG_PAGE_SIZE - 68];
};

HVG_ASSERT_SIZE(hvg_ring_control, 4096);
HVG_ASSERT_OFFSET(hvg_ring_control, features, 64);

enum hvg_packet_type {
	HVG_PACKET_INBAND		= 0x6,
	HVG_PACKET_TRANSFER_PAGES	= 0x7,
	HVG_PACKET_GPA_DIRECT		= 0x9,
	HVG_PACKET_COMPLETION		= 0xb,
};

#define HVG_PACKET_FLAG_COMPLETION	0x1

/**
 * struct hvg_packet_header - descriptor at the head of each packet
 * @type: enum hvg_packet_type
 * @offset8: offset of the payload from here, in units of 8 bytes
 * @length8: length of the packet without its trailer, in units of 8 bytes
 * @flags: HVG_PACKET_FLAG_COMPLETION: the receiver owes a completion
 * @trans_id: returned as it is in the completion
 */
struct hvg_packet_header {
	hvg_u16 type;
	hvg_u16 offset8;
	hvg_u16 length8;
	hvg_u16 flags;
	hvg_u64 trans_id;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_packet_header, 16);

/** struct hvg_packet_trailer - follows each packet, not in its length */
struct hvg_packet_trailer {
	hvg_u32 reserved;
	hvg_u32 packet_start;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_packet_trailer, 8);

/**
 * struct hvg_gpa_header - after the descriptor of a GPA-direct packet
 * @range_count: number of ranges that follow, before the payload
 */
struct hvg_gpa_header {
	hvg_u32 reserved;
	hvg_u32 range_count;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_gpa_header, 8);

/**
 * struct hvg_gpa_range - guest memory: head of a range, page numbers follow
 * @bytes: length of the data
 * @offset: offset of the data in the first page
 */
struct hvg_gpa_range {
	hvg_u32 bytes;
	hvg_u32 offset;
	/* then hvg_u64 pfn[], 4 KiB frames */
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_gpa_range, 8);

/** struct hvg_xfer_header - after the descriptor of a transfer-page packet */
struct hvg_xfer_header {
	hvg_u16 pageset_id;
	hvg_u8 sender_owns;
	hvg_u8 reserved;
	hvg_u32 range_count;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_xfer_header, 8);

struct hvg_xfer_range {
	hvg_u32 bytes;
	hvg_u32 offset;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_xfer_range, 8);

/** struct hvg_pipe_header - framing of pipe-mode channels */
struct hvg_pipe_header {
	hvg_u32 type;
	hvg_u32 length;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_pipe_header, 8);

#define HVG_PIPE_DATA		1
#define HVG_PIPE_PARTIAL	2

#endif /* _HVG_RING_WIRE_H */
