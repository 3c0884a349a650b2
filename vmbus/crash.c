// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of the kernel: leave the host before another kernel starts, and
 * report a panic with the end of the kernel's log.
 *
 * crash_panic(), vmbus_kmsg_dump() and crash_kdump_hook() run in a dying
 * kernel: one CPU, interrupts off, no locks, no memory. Newer kernels report
 * by themselves, before us: what they have written to the crash MSRs is found
 * there and left alone.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/string.h>
#include "connection.h"
#include "crash.h"
#include "platform.h"

static bool report_crash = true;
module_param(report_crash, bool, 0644);
MODULE_PARM_DESC(report_crash,
		 "Report a panic to the host with the end of the kernel log, unless the kernel has (default: Y)");

/* The text; got at load, as a dying kernel cannot get any. */
static char *crash_text;

/**
 * crash_kexec_hook() - another kernel is about to start in good order
 *
 * Context: process.
 */
void crash_kexec_hook(void)
{
	connection_unload_kexec();
}

/**
 * crash_kdump_hook() - the crash kernel is about to start
 *
 * Context: a dying kernel, one CPU.
 */
void crash_kdump_hook(void)
{
	connection_unload_crash();
}

static int crash_panic(struct notifier_block *nb, unsigned long event,
		       void *message)
{
	connection_unload_crash();
	return NOTIFY_DONE;
}

static struct notifier_block crash_panic_block = {
	.notifier_call = crash_panic,
};

static void vmbus_kmsg_dump(struct kmsg_dumper *dumper,
			    struct kmsg_dump_detail *detail)
{
	u64 param[PLATFORM_CRASH_PARAMS] = { 0 };
	struct kmsg_dump_iter iter = { 0 };
	size_t bytes = 0;

	if (!report_crash || platform_crash_reported())
		return;
	kmsg_dump_rewind(&iter);
	kmsg_dump_get_buffer(&iter, false, crash_text, HVG_PAGE_SIZE, &bytes);
	if (!bytes)
		return;
	param[3] = virt_to_phys(crash_text);
	param[4] = bytes;
	platform_report_crash(param,
			      HVG_CRASH_CTL_NOTIFY | HVG_CRASH_CTL_MESSAGE);
}

static struct kmsg_dumper crash_dumper = {
	.dump = vmbus_kmsg_dump,
	.max_reason = KMSG_DUMP_PANIC,
};

/**
 * crash_init() - be called when the kernel dies
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int crash_init(void)
{
	if (platform_can_report_crash()) {
		crash_text = (void *)get_zeroed_page(GFP_KERNEL);
		if (!crash_text)
			return -ENOMEM;
		platform_forget_crash();
		kmsg_dump_register(&crash_dumper);
	}
	atomic_notifier_chain_register(&panic_notifier_list,
				       &crash_panic_block);
	return 0;
}

/**
 * crash_exit() - undo crash_init()
 *
 * Context: process.
 */
void crash_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list,
					 &crash_panic_block);
	if (!crash_text)
		return;
	kmsg_dump_unregister(&crash_dumper);
	free_page((unsigned long)crash_text);
	crash_text = NULL;
}
