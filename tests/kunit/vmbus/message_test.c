// SPDX-License-Identifier: GPL-2.0-only
/* Control messages from a host that says anything, at any length. */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "fake_host.h"
#include "message.h"
#include "suites.h"

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
		return 9;
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
			fake_host_deliver(msg, bytes);
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
	fake_host_deliver(msg, 241);
	fake_host_deliver(msg, 255);
	message_flush();
	KUNIT_EXPECT_EQ(test, malformed + 2, message_stats.malformed);
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

/* The host fills a slot, and this CPU looks at it. */
static void slot_fills(unsigned int cpu, u32 type, u8 flags)
{
	static const struct hvg_msg_header msg = { 39, 0 };
	struct hvg_message *slot = fake_host_slot(cpu);
	unsigned long irq;

	local_irq_save(irq);
	memcpy(slot->payload, &msg, sizeof(msg));
	slot->payload_size = sizeof(msg);
	slot->flags = flags;
	slot->type = type;
	message_interrupt(cpu);
	local_irq_restore(irq);
}

/* What is not VMBus's is counted, and its slot emptied all the same. */
static void message_foreign(struct kunit *test)
{
	unsigned long received = message_stats.received;

	slot_fills(0, HVG_MESSAGE_TIMER_EXPIRED, 0);
	slot_fills(0, HVG_MESSAGE_NONE, 0);
	message_flush();
	KUNIT_EXPECT_EQ(test, 1, message_stats.foreign);
	KUNIT_EXPECT_EQ(test, received, message_stats.received);
	KUNIT_EXPECT_EQ(test, HVG_MESSAGE_NONE, fake_host_slot(0)->type);
	fake_host.no_pages = true;
	slot_fills(0, HVG_MESSAGE_VMBUS, 0);
	fake_host.no_pages = false;
	KUNIT_EXPECT_EQ(test, HVG_MESSAGE_VMBUS, fake_host_slot(0)->type);
	fake_host_slot(0)->type = HVG_MESSAGE_NONE;
}

/* The hypervisor waits for the end of a message on the CPU that has it. */
static void message_pending(struct kunit *test)
{
	set_cpus_allowed_ptr(current, cpumask_of(0));
	memset(fake_host.ends, 0, sizeof(fake_host.ends));
	slot_fills(0, HVG_MESSAGE_VMBUS, 0);
	KUNIT_EXPECT_EQ(test, 0, fake_host.ends[0]);
	slot_fills(0, HVG_MESSAGE_VMBUS, HVG_MESSAGE_FLAG_PENDING);
	KUNIT_EXPECT_EQ(test, 1, fake_host.ends[0]);
	slot_fills(0, HVG_MESSAGE_TIMER_EXPIRED, HVG_MESSAGE_FLAG_PENDING);
	KUNIT_EXPECT_EQ(test, 2, fake_host.ends[0]);
	if (cpu_online(1)) {
		slot_fills(1, HVG_MESSAGE_VMBUS, HVG_MESSAGE_FLAG_PENDING);
		message_flush();
		KUNIT_EXPECT_EQ(test, 1, fake_host.ends[1]);
		KUNIT_EXPECT_EQ(test, 2, fake_host.ends[0]);
	}
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

static void message_post_answers(struct kunit *test)
{
	static const struct { u64 status; unsigned int times; int err; } rows[] = {
		{ HVG_STATUS_NO_MEMORY, 3, 0 },
		{ HVG_STATUS_NO_BUFFERS, 3, 0 },
		{ HVG_STATUS_INVALID_CONNECTION, 3, 0 },
		{ HVG_STATUS_NO_MEMORY, 1000, -EAGAIN },
		{ HVG_STATUS_NO_BUFFERS, 1000, -EAGAIN },
		{ HVG_STATUS_INVALID_CONNECTION, 1000, -ENXIO },
		{ HVG_STATUS_INVALID_PARAMETER, 1, -EIO },
		{ HVG_STATUS_ACCESS_DENIED, 1, -EIO },
		{ 0xffff, 1, -EIO },
	};
	u8 msg[HVG_MESSAGE_PAYLOAD + 1] = { 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_host.status = rows[i].status;
		fake_host.failures = rows[i].times;
		KUNIT_EXPECT_EQ_MSG(test, rows[i].err,
				    message_post_to(1, msg, 8, 100),
				    "status %#llx, %u times", rows[i].status,
				    rows[i].times);
	}
	fake_host.failures = 0;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE,
			message_post_to(1, msg, sizeof(msg), 100));
	KUNIT_EXPECT_EQ(test, 0, message_post_to(1, msg, sizeof(msg) - 1, 0));
}

