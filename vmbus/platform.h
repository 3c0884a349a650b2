/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between VMBus and the machine: hypercalls, the SynIC of each CPU,
 * the interrupt, the hooks of kexec and crash, the ACPI device.
 *
 * platform_kernel.c stands on the kernel's own Hyper-V support;
 * platform_native.c does without it. Kbuild picks one.
 */
#ifndef _HVG_VMBUS_PLATFORM_H
#define _HVG_VMBUS_PLATFORM_H

#include <linux/types.h>
#include <hvg/hv_wire.h>

struct device;

/**
 * struct platform_hooks - what the platform calls
 * @interrupt: SINT 2 of @cpu fired; hard interrupt, on that CPU or, where
 *	several CPUs cannot be in it at once, on another that is
 * @online: @cpu has come and takes interrupts; context as for @offline
 * @offline: @cpu is about to go away; process context on that CPU, the
 *	hotplug lock is held: for writing, but when the module is loaded.
 *	-errno refuses.
 * @kexec: the kernel is about to be replaced; process context, CPUs running
 * @crash: a crash kernel is about to be started; one CPU, interrupts off,
 *	nothing may be locked
 */
struct platform_hooks {
	void (*interrupt)(unsigned int cpu);
	void (*online)(unsigned int cpu);
	int (*offline)(unsigned int cpu);
	void (*kexec)(void);
	void (*crash)(void);
};

int platform_detect(void);
const char *platform_owner(void);
struct device *platform_parent_get(void);
void platform_parent_put(struct device *dev);

int platform_start(const struct platform_hooks *hooks);
void platform_stop(void);
void platform_free(void);
void platform_clock_start(void);
bool platform_has_predecessor(void);
void platform_shutdown_cpus(void);
void platform_shutdown_this_cpu(void);

u64 platform_post_message(struct hvg_post_message_input *input);
u64 platform_signal_event(u32 connection, u16 flag);

u32 platform_vp(unsigned int cpu);
struct hvg_message *platform_message_slot(unsigned int cpu);
unsigned long *platform_event_flags(unsigned int cpu);
void platform_end_of_message(void);

#define PLATFORM_CRASH_PARAMS	5
bool platform_can_report_crash(void);
bool platform_crash_reported(void);
void platform_forget_crash(void);
void platform_report_crash(const u64 *param, u64 control);

#endif /* _HVG_VMBUS_PLATFORM_H */
