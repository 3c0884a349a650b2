// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an event flag to a channel's driver: the flags of all versions, and
 * drivers that read by themselves.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/smp.h>
#include <linux/string.h>
#include "channel.h"
#include "connection.h"
#include "fake_host.h"
#include "interrupt.h"
#include "platform.h"
#include "suites.h"
#include "test_channel.h"

#define CHANNEL		1741	/* far from the first word */
#define RING_BYTES	(2 * HVG_PAGE_SIZE)

static struct hvg_channel *chan;

static struct {
	unsigned int packets;
	unsigned int events;
	unsigned int writable;
	u64 last;
} got;

static void event_packet(struct hvg_channel *c, const struct hvg_packet *pkt)
{
	got.packets++;
	got.last = pkt->trans_id;
}

static void event_event(struct hvg_channel *c)
{
	got.events++;
}

static void event_writable(struct hvg_channel *c)
{
	got.writable++;
}

static const struct hvg_channel_ops packet_ops = {
	.packet = event_packet,
	.max_packet = 64,
};

static const struct hvg_channel_ops event_ops = {
	.packet = event_packet,
	.event = event_event,
	.writable = event_writable,
	.max_packet = 64,
};

static int event_open(const struct hvg_channel_ops *ops)
{
	memset(&got, 0, sizeof(got));
	return test_channel_open(chan, RING_BYTES, ops, NULL);
}

static void event_begin(struct kunit *test, u32 version)
{
	chan = test_channel_begin(test, version, CHANNEL);
}

static void event_exit(struct kunit *test)
{
	test_channel_end(chan);
	chan = NULL;
}

static void host_writes(u64 trans_id)
{
	const struct hvg_packet_header head = {
		.type = HVG_PACKET_INBAND,
		.offset8 = 2,
		.length8 = 2,
		.trans_id = trans_id,
	};

	test_channel_host_writes(chan, &head, NULL);
}

/* Set a flag of this CPU and interrupt it; whether the flag is clear then. */
static bool flag_taken(unsigned int flag)
{
	unsigned long irq, *flags;
	bool clear;

	local_irq_save(irq);
	flags = platform_event_flags(smp_processor_id());
	__set_bit(flag, flags);
	interrupt_handle(smp_processor_id());
	clear = !test_bit(flag, flags);
	local_irq_restore(irq);
	return clear;
}

/* From 2.4 on a flag's number is the channel's. */
static void event_flags(struct kunit *test)
{
	unsigned int flag;

	event_begin(test, HVG_VERSION_WIN8);
	KUNIT_ASSERT_EQ(test, 0, event_open(&packet_ops));
	host_writes(5);
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 1, got.packets);
	KUNIT_EXPECT_EQ(test, 5, got.last);
	/* Nobody's, and beyond the largest id. */
	host_writes(6);
	for (flag = 0; flag < CHANNEL; flag++)
		KUNIT_EXPECT_TRUE(test, flag_taken(flag));
	KUNIT_EXPECT_FALSE(test, flag_taken(HVG_EVENT_FLAGS - 1));
	KUNIT_EXPECT_EQ(test, 1, got.packets);
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 6, got.last);
	/* A channel that is closed. */
	hvg_channel_close(chan);
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 2, got.packets);
}

/* Before, flag 0 stands for a page with a bit for each, both ways. */
static void event_interrupt_page(struct kunit *test)
{
	unsigned long *bits;

	event_begin(test, HVG_VERSION_WIN7);
	KUNIT_ASSERT_EQ(test, 0, event_open(&packet_ops));
	bits = connection.interrupt_page;
	host_writes(7);
	KUNIT_EXPECT_FALSE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 0, got.packets);
	__set_bit(CHANNEL, bits);
	KUNIT_EXPECT_TRUE(test, flag_taken(0));
	KUNIT_EXPECT_FALSE(test, test_bit(CHANNEL, bits));
	KUNIT_EXPECT_EQ(test, 7, got.last);
	bits = connection.interrupt_page + HVG_INTERRUPT_PAGE_HALF;
	KUNIT_EXPECT_FALSE(test, test_bit(CHANNEL, bits));
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_send(chan, HVG_PACKET_INBAND,
						  "x", 1, 0, 0));
	KUNIT_EXPECT_TRUE(test, test_bit(CHANNEL, bits));
}

/* A CPU whose pages are not there (yet). */
static void event_no_pages(struct kunit *test)
{
	unsigned long irq;

	event_begin(test, HVG_VERSION_IRON);
	KUNIT_ASSERT_EQ(test, 0, event_open(&packet_ops));
	host_writes(1);
	fake_host.no_pages = true;
	local_irq_save(irq);
	interrupt_handle(smp_processor_id());
	local_irq_restore(irq);
	fake_host.no_pages = false;
	KUNIT_EXPECT_EQ(test, 0, got.packets);
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 1, got.packets);
}

