// SPDX-License-Identifier: GPL-2.0-only
/* The ring, with a host that keeps the rules on the other end. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include "seed.h"
#include "suites.h"
#include "test_ring.h"

static bool payload_good(const u8 *buf, u32 bytes, u64 trans_id)
{
	u32 i;

	for (i = HEAD; i < bytes; i++)
		if (buf[i] != (u8)(trans_id + i))
			return false;
	return true;
}

static void ring_wrap_write(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct hvg_packet_trailer trailer;
	u32 start, bytes, i;
	bool same;

	for (start = 0; start < RING_BYTES; start += 8) {
		for (bytes = 24; bytes <= 64; bytes += 8) {
			test_ring_at(f, start);
			KUNIT_ASSERT_EQ(test, 0, ring_tx_reserve(&f->tx, bytes));
			for (i = 0; i < bytes; i++)
				f->tx.data[f->tx.index + i] = i ^ start;
			ring_tx_publish(&f->tx, bytes);
			KUNIT_ASSERT_EQ(test, (start + bytes) % RING_BYTES,
					f->tx.ctl->write_index);
			same = true;
			for (i = 0; i < bytes - TRAILER; i++)
				same &= f->tx.data[(start + i) % RING_BYTES] ==
					(u8)(i ^ start);
			KUNIT_ASSERT_TRUE_MSG(test, same, "at %u, %u bytes",
					      start, bytes);
			for (i = 0; i < TRAILER; i++)
				((u8 *)&trailer)[i] =
					f->tx.data[(start + bytes - TRAILER + i)
						   % RING_BYTES];
			KUNIT_ASSERT_EQ(test, start, trailer.packet_start);
			KUNIT_ASSERT_EQ(test, 0, trailer.reserved);
		}
	}
}

static void ring_wrap_read(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;
	u32 start, length8;

	for (start = 0; start < RING_BYTES; start += 8) {
		for (length8 = 2; length8 <= 9; length8++) {
			test_ring_at(f, start);
			test_ring_host_writes(f, length8, 2, start + length8);
			KUNIT_ASSERT_EQ(test, 1, ring_rx_copy(&f->rx, f->buf,
							      BUF_BYTES, &pkt));
			KUNIT_ASSERT_EQ(test, length8 * 8, pkt.bytes);
			KUNIT_ASSERT_EQ(test, start + length8,
					pkt.head.trans_id);
			KUNIT_ASSERT_TRUE_MSG(test,
					      payload_good(f->buf, pkt.bytes,
							   start + length8),
					      "at %u, %u bytes", start,
					      pkt.bytes);
			KUNIT_ASSERT_EQ(test, 0, ring_rx_copy(&f->rx, f->buf,
							      BUF_BYTES, &pkt));
			ring_rx_publish(&f->rx);
			KUNIT_ASSERT_EQ(test, f->rx.ctl->write_index,
					f->rx.ctl->read_index);
		}
	}
}

/* What one side writes the other reads, for longer than the ring is. */
static void ring_stream(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;
	struct rnd_state rnd;
	u64 put = 0, got = 0;
	u32 length8, round;

	seed_begin(test, &rnd);
	test_ring_at(f, 0);
	for (round = 0; round < 2000; round++) {
		length8 = 2 + seed_below(&rnd, 40);
		while (RING_BYTES - ring_bytes_used(&f->rx) >
		       length8 * 8 + TRAILER) {
			test_ring_host_writes(f, length8, 2, put++);
			length8 = 2 + seed_below(&rnd, 40);
		}
		while (ring_rx_copy(&f->rx, f->buf, BUF_BYTES, &pkt) == 1) {
			KUNIT_ASSERT_EQ(test, got, pkt.head.trans_id);
			KUNIT_ASSERT_TRUE(test, payload_good(f->buf, pkt.bytes,
							     got));
			got++;
			if (!seed_below(&rnd, 4))
				break;
		}
		ring_rx_publish(&f->rx);
	}
	KUNIT_EXPECT_GT(test, got, 2000);
}

static void ring_full(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	u32 start, used;

	for (start = 0; start < RING_BYTES; start += 8) {
		test_ring_at(f, start);
		KUNIT_ASSERT_EQ(test, RING_BYTES - 8, ring_tx_room(&f->tx));
		KUNIT_ASSERT_EQ(test, 0, ring_tx_reserve(&f->tx,
							 RING_BYTES - 8));
		KUNIT_ASSERT_EQ(test, -EMSGSIZE,
				ring_tx_reserve(&f->tx, RING_BYTES));
		/* Filled to the last byte that may be. */
		ring_tx_publish(&f->tx, RING_BYTES - 8);
		KUNIT_ASSERT_EQ(test, 0, ring_tx_room(&f->tx));
		KUNIT_ASSERT_EQ(test, -EAGAIN, ring_tx_reserve(&f->tx, 8));
		KUNIT_ASSERT_NE(test, f->tx.ctl->write_index,
				f->tx.ctl->read_index);
		/* The host reads a little at a time. */
		for (used = RING_BYTES - 8; used; used -= 8) {
			KUNIT_ASSERT_EQ(test, RING_BYTES - 8 - used,
					ring_tx_room(&f->tx));
			f->tx.ctl->read_index =
				(f->tx.ctl->read_index + 8) % RING_BYTES;
		}
	}
}

