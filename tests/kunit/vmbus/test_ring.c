// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pair of rings to test with.
 *
 * The data is mapped twice in a row, as the driver does it, by the driver's
 * own ring_memory.c.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "test_ring.h"

int test_ring_init(struct kunit *test)
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

void test_ring_exit(struct kunit *test)
{
	struct ring_fixture *f = test->priv;

	if (f)
		ring_memory_free(&f->mem);
}

void test_ring_at(struct ring_fixture *f, u32 index)
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

void test_ring_host_writes(struct ring_fixture *f, u16 length8, u16 offset8,
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
