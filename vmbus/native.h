/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypercall page, for platform_native.c and what belongs to it. */
#ifndef _HVG_VMBUS_NATIVE_H
#define _HVG_VMBUS_NATIVE_H

#include <linux/types.h>

bool native_hypercalls_in_use(void);
int native_hypercalls_start(void);
void native_hypercalls_stop(void);

#endif /* _HVG_VMBUS_NATIVE_H */