/* A driver that reads by itself is told once, until it says that it is done. */
static void event_poll(struct kunit *test)
{
	unsigned int i;

	event_begin(test, HVG_VERSION_IRON);
	KUNIT_ASSERT_EQ(test, 0, event_open(&event_ops));
	for (i = 1; i <= 10; i++)
		host_writes(i);
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 1, got.events);
	KUNIT_EXPECT_EQ(test, 0, got.packets);
	KUNIT_EXPECT_EQ(test, 1, chan->rx.ctl->interrupt_mask);
	KUNIT_EXPECT_EQ(test, 4, hvg_channel_poll(chan, 4));
	KUNIT_EXPECT_EQ(test, 4, got.last);
	/* There is more: the next look is asked for at once. */
	hvg_channel_poll_done(chan);
	KUNIT_EXPECT_EQ(test, 2, got.events);
	KUNIT_EXPECT_EQ(test, 6, hvg_channel_poll(chan, 64));
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_poll(chan, 64));
	hvg_channel_poll_done(chan);
	KUNIT_EXPECT_EQ(test, 2, got.events);
	KUNIT_EXPECT_EQ(test, 0, chan->rx.ctl->interrupt_mask);
	/* A bad ring is told to the driver no more. */
	chan->rx.ctl->write_index = 3;
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 3, got.events);
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_poll(chan, 64));
	KUNIT_EXPECT_TRUE(test, hvg_channel_broken(chan));
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_poll(chan, 64));
	hvg_channel_poll_done(chan);
	KUNIT_EXPECT_EQ(test, 3, got.events);
	hvg_channel_close(chan);
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_poll(chan, 64));
	hvg_channel_poll_done(chan);
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 3, got.events);
}

static int fill_ring(u32 bytes)
{
	static const u8 data[2048];
	int err;

	do {
		err = hvg_channel_send(chan, HVG_PACKET_INBAND, data, bytes, 0,
				       0);
	} while (!err);
	return err;
}

/* Of packets that wait for room the largest counts. */
static void event_writers(struct kunit *test)
{
	event_begin(test, HVG_VERSION_IRON);
	KUNIT_ASSERT_EQ(test, 0, event_open(&event_ops));
	KUNIT_EXPECT_EQ(test, -EAGAIN, fill_ring(1000));
	KUNIT_EXPECT_EQ(test, 1024, chan->tx.ctl->pending_send_size);
	KUNIT_EXPECT_EQ(test, -EAGAIN, fill_ring(2000));
	KUNIT_EXPECT_EQ(test, -EAGAIN, fill_ring(1000));
	KUNIT_EXPECT_EQ(test, 2024, chan->tx.ctl->pending_send_size);
	KUNIT_EXPECT_EQ(test, 1, chan->stats.out_full_first);
	KUNIT_EXPECT_EQ(test, 3, chan->stats.out_full_total);
	/* Room for the small one does not do. */
	chan->tx.ctl->read_index = 512;
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 0, got.writable);
	chan->tx.ctl->read_index = 1024;
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 1, got.writable);
	KUNIT_EXPECT_EQ(test, 0, chan->tx.ctl->pending_send_size);
	/* With an index that is bad by then nobody is told. */
	KUNIT_EXPECT_EQ(test, -EAGAIN, fill_ring(1000));
	chan->tx.ctl->read_index = 4;
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 1, got.writable);
}

/* A driver need not want to know. */
static void event_no_writer(struct kunit *test)
{
	event_begin(test, HVG_VERSION_IRON);
	KUNIT_ASSERT_EQ(test, 0, event_open(&packet_ops));
	KUNIT_EXPECT_EQ(test, -EAGAIN, fill_ring(1000));
	test_channel_host_reads(chan);
	KUNIT_EXPECT_TRUE(test, flag_taken(CHANNEL));
	KUNIT_EXPECT_EQ(test, 0, chan->tx.ctl->pending_send_size);
	KUNIT_EXPECT_EQ(test, 0, chan->tx_blocked);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(event_flags),
	KUNIT_CASE(event_interrupt_page),
	KUNIT_CASE(event_no_pages),
	KUNIT_CASE(event_poll),
	KUNIT_CASE(event_writers),
	KUNIT_CASE(event_no_writer),
	{}
};

struct kunit_suite event_suite = {
	.name = "hvg_event",
	.exit = event_exit,
	.test_cases = event_cases,
};
