/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_VMBUS_DISPATCH_H
#define _HVG_VMBUS_DISPATCH_H

#include <linux/types.h>

void dispatch_message(const void *msg, size_t bytes);

#endif /* _HVG_VMBUS_DISPATCH_H */
