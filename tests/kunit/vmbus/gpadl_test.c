// SPDX-License-Identifier: GPL-2.0-only
/* GPADLs: how page lists are split into messages, and every bad answer. */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "channel.h"
#include "connection.h"
#include "fake_host.h"
#include "gpadl.h"
#include "suites.h"
#include "test_channel.h"

#define CHANNEL		7
/* What 16 bits of range length can say. */
#define MOST_PAGES	8190
/* Page frames that are there on any machine that runs this. */
#define FIRST_PFN	0x1000

static struct page **pages;
/* Their numbers: each once, and none after its neighbour. */
static u64 *pfns;
static struct hvg_channel *chan;

static int gpadl_test_init(struct kunit *test)
{
	u32 i;

	pages = kvmalloc_array(8192, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	pfns = kvmalloc_array(8192, sizeof(*pfns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pfns);
	for (i = 0; i < 8192; i++) {
		pfns[i] = FIRST_PFN + i * 2731 % 8192;
		pages[i] = pfn_to_page(pfns[i]);
	}
	chan = test_channel_begin(test, HVG_VERSION_IRON, CHANNEL);
	fake_host.count = 0;
	return 0;
}

static void gpadl_test_exit(struct kunit *test)
{
	fake_host.answer = fake_host_answer;
	host_limit_ms = 10000;
	/* A test may have had it rescinded. */
	test_channel_end(NULL);
	kvfree(pages);
	kvfree(pfns);
	pages = NULL;
	pfns = NULL;
}

/* What is left of a list of page numbers, as messages take it. */
struct rest {
	const u64 *pfn;
	u32 count;
};

/* The payload of a message: its head, and page numbers up to its end. */
static u32 expected_payload(u8 *to, const void *head, u32 head_bytes,
			    struct rest *rest)
{
	u32 part = min_t(u32, rest->count,
			 (HVG_MESSAGE_PAYLOAD - head_bytes) / sizeof(u64));

	memcpy(to, head, head_bytes);
	memcpy(to + head_bytes, rest->pfn, part * sizeof(u64));
	rest->pfn += part;
	rest->count -= part;
	return head_bytes + part * sizeof(u64);
}

static void expect_sent(struct kunit *test, u32 count, unsigned int i,
			const u8 *payload, u32 bytes)
{
	const struct hvg_post_message_input *sent = &fake_host.sent[i];

	KUNIT_ASSERT_EQ_MSG(test, bytes, sent->payload_size,
			    "%u pages, message %u", count, i);
	KUNIT_ASSERT_EQ_MSG(test, 0, memcmp(payload, sent->payload, bytes),
			    "%u pages, message %u", count, i);
}

/* All messages of one GPADL are as the protocol has them, to the last byte. */
static void check_messages(struct kunit *test, u32 count, u32 handle)
{
	/* Range bytes and count share a word; then the range's own two. */
	const u32 head[] = {
		8, 0, CHANNEL, handle, 1 << 16 | (8 + 8 * count), 4096 * count,
		0,
	};
	struct rest rest = { .pfn = pfns, .count = count };
	u8 payload[HVG_MESSAGE_PAYLOAD];
	unsigned int i = 0;
	u32 bytes;

	bytes = expected_payload(payload, head, sizeof(head), &rest);
	expect_sent(test, count, i++, payload, bytes);
	while (rest.count) {
		const u32 body[] = { 9, 0, i - 1, handle };

		bytes = expected_payload(payload, body, sizeof(body), &rest);
		expect_sent(test, count, i++, payload, bytes);
	}
	KUNIT_ASSERT_EQ_MSG(test, i, fake_host.count, "%u pages", count);
}

static void one_size(struct kunit *test, u32 count)
{
	u32 handle = 0;

	fake_host.count = 0;
	KUNIT_ASSERT_EQ_MSG(test, 0, gpadl_create(chan, pages, count, &handle),
			    "%u pages", count);
	KUNIT_ASSERT_NE(test, 0, handle);
	check_messages(test, count, handle);
	KUNIT_ASSERT_EQ(test, 0, gpadl_teardown(chan, handle));
}

static void gpadl_small(struct kunit *test)
{
	u32 count;

	for (count = 1; count <= 120; count++)
		one_size(test, count);
}

/*
 * Each number of pages that takes one message more than the number before it
 * does, and what is next to it: 26 pages fill the first message, 28 each other.
 */
static void gpadl_boundaries(struct kunit *test)
{
	u32 full;

	for (full = 26; full < MOST_PAGES; full += 28) {
		one_size(test, full - 1);
		one_size(test, full);
		one_size(test, full + 1);
	}
}

static void gpadl_most(struct kunit *test)
{
	u32 handle = 1;

	one_size(test, MOST_PAGES - 1);
	one_size(test, MOST_PAGES);
	fake_host.count = 0;
	KUNIT_EXPECT_EQ(test, -EINVAL,
			gpadl_create(chan, pages, MOST_PAGES + 1, &handle));
	KUNIT_EXPECT_EQ(test, 0, handle);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			gpadl_create(chan, pages, 8192, &handle));
	KUNIT_EXPECT_EQ(test, -EINVAL, gpadl_create(chan, pages, 0, &handle));
	KUNIT_EXPECT_EQ(test, 0, fake_host.count);
}

static void gpadl_refused(struct kunit *test)
{
	static const s32 status[] = { 1, -1, 0x7fffffff, (s32)0xc000000d };
	u32 handle, i;

	for (i = 0; i < ARRAY_SIZE(status); i++) {
		handle = 1;
		fake_host.refuse_gpadl = status[i];
		KUNIT_EXPECT_EQ(test, -EIO,
				gpadl_create(chan, pages, 30, &handle));
		KUNIT_EXPECT_EQ(test, 0, handle);
	}
}

static void answer_other_channel(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_gpadl_header *head = (const void *)msg->payload;
	struct hvg_msg_gpadl_created created = {
		.header.type = HVG_MSG_GPADL_CREATED,
		.channel = head->channel + 1,
		.gpadl = head->gpadl,
	};

	fake_host_send(&created, sizeof(created));
}

static void answer_other_handle(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_gpadl_header *head = (const void *)msg->payload;
	struct hvg_msg_gpadl_created created = {
		.header.type = HVG_MSG_GPADL_CREATED,
		.channel = head->channel,
		.gpadl = head->gpadl + 1,
	};

	fake_host_send(&created, sizeof(created));
}

/* The answer to what nobody has asked. */
static void answer_other_question(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_gpadl_header *head = (const void *)msg->payload;
	struct hvg_msg_gpadl_torndown torndown = {
		.header.type = HVG_MSG_GPADL_TORNDOWN,
		.gpadl = head->gpadl,
	};

	fake_host_send(&torndown, sizeof(torndown));
}

static void answer_short(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_gpadl_header *head = (const void *)msg->payload;
	struct hvg_msg_gpadl_created created = {
		.header.type = HVG_MSG_GPADL_CREATED,
		.channel = head->channel,
		.gpadl = head->gpadl,
	};

	fake_host_send(&created, sizeof(created) - 1);
}

static void answer_rescind(const struct hvg_post_message_input *msg)
{
	struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, CHANNEL
	};

	if (fake_host_type(msg) == HVG_MSG_GPADL_HEADER)
		fake_host_send(&rescind, sizeof(rescind));
	else
		fake_host_answer(msg);
}

