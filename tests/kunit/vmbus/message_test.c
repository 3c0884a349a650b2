// SPDX-License-Identifier: GPL-2.0-only
/* Control messages from a host that says anything, at any length. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <hvg/guids.h>
#include "channel.h"
#include "fake_host.h"
#include "message.h"
#include "offer.h"
#include "suites.h"

static const struct hvg_guid scsi = HVG_GUID_SCSI;
static const struct hvg_guid ide = HVG_GUID_IDE;

static int message_test_init(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	return 0;
}

static void message_test_exit(struct kunit *test)
{
	if (fake_host.started)
		fake_host_disconnect();
}

static bool is_offered(u32 id)
{
	bool found;

	message_flush();
	offer_flush();
	rcu_read_lock();
	found = offer_channel(id);
	rcu_read_unlock();
	return found;
}

static void send(const void *msg, u8 bytes)
{
	unsigned int limit;

	for (limit = 0; !fake_host_send(msg, bytes) && limit < 1000; limit++)
		msleep(1);
}

static u8 least(u32 type)
{
	switch (type) {
	case HVG_MSG_OFFER_CHANNEL:
		return sizeof(struct hvg_msg_offer);
	case HVG_MSG_RESCIND_OFFER:
		return 12;
	case HVG_MSG_ALL_OFFERS_DELIVERED:
	case HVG_MSG_UNLOAD_COMPLETE:
		return 8;
	case HVG_MSG_OPEN_RESULT:
	case HVG_MSG_GPADL_CREATED:
		return 20;
	case HVG_MSG_GPADL_TORNDOWN:
		return 12;
	case HVG_MSG_VERSION_RESPONSE:
	case HVG_MSG_MODIFY_CHANNEL_RESPONSE:
		return 16;
	}
	return 0;
}

/* Each type, known or not, with each length. */
static void message_lengths(struct kunit *test)
{
	unsigned long malformed, unexpected;
	struct hvg_msg_header *head;
	u8 msg[HVG_MESSAGE_PAYLOAD];
	u32 type, bytes;

	memset(msg, 0xff, sizeof(msg));
	head = (void *)msg;
	for (type = 0; type <= 40; type++) {
		for (bytes = 0; bytes <= 240; bytes++) {
			/* At 196 an offer of channel ~0, which is refused. */
			if (bytes > 40 && bytes < 184)
				continue;
			head->type = type == 40 ? 0xffffffff : type;
			malformed = message_stats.malformed;
			unexpected = message_stats.unexpected;
			send(msg, bytes);
			message_flush();
			if (bytes < 8 || bytes < least(type))
				malformed += bytes < 8 || least(type);
			if (bytes >= 8 && !least(type))
				unexpected++;
			KUNIT_ASSERT_EQ_MSG(test, malformed,
					    message_stats.malformed,
					    "type %u, %u bytes", type, bytes);
			if (!least(type))
				KUNIT_ASSERT_EQ(test, unexpected,
						message_stats.unexpected);
		}
	}
	send(msg, 241);
	send(msg, 255);
	message_flush();
	KUNIT_EXPECT_EQ(test, malformed + 2, message_stats.malformed);
}

static void message_offers(struct kunit *test)
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
	/* Its sub-channels: one, the same index, another interface. */
	fake_host_offer(22, 1, &scsi);
	KUNIT_EXPECT_TRUE(test, is_offered(22));
	fake_host_offer(23, 1, &scsi);
	KUNIT_EXPECT_FALSE(test, is_offered(23));
	fake_host_offer(24, 2, &ide);
	KUNIT_EXPECT_FALSE(test, is_offered(24));
}

static void message_rescinds(struct kunit *test)
{
	struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, 30
	};
	unsigned int i, released = 0, round;

	/* Of nothing. */
	send(&rescind, sizeof(rescind));
	rescind.channel = ~0u;
	send(&rescind, sizeof(rescind));
	rescind.channel = 30;
	for (round = 0; round < 10; round++) {
		fake_host.count = 0;
		fake_host_offer(30, 0, &scsi);
		KUNIT_EXPECT_TRUE(test, is_offered(30));
		/* Twice: the second finds nothing, or one that is going. */
		send(&rescind, sizeof(rescind));
		send(&rescind, sizeof(rescind));
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

/* More than the queue holds: none is lost, the slot waits. */
static void message_storm(struct kunit *test)
{
	struct hvg_msg_header msg = { 39, 0 };
	unsigned long before = message_stats.unexpected;
	unsigned int i, sent = 0;

	/* The host knows one CPU for messages. */
	set_cpus_allowed_ptr(current, cpumask_of(0));
	for (i = 0; i < 3000; i++) {
		sent += fake_host_send(&msg, sizeof(msg));
		if (!(i % 500))
			msleep(5);
	}
	for (i = 0; i < 100; i++) {
		message_flush();
		if (message_stats.unexpected - before == sent)
			break;
		msleep(10);
	}
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	KUNIT_EXPECT_EQ(test, sent, message_stats.unexpected - before);
	kunit_info(test, "%u of 3000 found room, %lu stalls", sent,
		   message_stats.stalls);
}

static struct kunit_case message_cases[] = {
	KUNIT_CASE(message_lengths),
	KUNIT_CASE(message_offers),
	KUNIT_CASE(message_rescinds),
	KUNIT_CASE(message_storm),
	{}
};

struct kunit_suite message_suite = {
	.name = "hvg_message",
	.init = message_test_init,
	.exit = message_test_exit,
	.test_cases = message_cases,
};
