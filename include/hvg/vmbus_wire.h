/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMBus control protocol: channel messages, interrupt page and monitor
 * pages. Offsets count from the message header.
 */
#ifndef _HVG_VMBUS_WIRE_H
#define _HVG_VMBUS_WIRE_H

#include "types.h"

#define HVG_VERSION(major, minor)	(((hvg_u32)(major) << 16) | (minor))
#define HVG_VERSION_MAJOR(v)		((v) >> 16)
#define HVG_VERSION_MINOR(v)		((v) & 0xffff)

#define HVG_VERSION_WS2008	HVG_VERSION(0, 13)
#define HVG_VERSION_WIN7	HVG_VERSION(1, 1)
#define HVG_VERSION_WIN8	HVG_VERSION(2, 4)
#define HVG_VERSION_WIN8_1	HVG_VERSION(3, 0)
#define HVG_VERSION_WIN10	HVG_VERSION(4, 0)
#define HVG_VERSION_WIN10_V4_1	HVG_VERSION(4, 1)
#define HVG_VERSION_WIN10_V5	HVG_VERSION(5, 0)
#define HVG_VERSION_WIN10_V5_1	HVG_VERSION(5, 1)
#define HVG_VERSION_WIN10_V5_2	HVG_VERSION(5, 2)
#define HVG_VERSION_IRON	HVG_VERSION(5, 3)
#define HVG_VERSION_COPPER	HVG_VERSION(6, 0)

/* Connection ids. */
#define HVG_CONN_MESSAGE	1	/* messages, below 5.0 */
#define HVG_CONN_EVENT		2	/* all channels, 0.13 */
#define HVG_CONN_MONITOR	3
#define HVG_CONN_MESSAGE_V5	4	/* INITIATE_CONTACT from 5.0 on */
#define HVG_CONN_REDIRECT	0x800074

/* Features of 6.0. */
#define HVG_FEATURE_GUEST_SIGNAL_PARAMS		0x01u
#define HVG_FEATURE_INTERRUPT_REDIRECTION	0x02u
#define HVG_FEATURE_MODIFY_CONNECTION		0x04u
#define HVG_FEATURE_CLIENT_ID			0x08u
#define HVG_FEATURE_CONFIDENTIAL_CHANNELS	0x10u
#define HVG_FEATURE_PAUSE_RESUME		0x20u
#define HVG_FEATURE_SERVER_MONITOR_PAGES	0x40u
#define HVG_FEATURE_GPA_PINNING			0x80u

enum hvg_msg_type {
	HVG_MSG_OFFER_CHANNEL			= 1,
	HVG_MSG_RESCIND_OFFER			= 2,
	HVG_MSG_REQUEST_OFFERS			= 3,
	HVG_MSG_ALL_OFFERS_DELIVERED		= 4,
	HVG_MSG_OPEN_CHANNEL			= 5,
	HVG_MSG_OPEN_RESULT			= 6,
	HVG_MSG_CLOSE_CHANNEL			= 7,
	HVG_MSG_GPADL_HEADER			= 8,
	HVG_MSG_GPADL_BODY			= 9,
	HVG_MSG_GPADL_CREATED			= 10,
	HVG_MSG_GPADL_TEARDOWN			= 11,
	HVG_MSG_GPADL_TORNDOWN			= 12,
	HVG_MSG_RELID_RELEASED			= 13,
	HVG_MSG_INITIATE_CONTACT		= 14,
	HVG_MSG_VERSION_RESPONSE		= 15,
	HVG_MSG_UNLOAD				= 16,
	HVG_MSG_UNLOAD_COMPLETE			= 17,
	HVG_MSG_OPEN_RESERVED_CHANNEL		= 18,
	HVG_MSG_CLOSE_RESERVED_CHANNEL		= 19,
	HVG_MSG_CLOSE_RESERVED_RESPONSE		= 20,
	HVG_MSG_TL_CONNECT_REQUEST		= 21,
	HVG_MSG_MODIFY_CHANNEL			= 22,
	HVG_MSG_TL_CONNECT_RESULT		= 23,
	HVG_MSG_MODIFY_CHANNEL_RESPONSE		= 24,
	HVG_MSG_MODIFY_CONNECTION		= 25,
	HVG_MSG_MODIFY_CONNECTION_RESPONSE	= 26,
	HVG_MSG_PAUSE				= 27,
	HVG_MSG_PAUSE_RESPONSE			= 28,
	HVG_MSG_RESUME				= 29,
	HVG_MSG_COUNT
};

struct hvg_msg_header {
	hvg_u32 type;
	hvg_u32 padding;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_header, 8);

#define HVG_OFFER_USER_BYTES	120

