/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_VMBUS_INTERRUPT_H
#define _HVG_VMBUS_INTERRUPT_H

void interrupt_handle(unsigned int cpu);

#endif /* _HVG_VMBUS_INTERRUPT_H */
