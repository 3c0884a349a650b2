/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of the bus. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hvg_vmbus

#if !defined(_HVG_VMBUS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HVG_VMBUS_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>
#include <hvg/vmbus_wire.h>

#define HVG_MSG_NAME(m) { HVG_MSG_##m, #m }
#define hvg_msg_names					\
	HVG_MSG_NAME(OFFER_CHANNEL),			\
	HVG_MSG_NAME(RESCIND_OFFER),			\
	HVG_MSG_NAME(REQUEST_OFFERS),			\
	HVG_MSG_NAME(ALL_OFFERS_DELIVERED),		\
	HVG_MSG_NAME(OPEN_CHANNEL),			\
	HVG_MSG_NAME(OPEN_RESULT),			\
	HVG_MSG_NAME(CLOSE_CHANNEL),			\
	HVG_MSG_NAME(GPADL_HEADER),			\
	HVG_MSG_NAME(GPADL_BODY),			\
	HVG_MSG_NAME(GPADL_CREATED),			\
	HVG_MSG_NAME(GPADL_TEARDOWN),			\
	HVG_MSG_NAME(GPADL_TORNDOWN),			\
	HVG_MSG_NAME(RELID_RELEASED),			\
	HVG_MSG_NAME(INITIATE_CONTACT),			\
	HVG_MSG_NAME(VERSION_RESPONSE),			\
	HVG_MSG_NAME(UNLOAD),				\
	HVG_MSG_NAME(UNLOAD_COMPLETE),			\
	HVG_MSG_NAME(MODIFY_CHANNEL),			\
	HVG_MSG_NAME(MODIFY_CHANNEL_RESPONSE)

/* The word after the header: the channel in most messages. */
DECLARE_EVENT_CLASS(hvg_message,
	TP_PROTO(const void *msg, size_t bytes, u64 status),
	TP_ARGS(msg, bytes, status),
	TP_STRUCT__entry(
		__field(u32, type)
		__field(u32, word)
		__field(u32, bytes)
		__field(u32, status)
	),
	TP_fast_assign(
		__entry->type = ((const struct hvg_msg_header *)msg)->type;
		__entry->word = bytes >= sizeof(struct hvg_msg_channel) ?
			((const struct hvg_msg_channel *)msg)->channel : 0;
		__entry->bytes = bytes;
		__entry->status = status;
	),
	TP_printk("%s (%u) word %#x, %u bytes, status %#x",
		  __print_symbolic(__entry->type, hvg_msg_names),
		  __entry->type, __entry->word, __entry->bytes,
		  __entry->status)
);

DEFINE_EVENT(hvg_message, hvg_message_sent,
	TP_PROTO(const void *msg, size_t bytes, u64 status),
	TP_ARGS(msg, bytes, status)
);

DEFINE_EVENT(hvg_message, hvg_message_received,
	TP_PROTO(const void *msg, size_t bytes, u64 status),
	TP_ARGS(msg, bytes, status)
);

TRACE_EVENT(hvg_offer,
	TP_PROTO(const struct hvg_msg_offer *offer, bool taken),
	TP_ARGS(offer, taken),
	TP_STRUCT__entry(
		__field(u32, channel)
		__field(u32, connection)
		__field(u16, subchannel)
		__field(u16, flags)
		__field(bool, taken)
		__array(u8, interface, 16)
		__array(u8, instance, 16)
	),
	TP_fast_assign(
		__entry->channel = offer->channel;
		__entry->connection = offer->connection_id;
		__entry->subchannel = offer->subchannel;
		__entry->flags = offer->flags;
		__entry->taken = taken;
		memcpy(__entry->interface, offer->interface.b, 16);
		memcpy(__entry->instance, offer->instance.b, 16);
	),
	TP_printk("channel %u.%u connection %#x flags %#x interface %pUl instance %pUl %s",
		  __entry->channel, __entry->subchannel, __entry->connection,
		  __entry->flags, __entry->interface, __entry->instance,
		  __entry->taken ? "taken" : "refused")
);

TRACE_EVENT(hvg_rescind,
	TP_PROTO(u32 channel, bool taken),
	TP_ARGS(channel, taken),
	TP_STRUCT__entry(
		__field(u32, channel)
		__field(bool, taken)
	),
	TP_fast_assign(
		__entry->channel = channel;
		__entry->taken = taken;
	),
	TP_printk("channel %u %s", __entry->channel,
		  __entry->taken ? "taken" : "ignored")
);

TRACE_EVENT(hvg_open,
	TP_PROTO(u32 channel, u32 cpu, u32 send_bytes, u32 recv_bytes, int err),
	TP_ARGS(channel, cpu, send_bytes, recv_bytes, err),
	TP_STRUCT__entry(
		__field(u32, channel)
		__field(u32, cpu)
		__field(u32, send_bytes)
		__field(u32, recv_bytes)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->channel = channel;
		__entry->cpu = cpu;
		__entry->send_bytes = send_bytes;
		__entry->recv_bytes = recv_bytes;
		__entry->err = err;
	),
	TP_printk("channel %u CPU %u send %u recv %u bytes: %d",
		  __entry->channel, __entry->cpu, __entry->send_bytes,
		  __entry->recv_bytes, __entry->err)
);

TRACE_EVENT(hvg_close,
	TP_PROTO(u32 channel, bool rescinded),
	TP_ARGS(channel, rescinded),
	TP_STRUCT__entry(
		__field(u32, channel)
		__field(bool, rescinded)
	),
	TP_fast_assign(
		__entry->channel = channel;
		__entry->rescinded = rescinded;
	),
	TP_printk("channel %u%s", __entry->channel,
		  __entry->rescinded ? " rescinded" : "")
);

DECLARE_EVENT_CLASS(hvg_channel,
	TP_PROTO(u32 channel),
	TP_ARGS(channel),
	TP_STRUCT__entry(
		__field(u32, channel)
	),
	TP_fast_assign(
		__entry->channel = channel;
	),
	TP_printk("channel %u", __entry->channel)
);

DEFINE_EVENT(hvg_channel, hvg_signal,
	TP_PROTO(u32 channel),
	TP_ARGS(channel)
);

DEFINE_EVENT(hvg_channel, hvg_interrupt,
	TP_PROTO(u32 channel),
	TP_ARGS(channel)
);

#endif /* _HVG_VMBUS_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