static void gpadl_other_channel(struct kunit *test)
{
	u32 handle = 1;

	/* What the host has done nobody knows: whether there is a handle to
	 * tear down is for the caller to find out.
	 */
	fake_host.answer = answer_other_channel;
	KUNIT_EXPECT_EQ(test, -EIO, gpadl_create(chan, pages, 3, &handle));
}

static void gpadl_no_answer(struct kunit *test)
{
	static void (*const answers[])(const struct hvg_post_message_input *) = {
		NULL, answer_other_handle, answer_other_question, answer_short,
	};
	unsigned int i;
	u32 handle;

	host_limit_ms = 30;
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		handle = 0;
		fake_host.answer = answers[i];
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT,
				gpadl_create(chan, pages, 3, &handle));
		/* The host may have it: there must be something to tear down. */
		KUNIT_EXPECT_NE(test, 0, handle);
	}
	fake_host.answer = NULL;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, gpadl_teardown(chan, handle));
	fake_host.answer = fake_host_answer;
	KUNIT_EXPECT_EQ(test, 0, gpadl_teardown(chan, handle));
}

static void gpadl_rescinded(struct kunit *test)
{
	u32 handle = 1;

	hvg_channel_get(chan);
	fake_host.answer = answer_rescind;
	KUNIT_EXPECT_EQ(test, -ENODEV, gpadl_create(chan, pages, 3, &handle));
	KUNIT_EXPECT_EQ(test, 0, handle);
	KUNIT_EXPECT_EQ(test, -ENODEV, gpadl_create(chan, pages, 3, &handle));
	/* With the channel the host has dropped all that belonged to it. */
	fake_host.count = 0;
	KUNIT_EXPECT_EQ(test, 0, gpadl_teardown(chan, 99));
	hvg_channel_put(chan);
}

/* The host takes the first messages and refuses one after. */
static void gpadl_post_fails(struct kunit *test)
{
	u32 handle = 1;

	fake_host.status = HVG_STATUS_INVALID_PARAMETER;
	fake_host.failures = 1;
	KUNIT_EXPECT_EQ(test, -EIO, gpadl_create(chan, pages, 100, &handle));
	KUNIT_EXPECT_EQ(test, 0, handle);
	fake_host.status = HVG_STATUS_NO_BUFFERS;
	fake_host.failures = 3;
	fake_host.count = 0;
	KUNIT_EXPECT_EQ(test, 0, gpadl_create(chan, pages, 100, &handle));
	check_messages(test, 100, handle);
	KUNIT_EXPECT_EQ(test, 0, gpadl_teardown(chan, handle));
}

