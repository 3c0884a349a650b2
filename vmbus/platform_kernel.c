// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform on a kernel with its own Hyper-V support: the kernel has
 * found the hypervisor, set up the hypercall page and reserved the interrupt
 * vector; the SynIC is ours.
 *
 * platform_interrupt() runs in hard interrupt context, the CPU hotplug
 * callbacks in process context on their CPU, the rest as said at each.
 */
#include <linux/acpi.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/irq_vectors.h>
#include <asm/mshyperv.h>
#include <asm/msr.h>
#include <clocksource/hyperv_timer.h>
#include "log.h"
#include "platform.h"

/* CPUID 0x40000003: EAX, EDX. */
#define FEATURE_SYNIC		BIT(2)
#define FEATURE_STIMERS		BIT(3)
#define FEATURE_CRASH_MSRS	BIT(10)
#define FEATURE_STIMER_DIRECT	BIT(19)
/* CPUID 0x40000004 EAX. */
#define HINT_NO_AUTO_EOI	BIT(9)

/**
 * struct synic - the SynIC of one CPU
 * @messages: message page, kept until platform_stop() for late readers
 * @events: event-flag page, likewise
 */
struct synic {
	struct hvg_message *messages;
	unsigned long *events;
};

static DEFINE_PER_CPU(struct synic, synic);
static const struct platform_hooks *hooks;
static int cpuhp_state;

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

static void synic_enable(const struct synic *this)
{
	u64 value;

	rdmsrq(HVG_MSR_SIMP, value);
	value &= HVG_PAGE_SIZE - 1;
	value |= virt_to_phys(this->messages) | HVG_SYNIC_ENABLE;
	wrmsrq(HVG_MSR_SIMP, value);

	rdmsrq(HVG_MSR_SIEFP, value);
	value &= HVG_PAGE_SIZE - 1;
	value |= virt_to_phys(this->events) | HVG_SYNIC_ENABLE;
	wrmsrq(HVG_MSR_SIEFP, value);

	/* The kernel's vector handler acknowledges exactly in the other case. */
	value = HYPERVISOR_CALLBACK_VECTOR;
	if (!(ms_hyperv.hints & HINT_NO_AUTO_EOI))
		value |= HVG_SINT_AUTO_EOI;
	wrmsrq(HVG_MSR_SINT0 + HVG_VMBUS_SINT, value);

	rdmsrq(HVG_MSR_SCONTROL, value);
	wrmsrq(HVG_MSR_SCONTROL, value | HVG_SYNIC_ENABLE);
}

static void synic_disable(void *unused)
{
	u64 value;

	rdmsrq(HVG_MSR_SINT0 + HVG_VMBUS_SINT, value);
	wrmsrq(HVG_MSR_SINT0 + HVG_VMBUS_SINT, value | HVG_SINT_MASKED);

	rdmsrq(HVG_MSR_SIMP, value);
	wrmsrq(HVG_MSR_SIMP, value & (HVG_PAGE_SIZE - 1) & ~HVG_SYNIC_ENABLE);
	rdmsrq(HVG_MSR_SIEFP, value);
	wrmsrq(HVG_MSR_SIEFP, value & (HVG_PAGE_SIZE - 1) & ~HVG_SYNIC_ENABLE);

	rdmsrq(HVG_MSR_SCONTROL, value);
	wrmsrq(HVG_MSR_SCONTROL, value & ~HVG_SYNIC_ENABLE);
}

static int synic_cpu_online(unsigned int cpu)
{
	struct synic *this = per_cpu_ptr(&synic, cpu);

	if (!this->messages)
		this->messages = (void *)get_zeroed_page(GFP_KERNEL);
	if (!this->events)
		this->events = (void *)get_zeroed_page(GFP_KERNEL);
	if (!this->messages || !this->events)
		return -ENOMEM;
	synic_enable(this);
	hooks->online(cpu);
	return 0;
}

static int synic_cpu_offline(unsigned int cpu)
{
	unsigned long flags;
	int err;

	err = hooks->offline(cpu);
	if (err)
		return err;
	local_irq_save(flags);
	synic_disable(NULL);
	/* What came between the move of the channels and the end. */
	hooks->interrupt(cpu);
	local_irq_restore(flags);
	return 0;
}

static void platform_interrupt(void)
{
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

static void synic_free(void)
{
	struct synic *this;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		this = per_cpu_ptr(&synic, cpu);
		free_page((unsigned long)this->messages);
		free_page((unsigned long)this->events);
		this->messages = NULL;
		this->events = NULL;
	}
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
	int state;

	hooks = h;
	hv_setup_vmbus_handler(platform_interrupt);
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "hvg/vmbus:online",
				  synic_cpu_online, synic_cpu_offline);
	if (state < 0) {
		hv_remove_vmbus_handler();
		synic_free();
		return state;
	}
	cpuhp_state = state;
	hv_setup_kexec_handler(platform_kexec);
	hv_setup_crash_handler(platform_crash);
	return 0;
}

/**
 * platform_stop() - undo platform_start()
 *
 * No hook runs after it returned.
 *
 * Context: process.
 */
void platform_stop(void)
{
	hv_remove_crash_handler();
	hv_remove_kexec_handler();
	/* The hotplug callback would ask the hook: nothing is left to ask. */
	cpuhp_remove_state_nocalls(cpuhp_state);
	platform_shutdown_cpus();
	hv_remove_vmbus_handler();
	/* An interrupt may still be inside the handler on another CPU. */
	synchronize_rcu();
	synic_free();
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
 * platform_shutdown_cpus() - disable the SynIC of all online CPUs
 *
 * Context: process.
 */
void platform_shutdown_cpus(void)
{
	on_each_cpu(synic_disable, NULL, 1);
}

/**
 * platform_shutdown_this_cpu() - disable the SynIC of this CPU
 *
 * Context: any, not preemptible.
 */
void platform_shutdown_this_cpu(void)
{
	synic_disable(NULL);
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
 * platform_vp() - the hypervisor's number of a CPU
 * @cpu: CPU that is or was online
 *
 * Context: any.
 * Return: VP index.
 */
u32 platform_vp(unsigned int cpu)
{
	return hv_cpu_number_to_vp_number(cpu);
}

/**
 * platform_message_slot() - where SINT 2's message for a CPU is
 * @cpu: any possible CPU
 *
 * Context: any.
 * Return: the slot, shared with the hypervisor; NULL: none.
 */
struct hvg_message *platform_message_slot(unsigned int cpu)
{
	struct hvg_message *page = per_cpu(synic, cpu).messages;

	return page ? page + HVG_VMBUS_SINT : NULL;
}

/**
 * platform_event_flags() - SINT 2's event flags of a CPU
 * @cpu: any possible CPU
 *
 * Context: any.
 * Return: HVG_EVENT_FLAGS bits, shared with the hypervisor; NULL: none.
 */
unsigned long *platform_event_flags(unsigned int cpu)
{
	unsigned long *page = per_cpu(synic, cpu).events;

	if (!page)
		return NULL;
	return page + HVG_VMBUS_SINT * (HVG_EVENT_FLAGS / BITS_PER_LONG);
}

/**
 * platform_end_of_message() - let the hypervisor deliver the next message
 *
 * Context: on the CPU whose slot was emptied, not preemptible.
 */
void platform_end_of_message(void)
{
	wrmsrq(HVG_MSR_EOM, 0);
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
