// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is refused for want of memory: it fails as a whole, the host is owed
 * nothing afterwards, and the next try works.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <hvg/guids.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "fake_host.h"
#include "memory.h"
#include "message.h"
#include "ring_memory.h"
#include "suites.h"
#include "test_channel.h"

#define CHANNEL		30
#define SUBCHANNEL	31
#define RING_BYTES	(2 * HVG_PAGE_SIZE)

/* One allocation: the @number-th of @function. */
struct allocation {
	const char *function;
	unsigned int number;
};

static const struct hvg_guid interface = HVG_GUID_SCSI;

static void memory_exit(struct kunit *test)
{
	memory_refused();
	host_limit_ms = 10000;
	test_channel_end(NULL);
}

/* Whether the kernel logs a line, found out as it does. */
static struct {
	struct tracepoint *point;
	char text[64];
	bool seen;
} watched;

static void watch_console(void *unused, const char *text, size_t bytes)
{
	if (strnstr(text, watched.text, bytes))
		WRITE_ONCE(watched.seen, true);
}

static void watch_find(struct tracepoint *point, void *unused)
{
	if (!strcmp(point->name, "console"))
		watched.point = point;
}

static void watch_begin(struct kunit *test, const char *format, u32 id)
{
	for_each_kernel_tracepoint(watch_find, NULL);
	KUNIT_ASSERT_NOT_NULL(test, watched.point);
	snprintf(watched.text, sizeof(watched.text), format, id);
	watched.seen = false;
	KUNIT_ASSERT_EQ(test, 0, tracepoint_probe_register(watched.point,
							   watch_console, NULL));
}

static void watch_end(void)
{
	tracepoint_probe_unregister(watched.point, watch_console, NULL);
	tracepoint_synchronize_unregister();
}

/*
 * A rescind of what is not offered is warned of, and that is all. Of many the
 * log leaves some out; those after five seconds it has again.
 */
static void expect_ignored(struct kunit *test, u32 id)
{
	unsigned int released = fake_host_released(id), i;

	watch_begin(test, "rescind of channel %u ignored", id);
	for (i = 0; i < 60 && !READ_ONCE(watched.seen); i++) {
		if (i)
			msleep(100);
		fake_host_rescind(id);
	}
	watch_end();
	KUNIT_EXPECT_TRUE(test, watched.seen);
	KUNIT_EXPECT_EQ(test, released, fake_host_released(id));
}

/* Offers that there may be no memory for. */
static const struct {
	u32 id;
	u16 subchannel;
	const char *function;
} offers[] = {
	{ CHANNEL, 0, "channel_alloc" },
	{ CHANNEL, 0, "bus_device_alloc" },
	{ SUBCHANNEL, 1, "channel_alloc" },
};

/* One of them, with what it needs to be taken otherwise, is not taken. */
static void offer_in_vain(struct kunit *test, unsigned int i)
{
	const char *function = offers[i].function;

	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	if (offers[i].subchannel)
		fake_host_offer(CHANNEL, 0, &interface);
	memory_refuse(function, 1);
	fake_host_offer(offers[i].id, offers[i].subchannel, &interface);
	KUNIT_EXPECT_TRUE_MSG(test, memory_refused(), "%s", function);
	KUNIT_EXPECT_NULL(test, fake_host_channel(offers[i].id));
	/* The host keeps the id until it takes it away. */
	KUNIT_EXPECT_EQ(test, 0, fake_host_released(offers[i].id));
}

/* The host gets the id back as if it had been taken, and once. */
static void memory_offer(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offers); i++) {
		offer_in_vain(test, i);
		fake_host_rescind(offers[i].id);
		KUNIT_EXPECT_EQ(test, 1, fake_host_released(offers[i].id));
		expect_ignored(test, offers[i].id);
		/* Its primary channel has nothing to do with it. */
		if (offers[i].subchannel)
			KUNIT_EXPECT_NOT_NULL(test, fake_host_channel(CHANNEL));
		fake_host_disconnect();
	}
}

