/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests to the host that have an answer, and the wait for it. */
#ifndef _HVG_VMBUS_REQUEST_H
#define _HVG_VMBUS_REQUEST_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/types.h>

struct hvg_channel;

/* The longest answer, VERSION_RESPONSE. */
#define REQUEST_REPLY_BYTES	40

/**
 * struct host_request - one question to the host; its memory is the asker's
 * @link: in the table of pending requests; protected by its lock
 * @chan: channel whose rescind ends the wait, or NULL
 * @type: enum hvg_msg_type of the answer
 * @key: what the answer repeats: open id, GPADL handle, channel id, or 0
 * @done: completed once, by the answer, the rescind or the disconnect
 * @err: 0: @reply is valid; protected by the table's lock until @done
 * @reply: private copy of the answer
 * @bytes: its length
 */
struct host_request {
	struct list_head link;
	struct hvg_channel *chan;
	u32 type;
	u32 key;
	struct completion done;
	int err;
	u8 reply[REQUEST_REPLY_BYTES] __aligned(8);
	size_t bytes;
};

void request_begin(struct host_request *req, struct hvg_channel *chan, u32 type,
		   u32 key);
int request_expect(struct host_request *req, unsigned int limit_ms);
int request_wait(struct host_request *req, unsigned int limit_ms);
void request_cancel(struct host_request *req);
bool request_expected(u32 type);

bool request_answer(u32 type, u32 key, const void *msg, size_t bytes);
void request_rescind(struct hvg_channel *chan);
void request_fail_all(int err);

#endif /* _HVG_VMBUS_REQUEST_H */
