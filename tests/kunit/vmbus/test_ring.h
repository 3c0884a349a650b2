/* SPDX-License-Identifier: GPL-2.0-only */
/* A pair of rings to test with, whose other end is the test. */
#ifndef _HVG_KUNIT_TEST_RING_H
#define _HVG_KUNIT_TEST_RING_H

#include <linux/types.h>
#include "ring.h"
#include "ring_memory.h"

struct kunit;

#define RING_BYTES	HVG_PAGE_SIZE
#define HEAD		((u32)sizeof(struct hvg_packet_header))
#define TRAILER		((u32)sizeof(struct hvg_packet_trailer))
#define BUF_BYTES	RING_BYTES
#define CANARY		0x5a

/**
 * struct ring_fixture - a pair of rings, each of one page of data
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

/* For kunit_suite: the fixture is the test's priv. */
int test_ring_init(struct kunit *test);
void test_ring_exit(struct kunit *test);

/* Both rings empty, with all indices at @index. */
void test_ring_at(struct ring_fixture *f, u32 index);

/* The host writes a packet of @length8 * 8 bytes, byte by byte round. */
void test_ring_host_writes(struct ring_fixture *f, u16 length8, u16 offset8,
			   u64 trans_id);

#endif /* _HVG_KUNIT_TEST_RING_H */