/* What is taken later is no longer owed. */
static void memory_offer_again(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offers); i++) {
		offer_in_vain(test, i);
		fake_host_offer(offers[i].id, offers[i].subchannel, &interface);
		KUNIT_EXPECT_NOT_NULL(test, fake_host_channel(offers[i].id));
		fake_host_rescind(offers[i].id);
		KUNIT_EXPECT_NULL(test, fake_host_channel(offers[i].id));
		KUNIT_EXPECT_EQ(test, 1, fake_host_released(offers[i].id));
		expect_ignored(test, offers[i].id);
		fake_host_disconnect();
	}
}

/* Nor is it on the next connection, where ids begin anew. */
static void memory_offer_left(struct kunit *test)
{
	offer_in_vain(test, 0);
	fake_host_disconnect();
	KUNIT_EXPECT_EQ(test, 0, fake_host_released(CHANNEL));
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	expect_ignored(test, CHANNEL);
}

/* A device without a name is not added, its channel is there all the same. */
static void memory_device_name(struct kunit *test)
{
	struct hvg_channel *chan;

	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	memory_refuse("bus_device_add", 1);
	fake_host_offer(CHANNEL, 0, &interface);
	KUNIT_EXPECT_TRUE(test, memory_refused());
	chan = fake_host_channel(CHANNEL);
	KUNIT_ASSERT_NOT_NULL(test, chan);
	KUNIT_EXPECT_FALSE(test, chan->bdev->added);
	fake_host_rescind(CHANNEL);
	KUNIT_EXPECT_NULL(test, fake_host_channel(CHANNEL));
	KUNIT_EXPECT_EQ(test, 1, fake_host_released(CHANNEL));
}

/* A device without a place for its channels in sysfs has them. */
static void memory_device_channels(struct kunit *test)
{
	struct hvg_channel *chan, *sub;

	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	memory_refuse("bus_device_add", 2);
	fake_host_offer(CHANNEL, 0, &interface);
	KUNIT_EXPECT_TRUE(test, memory_refused());
	fake_host_offer(SUBCHANNEL, 1, &interface);
	chan = fake_host_channel(CHANNEL);
	sub = fake_host_channel(SUBCHANNEL);
	KUNIT_ASSERT_NOT_NULL(test, chan);
	KUNIT_ASSERT_NOT_NULL(test, sub);
	KUNIT_EXPECT_TRUE(test, chan->bdev->added);
	KUNIT_EXPECT_FALSE(test, chan->in_sysfs);
	KUNIT_EXPECT_FALSE(test, sub->in_sysfs);
	fake_host_rescind(SUBCHANNEL);
	fake_host_rescind(CHANNEL);
	KUNIT_EXPECT_NULL(test, fake_host_channel(SUBCHANNEL));
	KUNIT_EXPECT_NULL(test, fake_host_channel(CHANNEL));
}

static void memory_connect(struct kunit *test)
{
	static const struct allocation rows[] = {
		{ "connection_alloc", 1 }, { "connection_alloc", 2 },
		{ "connection_alloc", 3 }, { "message_init", 1 },
		{ "message_init", 2 }, { "message_init", 3 },
		{ "message_init", 4 }, { "offer_init", 1 },
		{ "offer_init", 2 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memory_refuse(rows[i].function, rows[i].number);
		KUNIT_EXPECT_EQ_MSG(test, -ENOMEM,
				    fake_host_connect(HVG_VERSION_IRON),
				    "%s, number %u", rows[i].function,
				    rows[i].number);
		KUNIT_EXPECT_TRUE(test, memory_refused());
		KUNIT_EXPECT_FALSE(test, fake_host.started);
		KUNIT_EXPECT_EQ(test, 0, fake_host.count);
		KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
		fake_host_disconnect();
	}
}

static void no_packet(struct hvg_channel *chan, const struct hvg_packet *pkt)
{
}

static const struct hvg_channel_ops ops = {
	.packet = no_packet,
	.max_packet = 64,
};

static void memory_open(struct kunit *test)
{
	/* Of pages the first and the last, of mappings those of both rings. */
	static const struct allocation rows[] = {
		{ "channel_alloc_rings", 1 }, { "ring_memory_alloc", 1 },
		{ "ring_memory_alloc", 2 }, { "ring_memory_alloc", 5 },
		{ "ring_map", 1 }, { "ring_map", 2 },
		{ "ring_map", 3 }, { "ring_map", 4 },
	};
	struct hvg_channel *chan;
	unsigned int i;

	chan = test_channel_begin(test, HVG_VERSION_IRON, CHANNEL);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_host.count = 0;
		memory_refuse(rows[i].function, rows[i].number);
		KUNIT_EXPECT_EQ_MSG(test, -ENOMEM,
				    test_channel_open(chan, RING_BYTES, &ops,
						      NULL),
				    "%s, number %u", rows[i].function,
				    rows[i].number);
		KUNIT_EXPECT_TRUE(test, memory_refused());
		KUNIT_EXPECT_EQ(test, CHANNEL_OFFERED, chan->state);
		/* The host has not heard of it. */
		KUNIT_EXPECT_EQ(test, 0, fake_host.count);
		KUNIT_ASSERT_EQ(test, 0, test_channel_open(chan, RING_BYTES,
							   &ops, NULL));
		hvg_channel_close(chan);
	}
}

