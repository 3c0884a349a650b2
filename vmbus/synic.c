// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SynIC, which is the same on every platform: of each CPU the message
 * page, the event-flag page and SINT 2, from the time that the CPU comes to
 * the time that it goes. TLFS, chapter on virtual interrupts.
 *
 * What leads the interrupt to us is the platform's.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/msr.h>
#include "platform.h"
#include "synic.h"

/**
 * struct synic - the SynIC of one CPU
 * @messages: message page, kept until platform_free() for late readers
 * @events: event-flag page, likewise
 * @vp: the hypervisor's number of the CPU
 */
struct synic {
	struct hvg_message *messages;
	unsigned long *events;
	u32 vp;
};

static DEFINE_PER_CPU(struct synic, synic);
static const struct platform_hooks *hooks;
static u64 sint_value;
static int cpuhp_state;
/* No CPU gets one any more. Protected by the CPU hotplug lock. */
static bool ending;

/* Of SIMP and SIEFP all bits stay that are neither address nor enable. */
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

	wrmsrq(HVG_MSR_SINT0 + HVG_VMBUS_SINT, sint_value);

	rdmsrq(HVG_MSR_SCONTROL, value);
	wrmsrq(HVG_MSR_SCONTROL, value | HVG_SYNIC_ENABLE);
}

static void synic_mask(void)
{
	u64 value;

	rdmsrq(HVG_MSR_SINT0 + HVG_VMBUS_SINT, value);
	wrmsrq(HVG_MSR_SINT0 + HVG_VMBUS_SINT, value | HVG_SINT_MASKED);
}

static void synic_disable(void *unused)
{
	u64 value;

	synic_mask();
	rdmsrq(HVG_MSR_SIMP, value);
	wrmsrq(HVG_MSR_SIMP, value & (HVG_PAGE_SIZE - 1) & ~HVG_SYNIC_ENABLE);
	rdmsrq(HVG_MSR_SIEFP, value);
	wrmsrq(HVG_MSR_SIEFP, value & (HVG_PAGE_SIZE - 1) & ~HVG_SYNIC_ENABLE);

	rdmsrq(HVG_MSR_SCONTROL, value);
	wrmsrq(HVG_MSR_SCONTROL, value & ~HVG_SYNIC_ENABLE);
}

/* Both callbacks: process context, on the CPU in question. */
static int synic_cpu_online(unsigned int cpu)
{
	struct synic *this = &per_cpu(synic, cpu);
	u64 vp;

	if (ending)
		return 0;
	if (!this->messages)
		this->messages = (void *)get_zeroed_page(GFP_KERNEL);
	if (!this->events)
		this->events = (void *)get_zeroed_page(GFP_KERNEL);
	if (!this->messages || !this->events)
		return -ENOMEM;
	rdmsrq(HVG_MSR_VP_INDEX, vp);
	this->vp = vp;
	synic_enable(this);
	hooks->online(cpu);
	return 0;
}

static int synic_cpu_offline(unsigned int cpu)
{
	unsigned long flags;
	int err;

	if (ending)
		return 0;
	err = hooks->offline(cpu);
	if (err)
		return err;
	local_irq_save(flags);
	/*
	 * What came between the move of the channels and the end. The pages
	 * are laid over ours by the hypervisor: now, or what is in them is lost.
	 */
	synic_mask();
	hooks->interrupt(cpu);
	synic_disable(NULL);
	local_irq_restore(flags);
	return 0;
}

/**
 * synic_start() - enable the SynIC of every CPU, present and future
 * @h: callbacks; must stay until synic_stop()
 * @sint: what SINT 2's register gets, vector included
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int synic_start(const struct platform_hooks *h, u64 sint)
{
	int state;

	hooks = h;
	sint_value = sint;
	ending = false;
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "hvg/vmbus:online",
				  synic_cpu_online, synic_cpu_offline);
	if (state < 0)
		return state;
	cpuhp_state = state;
	return 0;
}

/**
 * synic_stop() - disable the SynIC of every CPU
 *
 * An interrupt may still be on its way: the pages stay until platform_free().
 *
 * Context: process.
 */
void synic_stop(void)
{
	/* What comes or goes from here on has no SynIC, and asks nobody. */
	cpus_read_lock();
	ending = true;
	platform_shutdown_cpus();
	cpus_read_unlock();
	cpuhp_remove_state_nocalls(cpuhp_state);
}

/**
 * platform_free() - free the pages
 *
 * Context: process; nobody looks at a slot or at flags any more.
 */
void platform_free(void)
{
	struct synic *this;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		this = &per_cpu(synic, cpu);
		free_page((unsigned long)this->messages);
		free_page((unsigned long)this->events);
		this->messages = NULL;
		this->events = NULL;
	}
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
 * platform_vp() - the hypervisor's number of a CPU
 * @cpu: CPU that is or was online
 *
 * Context: any.
 * Return: VP index.
 */
u32 platform_vp(unsigned int cpu)
{
	return per_cpu(synic, cpu).vp;
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
