// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of each descriptor kind through an open channel: what the driver
 * builds is read from the ring, what the host writes reaches the driver.
 */
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/string.h>
#include "channel.h"
#include "fake_host.h"
#include "suites.h"
#include "test_channel.h"

#define CHANNEL		11
#define RING_BYTES	(5 * HVG_PAGE_SIZE)
#define DATA_BYTES	(4 * HVG_PAGE_SIZE)
#define MAX_PACKET	1024

static struct hvg_channel *chan;

static struct {
	unsigned int packets;
	unsigned int drained;
	unsigned int writable;
	struct hvg_packet last;
	u8 desc[MAX_PACKET];
	u8 data[MAX_PACKET];
} got;

/* What the host does while the driver has a packet. */
static void (*on_packet)(void);

static void packet_came(struct hvg_channel *c, const struct hvg_packet *pkt)
{
	got.packets++;
	if (on_packet)
		on_packet();
	got.last = *pkt;
	memcpy(got.desc, pkt->desc, min_t(u32, pkt->desc_bytes, MAX_PACKET));
	memcpy(got.data, pkt->data, min_t(u32, pkt->bytes, MAX_PACKET));
}

static void packets_drained(struct hvg_channel *c)
{
	got.drained++;
}

static void packet_writable(struct hvg_channel *c)
{
	got.writable++;
}

static const struct hvg_channel_ops ops = {
	.packet = packet_came,
	.drained = packets_drained,
	.writable = packet_writable,
	.max_packet = MAX_PACKET,
};

static int packet_open(void)
{
	memset(&got, 0, sizeof(got));
	return test_channel_open(chan, RING_BYTES, &ops, &got);
}

static int packet_init(struct kunit *test)
{
	chan = test_channel_begin(test, HVG_VERSION_IRON, CHANNEL);
	KUNIT_ASSERT_EQ(test, 0, packet_open());
	fake_host.signals = 0;
	return 0;
}

static void packet_exit(struct kunit *test)
{
	test_channel_end(chan);
	chan = NULL;
}

static void host_reads(void)
{
	test_channel_host_reads(chan);
}

/* Behind the header each byte says where it is. */
static void host_writes(u16 type, u32 desc_bytes, u32 bytes, u16 flags,
			u64 trans_id)
{
	const struct hvg_packet_header head = {
		.type = type,
		.offset8 = (16 + desc_bytes) / 8,
		.length8 = (16 + desc_bytes + bytes) / 8,
		.flags = flags,
		.trans_id = trans_id,
	};
	static u8 data[MAX_PACKET];
	u32 i;

	for (i = 0; i < desc_bytes + bytes; i++)
		data[i] = i;
	test_channel_host_writes(chan, &head, data);
}

static void packet_build_inband(struct kunit *test)
{
	const struct hvg_packet_header *head;
	u8 data[200];
	u32 bytes, at, i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i + 1;
	for (bytes = 0; bytes <= sizeof(data); bytes++) {
		at = chan->tx.index;
		memset(chan->tx.data + at, 0xff, 300);
		KUNIT_ASSERT_EQ(test, 0,
				hvg_channel_send(chan, HVG_PACKET_INBAND, data,
						 bytes, 0x123456789abcdef0 +
						 bytes,
						 HVG_PACKET_FLAG_COMPLETION));
		head = (const void *)(chan->tx.data + at);
		KUNIT_ASSERT_EQ(test, HVG_PACKET_INBAND, head->type);
		KUNIT_ASSERT_EQ(test, 2, head->offset8);
		KUNIT_ASSERT_EQ(test, 2 + DIV_ROUND_UP(bytes, 8), head->length8);
		KUNIT_ASSERT_EQ(test, HVG_PACKET_FLAG_COMPLETION, head->flags);
		KUNIT_ASSERT_EQ(test, 0x123456789abcdef0 + bytes,
				head->trans_id);
		KUNIT_ASSERT_EQ(test, 0, memcmp(head + 1, data, bytes));
		/* The padding must not tell what was there before. */
		KUNIT_ASSERT_NULL(test, memchr_inv((u8 *)(head + 1) + bytes, 0,
						   ALIGN(bytes, 8) - bytes));
		KUNIT_ASSERT_EQ(test, at,
				*(u32 *)(chan->tx.data + at +
					 head->length8 * 8 + 4));
		host_reads();
	}
	/* Each of them found the ring empty. */
	KUNIT_EXPECT_EQ(test, sizeof(data) + 1, fake_host.signals);
	KUNIT_EXPECT_EQ(test, 0x10000 + CHANNEL, fake_host.signal_connection);
}

