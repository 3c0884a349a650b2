// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offers and rescinds: which are taken, what they say, and that a host gets
 * each id back once, at whatever moment it takes the channel away.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <hvg/guids.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "fake_host.h"
#include "message.h"
#include "offer.h"
#include "suites.h"
#include "test_channel.h"

static const struct hvg_guid scsi = HVG_GUID_SCSI;
static const struct hvg_guid ide = HVG_GUID_IDE;

static int offer_test_init(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	return 0;
}

static void offer_test_exit(struct kunit *test)
{
	if (fake_host.started)
		fake_host_disconnect();
}

static bool is_offered(u32 id)
{
	message_flush();
	offer_flush();
	return fake_host_channel(id);
}

static void offer_rules(struct kunit *test)
{
	static const u32 ids[] = { 0, HVG_MAX_CHANNELS, 0x80000005, ~0u };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		fake_host_offer(ids[i], 0, &scsi);
		KUNIT_EXPECT_FALSE(test, is_offered(ids[i]));
	}
	/* A sub-channel needs its primary. */
	fake_host_offer(20, 1, &scsi);
	KUNIT_EXPECT_FALSE(test, is_offered(20));
	fake_host_offer(HVG_MAX_CHANNELS - 1, 0, &scsi);
	KUNIT_EXPECT_TRUE(test, is_offered(HVG_MAX_CHANNELS - 1));
	KUNIT_EXPECT_EQ(test, HVG_MAX_CHANNELS - 1, offer_highest_id());
	/* The same again; the same instance under another id. */
	fake_host_offer(HVG_MAX_CHANNELS - 1, 0, &scsi);
	fake_host_offer(21, 0, &scsi);
	KUNIT_EXPECT_FALSE(test, is_offered(21));
	/* Its sub-channels: one, the same index, another interface, a second. */
	fake_host_offer(22, 1, &scsi);
	KUNIT_EXPECT_TRUE(test, is_offered(22));
	fake_host_offer(23, 1, &scsi);
	KUNIT_EXPECT_FALSE(test, is_offered(23));
	fake_host_offer(24, 2, &ide);
	KUNIT_EXPECT_FALSE(test, is_offered(24));
	fake_host_offer(25, 2, &scsi);
	KUNIT_EXPECT_TRUE(test, is_offered(25));
}

static void offer_rescinds(struct kunit *test)
{
	struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, 30
	};
	unsigned int i, released = 0, round;

	/* Of nothing. */
	fake_host_deliver(&rescind, sizeof(rescind));
	rescind.channel = ~0u;
	fake_host_deliver(&rescind, sizeof(rescind));
	rescind.channel = 30;
	for (round = 0; round < 10; round++) {
		fake_host.count = 0;
		fake_host_offer(30, 0, &scsi);
		KUNIT_EXPECT_TRUE(test, is_offered(30));
		/* Twice: the second finds nothing, or one that is going. */
		fake_host_deliver(&rescind, sizeof(rescind));
		fake_host_deliver(&rescind, sizeof(rescind));
		for (i = 0; i < 1000 && is_offered(30); i++)
			msleep(1);
		KUNIT_EXPECT_FALSE(test, is_offered(30));
		msleep(20);
		for (i = 0; i < fake_host.count; i++)
			released += fake_host_type(&fake_host.sent[i]) ==
				    HVG_MSG_RELID_RELEASED;
	}
	KUNIT_EXPECT_EQ(test, 10, released);
}

/* A device that goes before anybody has seen it. */
static void offer_quick_rescind(struct kunit *test)
{
	struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, 70
	};
	struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = HVG_GUID_SCSI,
		.channel = 70,
	};
	unsigned int round, i;

	for (round = 0; round < 30; round++) {
		fake_host_deliver(&offer, sizeof(offer));
		fake_host_deliver(&rescind, sizeof(rescind));
		for (i = 0; i < 1000 && is_offered(70); i++)
			msleep(20);
		KUNIT_ASSERT_FALSE(test, is_offered(70));
	}
}

/* Without waiting for what comes of it. */
static void send_offer(u32 id, u16 subchannel, u8 instance)
{
	const struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = HVG_GUID_SCSI,
		.instance.b = { instance },
		.subchannel = subchannel,
		.channel = id,
	};

	fake_host_deliver(&offer, sizeof(offer));
	message_flush();
}