static bool crash_finds(unsigned int cpu, u32 kind, u32 type, u8 flags)
{
	const struct hvg_msg_header msg = { type, 0 };
	struct hvg_message *slot = fake_host_slot(cpu);
	unsigned long irq;
	bool found;

	local_irq_save(irq);
	memcpy(slot->payload, &msg, sizeof(msg));
	slot->payload_size = sizeof(msg);
	slot->flags = flags;
	slot->type = kind;
	found = message_poll_crash(HVG_MSG_UNLOAD_COMPLETE);
	local_irq_restore(irq);
	return found;
}

/* A dying kernel sends and looks without anybody's help. */
static void message_crash(struct kunit *test)
{
	static const struct hvg_msg_header msg = { HVG_MSG_UNLOAD, 0 };
	unsigned int last = num_possible_cpus() - 1;

	fake_host.answer = NULL;
	KUNIT_EXPECT_EQ(test, 0, message_post_crash(&msg, sizeof(msg)));
	fake_host.status = HVG_STATUS_NO_BUFFERS;
	fake_host.failures = 3;
	KUNIT_EXPECT_EQ(test, 0, message_post_crash(&msg, sizeof(msg)));
	fake_host.failures = 1000;
	KUNIT_EXPECT_EQ(test, -EIO, message_post_crash(&msg, sizeof(msg)));
	fake_host.status = HVG_STATUS_ACCESS_DENIED;
	fake_host.failures = 1;
	KUNIT_EXPECT_EQ(test, -EIO, message_post_crash(&msg, sizeof(msg)));
	fake_host.failures = 0;

	memset(fake_host.ends, 0, sizeof(fake_host.ends));
	KUNIT_EXPECT_FALSE(test, crash_finds(0, HVG_MESSAGE_NONE, 0, 0));
	KUNIT_EXPECT_TRUE(test, crash_finds(last, HVG_MESSAGE_VMBUS,
					    HVG_MSG_UNLOAD_COMPLETE, 0));
	KUNIT_EXPECT_FALSE(test, crash_finds(0, HVG_MESSAGE_VMBUS,
					     HVG_MSG_OFFER_CHANNEL, 0));
	KUNIT_EXPECT_FALSE(test, crash_finds(0, HVG_MESSAGE_TIMER_EXPIRED,
					     HVG_MSG_UNLOAD_COMPLETE, 0));
	KUNIT_EXPECT_EQ(test, HVG_MESSAGE_NONE, fake_host_slot(0)->type);
	KUNIT_EXPECT_EQ(test, 0, fake_host.ends[0] + fake_host.ends[last]);
	KUNIT_EXPECT_TRUE(test, crash_finds(0, HVG_MESSAGE_VMBUS,
					    HVG_MSG_UNLOAD_COMPLETE,
					    HVG_MESSAGE_FLAG_PENDING));
	KUNIT_EXPECT_EQ(test, 1, fake_host.ends[0] + fake_host.ends[last]);
	fake_host.no_pages = true;
	KUNIT_EXPECT_FALSE(test, crash_finds(0, HVG_MESSAGE_VMBUS,
					     HVG_MSG_UNLOAD_COMPLETE, 0));
	fake_host.no_pages = false;
	fake_host_slot(0)->type = HVG_MESSAGE_NONE;
	fake_host.answer = fake_host_answer;
}

static struct kunit_case message_cases[] = {
	KUNIT_CASE(message_lengths),
	KUNIT_CASE(message_storm),
	KUNIT_CASE(message_foreign),
	KUNIT_CASE(message_pending),
	KUNIT_CASE(message_post_answers),
	KUNIT_CASE(message_crash),
	{}
};

struct kunit_suite message_suite = {
	.name = "hvg_message",
	.init = message_test_init,
	.exit = message_test_exit,
	.test_cases = message_cases,
};