static void packet_build_ranges(struct kunit *test)
{
	static const struct hvg_gpa_header gpa = { .range_count = 1 };
	const struct hvg_packet_header *head;
	struct hvg_gpa_range range = { .offset = 12 };
	u32 pages, at, i, desc;
	u8 payload[64];
	struct hvg_tx tx;
	const u64 *pfn;

	memset(payload, 0x42, sizeof(payload));
	for (pages = 1; pages <= 129; pages++) {
		at = chan->tx.index;
		desc = sizeof(gpa) + sizeof(range) + pages * 8;
		range.bytes = pages * HVG_PAGE_SIZE - 12;
		KUNIT_ASSERT_EQ(test, 0,
				hvg_tx_begin(chan, &tx, HVG_PACKET_GPA_DIRECT,
					     desc, sizeof(payload), pages, 0));
		hvg_tx_put(&tx, &gpa, sizeof(gpa));
		hvg_tx_put(&tx, &range, sizeof(range));
		for (i = 0; i < pages; i++)
			hvg_tx_put_u64(&tx, 0x100 + i);
		hvg_tx_put(&tx, payload, sizeof(payload));
		hvg_tx_commit(&tx);
		head = (const void *)(chan->tx.data + at);
		KUNIT_ASSERT_EQ(test, HVG_PACKET_GPA_DIRECT, head->type);
		KUNIT_ASSERT_EQ(test, (16 + desc) / 8, head->offset8);
		KUNIT_ASSERT_EQ(test, (16 + desc + 64) / 8, head->length8);
		KUNIT_ASSERT_EQ(test, 0, memcmp(head + 1, &gpa, sizeof(gpa)));
		pfn = (const void *)(chan->tx.data + at + 32);
		for (i = 0; i < pages; i++)
			KUNIT_ASSERT_EQ(test, 0x100 + i, pfn[i]);
		KUNIT_ASSERT_EQ(test, 0, memcmp(pfn + pages, payload, 64));
		host_reads();
	}
}

static void packet_build_completion(struct kunit *test)
{
	const struct hvg_packet_header *head =
		(const void *)(chan->tx.data + chan->tx.index);

	KUNIT_EXPECT_EQ(test, 0, hvg_channel_send(chan, HVG_PACKET_COMPLETION,
						  "12345678", 8, ~0ull, 0));
	KUNIT_EXPECT_EQ(test, HVG_PACKET_COMPLETION, head->type);
	KUNIT_EXPECT_EQ(test, ~0ull, head->trans_id);
	KUNIT_EXPECT_EQ(test, 0, head->flags);
}

/* What is begun and not written leaves zeroes. */
static void packet_build_unfinished(struct kunit *test)
{
	struct hvg_tx tx;
	u8 *at = chan->tx.data + chan->tx.index;

	memset(at, 0xff, 200);
	KUNIT_ASSERT_EQ(test, 0, hvg_tx_begin(chan, &tx, HVG_PACKET_INBAND, 0,
					      100, 1, 0));
	hvg_tx_put(&tx, "abc", 3);
	hvg_tx_commit(&tx);
	KUNIT_EXPECT_EQ(test, 0, memcmp(at + 16, "abc", 3));
	KUNIT_EXPECT_NULL(test, memchr_inv(at + 19, 0, 104 - 3));
}

static void packet_build_bad(struct kunit *test)
{
	static const struct { u32 desc, payload; int err; } sizes[] = {
		{ 4, 8, -EINVAL },
		{ 1, 0, -EINVAL },
		{ 0xffff * 8 + 8, 0, -EMSGSIZE },
		{ 0, 0xffff * 8 + 1, -EMSGSIZE },
		{ 0xffff * 8, 0xffff * 8, -EMSGSIZE },
		{ 0xfffffff8, 0, -EMSGSIZE },
		{ 0, 0xffffffff, -EMSGSIZE },
		{ 0xfffffff0, 0xfffffff0, -EMSGSIZE },
		{ 0, DATA_BYTES - 16 - 8 - 7, -EMSGSIZE },
		{ 8, DATA_BYTES, -EMSGSIZE },
	};
	unsigned int i;
	struct hvg_tx tx;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_EQ_MSG(test, sizes[i].err,
				    hvg_tx_begin(chan, &tx, HVG_PACKET_INBAND,
						 sizes[i].desc,
						 sizes[i].payload, 0, 0),
				    "%#x, %#x", sizes[i].desc,
				    sizes[i].payload);
	KUNIT_EXPECT_FALSE(test, spin_is_locked(&chan->tx_lock));
	KUNIT_EXPECT_EQ(test, 0, hvg_tx_begin(chan, &tx, HVG_PACKET_INBAND, 0,
					      DATA_BYTES - 16 - 8 - 8, 0, 0));
	hvg_tx_commit(&tx);
}