static void send_rescind(u32 id)
{
	const struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, id
	};

	fake_host_deliver(&rescind, sizeof(rescind));
	message_flush();
}

static struct completion rescind_begins, rescind_may_end;

static void slow_rescind(struct hvg_channel *chan)
{
	complete(&rescind_begins);
	wait_for_completion_timeout(&rescind_may_end, 10 * HZ);
	hvg_channel_close(chan);
}

static void ignore_packet(struct hvg_channel *chan, const struct hvg_packet *pkt)
{
}

static const struct hvg_channel_ops slow_ops = {
	.packet = ignore_packet,
	.rescind = slow_rescind,
	.max_packet = 64,
};

/* What takes the place of a channel comes while that is on its way out. */
static void offer_successors(struct kunit *test)
{
	init_completion(&rescind_begins);
	init_completion(&rescind_may_end);
	send_offer(80, 0, 1);
	send_offer(81, 1, 1);
	send_offer(82, 0, 2);
	offer_flush();
	KUNIT_ASSERT_EQ(test, 0, test_channel_open(fake_host_channel(82),
						   2 * HVG_PAGE_SIZE, &slow_ops,
						   NULL));
	send_rescind(82);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&rescind_begins,
							     10 * HZ));
	send_rescind(81);
	send_offer(83, 1, 1);
	send_offer(84, 0, 2);
	KUNIT_EXPECT_NOT_NULL(test, fake_host_channel(81));
	KUNIT_EXPECT_NOT_NULL(test, fake_host_channel(82));
	KUNIT_EXPECT_NOT_NULL(test, fake_host_channel(83));
	KUNIT_EXPECT_NOT_NULL(test, fake_host_channel(84));
	/* Time for it to come too early, if it can. */
	msleep(50);
	complete(&rescind_may_end);
	offer_flush();
	KUNIT_EXPECT_NULL(test, fake_host_channel(81));
	KUNIT_EXPECT_NULL(test, fake_host_channel(82));
	KUNIT_EXPECT_EQ(test, 1, fake_host_released(81));
	KUNIT_EXPECT_EQ(test, 1, fake_host_released(82));
	KUNIT_ASSERT_NOT_NULL(test, fake_host_channel(83));
	KUNIT_EXPECT_TRUE(test, fake_host_channel(83)->in_sysfs);
	KUNIT_ASSERT_NOT_NULL(test, fake_host_channel(84));
	KUNIT_EXPECT_TRUE(test, fake_host_channel(84)->bdev->added);
}

/* The host still talks when the driver has said good-bye. */
static void answer_and_offer(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, 41
	};
	const struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = HVG_GUID_IDE,
		.channel = 41,
	};

	if (fake_host_type(msg) == HVG_MSG_UNLOAD) {
		fake_host_send(&offer, sizeof(offer));
		fake_host_send(&rescind, sizeof(rescind));
	}
	fake_host_answer(msg);
}

static void offer_late(struct kunit *test)
{
	fake_host_offer(40, 0, &scsi);
	KUNIT_EXPECT_TRUE(test, is_offered(40));
	fake_host.answer = answer_and_offer;
	fake_host_disconnect();
	KUNIT_EXPECT_EQ(test, 40, offer_highest_id());
}

/* A rescind that comes while all devices are being removed. */
static void rescind_at_close(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, 40
	};

	if (fake_host_type(msg) == HVG_MSG_CLOSE_CHANNEL)
		fake_host_send(&rescind, sizeof(rescind));
	fake_host_answer(msg);
}

static void offer_late_rescind(struct kunit *test)
{
	const struct hvg_post_message_input *last;

	fake_host_offer(40, 0, &scsi);
	fake_host_offer(41, 1, &scsi);
	KUNIT_ASSERT_TRUE(test, is_offered(41));
	KUNIT_ASSERT_EQ(test, 0, test_channel_open(fake_host_channel(41),
						   2 * HVG_PAGE_SIZE, &slow_ops,
						   NULL));
	fake_host.answer = rescind_at_close;
	fake_host_disconnect();
	KUNIT_EXPECT_EQ(test, 1, fake_host_released(40));
	KUNIT_EXPECT_EQ(test, 0, fake_host_released(41));
	last = &fake_host.sent[fake_host.count - 1];
	KUNIT_EXPECT_EQ(test, HVG_MSG_UNLOAD, fake_host_type(last));
}