/* The form that drivers use, on memory of both kinds. */
static void gpadl_buffers(struct kunit *test)
{
	struct hvg_gpadl gpadl;
	const u64 *pfn;
	void *buf;
	u32 i;

	buf = vmalloc(30 * HVG_PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	fake_host.count = 0;
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_create(chan, buf,
						  30 * HVG_PAGE_SIZE, &gpadl));
	KUNIT_EXPECT_EQ(test, 30 * HVG_PAGE_SIZE, gpadl.bytes);
	KUNIT_EXPECT_PTR_EQ(test, buf, gpadl.addr);
	pfn = (const void *)(fake_host.sent[0].payload + 28);
	for (i = 0; i < HVG_GPADL_HEADER_PFNS; i++)
		KUNIT_EXPECT_EQ(test, pfn[i],
				vmalloc_to_pfn(buf + i * HVG_PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_teardown(chan, &gpadl));
	KUNIT_EXPECT_EQ(test, 0, gpadl.handle);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			hvg_gpadl_create(chan, buf + 8, HVG_PAGE_SIZE, &gpadl));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			hvg_gpadl_create(chan, buf, HVG_PAGE_SIZE + 8, &gpadl));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			hvg_gpadl_create(chan, buf, 8191 * HVG_PAGE_SIZE,
					 &gpadl));
	KUNIT_EXPECT_EQ(test, -EINVAL, hvg_gpadl_create(chan, buf, 0, &gpadl));
	vfree(buf);

	buf = (void *)__get_free_pages(GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	fake_host.count = 0;
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_create(chan, buf, 4 * HVG_PAGE_SIZE,
						  &gpadl));
	pfn = (const void *)(fake_host.sent[0].payload + 28);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, pfn[i],
				page_to_pfn(virt_to_page(buf)) + i);
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_teardown(chan, &gpadl));
	free_pages((unsigned long)buf, 2);
}

static bool answers_teardown;

static void answer_wrongly(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) == HVG_MSG_GPADL_HEADER)
		answer_other_channel(msg);
	else if (answers_teardown)
		fake_host_answer(msg);
}

static void rescind_at_teardown(const struct hvg_post_message_input *msg)
{
	struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, CHANNEL
	};

	if (fake_host_type(msg) == HVG_MSG_GPADL_TEARDOWN)
		fake_host_send(&rescind, sizeof(rescind));
	else
		fake_host_answer(msg);
}

/* Whether the memory may be freed is what a driver has to know. */
static void gpadl_buffer_kept(struct kunit *test)
{
	struct hvg_gpadl gpadl;
	void *buf = vmalloc(2 * HVG_PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	host_limit_ms = 30;
	fake_host.answer = answer_wrongly;
	answers_teardown = true;
	KUNIT_EXPECT_EQ(test, -EIO, hvg_gpadl_create(chan, buf,
						     2 * HVG_PAGE_SIZE,
						     &gpadl));
	KUNIT_EXPECT_EQ(test, 0, gpadl.handle);
	answers_teardown = false;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT,
			hvg_gpadl_create(chan, buf, 2 * HVG_PAGE_SIZE,
					 &gpadl));
	KUNIT_EXPECT_EQ(test, 0, gpadl.handle);
	/* What was never established needs no end. */
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_teardown(chan, &gpadl));

	fake_host.answer = fake_host_answer;
	KUNIT_ASSERT_EQ(test, 0, hvg_gpadl_create(chan, buf, 2 * HVG_PAGE_SIZE,
						  &gpadl));
	fake_host.status = HVG_STATUS_ACCESS_DENIED;
	fake_host.failures = 1;
	KUNIT_EXPECT_EQ(test, -EIO, hvg_gpadl_teardown(chan, &gpadl));
	KUNIT_EXPECT_NE(test, 0, gpadl.handle);
	hvg_channel_get(chan);
	fake_host.answer = rescind_at_teardown;
	KUNIT_EXPECT_EQ(test, 0, hvg_gpadl_teardown(chan, &gpadl));
	KUNIT_EXPECT_EQ(test, 0, gpadl.handle);
	fake_host.answer = fake_host_answer;
	hvg_channel_put(chan);
	vfree(buf);
}

static struct kunit_case gpadl_cases[] = {
	KUNIT_CASE(gpadl_small),
	KUNIT_CASE(gpadl_boundaries),
	KUNIT_CASE(gpadl_most),
	KUNIT_CASE(gpadl_refused),
	KUNIT_CASE(gpadl_other_channel),
	KUNIT_CASE(gpadl_no_answer),
	KUNIT_CASE(gpadl_rescinded),
	KUNIT_CASE(gpadl_post_fails),
	KUNIT_CASE(gpadl_buffers),
	KUNIT_CASE(gpadl_buffer_kept),
	{}
};

struct kunit_suite gpadl_suite = {
	.name = "hvg_gpadl",
	.init = gpadl_test_init,
	.exit = gpadl_test_exit,
	.test_cases = gpadl_cases,
};
