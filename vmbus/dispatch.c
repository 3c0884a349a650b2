// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each message from the host is for: its least size, and who takes it.
 * Process context, one message at a time, in the order of their arrival.
 */
#include <linux/kernel.h>
#include <hvg/vmbus_wire.h>
#include "connection.h"
#include "dispatch.h"
#include "message.h"
#include "offer.h"
#include "request.h"

/* The host has answered and nobody waits: too late, or never asked. */
static void dispatch_answer(u32 type, u32 key, const void *msg, size_t bytes)
{
	if (!request_answer(type, key, msg, bytes))
		message_stats.unexpected++;
}

static void dispatch_open_result(const void *data, size_t bytes)
{
	const struct hvg_msg_open_result *msg = data;

	dispatch_answer(HVG_MSG_OPEN_RESULT, msg->open_id, data, bytes);
}

static void dispatch_gpadl_created(const void *data, size_t bytes)
{
	const struct hvg_msg_gpadl_created *msg = data;

	dispatch_answer(HVG_MSG_GPADL_CREATED, msg->gpadl, data, bytes);
}

static void dispatch_gpadl_torndown(const void *data, size_t bytes)
{
	const struct hvg_msg_gpadl_torndown *msg = data;

	dispatch_answer(HVG_MSG_GPADL_TORNDOWN, msg->gpadl, data, bytes);
}

static void dispatch_modify_response(const void *data, size_t bytes)
{
	const struct hvg_msg_modify_channel_response *msg = data;

	dispatch_answer(HVG_MSG_MODIFY_CHANNEL_RESPONSE, msg->channel, data,
			bytes);
}

static void dispatch_version_response(const void *data, size_t bytes)
{
	dispatch_answer(HVG_MSG_VERSION_RESPONSE, 0, data, bytes);
}

static void dispatch_all_offers(const void *data, size_t bytes)
{
	dispatch_answer(HVG_MSG_ALL_OFFERS_DELIVERED, 0, data, bytes);
}

static void dispatch_unload_complete(const void *data, size_t bytes)
{
	WRITE_ONCE(connection.unload_complete, true);
	dispatch_answer(HVG_MSG_UNLOAD_COMPLETE, 0, data, bytes);
}

/**
 * struct message_kind - one type of message from the host
 * @name: for the log
 * @bytes: least size, header included
 * @handle: takes it; NULL: the guest never gets this one
 */
struct message_kind {
	const char *name;
	size_t bytes;
	void (*handle)(const void *data, size_t bytes);
};

static const struct message_kind kinds[HVG_MSG_COUNT] = {
	[HVG_MSG_OFFER_CHANNEL] = {
		"OFFER_CHANNEL", HVG_OFFER_SIZE_WS2008, offer_received,
	},
	[HVG_MSG_RESCIND_OFFER] = {
		"RESCIND_OFFER", sizeof(struct hvg_msg_channel), offer_rescinded,
	},
	[HVG_MSG_ALL_OFFERS_DELIVERED] = {
		"ALL_OFFERS_DELIVERED", sizeof(struct hvg_msg_header),
		dispatch_all_offers,
	},
	[HVG_MSG_OPEN_RESULT] = {
		"OPEN_RESULT", sizeof(struct hvg_msg_open_result),
		dispatch_open_result,
	},
	[HVG_MSG_GPADL_CREATED] = {
		"GPADL_CREATED", sizeof(struct hvg_msg_gpadl_created),
		dispatch_gpadl_created,
	},
	[HVG_MSG_GPADL_TORNDOWN] = {
		"GPADL_TORNDOWN", sizeof(struct hvg_msg_gpadl_torndown),
		dispatch_gpadl_torndown,
	},
	[HVG_MSG_VERSION_RESPONSE] = {
		"VERSION_RESPONSE", HVG_VERSION_RESPONSE_SIZE_MIN,
		dispatch_version_response,
	},
	[HVG_MSG_UNLOAD_COMPLETE] = {
		"UNLOAD_COMPLETE", sizeof(struct hvg_msg_header),
		dispatch_unload_complete,
	},
	[HVG_MSG_MODIFY_CHANNEL_RESPONSE] = {
		"MODIFY_CHANNEL_RESPONSE",
		sizeof(struct hvg_msg_modify_channel_response),
		dispatch_modify_response,
	},
};

/**
 * dispatch_message() - hand a message to whom it is for
 * @data: private copy, at least a header long
 * @bytes: its length
 *
 * Types that are unknown or not for a guest are counted and ignored: a newer
 * host may send them.
 *
 * Context: process.
 */
void dispatch_message(const void *data, size_t bytes)
{
	const struct hvg_msg_header *header = data;
	const struct message_kind *kind;

	if (header->type >= HVG_MSG_COUNT || !kinds[header->type].handle) {
		message_stats.unexpected++;
		return;
	}
	kind = &kinds[header->type];
	if (bytes < kind->bytes) {
		message_malformed(kind->name, kind->bytes, bytes);
		return;
	}
	kind->handle(data, bytes);
}
