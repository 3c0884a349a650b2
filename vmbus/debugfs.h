/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_VMBUS_DEBUGFS_H
#define _HVG_VMBUS_DEBUGFS_H

struct hvg_channel;

void debugfs_init(void);
void debugfs_exit(void);
void debugfs_channel_add(struct hvg_channel *chan);
void debugfs_channel_remove(struct hvg_channel *chan);

#endif /* _HVG_VMBUS_DEBUGFS_H */