static void ring_empty(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;
	u32 start;

	for (start = 0; start < RING_BYTES; start += 8) {
		test_ring_at(f, start);
		KUNIT_ASSERT_EQ(test, 0, ring_rx_pending(&f->rx));
		KUNIT_ASSERT_EQ(test, 0, ring_rx_copy(&f->rx, f->buf,
						      BUF_BYTES, &pkt));
		KUNIT_ASSERT_FALSE(test, ring_rx_publish(&f->rx));
		KUNIT_ASSERT_EQ(test, 0, ring_bytes_used(&f->rx));
		KUNIT_ASSERT_EQ(test, start, f->rx.index);
	}
}

/* A signal is due when the packet made an empty ring one that is not. */
static void ring_signal_on_write(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	u32 start;

	for (start = 0; start < RING_BYTES; start += 8) {
		test_ring_at(f, start);
		KUNIT_ASSERT_TRUE(test, ring_tx_publish(&f->tx, 24));
		KUNIT_ASSERT_FALSE(test, ring_tx_publish(&f->tx, 24));
		/* The host has read the first one only. */
		f->tx.ctl->read_index = (start + 24) % RING_BYTES;
		KUNIT_ASSERT_FALSE(test, ring_tx_publish(&f->tx, 24));
		/* All of it. */
		f->tx.ctl->read_index = f->tx.index;
		KUNIT_ASSERT_TRUE(test, ring_tx_publish(&f->tx, 24));
		/* And it looks by itself. */
		f->tx.ctl->read_index = f->tx.index;
		f->tx.ctl->interrupt_mask = 1;
		KUNIT_ASSERT_FALSE(test, ring_tx_publish(&f->tx, 24));
	}
}

/*
 * A signal is due when a read took the room from at most what the host waits
 * for to more than that, once.
 */
static void ring_signal_on_read(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;
	u32 wanted, before, after, i;
	bool due;

	for (wanted = 0; wanted < 512; wanted += 8) {
		test_ring_at(f, 8 * (wanted % 100));
		f->rx.ctl->features = HVG_RING_FEATURE_PENDING_SEND;
		for (i = 0; i < 8; i++)
			test_ring_host_writes(f, 61, 2, i);
		f->rx.ctl->pending_send_size = wanted;
		for (i = 0; i < 8; i++) {
			before = RING_BYTES - ring_bytes_used(&f->rx);
			KUNIT_ASSERT_EQ(test, 1, ring_rx_copy(&f->rx, f->buf,
							      BUF_BYTES, &pkt));
			due = ring_rx_publish(&f->rx);
			after = RING_BYTES - ring_bytes_used(&f->rx);
			KUNIT_ASSERT_EQ_MSG(test, due,
					    wanted && before <= wanted &&
					    after > wanted,
					    "%u to %u, wanted %u", before,
					    after, wanted);
		}
	}
}

/* Hosts before 2.4 do not wait for room in this way. */
static void ring_signal_without_feature(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;

	test_ring_at(f, 0);
	test_ring_host_writes(f, 500, 2, 0);
	f->rx.ctl->pending_send_size = 1000;
	KUNIT_ASSERT_EQ(test, 1,
			ring_rx_copy(&f->rx, f->buf, BUF_BYTES, &pkt));
	KUNIT_EXPECT_FALSE(test, ring_rx_publish(&f->rx));
}

static void ring_block(struct kunit *test)
{
	struct ring_fixture *f = test->priv;

	test_ring_at(f, 128);
	ring_tx_publish(&f->tx, 4000);
	KUNIT_ASSERT_EQ(test, -EAGAIN, ring_tx_reserve(&f->tx, 200));
	KUNIT_EXPECT_EQ(test, -EAGAIN, ring_tx_block(&f->tx, 200));
	KUNIT_EXPECT_EQ(test, 200, f->tx.ctl->pending_send_size);
	ring_tx_unblock(&f->tx);
	KUNIT_EXPECT_EQ(test, 0, f->tx.ctl->pending_send_size);
	/* Room came between the two looks. */
	f->tx.ctl->read_index = f->tx.index;
	KUNIT_EXPECT_EQ(test, 0, ring_tx_block(&f->tx, 200));
	KUNIT_EXPECT_EQ(test, 0, f->tx.ctl->pending_send_size);
	f->tx.ctl->read_index = 4;
	KUNIT_EXPECT_EQ(test, -EPROTO, ring_tx_block(&f->tx, 200));
}

