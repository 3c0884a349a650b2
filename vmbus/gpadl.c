// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPADLs: a list of page numbers goes to the host, in one header message and
 * as many body messages as it takes; a handle of our choice names it.
 * Process context, waits for the host.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "gpadl.h"
#include "message.h"
#include "request.h"
#include "trace.h"

/* The size of the range in bytes is sent in 16 bits. */
#define GPADL_MAX_PAGES \
	((0xffff - sizeof(struct hvg_gpa_range)) / sizeof(u64))

/* Hosts log handles: not to be mistaken for a channel id. */
static atomic_t next_handle = ATOMIC_INIT(0xe1e10);

static u32 gpadl_handle(void)
{
	u32 handle;

	do {
		handle = atomic_inc_return(&next_handle);
	} while (!handle);
	return handle;
}

static void gpadl_fill_pfns(void *to, struct page **pages, u32 count)
{
	u64 pfn;
	u32 i;

	for (i = 0; i < count; i++) {
		pfn = page_to_pfn(pages[i]);
		memcpy((u8 *)to + i * sizeof(pfn), &pfn, sizeof(pfn));
	}
}

static int gpadl_post_header(struct hvg_channel *chan, struct page **pages,
			     u32 count, u32 handle)
{
	u8 buf[HVG_MESSAGE_PAYLOAD] __aligned(8);
	struct hvg_msg_gpadl_header *msg = (void *)buf;
	struct hvg_gpa_range *range = (void *)(msg + 1);
	u32 first = min_t(u32, count, HVG_GPADL_HEADER_PFNS);

	memset(buf, 0, sizeof(*msg) + sizeof(*range));
	msg->header.type = HVG_MSG_GPADL_HEADER;
	msg->channel = chan->id;
	msg->gpadl = handle;
	msg->range_bytes = sizeof(*range) + count * sizeof(u64);
	msg->range_count = 1;
	range->bytes = count << HVG_PAGE_SHIFT;
	gpadl_fill_pfns(range + 1, pages, first);
	return message_post(buf, sizeof(*msg) + sizeof(*range) +
			    first * sizeof(u64));
}

static int gpadl_post_body(struct page **pages, u32 count, u32 handle,
			   u32 number)
{
	u8 buf[HVG_MESSAGE_PAYLOAD] __aligned(8);
	struct hvg_msg_gpadl_body *msg = (void *)buf;

	memset(msg, 0, sizeof(*msg));
	msg->header.type = HVG_MSG_GPADL_BODY;
	msg->number = number;
	msg->gpadl = handle;
	gpadl_fill_pfns(msg + 1, pages, count);
	return message_post(buf, sizeof(*msg) + count * sizeof(u64));
}

static int gpadl_post(struct hvg_channel *chan, struct page **pages, u32 count,
		      u32 handle)
{
	u32 sent = min_t(u32, count, HVG_GPADL_HEADER_PFNS);
	u32 part, number = 0;
	int err;

	err = gpadl_post_header(chan, pages, count, handle);
	while (!err && sent < count) {
		part = min_t(u32, count - sent, HVG_GPADL_BODY_PFNS);
		err = gpadl_post_body(pages + sent, part, handle, number++);
		sent += part;
	}
	return err;
}

/**
 * gpadl_create() - let the host map pages
 * @chan: channel that they belong to
 * @pages: the pages in the host's order
 * @count: how many
 * @handle: gets the handle
 *
 * GPADL_HEADER, GPADL_BODY, GPADL_CREATED; hvg/vmbus_wire.h.
 *
 * Context: process.
 * Return: 0; -EINVAL: too many pages; -EIO: refused; -ENODEV: rescinded;
 * -ETIMEDOUT. After an answer that is missing or for another channel the
 * host may have the pages all the same, and @handle is set for
 * gpadl_teardown() to find out; it is 0 otherwise.
 */
int gpadl_create(struct hvg_channel *chan, struct page **pages, u32 count,
		 u32 *handle)
{
	const struct hvg_msg_gpadl_created *created;
	u32 new = gpadl_handle();
	struct host_request req;
	int err;

	*handle = 0;
	if (!count || count > GPADL_MAX_PAGES)
		return -EINVAL;

	request_begin(&req, chan, HVG_MSG_GPADL_CREATED, new);
	err = gpadl_post(chan, pages, count, new);
	if (err) {
		request_cancel(&req);
		return err;
	}
	err = request_wait(&req, host_limit_ms);
	if (err) {
		*handle = err == -ETIMEDOUT ? new : 0;
		return err;
	}
	created = (const void *)req.reply;
	if (created->channel != chan->id || created->status) {
		dev_err(&chan->bdev->hdev.dev,
			"GPADL of %u pages refused: expected channel %u, status 0, got %u, %d\n",
			count, chan->id, created->channel, created->status);
		*handle = created->status ? 0 : new;
		return -EIO;
	}
	*handle = new;
	return 0;
}

