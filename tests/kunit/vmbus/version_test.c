// SPDX-License-Identifier: GPL-2.0-only
/* Contact: every version that a host can accept, and every other answer. */
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/string.h>
#include "connection.h"
#include "fake_host.h"
#include "message.h"
#include "suites.h"

static const u32 versions[] = {
	HVG_VERSION(6, 0), HVG_VERSION(5, 3), HVG_VERSION(5, 2),
	HVG_VERSION(5, 1), HVG_VERSION(5, 0), HVG_VERSION(4, 1),
	HVG_VERSION(4, 0), HVG_VERSION(3, 0), HVG_VERSION(2, 4),
	HVG_VERSION(1, 1), HVG_VERSION(0, 13),
};

/* What the host says to each contact: in how many bytes, how often. */
static struct {
	u8 supported;
	u8 state;
	u8 bytes;
	u8 times;
} answer;

static void answer_as_told(const struct hvg_post_message_input *msg)
{
	struct hvg_msg_version_response response = {
		.header.type = HVG_MSG_VERSION_RESPONSE,
		.supported = answer.supported,
		.state = answer.state,
		.version_or_connection = 9,
		.features = 0xffffffff,
	};
	u8 longest[256] = { 0 };
	unsigned int i;

	if (fake_host_type(msg) != HVG_MSG_INITIATE_CONTACT) {
		fake_host_answer(msg);
		return;
	}
	memcpy(longest, &response, sizeof(response));
	for (i = 0; i < answer.times; i++)
		fake_host_send(longest, answer.bytes);
}

static void version_exit(struct kunit *test)
{
	host_limit_ms = 10000;
	memset(&fake_host_begin, 0, sizeof(fake_host_begin));
	connection_set_max_version("6.0");
}

static const struct hvg_msg_initiate_contact *contact(unsigned int number)
{
	return (const void *)fake_host.sent[number].payload;
}

static void version_each(struct kunit *test)
{
	unsigned int i, j;
	u32 id;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		KUNIT_ASSERT_EQ(test, 0, fake_host_connect(versions[i]));
		KUNIT_EXPECT_EQ(test, versions[i], connection.version);
		KUNIT_EXPECT_EQ(test, versions[i], hvg_protocol_version());
		KUNIT_EXPECT_EQ(test, CONNECTION_UP, connection.state);
		for (j = 0; j <= i; j++) {
			KUNIT_EXPECT_EQ(test, HVG_MSG_INITIATE_CONTACT,
					fake_host_type(&fake_host.sent[j]));
			KUNIT_EXPECT_EQ(test, versions[j], contact(j)->version);
			KUNIT_EXPECT_EQ(test, HVG_CONTACT_SIZE_V1,
					fake_host.sent[j].payload_size);
			KUNIT_EXPECT_EQ(test,
					versions[j] >= HVG_VERSION(5, 0) ?
					HVG_CONN_MESSAGE_V5 : HVG_CONN_MESSAGE,
					fake_host.sent[j].connection_id);
			/* Which SINT from 5.0 on, the page before. */
			if (versions[j] >= HVG_VERSION(5, 0))
				KUNIT_EXPECT_EQ(test, HVG_VMBUS_SINT,
						contact(j)->interrupt_page);
			else
				KUNIT_EXPECT_EQ(test, contact(j)->interrupt_page,
						virt_to_phys(connection.interrupt_page));
			KUNIT_EXPECT_EQ(test, contact(j)->monitor_page1,
					virt_to_phys(connection.monitor[0]));
			KUNIT_EXPECT_EQ(test, contact(j)->monitor_page2,
					virt_to_phys(connection.monitor[1]));
		}
		/* What follows goes where the host wants it. */
		id = versions[i] >= HVG_VERSION(5, 0) ? 5 : HVG_CONN_MESSAGE;
		KUNIT_EXPECT_EQ(test, HVG_MSG_REQUEST_OFFERS,
				fake_host_type(&fake_host.sent[i + 1]));
		KUNIT_EXPECT_EQ(test, id, fake_host.sent[i + 1].connection_id);
		fake_host_disconnect();
		KUNIT_EXPECT_EQ(test, HVG_MSG_UNLOAD,
				fake_host_type(&fake_host.sent[fake_host.count - 1]));
		KUNIT_EXPECT_EQ(test, id,
				fake_host.sent[fake_host.count - 1].connection_id);
		KUNIT_EXPECT_FALSE(test, fake_host.started);
	}
}

