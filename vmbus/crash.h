/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_VMBUS_CRASH_H
#define _HVG_VMBUS_CRASH_H

int crash_init(void);
void crash_exit(void);
void crash_kexec_hook(void);
void crash_kdump_hook(void);

#endif /* _HVG_VMBUS_CRASH_H */
