// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls without the kernel's help: who the guest is, the hypercall page
 * and the calls. TLFS, chapter on the hypercall interface.
 *
 * The page is in the module's code, as that may be executed on every kernel;
 * the hypervisor lays its own over it.
 */
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>
#include <asm/msr.h>
#include "log.h"
#include "native.h"
#include "platform.h"

/* Open source, Linux; then the kernel's version in three bytes. */
#define GUEST_OS_LINUX		(0x8100ull << 48)

#define HYPERCALL_ENABLE	1ull
#define HYPERCALL_STATUS	0xffffull

/* What is there when the hypervisor's page is not: the call returns. */
asm(".pushsection .text.hvg_hypercall, \"ax\", @progbits\n\t"
	".balign 4096\n\t"
	".globl hvg_hypercall_page\n\t"
	".type hvg_hypercall_page, @function\n"
	"hvg_hypercall_page:\n\t"
	"jmp hvg_hypercall_none\n\t"
	".size hvg_hypercall_page, . - hvg_hypercall_page\n\t"
	".balign 4096, 0xcc\n\t"
	".popsection");

void hvg_hypercall_none(void)
{
}

/* The page has the hypervisor's code. Read by senders in any context. */
static bool page_enabled;

#ifdef CONFIG_X86_64
static u64 hypercall(u64 control, u64 input, u64 output)
{
	register u64 r8 asm("r8") = output;
	u64 status = HVG_STATUS_ACCESS_DENIED;

	asm volatile("call hvg_hypercall_page"
		     : "+a" (status), "+c" (control), "+d" (input), "+r" (r8)
		     : : "cc", "memory", "r9", "r10", "r11");
	return status;
}
#else
static u64 hypercall(u64 control, u64 input, u64 output)
{
	u32 input_high = input >> 32, input_low = input;
	u32 output_high = output >> 32, output_low = output;

	/* Where there is no page the call's code comes back: no status. */
	asm volatile("call hvg_hypercall_page"
		     : "+A" (control), "+b" (input_high), "+c" (input_low),
		       "+D" (output_high), "+S" (output_low)
		     : : "cc", "memory");
	return control;
}
#endif

static u64 hypercall_checked(u64 control, u64 input)
{
	u64 status = HVG_STATUS_ACCESS_DENIED;

	/* Pairs with synchronize_rcu() in native_hypercalls_stop(). */
	rcu_read_lock();
	if (READ_ONCE(page_enabled))
		status = hypercall(control, input, 0) & HYPERCALL_STATUS;
	rcu_read_unlock();
	return status;
}

/**
 * native_hypercalls_in_use() - has somebody told the hypervisor who he is
 *
 * Context: any.
 */
bool native_hypercalls_in_use(void)
{
	u64 id;

	rdmsrq(HVG_MSR_GUEST_OS_ID, id);
	return id;
}

static u64 guest_os_id(void)
{
	unsigned int major = 0, minor = 0, patch = 0;

	if (sscanf(init_utsname()->release, "%u.%u.%u", &major, &minor,
		   &patch) < 2)
		vmbus_warn("the host is not told the kernel's version: expected numbers, got %s\n",
			   init_utsname()->release);
	return GUEST_OS_LINUX | (u64)major << 32 | (u64)minor << 24 |
		(u64)min(patch, 255u) << 16;
}

/**
 * native_hypercalls_start() - say who we are and enable hypercalls
 *
 * Context: process.
 * Return: 0; -ENODEV: the hypervisor has not taken the page.
 */
int native_hypercalls_start(void)
{
	u64 gpa, value;

	gpa = (u64)page_to_pfn(vmalloc_to_page(hvg_hypercall_page)) <<
		HVG_PAGE_SHIFT;
	wrmsrq(HVG_MSR_GUEST_OS_ID, guest_os_id());
	wrmsrq(HVG_MSR_HYPERCALL, gpa | HYPERCALL_ENABLE);
	rdmsrq(HVG_MSR_HYPERCALL, value);
	if (value != (gpa | HYPERCALL_ENABLE)) {
		vmbus_err("no hypercall page: expected MSR %#llx, got %#llx\n",
			  gpa | HYPERCALL_ENABLE, value);
		wrmsrq(HVG_MSR_GUEST_OS_ID, 0);
		return -ENODEV;
	}
	WRITE_ONCE(page_enabled, true);
	return 0;
}

/**
 * native_hypercalls_stop() - undo native_hypercalls_start()
 *
 * Context: process.
 */
void native_hypercalls_stop(void)
{
	WRITE_ONCE(page_enabled, false);
	/* Who is inside the hypervisor's page must come back into it. */
	synchronize_rcu();
	wrmsrq(HVG_MSR_HYPERCALL, 0);
	wrmsrq(HVG_MSR_GUEST_OS_ID, 0);
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
	return hypercall_checked(HVG_HVCALL_POST_MESSAGE, virt_to_phys(input));
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
	return hypercall_checked(HVG_HVCALL_SIGNAL_EVENT | HVG_HVCALL_FAST,
				 connection | (u64)flag << 32);
}
