// SPDX-License-Identifier: GPL-2.0-only
/* The life of a channel: every answer to an open, closes and rescinds. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include "channel.h"
#include "connection.h"
#include "fake_host.h"
#include "message.h"
#include "offer.h"
#include "suites.h"
#include "test_channel.h"

#define CHANNEL		31
#define RING_BYTES	(2 * HVG_PAGE_SIZE)

static struct hvg_channel *chan;
static unsigned int rescinds;

static void life_packet(struct hvg_channel *c, const struct hvg_packet *pkt)
{
}

static void life_rescind(struct hvg_channel *c)
{
	rescinds++;
}

static const struct hvg_channel_ops life_ops = {
	.packet = life_packet,
	.rescind = life_rescind,
	.max_packet = 64,
};

static int life_begin(struct kunit *test)
{
	rescinds = 0;
	chan = test_channel_begin(test, HVG_VERSION_IRON, CHANNEL);
	/* It stays when it is rescinded. */
	hvg_channel_get(chan);
	fake_host.count = 0;
	return 0;
}

static void life_end(struct kunit *test)
{
	bool gone = hvg_channel_rescinded(chan);

	fake_host.answer = fake_host_answer;
	host_limit_ms = 10000;
	hvg_channel_put(chan);
	test_channel_end(gone ? NULL : chan);
}

static int life_open(const struct hvg_channel_ops *ops)
{
	fake_host.count = 0;
	return test_channel_open(chan, RING_BYTES, ops, NULL);
}

/* The types of what was sent since the last open began, in their order. */
static void expect_sent(struct kunit *test, const u32 *types,
			unsigned int count)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, count, fake_host.count);
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ_MSG(test, types[i],
				    fake_host_type(&fake_host.sent[i]),
				    "message %u", i);
}

#define EXPECT_SENT(test, ...) do { \
	static const u32 types[] = { __VA_ARGS__ }; \
	expect_sent(test, types, ARRAY_SIZE(types)); \
} while (0)

/* The host that answers everything opens it, and lets it be closed. */
static void expect_usable(struct kunit *test)
{
	fake_host.answer = fake_host_answer;
	host_limit_ms = 10000;
	KUNIT_EXPECT_EQ(test, 0, life_open(&life_ops));
	KUNIT_EXPECT_EQ(test, -EBUSY, test_channel_open(chan, RING_BYTES,
							&life_ops, NULL));
	hvg_channel_close(chan);
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_CLOSE_CHANNEL, HVG_MSG_GPADL_TEARDOWN);
	hvg_channel_close(chan);
	KUNIT_EXPECT_EQ(test, 4, fake_host.count);
}

/* What the host is told. */
static void life_messages(struct kunit *test)
{
	const struct hvg_msg_gpadl_header *head =
		(const void *)fake_host.sent[0].payload;
	const struct hvg_msg_open *open =
		(const void *)fake_host.sent[1].payload;
	const struct hvg_open_params params = {
		.send_bytes = 4 * HVG_PAGE_SIZE,
		.recv_bytes = 2 * HVG_PAGE_SIZE,
		.user = "from the driver",
		.user_bytes = 4,
		.ops = &life_ops,
		.context = &chan,
	};

	KUNIT_ASSERT_EQ(test, 0, hvg_channel_open(chan, &params));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL);
	KUNIT_EXPECT_EQ(test, 8 + 6 * 8, head->range_bytes);
	KUNIT_EXPECT_EQ(test, HVG_OPEN_SIZE_V1, fake_host.sent[1].payload_size);
	KUNIT_EXPECT_EQ(test, CHANNEL, open->channel);
	KUNIT_EXPECT_EQ(test, head->gpadl, open->gpadl);
	KUNIT_EXPECT_EQ(test, 4, open->downstream_page);
	KUNIT_EXPECT_EQ(test, hvg_channel_cpu(chan), open->target_vp);
	KUNIT_EXPECT_EQ(test, 0, memcmp(open->user, "from\0\0\0", 8));
	KUNIT_EXPECT_PTR_EQ(test, (void *)&chan, hvg_channel_context(chan));
	hvg_channel_close(chan);
	expect_usable(test);
}

