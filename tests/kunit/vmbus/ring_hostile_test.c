// SPDX-License-Identifier: GPL-2.0-only
/* The ring, with a host on the other end that breaks the rules. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/string.h>
#include "suites.h"
#include "test_ring.h"

/* Every index that is no index, and every one that is. */
static void ring_bad_index(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	static const u32 far[] = {
		RING_BYTES, RING_BYTES + 8, 0x7ffffff8, 0x80000000, 0xfffffff8,
		0xffffffff,
	};
	struct ring_packet pkt;
	unsigned int i;
	u32 index;

	for (index = 0; index < RING_BYTES; index++) {
		test_ring_at(f, 64);
		f->tx.ctl->read_index = index;
		f->rx.ctl->write_index = index;
		if (index % 8) {
			KUNIT_ASSERT_EQ(test, -EPROTO, ring_tx_room(&f->tx));
			KUNIT_ASSERT_EQ(test, -EPROTO,
					ring_tx_reserve(&f->tx, 24));
			KUNIT_ASSERT_EQ(test, -EPROTO,
					ring_rx_pending(&f->rx));
			KUNIT_ASSERT_EQ(test, -EPROTO,
					ring_rx_copy(&f->rx, f->buf, BUF_BYTES,
						     &pkt));
			KUNIT_ASSERT_EQ(test, 0, ring_bytes_used(&f->rx));
			KUNIT_ASSERT_EQ(test, 0, ring_bytes_used(&f->tx));
		} else {
			KUNIT_ASSERT_EQ(test,
					(index + RING_BYTES - 64) % RING_BYTES,
					ring_rx_pending(&f->rx));
			KUNIT_ASSERT_GE(test, ring_tx_room(&f->tx), 0);
			KUNIT_ASSERT_LE(test, ring_tx_room(&f->tx),
					RING_BYTES - 8);
		}
	}
	for (i = 0; i < ARRAY_SIZE(far); i++) {
		test_ring_at(f, 64);
		f->tx.ctl->read_index = far[i];
		f->rx.ctl->write_index = far[i];
		KUNIT_EXPECT_EQ(test, -EPROTO, ring_tx_room(&f->tx));
		KUNIT_EXPECT_EQ(test, -EPROTO, ring_rx_pending(&f->rx));
		KUNIT_EXPECT_EQ(test, 0, ring_bytes_used(&f->rx));
		KUNIT_EXPECT_EQ(test, 0, ring_bytes_used(&f->tx));
	}
}

/* The host's index is bad by the time that room is given back. */
static void ring_bad_index_on_publish(struct kunit *test)
{
	static const u32 bad[] = { 0xffffffff, RING_BYTES, 4 };
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		test_ring_at(f, 0);
		f->rx.ctl->features = HVG_RING_FEATURE_PENDING_SEND;
		f->rx.ctl->pending_send_size = 4000;
		test_ring_host_writes(f, 20, 2, 0);
		KUNIT_ASSERT_EQ(test, 1, ring_rx_copy(&f->rx, f->buf,
						      BUF_BYTES, &pkt));
		f->rx.ctl->write_index = bad[i];
		KUNIT_EXPECT_FALSE(test, ring_rx_publish(&f->rx));
		KUNIT_EXPECT_EQ(test, f->rx.index, f->rx.ctl->read_index);
	}
}

/* Every combination of lengths in a descriptor near what is there. */
static void ring_bad_descriptor(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	static const u16 big[] = { 509, 510, 511, 512, 513, 0x7fff, 0xffff };
	struct hvg_packet_header *head;
	struct ring_packet pkt;
	u32 length8, offset8, i;
	int err;
	bool good;

	/* 64 bytes and a trailer are there, whatever the descriptor says. */
	for (length8 = 0; length8 < 16 + ARRAY_SIZE(big); length8++) {
		for (offset8 = 0; offset8 < 16 + ARRAY_SIZE(big); offset8++) {
			test_ring_at(f, RING_BYTES - 24);
			test_ring_host_writes(f, 8, 2, 7);
			head = (void *)(f->rx.data + f->rx.index);
			head->length8 = length8 < 16 ? length8 :
				big[length8 - 16];
			head->offset8 = offset8 < 16 ? offset8 :
				big[offset8 - 16];
			good = head->length8 <= 8 && head->offset8 >= 2 &&
			       head->offset8 <= head->length8;
			err = ring_rx_copy(&f->rx, f->buf, BUF_BYTES, &pkt);
			KUNIT_ASSERT_EQ_MSG(test, err, good ? 1 : -EPROTO,
					    "length8 %u, offset8 %u",
					    head->length8, head->offset8);
		}
	}
	/* Less than a packet. */
	for (i = 8; i < HEAD + TRAILER; i += 8) {
		test_ring_at(f, 0);
		test_ring_host_writes(f, 2, 2, 0);
		f->rx.ctl->write_index = i;
		KUNIT_ASSERT_EQ(test, -EPROTO, ring_rx_copy(&f->rx, f->buf,
							    BUF_BYTES, &pkt));
	}
}

