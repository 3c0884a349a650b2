/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_VMBUS_SYSFS_H
#define _HVG_VMBUS_SYSFS_H

#include <linux/sysfs.h>
#include <linux/types.h>

struct hvg_channel;

enum ring_direction {
	RING_OUT,
	RING_IN,
};

enum ring_value {
	RING_MASK,
	RING_READ_INDEX,
	RING_WRITE_INDEX,
	RING_USED,
	RING_FREE,
};

ssize_t sysfs_ring_value(struct hvg_channel *chan, char *buf,
			 enum ring_direction direction, enum ring_value what);

extern const struct attribute_group *device_sysfs_groups[];
extern const struct attribute_group *channel_sysfs_groups[];
extern const struct sysfs_ops channel_sysfs_ops;

#endif /* _HVG_VMBUS_SYSFS_H */