static void version_none(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, -EPROTONOSUPPORT,
			fake_host_connect(HVG_VERSION(7, 0)));
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(versions), fake_host.count);
	KUNIT_EXPECT_FALSE(test, fake_host.started);
	KUNIT_EXPECT_EQ(test, CONNECTION_DOWN, connection.state);
}

static void version_cap(struct kunit *test)
{
	unsigned int i;
	char text[16];

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		snprintf(text, sizeof(text), "%u.%u",
			 HVG_VERSION_MAJOR(versions[i]),
			 HVG_VERSION_MINOR(versions[i]));
		KUNIT_ASSERT_EQ(test, 0, connection_set_max_version(text));
		KUNIT_ASSERT_EQ(test, 0, fake_host_connect(versions[i]));
		KUNIT_EXPECT_EQ(test, versions[i], contact(0)->version);
		KUNIT_EXPECT_EQ(test, versions[i], connection.version);
		fake_host_disconnect();
	}
}

static void version_bad_cap(struct kunit *test)
{
	static const char *const texts[] = {
		"", "6", "6.", ".0", "6.1", "0.12", "0.0", "6.0x", "6.0 ",
		"six", "-6.0",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    connection_set_max_version(texts[i]),
				    "%s", texts[i]);
}

/* connect() with the answers of @answer. */
static int connect_as_told(void (*script)(const struct hvg_post_message_input *))
{
	fake_host_begin.answer = script;
	return fake_host_connect(HVG_VERSION(6, 0));
}

static void version_states(struct kunit *test)
{
	unsigned int state, supported;

	for (supported = 0; supported < 256; supported += 51) {
		for (state = 0; state < 256; state += 51) {
			answer.supported = supported;
			answer.state = state;
			answer.bytes = 20;
			answer.times = 1;
			if (supported && !state) {
				KUNIT_ASSERT_EQ(test, 0,
						connect_as_told(answer_as_told));
				KUNIT_EXPECT_EQ(test, HVG_VERSION(6, 0),
						connection.version);
				KUNIT_EXPECT_EQ(test, 9,
						connection.message_connection);
				/* Only what we know may be agreed on. */
				KUNIT_EXPECT_EQ(test, 0, connection.features);
				fake_host_disconnect();
				continue;
			}
			KUNIT_EXPECT_EQ(test, supported ? -ECONNREFUSED :
					-EPROTONOSUPPORT,
					connect_as_told(answer_as_told));
			KUNIT_EXPECT_FALSE(test, fake_host.started);
		}
	}
}

static void version_lengths(struct kunit *test)
{
	unsigned int bytes;

	answer.supported = 1;
	answer.state = 0;
	answer.times = 1;
	for (bytes = 0; bytes <= 255; bytes++) {
		/* In between nothing changes. */
		if (bytes > 42 && bytes < 238)
			continue;
		answer.bytes = bytes;
		host_limit_ms = bytes < 16 || bytes > 240 ? 20 : 10000;
		if (bytes < 16 || bytes > 240) {
			/* As much as the oldest hosts send, but not of 6.0. */
			KUNIT_EXPECT_EQ_MSG(test, bytes >= 9 && bytes < 16 ?
					    -EPROTO : -ETIMEDOUT,
					    connect_as_told(answer_as_told),
					    "%u bytes", bytes);
			KUNIT_EXPECT_EQ(test, bytes < 9 || bytes > 240,
					message_stats.malformed);
			continue;
		}
		KUNIT_ASSERT_EQ_MSG(test, 0, connect_as_told(answer_as_told),
				    "%u bytes", bytes);
		fake_host_disconnect();
	}
}