static void ring_too_large(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;

	test_ring_at(f, 0);
	test_ring_host_writes(f, 20, 2, 0);
	f->buf[152] = CANARY;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE,
			ring_rx_copy(&f->rx, f->buf, 152, &pkt));
	KUNIT_EXPECT_EQ(test, 160, pkt.bytes);
	KUNIT_EXPECT_EQ(test, CANARY, f->buf[152]);
	KUNIT_EXPECT_EQ(test, 0, f->rx.index);
	KUNIT_EXPECT_EQ(test, 1, ring_rx_copy(&f->rx, f->buf, 160, &pkt));
}

/* The trailer is the host's business: no value of it may matter. */
static void ring_trailer_lies(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	static const u32 lies[] = { 0, 8, 4088, 4096, 0x80000000, 0xffffffff };
	struct hvg_packet_trailer *trailer;
	struct ring_packet pkt;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		test_ring_at(f, 64);
		test_ring_host_writes(f, 4, 2, i);
		trailer = (void *)(f->rx.data + 64 + 32);
		trailer->packet_start = lies[i];
		trailer->reserved = lies[i];
		KUNIT_EXPECT_EQ(test, 1, ring_rx_copy(&f->rx, f->buf,
						      BUF_BYTES, &pkt));
		KUNIT_EXPECT_EQ(test, 104, f->rx.index);
	}
}

/* Another CPU that never stops to change what is being read. */
static int scribbler(void *data)
{
	struct ring_fixture *f = data;
	struct hvg_packet_header *head;
	unsigned int round = 0;

	while (!kthread_should_stop()) {
		head = (void *)(f->rx.data + READ_ONCE(f->rx.index));
		WRITE_ONCE(head->length8, round & 1 ? 8 : 0xffff);
		WRITE_ONCE(head->offset8, round & 2 ? 2 : round);
		WRITE_ONCE(f->rx.ctl->write_index,
			   round & 4 ? (READ_ONCE(f->rx.index) + 72) %
			   RING_BYTES : round * 8 % (2 * RING_BYTES));
		WRITE_ONCE(f->tx.ctl->read_index, round * 4 % RING_BYTES);
		WRITE_ONCE(f->rx.ctl->pending_send_size, round);
		round++;
		if (!(round % 64))
			cond_resched();
	}
	return 0;
}

/*
 * Whatever the host does between two reads, a packet that is handed out is
 * whole, inside the buffer, and as its copied descriptor says.
 */
static void ring_changing_host(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	u32 taken = 0, bad = 0, round, room = 64;
	struct hvg_packet_header copy;
	struct task_struct *task;
	struct ring_packet pkt;
	int err, tx;

	test_ring_at(f, 0);
	f->rx.ctl->features = HVG_RING_FEATURE_PENDING_SEND;
	task = kthread_run(scribbler, f, "hvg-scribbler");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (round = 0; round < 100000; round++) {
		memset(f->buf + room, CANARY, 8);
		err = ring_rx_copy(&f->rx, f->buf, room, &pkt);
		tx = ring_tx_room(&f->tx);
		if (memchr_inv(f->buf + room, CANARY, 8) ||
		    f->rx.index >= RING_BYTES || f->rx.index % 8 ||
		    tx > (int)(RING_BYTES - 8)) {
			KUNIT_FAIL(test, "round %u: out of bounds", round);
			break;
		}
		ring_rx_publish(&f->rx);
		if (!(round % 256))
			cond_resched();
		if (err != 1) {
			bad += err < 0;
			continue;
		}
		taken++;
		memcpy(&copy, f->buf, sizeof(copy));
		if (memcmp(&copy, &pkt.head, sizeof(copy)) ||
		    pkt.bytes != copy.length8 * 8u || pkt.bytes > room ||
		    copy.offset8 < 2 || copy.offset8 > copy.length8) {
			KUNIT_FAIL(test, "round %u: length8 %u, offset8 %u",
				   round, copy.length8, copy.offset8);
			break;
		}
	}
	kthread_stop(task);
	kunit_info(test, "%u packets taken, %u refused", taken, bad);
	KUNIT_EXPECT_GT(test, taken, 0);
	KUNIT_EXPECT_GT(test, bad, 0);
}

static struct kunit_case ring_hostile_cases[] = {
	KUNIT_CASE(ring_bad_index),
	KUNIT_CASE(ring_bad_index_on_publish),
	KUNIT_CASE(ring_bad_descriptor),
	KUNIT_CASE(ring_too_large),
	KUNIT_CASE(ring_trailer_lies),
	KUNIT_CASE(ring_changing_host),
	{}
};

struct kunit_suite ring_hostile_suite = {
	.name = "hvg_ring_hostile",
	.init = test_ring_init,
	.exit = test_ring_exit,
	.test_cases = ring_hostile_cases,
};