static void memory_gpadl(struct kunit *test)
{
	void *buf = vmalloc(2 * HVG_PAGE_SIZE);
	struct hvg_gpadl gpadl = { .handle = 1 };
	struct hvg_channel *chan;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	chan = test_channel_begin(test, HVG_VERSION_IRON, CHANNEL);
	fake_host.count = 0;
	memory_refuse("hvg_gpadl_create", 1);
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			hvg_gpadl_create(chan, buf, 2 * HVG_PAGE_SIZE, &gpadl));
	KUNIT_EXPECT_TRUE(test, memory_refused());
	KUNIT_EXPECT_EQ(test, 0, gpadl.handle);
	KUNIT_EXPECT_EQ(test, 0, fake_host.count);
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_create(chan, buf, 2 * HVG_PAGE_SIZE,
						  &gpadl));
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_teardown(chan, &gpadl));
	vfree(buf);
}

static void answer_no_teardown(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) != HVG_MSG_GPADL_TEARDOWN)
		fake_host_answer(msg);
}

/*
 * Rings that the host does not give back stay until the connection is down,
 * and for ever if there is no memory to remember them.
 */
static void lose_rings(struct kunit *test, bool remembered)
{
	struct hvg_channel *chan;
	struct ring_memory copy;
	struct page *page;

	chan = test_channel_begin(test, HVG_VERSION_IRON, CHANNEL);
	KUNIT_ASSERT_EQ(test, 0, test_channel_open(chan, RING_BYTES, &ops,
						   NULL));
	copy = chan->memory;
	page = copy.pages[0];
	/* One count is ours, to be able to look at the other. */
	get_page(page);
	if (!remembered)
		memory_refuse("ring_memory_lose", 1);
	fake_host.answer = answer_no_teardown;
	host_limit_ms = 30;
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, hvg_channel_close(chan));
	KUNIT_EXPECT_EQ(test, 2, page_count(page));

	fake_host_disconnect();
	KUNIT_EXPECT_TRUE(test, memory_refused());
	fake_host.answer = fake_host_answer;
	host_limit_ms = 10000;
	KUNIT_EXPECT_EQ(test, remembered ? 1 : 2, page_count(page));
	if (!remembered)
		ring_memory_free(&copy);
	KUNIT_EXPECT_EQ(test, 1, page_count(page));
	put_page(page);
}

static void memory_lost_rings(struct kunit *test)
{
	lose_rings(test, true);
	lose_rings(test, false);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(memory_offer),
	KUNIT_CASE(memory_offer_again),
	KUNIT_CASE(memory_offer_left),
	KUNIT_CASE(memory_device_name),
	KUNIT_CASE(memory_device_channels),
	KUNIT_CASE(memory_connect),
	KUNIT_CASE(memory_open),
	KUNIT_CASE(memory_gpadl),
	KUNIT_CASE(memory_lost_rings),
	{}
};

struct kunit_suite memory_suite = {
	.name = "hvg_memory",
	.exit = memory_exit,
	.test_cases = memory_cases,
};