/* hvg_msg_offer.flags */
#define HVG_OFFER_ENUMERATE_INTERFACE	0x0001
#define HVG_OFFER_CONFIDENTIAL_RING	0x0002
#define HVG_OFFER_CONFIDENTIAL_MEMORY	0x0004
#define HVG_OFFER_PINNED_MEMORY		0x0008
#define HVG_OFFER_NAMED_PIPE		0x0010
#define HVG_OFFER_LOOPBACK		0x0100
#define HVG_OFFER_PARENT		0x0200
#define HVG_OFFER_MONITORED		0x0400
#define HVG_OFFER_TL_PROVIDER		0x2000

#define HVG_OFFER_MONITOR_ALLOCATED	0x01
#define HVG_OFFER_DEDICATED_INTERRUPT	0x0001

#define HVG_PIPE_MODE_BYTE	0
#define HVG_PIPE_MODE_MESSAGE	4

/**
 * struct hvg_msg_offer - OFFER_CHANNEL
 * @user: service-defined; a pipe offer starts with the u32 pipe mode
 * @subchannel: index, 0 is the primary channel
 * @channel: channel id, the "relid"
 * @monitor_flags: bit 0: @monitor_id is valid
 * @interrupt_flags: bit 0: dedicated interrupt (1.1 and later)
 * @connection_id: for signalling the host (1.1 and later)
 */
struct hvg_msg_offer {
	struct hvg_msg_header header;
	struct hvg_guid interface;
	struct hvg_guid instance;
	hvg_u8 reserved[16];
	hvg_u16 flags;
	hvg_u16 mmio_mib;
	hvg_u8 user[HVG_OFFER_USER_BYTES];
	hvg_u16 subchannel;
	hvg_u16 mmio_optional_mib;
	hvg_u32 channel;
	hvg_u8 monitor_id;
	hvg_u8 monitor_flags;
	hvg_u16 interrupt_flags;
	hvg_u32 connection_id;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_offer, 196);
HVG_ASSERT_OFFSET(hvg_msg_offer, user, 60);
HVG_ASSERT_OFFSET(hvg_msg_offer, channel, 184);
HVG_ASSERT_OFFSET(hvg_msg_offer, connection_id, 192);
/* An offer of 0.13 ends before the interrupt flags. */
#define HVG_OFFER_SIZE_WS2008	190

/** struct hvg_msg_channel - RESCIND_OFFER, CLOSE_CHANNEL, RELID_RELEASED,
 * CLOSE_RESERVED_RESPONSE
 */
struct hvg_msg_channel {
	struct hvg_msg_header header;
	hvg_u32 channel;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_channel, 12);

/**
 * struct hvg_msg_open - OPEN_CHANNEL
 * @open_id: echoed in the result
 * @target_vp: VP that takes the interrupts (2.4 and later, else 0)
 * @downstream_page: first page of the host-to-guest ring in the GPADL
 * @connection_id: from here on only with HVG_FEATURE_GUEST_SIGNAL_PARAMS or
 *	HVG_FEATURE_INTERRUPT_REDIRECTION
 */
struct hvg_msg_open {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 open_id;
	hvg_u32 gpadl;
	hvg_u32 target_vp;
	hvg_u32 downstream_page;
	hvg_u8 user[HVG_OFFER_USER_BYTES];
	hvg_u32 connection_id;
	hvg_u16 event_flag;
	hvg_u16 flags;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_open, 156);
#define HVG_OPEN_SIZE_V1	148

struct hvg_msg_open_result {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 open_id;
	hvg_u32 status;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_open_result, 20);

/**
 * struct hvg_msg_gpadl_header - GPADL_HEADER
 * @range_bytes: size of all ranges, heads and page numbers
 * The first range's head and up to 26 page numbers follow.
 */
struct hvg_msg_gpadl_header {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 gpadl;
	hvg_u16 range_bytes;
	hvg_u16 range_count;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_gpadl_header, 20);

/** struct hvg_msg_gpadl_body - GPADL_BODY, up to 28 page numbers follow */
struct hvg_msg_gpadl_body {
	struct hvg_msg_header header;
	hvg_u32 number;
	hvg_u32 gpadl;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_gpadl_body, 16);

#define HVG_GPADL_HEADER_PFNS	26
#define HVG_GPADL_BODY_PFNS	28

struct hvg_msg_gpadl_created {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 gpadl;
	hvg_s32 status;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_gpadl_created, 20);

struct hvg_msg_gpadl_teardown {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 gpadl;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_gpadl_teardown, 16);

struct hvg_msg_gpadl_torndown {
	struct hvg_msg_header header;
	hvg_u32 gpadl;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_gpadl_torndown, 12);

/**
 * struct hvg_msg_initiate_contact - INITIATE_CONTACT
 * @target_vp: VP that takes the host's messages
 * @interrupt_page: GPA, below 5.0; from 5.0 on see HVG_CONTACT_*
 * @monitor_page1: GPA of the host-to-guest monitor page
 * @monitor_page2: GPA of the guest-to-host monitor page
 * @client_id: only with HVG_FEATURE_CLIENT_ID
 */