static void life_bad_parameters(struct kunit *test)
{
	static const struct hvg_channel_ops nothing = { .max_packet = 64 };
	static const struct hvg_channel_ops small = {
		.packet = life_packet, .max_packet = 15,
	};
	static const struct hvg_channel_ops large = {
		.packet = life_packet, .max_packet = 0xffff * 8 + 1,
	};
	static const struct {
		u32 send, recv, user;
		const struct hvg_channel_ops *ops;
	} bad[] = {
		{ HVG_PAGE_SIZE, RING_BYTES, 0, &life_ops },
		{ RING_BYTES, HVG_PAGE_SIZE, 0, &life_ops },
		{ RING_BYTES + 8, RING_BYTES, 0, &life_ops },
		{ RING_BYTES, RING_BYTES + 8, 0, &life_ops },
		{ RING_BYTES, RING_BYTES, HVG_OFFER_USER_BYTES + 1,
		  &life_ops },
		{ RING_BYTES, RING_BYTES, 0, NULL },
		{ RING_BYTES, RING_BYTES, 0, &nothing },
		{ RING_BYTES, RING_BYTES, 0, &small },
		{ RING_BYTES, RING_BYTES, 0, &large },
	};
	struct hvg_open_params params = { .user = "" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		params.send_bytes = bad[i].send;
		params.recv_bytes = bad[i].recv;
		params.user_bytes = bad[i].user;
		params.ops = bad[i].ops;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    hvg_channel_open(chan, &params),
				    "number %u", i);
	}
	KUNIT_EXPECT_EQ(test, 0, fake_host.count);
	expect_usable(test);
}

/*
 * What is wrong in the answer to OPEN_CHANNEL: these are added to what it
 * should be, @missing are bytes that it lacks. Anything else is answered well.
 */
static struct {
	bool answers;
	u32 channel;
	u32 open_id;
	u32 status;
	u8 missing;
	bool rescinds;
} wrong;

static void answer_open_wrongly(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_open *open = (const void *)msg->payload;
	const struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, CHANNEL
	};
	struct hvg_msg_open_result result = {
		.header.type = HVG_MSG_OPEN_RESULT,
	};

	if (fake_host_type(msg) != HVG_MSG_OPEN_CHANNEL) {
		fake_host_answer(msg);
		return;
	}
	result.channel = open->channel + wrong.channel;
	result.open_id = open->open_id + wrong.open_id;
	result.status = wrong.status;
	if (wrong.answers)
		fake_host_send(&result, sizeof(result) - wrong.missing);
	if (wrong.rescinds)
		fake_host_send(&rescind, sizeof(rescind));
}

/* All that comes of a rescind has come of it. */
static void rescind_flush(void)
{
	message_flush();
	offer_flush();
}

static int open_wrongly(void)
{
	fake_host.answer = answer_open_wrongly;
	return life_open(&life_ops);
}

static void life_refused(struct kunit *test)
{
	static const u32 status[] = { 1, 0x7fffffff, 0x80000000, 0xffffffff };
	unsigned int i;

	memset(&wrong, 0, sizeof(wrong));
	wrong.answers = true;
	for (i = 0; i < ARRAY_SIZE(status); i++) {
		wrong.status = status[i];
		KUNIT_EXPECT_EQ(test, -EIO, open_wrongly());
		/* What is not open is not closed. */
		EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
			    HVG_MSG_GPADL_TEARDOWN);
		KUNIT_EXPECT_NULL(test, hvg_channel_context(chan));
	}
	expect_usable(test);
}

static void life_other_channel(struct kunit *test)
{
	memset(&wrong, 0, sizeof(wrong));
	wrong.answers = true;
	wrong.channel = 1;
	KUNIT_EXPECT_EQ(test, -EIO, open_wrongly());
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_CLOSE_CHANNEL, HVG_MSG_GPADL_TEARDOWN);
	expect_usable(test);
}

/* None, that to another open, one that is too short. */
static void life_no_answer(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		memset(&wrong, 0, sizeof(wrong));
		wrong.answers = i;
		wrong.open_id = i == 1 ? 1 : i == 2 ? -1 : 0;
		wrong.missing = i == 3;
		host_limit_ms = 30;
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, open_wrongly());
		/* It may be open all the same. */
		EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
			    HVG_MSG_CLOSE_CHANNEL, HVG_MSG_GPADL_TEARDOWN);
		expect_usable(test);
	}
}

static void answer_gpadl_only(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) == HVG_MSG_GPADL_HEADER)
		fake_host_answer(msg);
}

/* Nor does it give the rings back, which nobody else may have then. */
static void life_no_answer_at_all(struct kunit *test)
{
	host_limit_ms = 30;
	fake_host.answer = answer_gpadl_only;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, life_open(&life_ops));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_CLOSE_CHANNEL, HVG_MSG_GPADL_TEARDOWN);
	fake_host.answer = NULL;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, life_open(&life_ops));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_GPADL_TEARDOWN);
	expect_usable(test);
}

static void answer_no_teardown(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) != HVG_MSG_GPADL_TEARDOWN)
		fake_host_answer(msg);
}

/* What the host has not answered so far. */
static void answer_teardown_late(void)
{
	fake_host_answer(&fake_host.sent[3]);
	message_flush();
}