/**
 * gpadl_teardown_begin() - ask the host to let go of the pages
 * @chan: channel that they belong to
 * @handle: from gpadl_create()
 * @req: waits for the answer then
 *
 * GPADL_TEARDOWN, GPADL_TORNDOWN; hvg/vmbus_wire.h. The host answers when the
 * last that it does with the channel's memory is done, however long it takes.
 * A rescind takes all that the channel had, and ends @req.
 *
 * Context: process.
 * Return: 0; -errno: not sent.
 */
int gpadl_teardown_begin(struct hvg_channel *chan, u32 handle,
			 struct host_request *req)
{
	struct hvg_msg_gpadl_teardown msg = {
		{ HVG_MSG_GPADL_TEARDOWN, 0 }, chan->id, handle
	};
	int err;

	request_begin(req, chan, HVG_MSG_GPADL_TORNDOWN, handle);
	err = message_post(&msg, sizeof(msg));
	if (err)
		request_cancel(req);
	return err;
}

/**
 * gpadl_teardown() - have the host let go of the pages
 * @chan: channel that they belong to
 * @handle: from gpadl_create(); 0: nothing is done
 *
 * Context: process; waits for the host.
 * Return: 0: the pages are the guest's again; -errno: they may not be.
 */
int gpadl_teardown(struct hvg_channel *chan, u32 handle)
{
	struct host_request req;
	int err;

	if (!handle || hvg_channel_rescinded(chan))
		return 0;
	err = gpadl_teardown_begin(chan, handle, &req);
	if (err)
		return err;
	err = request_wait(&req, host_limit_ms);
	return err == -ENODEV ? 0 : err;
}

/**
 * hvg_gpadl_create() - let the host map a buffer of a driver
 * @chan: channel that it belongs to
 * @addr: page-aligned, in the kernel's direct map or from vmalloc
 * @bytes: whole pages
 * @gpadl: filled in; all zero after an error
 *
 * Context: process; waits for the host.
 * Return: 0; -EINVAL: alignment or size; -ENOMEM; -EIO: refused by the host;
 * -ENODEV: rescinded; -ETIMEDOUT: no answer, and the caller must not free
 * the buffer: the host may have it.
 */
int hvg_gpadl_create(struct hvg_channel *chan, void *addr, u32 bytes,
		     struct hvg_gpadl *gpadl)
{
	u32 i, count = bytes >> HVG_PAGE_SHIFT;
	struct page **pages;
	u8 *at = addr;
	int err;

	memset(gpadl, 0, sizeof(*gpadl));
	if (!IS_ALIGNED((unsigned long)addr, HVG_PAGE_SIZE) ||
	    !IS_ALIGNED(bytes, HVG_PAGE_SIZE) || count > GPADL_MAX_PAGES)
		return -EINVAL;
	pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < count; i++, at += HVG_PAGE_SIZE)
		pages[i] = is_vmalloc_addr(at) ? vmalloc_to_page(at) :
						 virt_to_page(at);
	err = gpadl_create(chan, pages, count, &gpadl->handle);
	kvfree(pages);
	if (err && gpadl->handle)
		err = gpadl_teardown(chan, gpadl->handle) ? -ETIMEDOUT : -EIO;
	if (err) {
		gpadl->handle = 0;
		return err;
	}
	gpadl->addr = addr;
	gpadl->bytes = bytes;
	return 0;
}
EXPORT_SYMBOL_GPL(hvg_gpadl_create);

/**
 * hvg_gpadl_teardown() - have the host let go of a driver's buffer
 * @chan: channel that it belongs to
 * @gpadl: becomes all zero when it succeeds; not established: nothing is done
 *
 * Context: process; waits for the host.
 * Return: 0: the buffer may be freed; -errno: it may not, the host may write
 * to it still.
 */
int hvg_gpadl_teardown(struct hvg_channel *chan, struct hvg_gpadl *gpadl)
{
	int err = gpadl_teardown(chan, gpadl->handle);

	if (!err)
		memset(gpadl, 0, sizeof(*gpadl));
	return err;
}
EXPORT_SYMBOL_GPL(hvg_gpadl_teardown);
