// SPDX-License-Identifier: GPL-2.0-only
/* A channel to test with: connected, offered, opened, and its host's half. */
#include <kunit/test.h>
#include <linux/export.h>
#include <hvg/guids.h>
#include "channel.h"
#include "fake_host.h"
#include "test_channel.h"

struct hvg_channel *test_channel_begin(struct kunit *test, u32 version, u32 id)
{
	static const struct hvg_guid interface = HVG_GUID_SCSI;
	struct hvg_channel *chan;

	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(version));
	fake_host_offer(id, 0, &interface);
	chan = fake_host_channel(id);
	KUNIT_ASSERT_NOT_NULL(test, chan);
	return chan;
}
EXPORT_SYMBOL_GPL(test_channel_begin);

int test_channel_open(struct hvg_channel *chan, u32 ring_bytes,
		      const struct hvg_channel_ops *ops, void *context)
{
	struct hvg_open_params params = {
		.send_bytes = ring_bytes,
		.recv_bytes = ring_bytes,
		.ops = ops,
		.context = context,
	};

	return hvg_channel_open(chan, &params);
}
EXPORT_SYMBOL_GPL(test_channel_open);

void test_channel_end(struct hvg_channel *chan)
{
	if (!fake_host.started)
		return;
	if (chan)
		hvg_channel_close(chan);
	fake_host_disconnect();
}
EXPORT_SYMBOL_GPL(test_channel_end);

void test_channel_host_writes(struct hvg_channel *chan,
			      const struct hvg_packet_header *head,
			      const void *data)
{
	struct ring *rx = &chan->rx;
	u32 bytes = head->length8 * 8, pos = rx->ctl->write_index, i;

	for (i = 0; i < bytes; i++)
		rx->data[(pos + i) % rx->size] = i < sizeof(*head) ?
			((const u8 *)head)[i] :
			((const u8 *)data)[i - sizeof(*head)];
	rx->ctl->write_index =
		(pos + bytes + sizeof(struct hvg_packet_trailer)) % rx->size;
}
EXPORT_SYMBOL_GPL(test_channel_host_writes);

void test_channel_host_reads(struct hvg_channel *chan)
{
	chan->tx.ctl->read_index = chan->tx.ctl->write_index;
}
EXPORT_SYMBOL_GPL(test_channel_host_reads);