static void packet_full_ring(struct kunit *test)
{
	u8 data[100] = { 0 };
	unsigned int sent = 0;
	int err;

	while (!(err = hvg_channel_send(chan, HVG_PACKET_INBAND, data,
					sizeof(data), 0, 0)))
		sent++;
	KUNIT_EXPECT_EQ(test, -EAGAIN, err);
	KUNIT_EXPECT_EQ(test, (DATA_BYTES - 8) / 128, sent);
	KUNIT_EXPECT_EQ(test, 1, fake_host.signals);
	KUNIT_EXPECT_EQ(test, 128, chan->tx.ctl->pending_send_size);
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 0, got.writable);
	host_reads();
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 1, got.writable);
	KUNIT_EXPECT_EQ(test, 0, chan->tx.ctl->pending_send_size);
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 1, got.writable);
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_send(chan, HVG_PACKET_INBAND,
						  data, sizeof(data), 0, 0));
	KUNIT_EXPECT_EQ(test, 1, chan->stats.out_full_first);
}

/*
 * Another sender has found room and has had it: nothing asks for any more, and
 * who was told to wait has to.
 */
static void packet_room_asked_anew(struct kunit *test)
{
	u8 data[100] = { 0 };

	while (!hvg_channel_send(chan, HVG_PACKET_INBAND, data, sizeof(data),
				 0, 0))
		;
	KUNIT_EXPECT_EQ(test, 128, chan->tx_blocked);
	chan->tx.ctl->pending_send_size = 0;
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 0, got.writable);
	KUNIT_EXPECT_EQ(test, 128, chan->tx.ctl->pending_send_size);
	host_reads();
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 1, got.writable);
	KUNIT_EXPECT_EQ(test, 0, chan->tx_blocked);
	KUNIT_EXPECT_EQ(test, 0, chan->tx.ctl->pending_send_size);
}

static void packet_send_broken(struct kunit *test)
{
	chan->tx.ctl->read_index = DATA_BYTES + 8;
	KUNIT_EXPECT_EQ(test, -ENODEV, hvg_channel_send(chan, HVG_PACKET_INBAND,
							"x", 1, 0, 0));
	KUNIT_EXPECT_TRUE(test, hvg_channel_broken(chan));
	/* A good index does not mend it, a new opening does. */
	host_reads();
	KUNIT_EXPECT_EQ(test, -ENODEV, hvg_channel_send(chan, HVG_PACKET_INBAND,
							"x", 1, 0, 0));
	hvg_channel_close(chan);
	KUNIT_EXPECT_EQ(test, -ENODEV, hvg_channel_send(chan, HVG_PACKET_INBAND,
							"x", 1, 0, 0));
	KUNIT_ASSERT_EQ(test, 0, packet_open());
	KUNIT_EXPECT_FALSE(test, hvg_channel_broken(chan));
	KUNIT_EXPECT_EQ(test, 0, hvg_channel_send(chan, HVG_PACKET_INBAND,
						  "x", 1, 0, 0));
}

static void packet_parse_kinds(struct kunit *test)
{
	static const u16 types[] = {
		HVG_PACKET_INBAND, HVG_PACKET_TRANSFER_PAGES,
		HVG_PACKET_GPA_DIRECT, HVG_PACKET_COMPLETION, 0, 0xffff,
	};
	u32 i, j, desc, bytes;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (desc = 0; desc <= 96; desc += 8) {
			for (bytes = 0; bytes <= 64; bytes += 16) {
				host_writes(types[i], desc, bytes, desc,
					    i * 1000 + bytes);
				fake_host_signal(CHANNEL);
				KUNIT_ASSERT_EQ(test, types[i], got.last.type);
				KUNIT_ASSERT_EQ(test, desc, got.last.flags);
				KUNIT_ASSERT_EQ(test, i * 1000 + bytes,
						got.last.trans_id);
				KUNIT_ASSERT_EQ(test, desc,
						got.last.desc_bytes);
				KUNIT_ASSERT_EQ(test, bytes, got.last.bytes);
				for (j = 0; j < desc; j++)
					KUNIT_ASSERT_EQ(test, (u8)j,
							got.desc[j]);
				for (j = 0; j < bytes; j++)
					KUNIT_ASSERT_EQ(test, (u8)(desc + j),
							got.data[j]);
			}
		}
	}
	KUNIT_EXPECT_EQ(test, 6 * 13 * 5, got.packets);
	KUNIT_EXPECT_GE(test, got.drained, got.packets);
	KUNIT_EXPECT_FALSE(test, hvg_channel_broken(chan));
}

