/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypercall page, for platform_native.c and what belongs to it. */
#ifndef _HVG_VMBUS_NATIVE_H
#define _HVG_VMBUS_NATIVE_H

#include <linux/types.h>

/* The hypercall page, in the module's code, and the code that is under it. */
extern u8 hvg_hypercall_page[];
void hvg_hypercall_none(void);

bool native_hypercalls_in_use(void);
int native_hypercalls_start(void);
void native_hypercalls_stop(void);

#endif /* _HVG_VMBUS_NATIVE_H */