static void ring_mask(struct kunit *test)
{
	struct ring_fixture *f = test->priv;

	test_ring_at(f, 0);
	ring_rx_mask(&f->rx);
	KUNIT_EXPECT_EQ(test, 1, f->rx.ctl->interrupt_mask);
	KUNIT_EXPECT_FALSE(test, ring_rx_unmask(&f->rx));
	KUNIT_EXPECT_EQ(test, 0, f->rx.ctl->interrupt_mask);
	test_ring_host_writes(f, 2, 2, 0);
	KUNIT_EXPECT_TRUE(test, ring_rx_unmask(&f->rx));
	KUNIT_EXPECT_EQ(test, 1, f->rx.ctl->interrupt_mask);
	/* A bad index is something to look at too. */
	f->rx.ctl->write_index = RING_BYTES;
	KUNIT_EXPECT_TRUE(test, ring_rx_unmask(&f->rx));
}

static void ring_unpublished(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;
	u32 start;

	for (start = 0; start < RING_BYTES; start += 8) {
		test_ring_at(f, start);
		test_ring_host_writes(f, 10, 2, 0);
		KUNIT_ASSERT_EQ(test, 0, ring_rx_unpublished(&f->rx));
		ring_rx_copy(&f->rx, f->buf, BUF_BYTES, &pkt);
		KUNIT_ASSERT_EQ(test, 88, ring_rx_unpublished(&f->rx));
		ring_rx_publish(&f->rx);
		KUNIT_ASSERT_EQ(test, 0, ring_rx_unpublished(&f->rx));
	}
}

static void ring_memory_layout(struct kunit *test)
{
	struct ring_memory mem;
	u8 *data;
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, ring_memory_alloc(&mem, 5 * HVG_PAGE_SIZE,
						   3 * HVG_PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 8, mem.count);
	KUNIT_EXPECT_EQ(test, 5, mem.send_count);
	/* To the compiler they are two places, whichever comes first. */
	data = mem.send + HVG_PAGE_SIZE;
	for (i = 0; i < 4 * HVG_PAGE_SIZE; i += 8) {
		WRITE_ONCE(data[i], (u8)(i / 8 + 1));
		KUNIT_ASSERT_EQ(test, (u8)(i / 8 + 1),
				READ_ONCE(data[i + 4 * HVG_PAGE_SIZE]));
	}
	data = mem.recv + HVG_PAGE_SIZE;
	WRITE_ONCE(data[4 * HVG_PAGE_SIZE - 1], 77);
	KUNIT_EXPECT_EQ(test, 77, READ_ONCE(data[2 * HVG_PAGE_SIZE - 1]));
	ring_memory_free(&mem);
	KUNIT_EXPECT_NULL(test, mem.pages);
	ring_memory_free(&mem);
}

/* A host that gives nothing back is given no more at some point. */
static void ring_memory_kept(struct kunit *test)
{
	struct ring_memory mem;
	unsigned int kept = 0;
	int err;

	while (!(err = ring_memory_alloc(&mem, 256 * HVG_PAGE_SIZE,
					 256 * HVG_PAGE_SIZE)) && kept < 1000) {
		ring_memory_lose(&mem);
		kept++;
	}
	KUNIT_EXPECT_EQ(test, -ENOSPC, err);
	KUNIT_EXPECT_EQ(test, 32, kept);
	ring_memory_free_lost();
	KUNIT_ASSERT_EQ(test, 0, ring_memory_alloc(&mem, 2 * HVG_PAGE_SIZE,
						   2 * HVG_PAGE_SIZE));
	ring_memory_free(&mem);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_wrap_write),
	KUNIT_CASE(ring_wrap_read),
	KUNIT_CASE(ring_stream),
	KUNIT_CASE(ring_full),
	KUNIT_CASE(ring_empty),
	KUNIT_CASE(ring_signal_on_write),
	KUNIT_CASE(ring_signal_on_read),
	KUNIT_CASE(ring_signal_without_feature),
	KUNIT_CASE(ring_block),
	KUNIT_CASE(ring_mask),
	KUNIT_CASE(ring_unpublished),
	KUNIT_CASE(ring_memory_layout),
	KUNIT_CASE(ring_memory_kept),
	{}
};

struct kunit_suite ring_suite = {
	.name = "hvg_ring",
	.init = test_ring_init,
	.exit = test_ring_exit,
	.test_cases = ring_cases,
};