static void packet_parse_largest(struct kunit *test)
{
	host_writes(HVG_PACKET_INBAND, 0, MAX_PACKET - 16, 0, 0);
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 1, got.packets);
	host_writes(HVG_PACKET_INBAND, 0, MAX_PACKET - 8, 0, 0);
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 1, got.packets);
	KUNIT_EXPECT_TRUE(test, hvg_channel_broken(chan));
}

/* Each way to break a channel stops that one for good. */
static void packet_parse_bad(struct kunit *test)
{
	static const struct { u16 offset8, length8; u32 write; } bad[] = {
		{ 0, 4, 40 }, { 1, 4, 40 }, { 5, 4, 40 }, { 2, 5, 40 },
		{ 2, 0xffff, 40 }, { 0xffff, 0xffff, 40 }, { 2, 1, 40 },
		{ 2, 4, 8 }, { 2, 4, 16 }, { 2, 4, 33 }, { 2, 4, DATA_BYTES },
		{ 2, 4, 0xffffffff },
	};
	struct hvg_packet_header head = { .type = HVG_PACKET_INBAND };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		head.offset8 = bad[i].offset8;
		head.length8 = bad[i].length8;
		memcpy(chan->rx.data, &head, sizeof(head));
		chan->rx.ctl->write_index = bad[i].write;
		fake_host_signal(CHANNEL);
		KUNIT_EXPECT_TRUE_MSG(test, hvg_channel_broken(chan),
				      "offset8 %#x, length8 %#x, write %#x",
				      bad[i].offset8, bad[i].length8,
				      bad[i].write);
		KUNIT_EXPECT_EQ(test, 0, got.packets);
		/* It wants no more signals, and none makes it read. */
		KUNIT_EXPECT_EQ(test, 1, chan->rx.ctl->interrupt_mask);
		chan->rx.ctl->write_index = 0;
		fake_host_signal(CHANNEL);
		KUNIT_EXPECT_EQ(test, 0, got.packets);
		hvg_channel_close(chan);
		KUNIT_ASSERT_EQ(test, 0, packet_open());
	}
}

static void host_answers(void)
{
	host_writes(HVG_PACKET_COMPLETION, 0, 0, 0, 0);
}

static void guest_asks(struct kunit *test, unsigned int count)
{
	while (count--)
		KUNIT_ASSERT_EQ(test, 0,
				hvg_channel_send(chan, HVG_PACKET_INBAND, "x",
						 1, 0,
						 HVG_PACKET_FLAG_COMPLETION));
}

static u32 mask_at_signal;

static void answer_at_once(void)
{
	mask_at_signal = chan->rx.ctl->interrupt_mask;
	host_reads();
	host_answers();
}

/* What the host answers within the signal is read without an interrupt. */
static void packet_look(struct kunit *test)
{
	fake_host.signalled = answer_at_once;
	guest_asks(test, 1);
	KUNIT_EXPECT_EQ(test, 1, got.packets);
	KUNIT_EXPECT_EQ(test, 1, mask_at_signal);
	KUNIT_EXPECT_EQ(test, 0, chan->rx.ctl->interrupt_mask);
	guest_asks(test, 5);
	KUNIT_EXPECT_EQ(test, 6, got.packets);
	KUNIT_EXPECT_EQ(test, 0, chan->stats.interrupts);

	/* Not within what the sender has locked out. */
	local_bh_disable();
	guest_asks(test, 1);
	KUNIT_EXPECT_EQ(test, 0, mask_at_signal);
	local_bh_enable();
	local_irq_disable();
	guest_asks(test, 1);
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, 0, mask_at_signal);
	KUNIT_EXPECT_EQ(test, 6, got.packets);
	/* Nor against one who has masked the ring. */
	fake_host_signal(CHANNEL);
	KUNIT_EXPECT_EQ(test, 8, got.packets);
	ring_rx_mask(&chan->rx);
	guest_asks(test, 1);
	KUNIT_EXPECT_EQ(test, 8, got.packets);
	KUNIT_EXPECT_EQ(test, 1, chan->rx.ctl->interrupt_mask);
	fake_host.signalled = NULL;
	channel_drain_now(chan);
	KUNIT_EXPECT_EQ(test, 9, got.packets);
	/* No answer: nothing is left masked. */
	host_reads();
	guest_asks(test, 1);
	KUNIT_EXPECT_EQ(test, 0, chan->rx.ctl->interrupt_mask);
}