/* Open, and closed without the host's word that it is. */
static void hold_rings(struct kunit *test)
{
	fake_host.answer = answer_no_teardown;
	host_limit_ms = 30;
	KUNIT_ASSERT_EQ(test, 0, life_open(&life_ops));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, hvg_channel_close(chan));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_CLOSE_CHANNEL, HVG_MSG_GPADL_TEARDOWN);
	KUNIT_ASSERT_NOT_NULL(test, chan->memory.pages);
}

/* The host takes its time: it is asked once, and its answer counts. */
static void life_close_late(struct kunit *test)
{
	hold_rings(test);
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, hvg_channel_close(chan));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, hvg_channel_close_begin(chan));
	KUNIT_EXPECT_EQ(test, 4, fake_host.count);
	answer_teardown_late();
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_close_begin(chan));
	KUNIT_EXPECT_NULL(test, chan->memory.pages);
	expect_usable(test);
}

/* Without a wait for each: the answers come by themselves. */
static void life_close_begin(struct kunit *test)
{
	fake_host.answer = answer_no_teardown;
	KUNIT_ASSERT_EQ(test, 0, life_open(&life_ops));
	KUNIT_EXPECT_EQ(test, -EINPROGRESS, hvg_channel_close_begin(chan));
	answer_teardown_late();
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_close(chan));
	expect_usable(test);
}

/* Given back while nobody looked: nothing is lost. */
static void life_reopen_after_close(struct kunit *test)
{
	struct page *page;

	hold_rings(test);
	page = chan->memory.pages[0];
	get_page(page);
	answer_teardown_late();
	expect_usable(test);
	KUNIT_EXPECT_EQ(test, 1, page_count(page));
	put_page(page);
}

/* Nobody waits any more: the rings are lost, the late answer is nobody's. */
static void life_reopen_before_close(struct kunit *test)
{
	unsigned long unexpected;

	hold_rings(test);
	unexpected = message_stats.unexpected;
	fake_host.answer = fake_host_answer;
	host_limit_ms = 10000;
	KUNIT_EXPECT_EQ(test, 0, test_channel_open(chan, RING_BYTES, &life_ops,
						   NULL));
	answer_teardown_late();
	KUNIT_EXPECT_EQ(test, unexpected + 1, message_stats.unexpected);
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_close(chan));
	expect_usable(test);
}

/* With the channel the host drops its rings. */
static void life_rescind_before_close(struct kunit *test)
{
	hold_rings(test);
	fake_host_rescind(CHANNEL);
	KUNIT_EXPECT_EQ(test, 0, rescinds);
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_close(chan));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_CLOSE_CHANNEL, HVG_MSG_GPADL_TEARDOWN,
		    HVG_MSG_RELID_RELEASED);
	KUNIT_EXPECT_NULL(test, chan->memory.pages);
}

/* CLOSE_CHANNEL arrives, and what comes after it does not. */
static void answer_and_refuse_next(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) == HVG_MSG_CLOSE_CHANNEL)
		fake_host.failures = 1;
	fake_host_answer(msg);
}

/* Not even asked: the next close asks, and for all of it. */
static void life_teardown_not_sent(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, life_open(&life_ops));
	fake_host.status = HVG_STATUS_ACCESS_DENIED;
	/* CLOSE_CHANNEL, again before GPADL_TEARDOWN, and that one. */
	fake_host.failures = 2;
	KUNIT_EXPECT_EQ(test, -EIO, hvg_channel_close(chan));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL);
	fake_host.failures = 1;
	KUNIT_EXPECT_EQ(test, -EIO, hvg_channel_close_begin(chan));
	fake_host.answer = answer_and_refuse_next;
	KUNIT_EXPECT_EQ(test, -EIO, hvg_channel_close(chan));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_CLOSE_CHANNEL);
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_close(chan));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_CLOSE_CHANNEL, HVG_MSG_GPADL_TEARDOWN);
	expect_usable(test);
}

static void life_gpadl_refused(struct kunit *test)
{
	fake_host.refuse_gpadl = 1;
	KUNIT_EXPECT_EQ(test, -EIO, life_open(&life_ops));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER);
	fake_host.refuse_gpadl = 0;
	expect_usable(test);
}

static void refuse_next_post(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) == HVG_MSG_GPADL_HEADER) {
		fake_host.status = HVG_STATUS_INVALID_PARAMETER;
		fake_host.failures = 1;
	}
	fake_host_answer(msg);
}

static void life_post_fails(struct kunit *test)
{
	fake_host.answer = refuse_next_post;
	KUNIT_EXPECT_EQ(test, -EIO, life_open(&life_ops));
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_GPADL_TEARDOWN);
	expect_usable(test);
}

/* In the place of an answer. With the channel the host drops its rings. */
static void life_rescinded(struct kunit *test)
{
	memset(&wrong, 0, sizeof(wrong));
	wrong.rescinds = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, open_wrongly());
	rescind_flush();
	KUNIT_EXPECT_EQ(test, 0, rescinds);
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_RELID_RELEASED);
	KUNIT_EXPECT_EQ(test, -ENODEV, life_open(&life_ops));
	KUNIT_EXPECT_EQ(test, 0, fake_host.count);
}

