// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring: the test is the host on the other end of the same pages.
 *
 * The data is mapped twice in a row, as the driver does it, by the driver's
 * own ring_memory.c.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "ring.h"
#include "ring_memory.h"
#include "suites.h"

#define RING_BYTES	HVG_PAGE_SIZE
#define HEAD		((u32)sizeof(struct hvg_packet_header))
#define TRAILER		((u32)sizeof(struct hvg_packet_trailer))
#define BUF_BYTES	RING_BYTES
#define CANARY		0x5a

/**
 * struct ring_fixture - a ring of one page of data
 * @mem: its pages
 * @tx: the ring that the driver writes
 * @rx: the ring that the driver reads
 * @buf: private copy of a packet, BUF_BYTES and a canary of 8 bytes
 */
struct ring_fixture {
	struct ring_memory mem;
	struct ring tx;
	struct ring rx;
	u8 *buf;
};

static int ring_test_init(struct kunit *test)
{
	struct ring_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->buf = kunit_kzalloc(test, BUF_BYTES + 8, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->buf);
	KUNIT_ASSERT_EQ(test, 0, ring_memory_alloc(&f->mem, 2 * HVG_PAGE_SIZE,
						   2 * HVG_PAGE_SIZE));
	ring_init(&f->tx, f->mem.send, f->mem.send + HVG_PAGE_SIZE, RING_BYTES);
	ring_init(&f->rx, f->mem.recv, f->mem.recv + HVG_PAGE_SIZE, RING_BYTES);
	return 0;
}

static void ring_test_exit(struct kunit *test)
{
	struct ring_fixture *f = test->priv;

	if (f)
		ring_memory_free(&f->mem);
}

/* Both rings empty, with all indices at @index. */
static void at(struct ring_fixture *f, u32 index)
{
	ring_init(&f->tx, f->tx.ctl, f->tx.data, RING_BYTES);
	ring_init(&f->rx, f->rx.ctl, f->rx.data, RING_BYTES);
	memset(f->tx.ctl, 0, HVG_PAGE_SIZE);
	memset(f->rx.ctl, 0, HVG_PAGE_SIZE);
	f->tx.index = index;
	f->tx.published = index;
	f->tx.ctl->read_index = index;
	f->tx.ctl->write_index = index;
	f->rx.index = index;
	f->rx.published = index;
	f->rx.ctl->read_index = index;
	f->rx.ctl->write_index = index;
}

/* The host writes a packet of @length8 * 8 bytes, byte by byte round. */
static void host_write(struct ring_fixture *f, u16 length8, u16 offset8,
		       u64 trans_id)
{
	struct hvg_packet_header head = {
		.type = HVG_PACKET_INBAND,
		.offset8 = offset8,
		.length8 = length8,
		.trans_id = trans_id,
	};
	u32 pos = f->rx.ctl->write_index, i;

	for (i = 0; i < length8 * 8u; i++)
		f->rx.data[(pos + i) % RING_BYTES] = i < HEAD ?
			((u8 *)&head)[i] : (u8)(trans_id + i);
	f->rx.ctl->write_index = (pos + length8 * 8u + TRAILER) % RING_BYTES;
}

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
			at(f, start);
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
			at(f, start);
			host_write(f, length8, 2, start + length8);
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
	u64 put = 0, got = 0;
	u32 length8, round;

	at(f, 0);
	for (round = 0; round < 2000; round++) {
		length8 = 2 + prandom_u32_max(40);
		while (RING_BYTES - ring_bytes_used(&f->rx) >
		       length8 * 8 + TRAILER) {
			host_write(f, length8, 2, put++);
			length8 = 2 + prandom_u32_max(40);
		}
		while (ring_rx_copy(&f->rx, f->buf, BUF_BYTES, &pkt) == 1) {
			KUNIT_ASSERT_EQ(test, got, pkt.head.trans_id);
			KUNIT_ASSERT_TRUE(test, payload_good(f->buf, pkt.bytes,
							     got));
			got++;
			if (!prandom_u32_max(4))
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
		at(f, start);
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
		at(f, start);
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
		at(f, start);
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
		at(f, 8 * (wanted % 100));
		f->rx.ctl->features = HVG_RING_FEATURE_PENDING_SEND;
		for (i = 0; i < 8; i++)
			host_write(f, 61, 2, i);
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

	at(f, 0);
	host_write(f, 500, 2, 0);
	f->rx.ctl->pending_send_size = 1000;
	KUNIT_ASSERT_EQ(test, 1,
			ring_rx_copy(&f->rx, f->buf, BUF_BYTES, &pkt));
	KUNIT_EXPECT_FALSE(test, ring_rx_publish(&f->rx));
}

static void ring_block(struct kunit *test)
{
	struct ring_fixture *f = test->priv;

	at(f, 128);
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

	at(f, 0);
	ring_rx_mask(&f->rx);
	KUNIT_EXPECT_EQ(test, 1, f->rx.ctl->interrupt_mask);
	KUNIT_EXPECT_FALSE(test, ring_rx_unmask(&f->rx));
	KUNIT_EXPECT_EQ(test, 0, f->rx.ctl->interrupt_mask);
	host_write(f, 2, 2, 0);
	KUNIT_EXPECT_TRUE(test, ring_rx_unmask(&f->rx));
	KUNIT_EXPECT_EQ(test, 1, f->rx.ctl->interrupt_mask);
	/* A bad index is something to look at too. */
	f->rx.ctl->write_index = RING_BYTES;
	KUNIT_EXPECT_TRUE(test, ring_rx_unmask(&f->rx));
}

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
		at(f, 64);
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
		at(f, 64);
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
		at(f, 0);
		f->rx.ctl->features = HVG_RING_FEATURE_PENDING_SEND;
		f->rx.ctl->pending_send_size = 4000;
		host_write(f, 20, 2, 0);
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
			at(f, RING_BYTES - 24);
			host_write(f, 8, 2, 7);
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
		at(f, 0);
		host_write(f, 2, 2, 0);
		f->rx.ctl->write_index = i;
		KUNIT_ASSERT_EQ(test, -EPROTO, ring_rx_copy(&f->rx, f->buf,
							    BUF_BYTES, &pkt));
	}
}

