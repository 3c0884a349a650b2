/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor pages: signals that the hypervisor sends some time later. This
 * driver signals at once; the host's settings are shown to the curious.
 */
#ifndef _HVG_VMBUS_MONITOR_H
#define _HVG_VMBUS_MONITOR_H

#include <linux/compiler.h>
#include <linux/types.h>
#include "channel.h"
#include "connection.h"

/* Index of connection.monitor. */
#define MONITOR_TO_GUEST	0
#define MONITOR_TO_HOST		1

static inline unsigned int monitor_group(const struct hvg_channel *chan)
{
	return chan->offer.monitor_id / HVG_MONITOR_GROUP_BITS %
	       HVG_MONITOR_GROUPS;
}

static inline unsigned int monitor_bit(const struct hvg_channel *chan)
{
	return chan->offer.monitor_id % HVG_MONITOR_GROUP_BITS;
}

static inline u32 monitor_pending(const struct hvg_channel *chan, int page)
{
	const struct hvg_monitor_page *p = connection.monitor[page];

	return READ_ONCE(p->group[monitor_group(chan)].pending);
}

static inline u32 monitor_latency(const struct hvg_channel *chan, int page)
{
	const struct hvg_monitor_page *p = connection.monitor[page];

	return READ_ONCE(p->latency[monitor_group(chan)][monitor_bit(chan)]);
}

static inline u32 monitor_conn_id(const struct hvg_channel *chan, int page)
{
	const struct hvg_monitor_page *p = connection.monitor[page];
	unsigned int group = monitor_group(chan), bit = monitor_bit(chan);

	return READ_ONCE(p->parameter[group][bit].connection_id);
}

#endif /* _HVG_VMBUS_MONITOR_H */
