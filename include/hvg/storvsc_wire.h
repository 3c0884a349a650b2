/* SPDX-License-Identifier: GPL-2.0-only */
/* The storage protocol (VSTOR): packets, the SCSI request, status values. */
#ifndef _HVG_STORVSC_WIRE_H
#define _HVG_STORVSC_WIRE_H

#include "types.h"

#define HVG_STOR_VERSION(major, minor)	(((major) << 8) | (minor))
#define HVG_STOR_VERSION_WIN6		HVG_STOR_VERSION(2, 0)
#define HVG_STOR_VERSION_WIN7		HVG_STOR_VERSION(4, 2)
#define HVG_STOR_VERSION_WIN8		HVG_STOR_VERSION(5, 1)
#define HVG_STOR_VERSION_WIN8_1		HVG_STOR_VERSION(6, 0)
#define HVG_STOR_VERSION_WIN10		HVG_STOR_VERSION(6, 2)

enum hvg_stor_op {
	HVG_STOR_COMPLETE_IO			= 1,
	HVG_STOR_REMOVE_DEVICE			= 2,
	HVG_STOR_EXECUTE_SRB			= 3,
	HVG_STOR_RESET_LUN			= 4,
	HVG_STOR_RESET_ADAPTER			= 5,
	HVG_STOR_RESET_BUS			= 6,
	HVG_STOR_BEGIN_INITIALIZATION		= 7,
	HVG_STOR_END_INITIALIZATION		= 8,
	HVG_STOR_QUERY_PROTOCOL_VERSION		= 9,
	HVG_STOR_QUERY_PROPERTIES		= 10,
	HVG_STOR_ENUMERATE_BUS			= 11,
	HVG_STOR_FCHBA_DATA			= 12,
	HVG_STOR_CREATE_SUB_CHANNELS		= 13,
	HVG_STOR_EVENT_NOTIFICATION		= 14,
};

#define HVG_STOR_FLAG_COMPLETION	0x1u

#define HVG_STOR_CDB_MAX		16
#define HVG_STOR_SENSE_WIN8		20
#define HVG_STOR_SENSE_WIN6		18

enum hvg_stor_direction {
	HVG_STOR_WRITE	= 0,
	HVG_STOR_READ	= 1,
	HVG_STOR_NONE	= 2,
};

/* hvg_stor_request.srb_flags */
#define HVG_SRB_QUEUE_ACTION_ENABLE	0x002u
#define HVG_SRB_NO_DISCONNECT		0x004u
#define HVG_SRB_NO_SYNC_TRANSFER	0x008u
#define HVG_SRB_BYPASS_FROZEN_QUEUE	0x010u
#define HVG_SRB_NO_AUTOSENSE		0x020u
#define HVG_SRB_DATA_IN			0x040u
#define HVG_SRB_DATA_OUT		0x080u
#define HVG_SRB_NO_QUEUE_FREEZE		0x100u

#define HVG_SRB_QUEUE_TAG_UNTAGGED	0xff
#define HVG_SRB_QUEUE_SIMPLE		0x20

/* hvg_stor_request.srb_status */
#define HVG_SRB_STATUS_MASK		0x3f
#define HVG_SRB_QUEUE_FROZEN		0x40
#define HVG_SRB_AUTOSENSE_VALID		0x80
enum hvg_srb_status {
	HVG_SRB_PENDING			= 0x00,
	HVG_SRB_SUCCESS			= 0x01,
	HVG_SRB_ABORTED			= 0x02,
	HVG_SRB_ABORT_FAILED		= 0x03,
	HVG_SRB_ERROR			= 0x04,
	HVG_SRB_BUSY			= 0x05,
	HVG_SRB_INVALID_REQUEST		= 0x06,
	HVG_SRB_INVALID_PATH		= 0x07,
	HVG_SRB_NO_DEVICE		= 0x08,
	HVG_SRB_TIMEOUT			= 0x09,
	HVG_SRB_SELECTION_TIMEOUT	= 0x0a,
	HVG_SRB_COMMAND_TIMEOUT		= 0x0b,
	HVG_SRB_BUS_RESET		= 0x0e,
	HVG_SRB_DATA_OVERRUN		= 0x12,
	HVG_SRB_BAD_LENGTH		= 0x15,
	HVG_SRB_FLUSHED			= 0x16,
	HVG_SRB_INVALID_LUN		= 0x20,
	HVG_SRB_INVALID_TARGET		= 0x21,
	HVG_SRB_INTERNAL_ERROR		= 0x30,
};

