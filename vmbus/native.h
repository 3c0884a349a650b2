/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the platform that platform_native.c is about. */
#ifndef _HVG_VMBUS_NATIVE_H
#define _HVG_VMBUS_NATIVE_H

#include <linux/types.h>

/* The hypercall page, in the module's code, and the code that is under it. */
extern u8 hvg_hypercall_page[];
void hvg_hypercall_none(void);

/**
 * enum native_trial - what became of an interrupt that was sent by its vector
 * @NATIVE_TRIAL_ENDED: it came, and was ended at the local APIC
 * @NATIVE_TRIAL_KEPT: it came, and was not
 * @NATIVE_TRIAL_LOST: it did not come
 */
enum native_trial {
	NATIVE_TRIAL_ENDED,
	NATIVE_TRIAL_KEPT,
	NATIVE_TRIAL_LOST,
};

enum native_trial native_trial(unsigned int vector, bool *came);

bool native_hypercalls_in_use(void);
int native_hypercalls_start(void);
void native_hypercalls_stop(void);

#endif /* _HVG_VMBUS_NATIVE_H */
