/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A channel to test with, from a host of any version; and what that host reads
 * and writes in its rings, which raises no interrupt by itself.
 */
#ifndef _HVG_KUNIT_TEST_CHANNEL_H
#define _HVG_KUNIT_TEST_CHANNEL_H

#include <linux/types.h>
#include <hvg/vmbus.h>

struct kunit;

/* Connect to a host of @version, which offers the channel @id. */
struct hvg_channel *test_channel_begin(struct kunit *test, u32 version, u32 id);
/* Open it, with two rings of @ring_bytes, control page included. */
int test_channel_open(struct hvg_channel *chan, u32 ring_bytes,
		      const struct hvg_channel_ops *ops, void *context);
/* Close it if it is open, and leave the host; @chan: NULL if it is gone. */
void test_channel_end(struct hvg_channel *chan);

/* @data follows @head and is as long as that says. */
void test_channel_host_writes(struct hvg_channel *chan,
			      const struct hvg_packet_header *head,
			      const void *data);
/* All that there is. */
void test_channel_host_reads(struct hvg_channel *chan);

#endif /* _HVG_KUNIT_TEST_CHANNEL_H */
