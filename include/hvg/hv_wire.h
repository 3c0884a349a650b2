/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor interface as VMBus uses it: hypercalls, SynIC message and
 * event-flag pages. Source: TLFS, chapters on hypercalls and the SynIC.
 */
#ifndef _HVG_HV_WIRE_H
#define _HVG_HV_WIRE_H

#include "types.h"

#define HVG_HVCALL_POST_MESSAGE		0x005c
#define HVG_HVCALL_SIGNAL_EVENT		0x005d
#define HVG_HVCALL_FAST			(1u << 16)

#define HVG_STATUS_SUCCESS		0x0000
#define HVG_STATUS_INVALID_CODE		0x0002
#define HVG_STATUS_INVALID_PARAMETER	0x0005
#define HVG_STATUS_ACCESS_DENIED	0x0006
#define HVG_STATUS_NO_MEMORY		0x000b
#define HVG_STATUS_INVALID_CONNECTION	0x0012
#define HVG_STATUS_NO_BUFFERS		0x0013

/* Synthetic MSRs. */
#define HVG_MSR_GUEST_OS_ID		0x40000000
#define HVG_MSR_HYPERCALL		0x40000001
#define HVG_MSR_VP_INDEX		0x40000002
#define HVG_MSR_TIME_REF_COUNT		0x40000020
#define HVG_MSR_REFERENCE_TSC		0x40000021
#define HVG_MSR_SCONTROL		0x40000080
#define HVG_MSR_SIEFP			0x40000082
#define HVG_MSR_SIMP			0x40000083
#define HVG_MSR_EOM			0x40000084
#define HVG_MSR_SINT0			0x40000090
#define HVG_MSR_CRASH_P0		0x40000100
#define HVG_MSR_CRASH_CTL		0x40000105
#define HVG_CRASH_CTL_NOTIFY		(1ull << 63)
#define HVG_CRASH_CTL_MESSAGE		(1ull << 62)

/* Bits of SCONTROL, SIEFP, SIMP and SINTx. */
#define HVG_SYNIC_ENABLE		(1ull << 0)
#define HVG_SINT_MASKED			(1ull << 16)
#define HVG_SINT_AUTO_EOI		(1ull << 17)

#define HVG_VMBUS_SINT			2

#define HVG_MESSAGE_SIZE		256
#define HVG_MESSAGE_PAYLOAD		240
#define HVG_SYNIC_SINTS			16

#define HVG_MESSAGE_NONE		0u
#define HVG_MESSAGE_VMBUS		1u
#define HVG_MESSAGE_TIMER_EXPIRED	0x80000010u

#define HVG_MESSAGE_FLAG_PENDING	0x01

/**
 * struct hvg_message - one slot of the SynIC message page (slot n: SINT n)
 * @type: HVG_MESSAGE_NONE is an empty slot; writing it releases the slot
 * @payload_size: bytes of @payload that are valid, at most 240
 * @flags: HVG_MESSAGE_FLAG_PENDING: another message waits for an EOM
 * @sender: port or partition of the sender
 */
struct hvg_message {
	hvg_u32 type;
	hvg_u8 payload_size;
	hvg_u8 flags;
	hvg_u16 reserved;
	hvg_u64 sender;
	hvg_u8 payload[HVG_MESSAGE_PAYLOAD];
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_message, HVG_MESSAGE_SIZE);

/* Event-flag page: 16 slots of 2048 flags. */
#define HVG_EVENT_FLAGS			2048
#define HVG_EVENT_FLAGS_BYTES		(HVG_EVENT_FLAGS / 8)

/**
 * struct hvg_post_message_input - input block of HvPostMessage
 * @message_type: HVG_MESSAGE_VMBUS; the top bit must be clear
 * @payload_size: bytes, at most 240
 */
struct hvg_post_message_input {
	hvg_u32 connection_id;
	hvg_u32 reserved;
	hvg_u32 message_type;
	hvg_u32 payload_size;
	hvg_u8 payload[HVG_MESSAGE_PAYLOAD];
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_post_message_input, 256);

/** struct hvg_signal_event_input - input block of HvSignalEvent */
struct hvg_signal_event_input {
	hvg_u32 connection_id;
	hvg_u16 flag;
	hvg_u16 reserved;
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_signal_event_input, 8);

#endif /* _HVG_HV_WIRE_H */