/* Another kernel comes: the host has forgotten all ids before. */
static void offer_after_unload(struct kunit *test)
{
	fake_host_offer(42, 0, &scsi);
	KUNIT_EXPECT_TRUE(test, is_offered(42));
	connection_unload_kexec();
	fake_host_rescind(42);
	KUNIT_EXPECT_FALSE(test, is_offered(42));
	KUNIT_EXPECT_EQ(test, 0, fake_host_released(42));
}

/* What an offer says of interrupts and monitors, as its version has it. */
static void offer_fields(struct kunit *test)
{
	static const struct {
		u32 version;
		u8 monitor_id, monitor_flags;
		u16 interrupt_flags;
		bool page, monitored;
	} rows[] = {
		{ HVG_VERSION_WIN7, 0, 0, 0, true, false },
		{ HVG_VERSION_WIN7, 5, HVG_OFFER_MONITOR_ALLOCATED,
		  HVG_OFFER_DEDICATED_INTERRUPT, false, true },
		{ HVG_VERSION_WIN8, 127, HVG_OFFER_MONITOR_ALLOCATED, 0, true,
		  true },
		{ HVG_VERSION_WIN8, 128, HVG_OFFER_MONITOR_ALLOCATED,
		  HVG_OFFER_DEDICATED_INTERRUPT, false, false },
		{ HVG_VERSION_WIN10_V5, 255, HVG_OFFER_MONITOR_ALLOCATED, 0,
		  false, false },
	};
	struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = HVG_GUID_SCSI,
	};
	struct hvg_channel *chan;
	unsigned int i, id;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_host_disconnect();
		KUNIT_ASSERT_EQ(test, 0, fake_host_connect(rows[i].version));
		offer.monitor_id = rows[i].monitor_id;
		offer.monitor_flags = rows[i].monitor_flags;
		offer.interrupt_flags = rows[i].interrupt_flags;
		/* Before there were sub-channels the field may be anything. */
		offer.subchannel = rows[i].version < HVG_VERSION_WIN8;
		/* Devices of one kind are told apart by their instance. */
		for (id = 60; id < 63; id++) {
			offer.channel = id;
			offer.instance.b[0] = id;
			fake_host_deliver(&offer, sizeof(offer));
			KUNIT_ASSERT_TRUE(test, is_offered(id));
			chan = fake_host_channel(id);
			KUNIT_EXPECT_EQ(test, rows[i].page,
					chan->use_interrupt_page);
			KUNIT_EXPECT_EQ(test, rows[i].monitored,
					chan->monitored);
		}
	}
}

/* 0.13 offers end before the connection id; later ones must have it. */
static void offer_short(struct kunit *test)
{
	struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = HVG_GUID_SCSI,
		.channel = 50,
	};

	fake_host_deliver(&offer, HVG_OFFER_SIZE_WS2008);
	KUNIT_EXPECT_FALSE(test, is_offered(50));
	KUNIT_EXPECT_EQ(test, 1, message_stats.malformed);
	fake_host_disconnect();
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_WS2008));
	fake_host_deliver(&offer, HVG_OFFER_SIZE_WS2008);
	KUNIT_EXPECT_TRUE(test, is_offered(50));
	KUNIT_EXPECT_EQ(test, 0, message_stats.malformed);
	KUNIT_EXPECT_EQ(test, HVG_CONN_EVENT,
			fake_host_channel(50)->connection_id);
}

static struct kunit_case offer_cases[] = {
	KUNIT_CASE(offer_rules),
	KUNIT_CASE(offer_rescinds),
	KUNIT_CASE(offer_quick_rescind),
	KUNIT_CASE(offer_successors),
	KUNIT_CASE(offer_late),
	KUNIT_CASE(offer_late_rescind),
	KUNIT_CASE(offer_after_unload),
	KUNIT_CASE(offer_fields),
	KUNIT_CASE(offer_short),
	{}
};

struct kunit_suite offer_suite = {
	.name = "hvg_offer",
	.init = offer_test_init,
	.exit = offer_test_exit,
	.test_cases = offer_cases,
};