/* The host's interrupt for it has got lost: who misses it has a look. */
static void packet_lost_interrupt(struct kunit *test)
{
	unsigned int limit;

	host_writes(HVG_PACKET_INBAND, 0, 0, 0, 1);
	KUNIT_EXPECT_EQ(test, 0, got.packets);
	hvg_channel_look(chan);
	for (limit = 0; !got.packets && limit < 1000; limit++)
		msleep(1);
	KUNIT_EXPECT_EQ(test, 1, got.packets);
	/* A channel that is closed has nothing to look at. */
	hvg_channel_close(chan);
	hvg_channel_look(chan);
	msleep(20);
	KUNIT_EXPECT_EQ(test, 1, got.packets);
}

/* Old hosts do not tell of room: what they made while being read counts. */
static void packet_room_late(struct kunit *test)
{
	u8 data[100] = { 0 };

	while (!hvg_channel_send(chan, HVG_PACKET_INBAND, data, sizeof(data),
				 0, 0))
		;
	on_packet = host_reads;
	host_writes(HVG_PACKET_INBAND, 0, 0, 0, 1);
	fake_host_signal(CHANNEL);
	on_packet = NULL;
	KUNIT_EXPECT_EQ(test, 1, got.packets);
	KUNIT_EXPECT_EQ(test, 1, got.writable);
}

/* More than one interrupt may take; the rest comes from the tasklet. */
static void packet_many(struct kunit *test)
{
	unsigned int sent = 0, limit;

	while (sent < 3000) {
		host_writes(HVG_PACKET_INBAND, 0, 0, 0, sent++);
		if (sent % 600)
			continue;
		fake_host_signal(CHANNEL);
		for (limit = 0; got.packets < sent && limit < 1000; limit++)
			msleep(1);
		KUNIT_ASSERT_EQ(test, sent, got.packets);
	}
	KUNIT_EXPECT_EQ(test, sent - 1, got.last.trans_id);
	KUNIT_EXPECT_EQ(test, 0, chan->rx.ctl->interrupt_mask);
	KUNIT_EXPECT_EQ(test, chan->rx.ctl->write_index,
			chan->rx.ctl->read_index);
}

static void packet_open_message(struct kunit *test)
{
	const struct hvg_open_params params = {
		.send_bytes = RING_BYTES,
		.recv_bytes = 2 * RING_BYTES,
		.user = "hello",
		.user_bytes = 5,
		.ops = &ops,
		.context = &got,
	};
	const struct hvg_msg_open *open = NULL;
	unsigned int i;

	hvg_channel_close(chan);
	fake_host.count = 0;
	KUNIT_ASSERT_EQ(test, 0, hvg_channel_open(chan, &params));
	for (i = 0; i < fake_host.count; i++)
		if (fake_host_type(&fake_host.sent[i]) == HVG_MSG_OPEN_CHANNEL)
			open = (const void *)fake_host.sent[i].payload;
	KUNIT_ASSERT_NOT_NULL(test, open);
	KUNIT_EXPECT_EQ(test, CHANNEL, open->channel);
	KUNIT_EXPECT_EQ(test, RING_BYTES / HVG_PAGE_SIZE,
			open->downstream_page);
	KUNIT_EXPECT_EQ(test, 0, memcmp(open->user, "hello\0", 6));
	KUNIT_EXPECT_PTR_EQ(test, (void *)&got, hvg_channel_context(chan));
}

static struct kunit_case packet_cases[] = {
	KUNIT_CASE(packet_build_inband),
	KUNIT_CASE(packet_build_ranges),
	KUNIT_CASE(packet_build_completion),
	KUNIT_CASE(packet_build_unfinished),
	KUNIT_CASE(packet_build_bad),
	KUNIT_CASE(packet_full_ring),
	KUNIT_CASE(packet_send_broken),
	KUNIT_CASE(packet_parse_kinds),
	KUNIT_CASE(packet_parse_largest),
	KUNIT_CASE(packet_parse_bad),
	KUNIT_CASE(packet_look),
	KUNIT_CASE(packet_lost_interrupt),
	KUNIT_CASE(packet_room_late),
	KUNIT_CASE(packet_room_asked_anew),
	KUNIT_CASE(packet_many),
	KUNIT_CASE(packet_open_message),
	{}
};

struct kunit_suite packet_suite = {
	.name = "hvg_packet",
	.init = packet_init,
	.exit = packet_exit,
	.test_cases = packet_cases,
};
