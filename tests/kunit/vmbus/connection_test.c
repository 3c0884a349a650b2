// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a connection begins and ends beside the version: hosts that refuse, that
 * answer late or never, a kernel that dies and one that comes after it.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <hvg/guids.h>
#include "connection.h"
#include "fake_host.h"
#include "request.h"
#include "suites.h"

/* A type of message that the host leaves unanswered. */
static u32 unanswered;

static void answer_the_others(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) != unanswered)
		fake_host_answer(msg);
}

static int connect_without(u32 type, u32 version)
{
	unanswered = type;
	fake_host_begin.answer = answer_the_others;
	return fake_host_connect(version);
}

static void connection_exit(struct kunit *test)
{
	if (fake_host.started) {
		fake_host.answer = fake_host_answer;
		fake_host_disconnect();
	}
	host_limit_ms = 10000;
	unanswered = 0;
	memset(&fake_host_begin, 0, sizeof(fake_host_begin));
	connection_set_max_version("6.0");
}

/* How many messages of a type the host has got. */
static unsigned int sent(u32 type)
{
	unsigned int i, count = 0;

	for (i = 0; i < fake_host.count; i++)
		count += fake_host_type(&fake_host.sent[i]) == type;
	return count;
}

static void expect_down(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, fake_host.started);
	KUNIT_EXPECT_NULL(test, connection.interrupt_page);
	KUNIT_EXPECT_NULL(test, connection.monitor[0]);
	KUNIT_EXPECT_NULL(test, connection.monitor[1]);
}

static void connection_no_platform(struct kunit *test)
{
	fake_host_begin.start_error = -ENODEV;
	KUNIT_EXPECT_EQ(test, -ENODEV, fake_host_connect(HVG_VERSION_IRON));
	KUNIT_EXPECT_EQ(test, 0, fake_host.count);
	expect_down(test);
}

/* Takes the contact, and no message after it. */
static void answer_contact_only(const struct hvg_post_message_input *msg)
{
	fake_host_answer(msg);
	if (fake_host_type(msg) == HVG_MSG_INITIATE_CONTACT) {
		fake_host.status = HVG_STATUS_ACCESS_DENIED;
		fake_host.failures = 1;
	}
}

static void connection_offers_refused(struct kunit *test)
{
	fake_host_begin.answer = answer_contact_only;
	KUNIT_EXPECT_EQ(test, -EIO, fake_host_connect(HVG_VERSION_COPPER));
	KUNIT_EXPECT_EQ(test, 0, sent(HVG_MSG_REQUEST_OFFERS));
	KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
	KUNIT_EXPECT_EQ(test, CONNECTION_DOWN, connection.state);
	expect_down(test);
}

/* What it has offered by then is as good as ever. */
static void connection_offers_unended(struct kunit *test)
{
	host_limit_ms = 30;
	KUNIT_EXPECT_EQ(test, 0, connect_without(HVG_MSG_REQUEST_OFFERS,
						 HVG_VERSION_IRON));
	KUNIT_EXPECT_EQ(test, CONNECTION_UP, connection.state);
}

/* Only a host of 3.0 or later says that it has let go of the pages. */
static void connection_unload_unconfirmed(struct kunit *test)
{
	static const u32 versions[] = { HVG_VERSION_IRON, HVG_VERSION_WIN8 };
	unsigned int i;

	host_limit_ms = 30;
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		KUNIT_ASSERT_EQ(test, 0, connect_without(HVG_MSG_UNLOAD,
							 versions[i]));
		fake_host_disconnect();
		KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
		KUNIT_EXPECT_EQ(test, CONNECTION_DOWN, connection.state);
		expect_down(test);
	}
}

static void connection_unload_refused(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	fake_host.status = HVG_STATUS_ACCESS_DENIED;
	fake_host.failures = 1;
	fake_host_disconnect();
	KUNIT_EXPECT_EQ(test, 0, sent(HVG_MSG_UNLOAD));
	KUNIT_EXPECT_EQ(test, CONNECTION_DOWN, connection.state);
	expect_down(test);
}

static void unload_confirmed(struct work_struct *work)
{
	static const struct hvg_msg_header done = { HVG_MSG_UNLOAD_COMPLETE, 0 };

	fake_host_deliver(&done, sizeof(done));
}

static DECLARE_DELAYED_WORK(confirm_later, unload_confirmed);

static void confirm_unload_later(const struct hvg_post_message_input *msg)
{
	if (fake_host_type(msg) == HVG_MSG_UNLOAD)
		schedule_delayed_work(&confirm_later, msecs_to_jiffies(250));
	else
		fake_host_answer(msg);
}

/* A kexec waits longer than one limit for a host that has work to do yet. */
static void connection_kexec_waits(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	fake_host.answer = confirm_unload_later;
	host_limit_ms = 100;
	connection.unload_complete = false;
	connection_unload_kexec();
	KUNIT_EXPECT_TRUE(test, connection.unload_complete);
	KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
	KUNIT_EXPECT_EQ(test, CONNECTION_UNLOADING, connection.state);
	/* Once is enough. */
	connection_unload_kexec();
	KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
	flush_delayed_work(&confirm_later);
}

/* Six limits, and not for ever. */
static void connection_kexec_gives_up(struct kunit *test)
{
	unsigned long begin;

	KUNIT_ASSERT_EQ(test, 0, connect_without(HVG_MSG_UNLOAD,
						 HVG_VERSION_IRON));
	host_limit_ms = 30;
	begin = jiffies;
	connection_unload_kexec();
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - begin), 170);
	KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
}

