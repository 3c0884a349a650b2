// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform on a kernel that knows nothing of Hyper-V: the hypervisor and
 * the interrupt are found and set up here, the hypercall page in
 * native_hypercall.c, the clock in native_clock.c.
 *
 * Such a kernel gives no vector to a module. The SynIC's interrupt goes to the
 * vector of an ISA interrupt, which leads to that interrupt on every CPU. The
 * kernel runs one handler of it at a time: a CPU that is interrupted while
 * another is in the handler only notes it there. So whoever is in the handler
 * looks at the pages of all CPUs. The interrupt's chip ends the interrupt at
 * the local APIC, hence no auto-EOI; the 8259, which has it with "noapic", does
 * not, and there the hypervisor has to.
 *
 * There is no hook before a crash kernel starts: it finds the hypervisor set
 * up by the kernel that died, and disconnects in its place.
 *
 * native_interrupt() runs in hard interrupt context, the rest as said at each.
 */
#include <linux/acpi.h>
#include <linux/cpu.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/processor.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/cpuid/api.h>
#include <asm/irq_vectors.h>
#include <asm/msr.h>
#include "log.h"
#include "native.h"
#include "platform.h"
#include "synic.h"

#define NAME			"hvg_vmbus"

/* CPUID 1 ECX. */
#define CPU_IS_GUEST		BIT(31)
#define LEAF_VENDOR		0x40000000
#define LEAF_INTERFACE		0x40000001
#define LEAF_FEATURES		0x40000003
#define LEAF_LIMITS		0x40000005
#define INTERFACE_HV1		0x31237648
/* CPUID 0x40000003: EAX, EBX, EDX. */
#define FEATURE_SYNIC		BIT(2)
#define FEATURE_HYPERCALLS	BIT(5)
#define FEATURE_VP_INDEX	BIT(6)
#define FEATURES_NEEDED	(FEATURE_SYNIC | FEATURE_HYPERCALLS | FEATURE_VP_INDEX)
#define MAY_POST_MESSAGES	BIT(4)
#define MAY_SIGNAL_EVENTS	BIT(5)
#define RIGHTS_NEEDED		(MAY_POST_MESSAGES | MAY_SIGNAL_EVENTS)
#define FEATURE_CRASH_MSRS	BIT(10)

#define ISA_IRQS		16
/* What Hyper-V's firmware says, where ACPI cannot be asked. */
#define IRQ_FALLBACK		7
#define IRQ_FALLBACK_2		5

static const struct platform_hooks *hooks;
static struct platform_device *native_device;
static bool predecessor;
static bool crash_msrs;
/* Interrupts to be tried, one bit each, and the one that is ours. */
static unsigned long irqs_offered;
static int native_irq;
static bool trial_came;

static bool vendor_is_microsoft(void)
{
	u32 max, text[3];

	cpuid(LEAF_VENDOR, &max, &text[0], &text[1], &text[2]);
	return max >= LEAF_LIMITS && max < LEAF_VENDOR + 0x10000 &&
	       !memcmp(text, "Microsoft Hv", sizeof(text));
}

/**
 * platform_detect() - see whether this is a Hyper-V guest that we can serve
 *
 * Context: process.
 * Return: 0 or -ENODEV, having said why.
 */
int platform_detect(void)
{
	u32 features, rights, ecx, misc;

	if (!(cpuid_ecx(1) & CPU_IS_GUEST) || !vendor_is_microsoft() ||
	    cpuid_eax(LEAF_INTERFACE) != INTERFACE_HV1) {
		vmbus_err("not a Hyper-V guest: CPUID shows no Hyper-V interface\n");
		return -ENODEV;
	}
	cpuid(LEAF_FEATURES, &features, &rights, &ecx, &misc);
	if ((features & FEATURES_NEEDED) != FEATURES_NEEDED ||
	    (rights & RIGHTS_NEEDED) != RIGHTS_NEEDED) {
		vmbus_err("not enough of Hyper-V: CPUID 0x40000003 EAX, EBX are %#x, %#x, expected at least %#x, %#x\n",
			  features, rights, (u32)FEATURES_NEEDED,
			  (u32)RIGHTS_NEEDED);
		return -ENODEV;
	}
	crash_msrs = misc & FEATURE_CRASH_MSRS;
	return 0;
}

/**
 * platform_owner() - who has the connection to the host, if not we
 *
 * Context: process.
 * Return: name of its module, or NULL: the connection is free.
 */
