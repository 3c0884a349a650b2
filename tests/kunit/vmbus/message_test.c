// SPDX-License-Identifier: GPL-2.0-only
/* Control messages from a host that says anything, at any length. */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
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

static void message_late_offer(struct kunit *test)
{
	fake_host_offer(40, 0, &scsi);
	KUNIT_EXPECT_TRUE(test, is_offered(40));
	fake_host.answer = answer_and_offer;
	fake_host_disconnect();
	KUNIT_EXPECT_EQ(test, 40, offer_highest_id());
}

/* What an offer says of interrupts and monitors, as its version has it. */
static void message_offer_fields(struct kunit *test)
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
		/* Devices of one kind are told apart by their instance. */
		for (id = 60; id < 63; id++) {
			offer.channel = id;
			offer.instance.b[0] = id;
			send(&offer, sizeof(offer));
			KUNIT_ASSERT_TRUE(test, is_offered(id));
			chan = fake_host_channel(id);
			KUNIT_EXPECT_EQ(test, rows[i].page,
					chan->use_interrupt_page);
			KUNIT_EXPECT_EQ(test, rows[i].monitored,
					chan->monitored);
		}
	}
}

/* A device that goes before anybody has seen it. */
static void message_quick_rescind(struct kunit *test)
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
		send(&offer, sizeof(offer));
		send(&rescind, sizeof(rescind));
		for (i = 0; i < 1000 && is_offered(70); i++)
			msleep(20);
		KUNIT_ASSERT_FALSE(test, is_offered(70));
	}
}

/* 0.13 offers end before the connection id; later ones must have it. */
static void message_short_offer(struct kunit *test)
{
	struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = HVG_GUID_SCSI,
		.channel = 50,
	};

	send(&offer, HVG_OFFER_SIZE_WS2008);
	KUNIT_EXPECT_FALSE(test, is_offered(50));
	KUNIT_EXPECT_EQ(test, 1, message_stats.malformed);
	fake_host_disconnect();
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_WS2008));
	send(&offer, HVG_OFFER_SIZE_WS2008);
	KUNIT_EXPECT_TRUE(test, is_offered(50));
	KUNIT_EXPECT_EQ(test, 0, message_stats.malformed);
	KUNIT_EXPECT_EQ(test, HVG_CONN_EVENT,
			fake_host_channel(50)->connection_id);
}

static struct kunit_case message_cases[] = {
	KUNIT_CASE(message_lengths),
	KUNIT_CASE(message_offers),
	KUNIT_CASE(message_rescinds),
	KUNIT_CASE(message_storm),
	KUNIT_CASE(message_foreign),
	KUNIT_CASE(message_pending),
	KUNIT_CASE(message_post_answers),
	KUNIT_CASE(message_crash),
	KUNIT_CASE(message_late_offer),
	KUNIT_CASE(message_offer_fields),
	KUNIT_CASE(message_quick_rescind),
	KUNIT_CASE(message_short_offer),
	{}
};

struct kunit_suite message_suite = {
	.name = "hvg_message",
	.init = message_test_init,
	.exit = message_test_exit,
	.test_cases = message_cases,
};
