// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform on a kernel with its own Hyper-V support: the kernel has
 * found the hypervisor, set up the hypercall page and reserved the interrupt
 * vector; the SynIC is ours.
 *
 * platform_interrupt() runs in hard interrupt context, the rest as said at
 * each.
 */
#include <linux/acpi.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <asm/irq_vectors.h>
#include <asm/mshyperv.h>
#include <asm/msr.h>
#include <clocksource/hyperv_timer.h>
#include "log.h"
#include "platform.h"
#include "synic.h"

/* CPUID 0x40000003: EAX, EDX. */
#define FEATURE_SYNIC		BIT(2)
#define FEATURE_STIMERS		BIT(3)
#define FEATURE_CRASH_MSRS	BIT(10)
#define FEATURE_STIMER_DIRECT	BIT(19)
/* CPUID 0x40000004 EAX. */
#define HINT_NO_AUTO_EOI	BIT(9)

static const struct platform_hooks *hooks;

/**
 * platform_detect() - see whether this is a Hyper-V guest that we can serve
 *
 * Context: process.
 * Return: 0 or -ENODEV, having said why.
 */
int platform_detect(void)
{
	if (!hv_is_hyperv_initialized()) {
		vmbus_err("not a Hyper-V guest: the kernel has found no Hyper-V hypercalls\n");
		return -ENODEV;
	}
	if (hv_is_isolation_supported()) {
		vmbus_err("isolated guest: encrypted rings are not supported, use the in-tree hv_vmbus\n");
		return -ENODEV;
	}
	if (!(ms_hyperv.features & FEATURE_SYNIC)) {
		vmbus_err("no SynIC: CPUID 0x40000003 EAX is %#x, expected bit 2\n",
			  ms_hyperv.features);
		return -ENODEV;
	}
	return 0;
}

/**
 * platform_owner() - who has the connection to the host, if not we
 *
 * The in-tree driver's code may be there and idle: what counts is that it has
 * negotiated a version.
 *
 * Context: process.
 * Return: name of its module, or NULL: the connection is free.
 */
const char *platform_owner(void)
{
	const u32 *version = __symbol_get("vmbus_proto_version");
	bool owned;

	if (!version)
		return NULL;
	owned = READ_ONCE(*version);
	__symbol_put("vmbus_proto_version");
	return owned ? "hv_vmbus" : NULL;
}

static const struct acpi_device_id vmbus_acpi_ids[] = {
	{ "VMBUS", 0 },
	{ "VMBus", 0 },
	{ "", 0 },
};
MODULE_DEVICE_TABLE(acpi, vmbus_acpi_ids);

/**
 * platform_parent_get() - find the firmware's VMBus device
 *
 * No driver is bound to it: the end of a binding powers a device off, and
 * Hyper-V's _PS3 is no method but a number, which the kernel complains about.
 *
 * Context: process.
 * Return: device, with a reference; NULL: there is none.
 */
struct device *platform_parent_get(void)
{
	const struct acpi_device_id *id;
	struct acpi_device *adev = NULL;

	for (id = vmbus_acpi_ids; id->id[0] && !adev; id++)
		adev = acpi_dev_get_first_match_dev(id->id, NULL, -1);
	if (!adev) {
		vmbus_err("no VMBus device: expected one with the ACPI id VMBUS\n");
		return NULL;
	}
	return &adev->dev;
}

/**
 * platform_parent_put() - undo platform_parent_get()
 * @dev: device
 *
 * Context: process.
 */
void platform_parent_put(struct device *dev)
{
	put_device(dev);
}

static void platform_interrupt(void)
{
	/* It takes spinlocks, as it is not built for PREEMPT_RT. */
	lockdep_hardirq_threaded();
	hooks->interrupt(smp_processor_id());
}

/*
 * The kernel uses synthetic timers by itself where they interrupt directly.
 * Those that send messages it leaves to the VMBus driver, and this one does
 * not start them: to take back what was never registered is a crash.
 */
static bool kernel_uses_stimers(void)
{
	return ms_hyperv.features & FEATURE_STIMERS &&
	       ms_hyperv.misc_features & FEATURE_STIMER_DIRECT;
}

static void platform_kexec(void)
{
	hooks->kexec();
	if (kernel_uses_stimers())
		hv_stimer_global_cleanup();
	platform_shutdown_cpus();
}

static void platform_crash(struct pt_regs *regs)
{
	hooks->crash();
	if (kernel_uses_stimers())
		hv_stimer_cleanup(smp_processor_id());
	platform_shutdown_this_cpu();
}

/* The kernel's vector handler acknowledges exactly in the other case. */
static u64 platform_sint(void)
{
	return HYPERVISOR_CALLBACK_VECTOR |
	       (ms_hyperv.hints & HINT_NO_AUTO_EOI ? 0 : HVG_SINT_AUTO_EOI);
}

/**
 * platform_start() - SynIC and interrupt on every CPU, present and future
 * @h: callbacks; must stay until platform_stop()
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int platform_start(const struct platform_hooks *h)
{
	int err;

	hooks = h;
	hv_setup_vmbus_handler(platform_interrupt);
	err = synic_start(h, platform_sint());
	if (err) {
		hv_remove_vmbus_handler();
		return err;
	}
	hv_setup_kexec_handler(platform_kexec);
	hv_setup_crash_handler(platform_crash);
	return 0;
}

/**
 * platform_stop() - undo platform_start()
 *
 * No hook runs after it returned. The slots and flags of messages and events
 * can be looked at until platform_free().
 *
 * Context: process.
 */
void platform_stop(void)
{
	hv_remove_crash_handler();
	hv_remove_kexec_handler();
	synic_stop();
	hv_remove_vmbus_handler();
	/* An interrupt may still be inside the handler on another CPU. */
	synchronize_rcu();
}

/**
 * platform_has_predecessor() - has an earlier kernel left the host connected
 *
 * Context: process, after platform_start().
 * Return: false: platform_crash() has seen to it.
 */
bool platform_has_predecessor(void)
{
	return false;
}

/**
 * platform_clock_start() - offer the kernel the hypervisor's clock, if wanted
 *
 * It is a clocksource of the kernel already.
 *
 * Context: process.
 */
void platform_clock_start(void)
{
}

/**
 * platform_post_message() - HvPostMessage
 * @input: in the direct map, not crossing a page
 *
 * Context: any.
 * Return: hypercall status, HVG_STATUS_* (TLFS, HvCallPostMessage).
 */
u64 platform_post_message(struct hvg_post_message_input *input)
{
	return hv_result(hv_do_hypercall(HVG_HVCALL_POST_MESSAGE, input, NULL));
}

/**
 * platform_signal_event() - HvSignalEvent, in its fast form
 * @connection: connection id
 * @flag: event flag number
 *
 * Context: any.
 * Return: hypercall status, HVG_STATUS_* (TLFS, HvCallSignalEvent).
 */
u64 platform_signal_event(u32 connection, u16 flag)
{
	return hv_result(hv_do_fast_hypercall8(HVG_HVCALL_SIGNAL_EVENT,
					       connection | (u64)flag << 32));
}

/**
 * platform_can_report_crash() - does the host take crash reports
 *
 * Context: any.
 */
bool platform_can_report_crash(void)
{
	return ms_hyperv.misc_features & FEATURE_CRASH_MSRS;
}