/* Hosts of before 2.4 answer in 9 bytes, or leave anything behind them. */
static void version_brief(struct kunit *test)
{
	static const struct {
		const char *version;
		u8 bytes;
		u8 state;
		int err;
	} cases[] = {
		{ "0.13", 9, 0, 0 },
		{ "0.13", 16, 0x55, 0 },
		{ "1.1", 9, 0, 0 },
		{ "1.1", 16, 0x55, 0 },
		{ "2.4", 9, 0, -EPROTO },
		{ "2.4", 16, 0x55, -ECONNREFUSED },
	};
	unsigned int i;

	answer.supported = 1;
	answer.times = 1;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		connection_set_max_version(cases[i].version);
		answer.bytes = cases[i].bytes;
		answer.state = cases[i].state;
		KUNIT_EXPECT_EQ_MSG(test, cases[i].err,
				    connect_as_told(answer_as_told),
				    "%s, %u bytes", cases[i].version,
				    cases[i].bytes);
		if (fake_host.started)
			fake_host_disconnect();
	}
}

static void version_no_answer(struct kunit *test)
{
	answer.times = 0;
	host_limit_ms = 30;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, connect_as_told(answer_as_told));
	/* A host that is silent is asked once, and then told to forget it. */
	KUNIT_ASSERT_EQ(test, 2, fake_host.count);
	KUNIT_EXPECT_EQ(test, HVG_MSG_UNLOAD,
			fake_host_type(&fake_host.sent[1]));
	KUNIT_EXPECT_EQ(test, CONNECTION_DOWN, connection.state);
}

static void version_answered_twice(struct kunit *test)
{
	answer.supported = 1;
	answer.state = 0;
	answer.bytes = 20;
	answer.times = 5;
	KUNIT_ASSERT_EQ(test, 0, connect_as_told(answer_as_told));
	message_flush();
	KUNIT_EXPECT_EQ(test, 4, message_stats.unexpected);
	KUNIT_EXPECT_EQ(test, HVG_VERSION(6, 0), connection.version);
	fake_host_disconnect();
}

/* A host before 5.0: the hypervisor does not know connection 4. */
static void version_old_host(struct kunit *test)
{
	unsigned int i;

	for (i = 5; i < ARRAY_SIZE(versions); i++) {
		fake_host_begin.knows_no_v5 = true;
		KUNIT_ASSERT_EQ(test, 0, fake_host_connect(versions[i]));
		KUNIT_EXPECT_EQ(test, versions[i], connection.version);
		/* Not once for each version of 5.0 and later. */
		KUNIT_EXPECT_EQ(test, HVG_VERSION(4, 1), contact(0)->version);
		fake_host_disconnect();
	}
	fake_host_begin.knows_no_v5 = false;
}

static void version_post_refused(struct kunit *test)
{
	fake_host_begin.status = HVG_STATUS_ACCESS_DENIED;
	KUNIT_EXPECT_EQ(test, -EIO, fake_host_connect(HVG_VERSION(6, 0)));
	fake_host_begin.status = HVG_STATUS_NO_BUFFERS;
	host_limit_ms = 50;
	KUNIT_EXPECT_EQ(test, -EAGAIN, fake_host_connect(HVG_VERSION(6, 0)));
	fake_host_begin.status = HVG_STATUS_SUCCESS;
	KUNIT_EXPECT_FALSE(test, fake_host.started);
}

static struct kunit_case version_cases[] = {
	KUNIT_CASE(version_each),
	KUNIT_CASE(version_none),
	KUNIT_CASE(version_cap),
	KUNIT_CASE(version_bad_cap),
	KUNIT_CASE(version_states),
	KUNIT_CASE(version_lengths),
	KUNIT_CASE(version_brief),
	KUNIT_CASE(version_no_answer),
	KUNIT_CASE(version_answered_twice),
	KUNIT_CASE(version_old_host),
	KUNIT_CASE(version_post_refused),
	{}
};

struct kunit_suite version_suite = {
	.name = "hvg_version",
	.exit = version_exit,
	.test_cases = version_cases,
};
