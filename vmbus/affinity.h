/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU takes the interrupts of which channel. */
#ifndef _HVG_VMBUS_AFFINITY_H
#define _HVG_VMBUS_AFFINITY_H

#include <linux/types.h>

struct hvg_channel;

void affinity_assign(struct hvg_channel *chan);
void affinity_release(struct hvg_channel *chan);
u32 affinity_target_vp(const struct hvg_channel *chan);
int affinity_move(struct hvg_channel *chan, unsigned int cpu);
int affinity_cpu_offline(unsigned int cpu);
void affinity_cpu_online(unsigned int cpu);

#endif /* _HVG_VMBUS_AFFINITY_H */
