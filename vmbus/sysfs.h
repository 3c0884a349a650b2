/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_VMBUS_SYSFS_H
#define _HVG_VMBUS_SYSFS_H

#include <linux/sysfs.h>

extern const struct attribute_group *device_sysfs_groups[];
extern const struct attribute_group *channel_sysfs_groups[];
extern const struct sysfs_ops channel_sysfs_ops;

#endif /* _HVG_VMBUS_SYSFS_H */