/* Below 3.0 what is left of the channels says when the host is through. */
static void connection_kexec_old(struct kunit *test)
{
	struct host_request req;
	unsigned long begin;

	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_WIN8));
	host_limit_ms = 40;
	request_begin(&req, NULL, HVG_MSG_GPADL_TORNDOWN, 1);
	begin = jiffies;
	connection_unload_kexec();
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - begin), 230);
	KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
	request_cancel(&req);
}

/* A dying kernel says good-bye once, and dies whatever the host does. */
static void connection_crash(struct kunit *test)
{
	static const u32 versions[] = { HVG_VERSION_IRON, HVG_VERSION_WIN8 };
	unsigned int i, answers;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		for (answers = 0; answers < 2; answers++) {
			KUNIT_ASSERT_EQ(test, 0, fake_host_connect(versions[i]));
			if (!answers)
				fake_host.answer = NULL;
			host_limit_ms = 30;
			KUNIT_EXPECT_TRUE(test, connection_unload_crash());
			KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
			KUNIT_EXPECT_FALSE(test, connection_unload_crash());
			KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
			fake_host.answer = fake_host_answer;
			host_limit_ms = 10000;
			fake_host_disconnect();
		}
	}
}

static void connection_crash_refused(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	fake_host.status = HVG_STATUS_ACCESS_DENIED;
	fake_host.failures = 1;
	KUNIT_EXPECT_TRUE(test, connection_unload_crash());
	KUNIT_EXPECT_EQ(test, 0, sent(HVG_MSG_UNLOAD));
}

/* Offers a device before it answers the version, or instead. */
static void answer_early(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = HVG_GUID_SCSI,
		.channel = 9,
	};

	if (fake_host_type(msg) == HVG_MSG_INITIATE_CONTACT)
		fake_host_deliver(&offer, sizeof(offer));
	answer_the_others(msg);
}

/* What it is like is not known then: it is not taken, nor waited for. */
static void connection_offer_early(struct kunit *test)
{
	fake_host_begin.answer = answer_early;
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	KUNIT_EXPECT_NULL(test, fake_host_channel(9));
	fake_host_disconnect();

	unanswered = HVG_MSG_INITIATE_CONTACT;
	host_limit_ms = 50;
	KUNIT_EXPECT_NE(test, 0, fake_host_connect(HVG_VERSION_IRON));
	expect_down(test);
}

/* UNLOAD in the place of a kernel that has died, before the contact. */
static void connection_predecessor(struct kunit *test)
{
	fake_host_begin.predecessor = true;
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
	KUNIT_EXPECT_EQ(test, HVG_MSG_UNLOAD,
			fake_host_type(&fake_host.sent[0]));
	KUNIT_EXPECT_EQ(test, HVG_CONN_MESSAGE_V5,
			fake_host.sent[0].connection_id);
	fake_host_disconnect();

	/* One that says nothing is tried on both connections, and used. */
	KUNIT_ASSERT_EQ(test, 0, connect_without(HVG_MSG_UNLOAD,
						 HVG_VERSION_IRON));
	KUNIT_EXPECT_EQ(test, 2, sent(HVG_MSG_UNLOAD));
	KUNIT_EXPECT_EQ(test, HVG_CONN_MESSAGE_V5,
			fake_host.sent[0].connection_id);
	KUNIT_EXPECT_EQ(test, HVG_CONN_MESSAGE,
			fake_host.sent[1].connection_id);
	fake_host.answer = fake_host_answer;
	fake_host_disconnect();

	/* Nor does one that has only the other stand in the way. */
	fake_host_begin.knows_no_v5 = true;
	fake_host_begin.answer = fake_host_answer;
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_WIN10));
	KUNIT_EXPECT_EQ(test, 1, sent(HVG_MSG_UNLOAD));
	KUNIT_EXPECT_EQ(test, HVG_CONN_MESSAGE,
			fake_host.sent[0].connection_id);
}

/* From 3.0 on the guest says who is to get messages. */
static void connection_target(struct kunit *test)
{
	static const struct { const char *cap; u32 vp; } rows[] = {
		{ "5.3", 3 }, { "3.0", 3 }, { "2.4", 0 }, { "0.13", 0 },
	};
	const struct hvg_msg_initiate_contact *contact =
		(const void *)fake_host.sent[0].payload;
	unsigned int i;

	fake_host_begin.first_vp = 3;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		connection_set_max_version(rows[i].cap);
		host_limit_ms = 30;
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT,
				connect_without(HVG_MSG_INITIATE_CONTACT, 0));
		KUNIT_EXPECT_EQ_MSG(test, rows[i].vp, contact->target_vp, "%s",
				    rows[i].cap);
		expect_down(test);
	}
}

static struct kunit_case connection_cases[] = {
	KUNIT_CASE(connection_no_platform),
	KUNIT_CASE(connection_offers_refused),
	KUNIT_CASE(connection_offers_unended),
	KUNIT_CASE(connection_unload_unconfirmed),
	KUNIT_CASE(connection_unload_refused),
	KUNIT_CASE(connection_kexec_waits),
	KUNIT_CASE(connection_kexec_gives_up),
	KUNIT_CASE(connection_kexec_old),
	KUNIT_CASE(connection_crash),
	KUNIT_CASE(connection_crash_refused),
	KUNIT_CASE(connection_offer_early),
	KUNIT_CASE(connection_predecessor),
	KUNIT_CASE(connection_target),
	{}
};

struct kunit_suite connection_suite = {
	.name = "hvg_connection",
	.exit = connection_exit,
	.test_cases = connection_cases,
};
