// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of requests that wait for the host's answer.
 *
 * A request is entered before its message is sent, so that no answer is
 * missed. Each wait has a limit, after which the answer may still be expected,
 * and a rescind of the channel ends it. The askers run in process context, the
 * answers come from the message work.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "channel.h"
#include "request.h"

/* Protects pending, and req->err until the request is completed. */
static DEFINE_SPINLOCK(lock);
static LIST_HEAD(pending);

static void request_complete(struct host_request *req, int err)
{
	lockdep_assert_held(&lock);
	list_del_init(&req->link);
	req->err = err;
	complete_all(&req->done);
}

/**
 * request_begin() - expect an answer
 * @req: from the caller; not its own again before request_wait() or
 *	request_cancel() returns
 * @chan: channel whose rescind ends the wait, or NULL
 * @type: enum hvg_msg_type of the answer
 * @key: what tells answers of one type apart
 *
 * Context: process.
 */
void request_begin(struct host_request *req, struct hvg_channel *chan, u32 type,
		   u32 key)
{
	INIT_LIST_HEAD(&req->link);
	init_completion(&req->done);
	req->chan = chan;
	req->type = type;
	req->key = key;
	req->err = 0;
	/* Old hosts leave the end of an answer out. */
	memset(req->reply, 0, sizeof(req->reply));
	req->bytes = 0;

	spin_lock(&lock);
	list_add_tail(&req->link, &pending);
	/* request_rescind() comes after the flag: one of the two sees it. */
	if (chan && hvg_channel_rescinded(chan))
		request_complete(req, -ENODEV);
	spin_unlock(&lock);
}

/**
 * request_expect() - wait for the answer, and go on expecting it
 * @req: from request_begin()
 * @limit_ms: longest wait, ms
 *
 * Context: process, sleeps.
 * Return: 0: the answer is in @req; -EINPROGRESS: there is none yet, and @req
 * is still the table's; -ENODEV: rescinded; -ESHUTDOWN: disconnected.
 */
int request_expect(struct host_request *req, unsigned int limit_ms)
{
	int err = -EINPROGRESS;

	wait_for_completion_timeout(&req->done, msecs_to_jiffies(limit_ms));
	spin_lock(&lock);
	if (list_empty(&req->link))
		err = req->err;
	spin_unlock(&lock);
	return err;
}

/**
 * request_wait() - wait for the answer, the last time
 * @req: from request_begin(); the caller's afterwards
 * @limit_ms: longest wait, ms
 *
 * Context: process, sleeps.
 * Return: 0: the answer is in @req; -ETIMEDOUT; -ENODEV: rescinded;
 * -ESHUTDOWN: disconnected.
 */
int request_wait(struct host_request *req, unsigned int limit_ms)
{
	wait_for_completion_timeout(&req->done, msecs_to_jiffies(limit_ms));
	spin_lock(&lock);
	if (!list_empty(&req->link))
		request_complete(req, -ETIMEDOUT);
	spin_unlock(&lock);
	return req->err;
}

/**
 * request_cancel() - expect no answer any more
 * @req: from request_begin()
 *
 * Context: process.
 */
void request_cancel(struct host_request *req)
{
	spin_lock(&lock);
	list_del_init(&req->link);
	spin_unlock(&lock);
}

/**
 * request_expected() - does anybody expect an answer of this type
 * @type: enum hvg_msg_type
 *
 * Context: process.
 */
bool request_expected(u32 type)
{
	struct host_request *req;
	bool found = false;

	spin_lock(&lock);
	list_for_each_entry(req, &pending, link)
		if (req->type == type)
			found = true;
	spin_unlock(&lock);
	return found;
}

/**
 * request_answer() - an answer came
 * @type: enum hvg_msg_type
 * @key: what it repeats
 * @msg: the message, header included
 * @bytes: its length; what is more than the known answer is left out
 *
 * Context: process.
 * Return: true if somebody waited for it.
 */
bool request_answer(u32 type, u32 key, const void *msg, size_t bytes)
{
	struct host_request *req;
	bool found = false;

	spin_lock(&lock);
	list_for_each_entry(req, &pending, link) {
		if (req->type != type || req->key != key)
			continue;
		req->bytes = min_t(size_t, bytes, sizeof(req->reply));
		memcpy(req->reply, msg, req->bytes);
		request_complete(req, 0);
		found = true;
		break;
	}
	spin_unlock(&lock);
	return found;
}

/**
 * request_rescind() - end the waits of a channel
 * @chan: channel that is marked as rescinded already
 *
 * Context: process.
 */
void request_rescind(struct hvg_channel *chan)
{
	struct host_request *req, *next;

	spin_lock(&lock);
	list_for_each_entry_safe(req, next, &pending, link)
		if (req->chan == chan)
			request_complete(req, -ENODEV);
	spin_unlock(&lock);
}

/**
 * request_fail_all() - end all waits
 * @err: what the waiters get
 *
 * Context: process.
 */
void request_fail_all(int err)
{
	struct host_request *req, *next;

	spin_lock(&lock);
	list_for_each_entry_safe(req, next, &pending, link)
		request_complete(req, err);
	spin_unlock(&lock);
}