struct hvg_msg_initiate_contact {
	struct hvg_msg_header header;
	hvg_u32 version;
	hvg_u32 target_vp;
	hvg_u64 interrupt_page;
	hvg_u64 monitor_page1;
	hvg_u64 monitor_page2;
	struct hvg_guid client_id;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_initiate_contact, 56);
#define HVG_CONTACT_SIZE_V1	40
/* The interrupt page field from 5.0 on. */
#define HVG_CONTACT_TARGET(sint, vtl, features) \
	((hvg_u64)(sint) | (hvg_u64)(vtl) << 8 | (hvg_u64)(features) << 32)

/**
 * struct hvg_msg_version_response - VERSION_RESPONSE
 * @supported: 1 accepts the version
 * @state: 0 connected, 1 low resources, 2 failed
 * @version_or_connection: selected version; from 5.0 on the connection id
 *	for further messages
 * @features: 6.0; what both sides have
 * @monitor_page1: with HVG_FEATURE_SERVER_MONITOR_PAGES
 */
struct hvg_msg_version_response {
	struct hvg_msg_header header;
	hvg_u8 supported;
	hvg_u8 state;
	hvg_u16 padding;
	hvg_u32 version_or_connection;
	hvg_u32 features;
	hvg_u32 padding2;
	hvg_u64 monitor_page1;
	hvg_u64 monitor_page2;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_version_response, 40);
/* Hosts of before 2.4 may leave out what follows @supported. */
#define HVG_VERSION_RESPONSE_SIZE_MIN	9
#define HVG_VERSION_RESPONSE_SIZE_V1	16
#define HVG_VERSION_RESPONSE_SIZE_V6	20

struct hvg_msg_open_reserved {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 target_vp;
	hvg_u32 target_sint;
	hvg_u32 gpadl;
	hvg_u32 downstream_page;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_open_reserved, 28);

struct hvg_msg_close_reserved {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 target_vp;
	hvg_u32 target_sint;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_close_reserved, 20);

struct hvg_msg_tl_connect {
	struct hvg_msg_header header;
	struct hvg_guid endpoint;
	struct hvg_guid service;
	struct hvg_guid silo;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_tl_connect, 56);
#define HVG_TL_CONNECT_SIZE_V1	40

struct hvg_msg_tl_connect_result {
	struct hvg_msg_header header;
	struct hvg_guid endpoint;
	struct hvg_guid service;
	hvg_s32 status;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_tl_connect_result, 44);

/** struct hvg_msg_modify_channel - MODIFY_CHANNEL; VP 0xffffffff: no interrupts */
struct hvg_msg_modify_channel {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_u32 target_vp;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_modify_channel, 16);

struct hvg_msg_modify_channel_response {
	struct hvg_msg_header header;
	hvg_u32 channel;
	hvg_s32 status;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_modify_channel_response, 16);

struct hvg_msg_modify_connection {
	struct hvg_msg_header header;
	hvg_u64 monitor_page1;
	hvg_u64 monitor_page2;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_modify_connection, 24);

struct hvg_msg_modify_connection_response {
	struct hvg_msg_header header;
	hvg_u8 state;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_msg_modify_connection_response, 9);

/* Interrupt page, below 5.0: one half a direction, a bit a channel. */
#define HVG_INTERRUPT_PAGE_HALF		2048
#define HVG_MAX_CHANNELS		2048	/* event flags of one SINT */

#define HVG_MONITOR_GROUPS		4
#define HVG_MONITOR_GROUP_BITS		32

struct hvg_monitor_group {
	hvg_u32 pending;
	hvg_u32 armed;
} HVG_PACKED;

struct hvg_monitor_parameter {
	hvg_u32 connection_id;
	hvg_u16 flag;
	hvg_u16 reserved;
} HVG_PACKED;

/** struct hvg_monitor_page - deferred signals, polled by the hypervisor */
struct hvg_monitor_page {
	hvg_u32 group_enable;
	hvg_u32 reserved1;
	struct hvg_monitor_group group[HVG_MONITOR_GROUPS];
	hvg_u64 reserved2[3];
	hvg_s32 next_check[HVG_MONITOR_GROUPS][HVG_MONITOR_GROUP_BITS];
	hvg_u16 latency[HVG_MONITOR_GROUPS][HVG_MONITOR_GROUP_BITS];
	hvg_u64 reserved3[32];
	struct hvg_monitor_parameter
		parameter[HVG_MONITOR_GROUPS][HVG_MONITOR_GROUP_BITS];
	hvg_u8 reserved4[1984];
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_monitor_page, 4096);
HVG_ASSERT_OFFSET(hvg_monitor_page, next_check, 64);
HVG_ASSERT_OFFSET(hvg_monitor_page, latency, 576);
HVG_ASSERT_OFFSET(hvg_monitor_page, parameter, 1088);

#endif /* _HVG_VMBUS_WIRE_H */