/* NTSTATUS values of hvg_stor_packet.status. */
#define HVG_NT_SUCCESS			0x00000000u
#define HVG_NT_UNSUCCESSFUL		0xc0000001u
#define HVG_NT_INVALID_PARAMETER	0xc000000du
#define HVG_NT_INVALID_DEVICE_REQUEST	0xc0000010u
#define HVG_NT_REVISION_MISMATCH	0xc0000059u
#define HVG_NT_DEVICE_NOT_CONNECTED	0xc000009du
#define HVG_NT_IO_TIMEOUT		0xc00000b5u
#define HVG_NT_CANCELLED		0xc0000120u
#define HVG_NT_INVALID_DEVICE_STATE	0xc0000184u
#define HVG_NT_IO_DEVICE_ERROR		0xc0000185u

/**
 * struct hvg_stor_request - EXECUTE_SRB and the resets
 * @length: 52 from 5.1 on, 36 before
 * @sense_length: in: room for sense; out: valid sense bytes
 * @transfer_length: bytes; out: bytes really moved
 * @cdb: in: CDB; out: sense data
 * @timeout: s; this and the other fields from @reserved2 on only from 5.1
 */
struct hvg_stor_request {
	hvg_u16 length;
	hvg_u8 srb_status;
	hvg_u8 scsi_status;
	hvg_u8 port;
	hvg_u8 path;
	hvg_u8 target;
	hvg_u8 lun;
	hvg_u8 cdb_length;
	hvg_u8 sense_length;
	hvg_u8 direction;
	hvg_u8 properties;
	hvg_u32 transfer_length;
	union {
		hvg_u8 cdb[HVG_STOR_CDB_MAX];
		hvg_u8 sense[HVG_STOR_SENSE_WIN8];
	} u;
	hvg_u16 reserved2;
	hvg_u8 queue_tag;
	hvg_u8 queue_action;
	hvg_u32 srb_flags;
	hvg_u32 timeout;
	hvg_u32 sort_key;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_stor_request, 52);
HVG_ASSERT_OFFSET(hvg_stor_request, u, 16);
HVG_ASSERT_OFFSET(hvg_stor_request, srb_flags, 40);
#define HVG_STOR_REQUEST_WIN6	36

#define HVG_STOR_PROPERTY_MULTICHANNEL	0x1u

/** struct hvg_stor_properties - reply to QUERY_PROPERTIES, 24 bytes */
struct hvg_stor_properties {
	hvg_u32 reserved1;
	hvg_u16 max_subchannels;
	hvg_u16 reserved2;
	hvg_u32 flags;
	hvg_u32 max_transfer_bytes;
	hvg_u64 reserved3;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_stor_properties, 24);

struct hvg_stor_version {
	hvg_u16 version;
	hvg_u16 revision;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_stor_version, 4);

struct hvg_stor_fchba {
	hvg_u8 primary_active;
	hvg_u8 reserved[3];
	hvg_u8 primary_port_wwn[8];
	hvg_u8 primary_node_wwn[8];
	hvg_u8 secondary_port_wwn[8];
	hvg_u8 secondary_node_wwn[8];
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_stor_fchba, 36);

/**
 * struct hvg_stor_packet - every VSTOR message
 * @operation: enum hvg_stor_op
 * @flags: HVG_STOR_FLAG_COMPLETION
 * @status: NTSTATUS
 *
 * 64 bytes from 5.1 on, 48 before.
 */
struct hvg_stor_packet {
	hvg_u32 operation;
	hvg_u32 flags;
	hvg_u32 status;
	union {
		struct hvg_stor_request request;
		struct hvg_stor_properties properties;
		struct hvg_stor_version version;
		struct hvg_stor_fchba fchba;
		hvg_u16 subchannel_count;
		hvg_u8 raw[52];
	} u;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_stor_packet, 64);
HVG_ASSERT_OFFSET(hvg_stor_packet, u, 12);
#define HVG_STOR_PACKET_WIN6	48

#endif /* _HVG_STORVSC_WIRE_H */