static void ring_too_large(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;

	at(f, 0);
	host_write(f, 20, 2, 0);
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
		at(f, 64);
		host_write(f, 4, 2, i);
		trailer = (void *)(f->rx.data + 64 + 32);
		trailer->packet_start = lies[i];
		trailer->reserved = lies[i];
		KUNIT_EXPECT_EQ(test, 1, ring_rx_copy(&f->rx, f->buf,
						      BUF_BYTES, &pkt));
		KUNIT_EXPECT_EQ(test, 104, f->rx.index);
	}
}

static void ring_unpublished(struct kunit *test)
{
	struct ring_fixture *f = test->priv;
	struct ring_packet pkt;
	u32 start;

	for (start = 0; start < RING_BYTES; start += 8) {
		at(f, start);
		host_write(f, 10, 2, 0);
		KUNIT_ASSERT_EQ(test, 0, ring_rx_unpublished(&f->rx));
		ring_rx_copy(&f->rx, f->buf, BUF_BYTES, &pkt);
		KUNIT_ASSERT_EQ(test, 88, ring_rx_unpublished(&f->rx));
		ring_rx_publish(&f->rx);
		KUNIT_ASSERT_EQ(test, 0, ring_rx_unpublished(&f->rx));
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

	at(f, 0);
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

static void ring_memory_layout(struct kunit *test)
{
	struct ring_memory mem;
	u8 *data;
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, ring_memory_alloc(&mem, 5 * HVG_PAGE_SIZE,
						   3 * HVG_PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, 8, mem.count);
	KUNIT_EXPECT_EQ(test, 5, mem.send_count);
	data = mem.send + HVG_PAGE_SIZE;
	for (i = 0; i < 4 * HVG_PAGE_SIZE; i += 8) {
		data[i] = i / 8 + 1;
		KUNIT_ASSERT_EQ(test, data[i], data[i + 4 * HVG_PAGE_SIZE]);
	}
	data = mem.recv + HVG_PAGE_SIZE;
	data[4 * HVG_PAGE_SIZE - 1] = 77;
	KUNIT_EXPECT_EQ(test, 77, data[2 * HVG_PAGE_SIZE - 1]);
	ring_memory_free(&mem);
	KUNIT_EXPECT_NULL(test, mem.pages);
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
	KUNIT_CASE(ring_bad_index),
	KUNIT_CASE(ring_bad_index_on_publish),
	KUNIT_CASE(ring_bad_descriptor),
	KUNIT_CASE(ring_too_large),
	KUNIT_CASE(ring_trailer_lies),
	KUNIT_CASE(ring_unpublished),
	KUNIT_CASE(ring_changing_host),
	KUNIT_CASE(ring_memory_layout),
	{}
};

struct kunit_suite ring_suite = {
	.name = "hvg_ring",
	.init = ring_test_init,
	.exit = ring_test_exit,
	.test_cases = ring_cases,
};
