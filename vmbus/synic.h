/* SPDX-License-Identifier: GPL-2.0-only */
/* The SynIC of each CPU, for the two platforms. */
#ifndef _HVG_VMBUS_SYNIC_H
#define _HVG_VMBUS_SYNIC_H

#include <linux/types.h>

struct platform_hooks;

int synic_start(const struct platform_hooks *hooks, u64 sint);
void synic_stop(void);

#endif /* _HVG_VMBUS_SYNIC_H */