/* With the answer: either it was open and the driver was told, or it was not. */
static void life_opened_and_rescinded(struct kunit *test)
{
	int err;

	memset(&wrong, 0, sizeof(wrong));
	wrong.answers = true;
	wrong.rescinds = true;
	err = open_wrongly();
	rescind_flush();
	if (err)
		KUNIT_EXPECT_EQ(test, -ENODEV, err);
	KUNIT_EXPECT_EQ(test, err ? 0 : 1, rescinds);
	hvg_channel_close(chan);
	KUNIT_EXPECT_EQ(test, -ENODEV, life_open(&life_ops));
}

static void close_in_rescind(struct hvg_channel *c)
{
	rescinds++;
	hvg_channel_close(c);
}

/* The driver may close it right there. */
static void life_close_in_rescind(struct kunit *test)
{
	static const struct hvg_channel_ops ops = {
		.packet = life_packet,
		.rescind = close_in_rescind,
		.max_packet = 64,
	};

	KUNIT_ASSERT_EQ(test, 0, life_open(&ops));
	fake_host_rescind(CHANNEL);
	KUNIT_EXPECT_EQ(test, 1, rescinds);
	EXPECT_SENT(test, HVG_MSG_GPADL_HEADER, HVG_MSG_OPEN_CHANNEL,
		    HVG_MSG_RELID_RELEASED);
	hvg_channel_close(chan);
	KUNIT_EXPECT_NULL(test, hvg_channel_context(chan));
}

static void life_event(struct hvg_channel *c)
{
}

/* It need not want to know, and what reads by itself goes on doing so. */
static void life_rescind_unasked(struct kunit *test)
{
	static const struct hvg_channel_ops ops = {
		.event = life_event,
		.max_packet = 64,
	};

	KUNIT_ASSERT_EQ(test, 0, life_open(&ops));
	fake_host_rescind(CHANNEL);
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_poll(chan, 1));
	KUNIT_EXPECT_EQ(test, -ENODEV, hvg_channel_send(chan, HVG_PACKET_INBAND,
							"x", 1, 0, 0));
	hvg_channel_close(chan);
	KUNIT_EXPECT_EQ(test, -ENODEV, life_open(&ops));
}

static bool closed, closed_meanwhile;

static void close_fn(struct work_struct *work)
{
	hvg_channel_close(chan);
	WRITE_ONCE(closed, true);
}

static DECLARE_WORK(close_work, close_fn);

static void close_by_another(struct hvg_channel *c)
{
	rescinds++;
	schedule_work(&close_work);
	msleep(50);
	closed_meanwhile = READ_ONCE(closed);
}

/* Another task that closes it waits until the driver has been told. */
static void life_close_during_rescind(struct kunit *test)
{
	static const struct hvg_channel_ops ops = {
		.packet = life_packet,
		.rescind = close_by_another,
		.max_packet = 64,
	};

	closed = false;
	closed_meanwhile = false;
	KUNIT_ASSERT_EQ(test, 0, life_open(&ops));
	fake_host_rescind(CHANNEL);
	flush_work(&close_work);
	KUNIT_EXPECT_EQ(test, 1, rescinds);
	KUNIT_EXPECT_FALSE(test, closed_meanwhile);
	KUNIT_EXPECT_TRUE(test, closed);
	KUNIT_EXPECT_EQ(test, -ENODEV, life_open(&ops));
}

static struct kunit_case channel_cases[] = {
	KUNIT_CASE(life_messages),
	KUNIT_CASE(life_bad_parameters),
	KUNIT_CASE(life_refused),
	KUNIT_CASE(life_other_channel),
	KUNIT_CASE(life_no_answer),
	KUNIT_CASE(life_no_answer_at_all),
	KUNIT_CASE(life_close_late),
	KUNIT_CASE(life_close_begin),
	KUNIT_CASE(life_reopen_after_close),
	KUNIT_CASE(life_reopen_before_close),
	KUNIT_CASE(life_rescind_before_close),
	KUNIT_CASE(life_teardown_not_sent),
	KUNIT_CASE(life_gpadl_refused),
	KUNIT_CASE(life_post_fails),
	KUNIT_CASE(life_rescinded),
	KUNIT_CASE(life_opened_and_rescinded),
	KUNIT_CASE(life_rescind_unasked),
	KUNIT_CASE(life_close_in_rescind),
	KUNIT_CASE(life_close_during_rescind),
	{}
};

struct kunit_suite channel_suite = {
	.name = "hvg_channel",
	.init = life_begin,
	.exit = life_end,
	.test_cases = channel_cases,
};