const char *platform_owner(void)
{
	static const struct {
		const char *symbol;
		const char *owner;
	} owners[] = {
		{ "vmbus_open", "hv_vmbus" },
		/* The page would be taken from under it. */
		{ "hv_hypercall_pg", "this kernel's own Hyper-V support" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		if (!__symbol_get(owners[i].symbol))
			continue;
		__symbol_put(owners[i].symbol);
		return owners[i].owner;
	}
	return NULL;
}

/* No device id table: what matches ACPI's devices has no such names here. */
MODULE_ALIAS("acpi*:VMBUS:*");
MODULE_ALIAS("acpi*:VMBus:*");

static acpi_status acpi_find_irqs(struct acpi_resource *resource, void *unused)
{
	unsigned int i, irq;

	if (resource->type != ACPI_RESOURCE_TYPE_IRQ)
		return AE_OK;
	for (i = 0; i < resource->data.irq.interrupt_count; i++) {
		irq = resource->data.irq.interrupts[i];
		if (irq && irq < ISA_IRQS)
			irqs_offered |= 1ul << irq;
	}
	return AE_OK;
}

static acpi_status acpi_find_vmbus(acpi_handle handle, u32 level,
				   void *context, void **result)
{
	acpi_walk_resources(handle, METHOD_NAME__CRS, acpi_find_irqs, NULL);
	*(bool *)context = true;
	return AE_CTRL_TERMINATE;
}

/* Without ACPI, or where it says nothing, the usual ones. */
static void native_find_irqs(void)
{
	bool found = false;

	irqs_offered = 0;
	if (!acpi_disabled) {
		acpi_get_devices("VMBUS", acpi_find_vmbus, &found, NULL);
		if (!found)
			acpi_get_devices("VMBus", acpi_find_vmbus, &found,
					 NULL);
	}
	if (irqs_offered)
		return;
	irqs_offered = 1ul << IRQ_FALLBACK | 1ul << IRQ_FALLBACK_2;
	vmbus_info("ACPI names no interrupt: trying IRQ %u and %u\n",
		   IRQ_FALLBACK, IRQ_FALLBACK_2);
}

/*
 * Power-off, reboot or kexec: comes after the channels' devices, which are
 * below this one.
 */
static void native_shutdown(struct platform_device *pdev)
{
	if (!hooks)
		return;
	hooks->kexec();
	platform_shutdown_cpus();
	native_hypercalls_stop();
}

static struct platform_driver native_driver = {
	.shutdown = native_shutdown,
	.driver = {
		.name = NAME,
	},
};

/**
 * platform_parent_get() - make the device that channels' devices go under
 *
 * It stands for the firmware's, which may not be a device to the kernel.
 *
 * Context: process.
 * Return: device, with a reference; NULL: there is none.
 */
struct device *platform_parent_get(void)
{
	int err;

	native_find_irqs();
	err = platform_driver_register(&native_driver);
	if (err)
		goto fail;
	native_device = platform_device_register_simple(NAME, -1, NULL, 0);
	if (!IS_ERR(native_device))
		return get_device(&native_device->dev);
	platform_driver_unregister(&native_driver);
	err = PTR_ERR(native_device);
fail:
	vmbus_err("no device to stand for VMBus: %d\n", err);
	return NULL;
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
	platform_device_unregister(native_device);
	platform_driver_unregister(&native_driver);
}

/* It may be the only one to hear of other CPUs' interrupts. */
static irqreturn_t native_interrupt(int irq, void *data)
{
	unsigned int cpu;

	WRITE_ONCE(trial_came, true);
	for_each_online_cpu(cpu)
		hooks->interrupt(cpu);
	return IRQ_HANDLED;
}

static int native_request_irq(void)
{
	int irq, err = -ENODEV;

	/* The highest first: 7 is nobody's, 5 may be a sound card's. */
	for (irq = ISA_IRQS - 1; irq > 0; irq--) {
		if (!(irqs_offered & 1ul << irq))
			continue;
		err = request_irq(irq, native_interrupt, 0, NAME,
				  native_device);
		if (!err) {
			native_irq = irq;
			return 0;
		}
	}
	vmbus_err("no interrupt of 0x%lx is free: %d\n", irqs_offered, err);
	return err;
}

/*
 * What SINT 2's register gets. Where the interrupt's chip does not end it the
 * hypervisor has to, as it delivers it. 0: the vector leads elsewhere.
 */
static u64 native_sint(void)
{
	unsigned int vector = ISA_IRQ_VECTOR(native_irq);
	enum native_trial trial = native_trial(vector, &trial_came);

	if (trial == NATIVE_TRIAL_LOST) {
		vmbus_err("vector %#x of the local APIC does not lead to IRQ %d\n",
			  vector, native_irq);
		return 0;
	}
	vmbus_info("SynIC on IRQ %d, vector %#x%s\n", native_irq, vector,
		   trial == NATIVE_TRIAL_KEPT ? ", ended by the hypervisor" : "");
	return vector | (trial == NATIVE_TRIAL_KEPT ? HVG_SINT_AUTO_EOI : 0);
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
	u64 sint;
	int err;

	predecessor = native_hypercalls_in_use();
	err = native_hypercalls_start();
	if (err)
		return err;
	hooks = h;
	err = native_request_irq();
	if (err)
		goto hypercalls;
	sint = native_sint();
	err = sint ? synic_start(h, sint) : -ENODEV;
	if (err)
		goto irq;
	return 0;

irq:
	free_irq(native_irq, native_device);
hypercalls:
	hooks = NULL;
	native_hypercalls_stop();
	return err;
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
	synic_stop();
	/* Waits for a handler that runs. */
	free_irq(native_irq, native_device);
	hooks = NULL;
	native_hypercalls_stop();
}

/**
 * platform_has_predecessor() - has an earlier kernel left the host connected
 *
 * Context: process, after platform_start().
 * Return: true: hypercalls were set up when this kernel first looked.
 */
bool platform_has_predecessor(void)
{
	return predecessor;
}

/**
 * platform_can_report_crash() - does the host take crash reports
 *
 * Context: any.
 */
bool platform_can_report_crash(void)
{
	return crash_msrs;
}
