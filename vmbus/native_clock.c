// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's reference counter as a clocksource, for kernels that do not
 * know it: 64 bits that count units of 100 ns and go on at the same rate
 * wherever the guest runs. TLFS, chapter on timers. Reading it is an exit to
 * the hypervisor, as for the ACPI timer, but only one.
 *
 * A clocksource cannot be taken away on every kernel. So it is there on demand
 * only, and the module then stays.
 */
#include <linux/clocksource.h>
#include <linux/module.h>
#include <linux/processor.h>
#include <asm/cpuid/api.h>
#include <asm/msr.h>
#include <hvg/hv_wire.h>
#include "log.h"
#include "platform.h"

#define LEAF_FEATURES		0x40000003
/* Its EAX. */
#define FEATURE_COUNTER		BIT(1)
#define COUNTS_A_SECOND		10000000

static bool reference_clock;
module_param(reference_clock, bool, 0444);
MODULE_PARM_DESC(reference_clock,
		 "Y makes the hypervisor's reference counter a clocksource, and the module stay loaded (default: N)");

static u64 reference_read(struct clocksource *cs)
{
	u64 count;

	rdmsrq(HVG_MSR_TIME_REF_COUNT, count);
	return count;
}

/* Better than the ACPI timer, not as good as a TSC that can be trusted. */
static struct clocksource reference = {
	.name = "hyperv_reference",
	.rating = 250,
	.read = reference_read,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
};

/**
 * platform_clock_start() - offer the kernel the hypervisor's clock, if wanted
 *
 * Nothing may fail after it when the module is loaded. Without the clock the
 * guest does as well as before, so a failure is only logged.
 *
 * Context: process.
 */
void platform_clock_start(void)
{
	int err;

	if (!reference_clock)
		return;
	if (!(cpuid_eax(LEAF_FEATURES) & FEATURE_COUNTER)) {
		vmbus_warn("no clocksource: expected the reference counter in CPUID 0x40000003 EAX, got %#x\n",
			   cpuid_eax(LEAF_FEATURES));
		return;
	}
	err = clocksource_register_hz(&reference, COUNTS_A_SECOND);
	if (err) {
		vmbus_warn("no clocksource: the kernel does not take %s (%d)\n",
			   reference.name, err);
		return;
	}
	__module_get(THIS_MODULE);
	vmbus_info("clocksource %s; the module stays loaded\n",
		   reference.name);
}
