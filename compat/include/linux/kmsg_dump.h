/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name (before 2.6.33).
 * A dumper is called after the other notifiers of a panic, with the panic's
 * message as the end of the log. One source file may have one dumper.
 */
#ifndef _HVG_COMPAT_LINUX_KMSG_DUMP_H
#define _HVG_COMPAT_LINUX_KMSG_DUMP_H

#include <linux/kernel.h>
#include <linux/notifier.h>

enum kmsg_dump_reason {
	KMSG_DUMP_UNDEF,
	KMSG_DUMP_PANIC,
};

/**
 * struct kmsg_dumper - who wants the log when the kernel dies
 * @dump: is called then
 * @max_reason: KMSG_DUMP_PANIC
 * @active: the text may be taken, once
 * @text: the panic's message
 * @panic: how it is found
 */
struct kmsg_dumper {
	void (*dump)(struct kmsg_dumper *dumper, enum kmsg_dump_reason reason);
	enum kmsg_dump_reason max_reason;
	bool active;
	const char *text;
	struct notifier_block panic;
};

static inline const char **hvg_kmsg_text(void)
{
	static const char *text;

	return &text;
}

static inline int hvg_kmsg_panic(struct notifier_block *nb,
				 unsigned long event, void *message)
{
	struct kmsg_dumper *dumper =
		container_of(nb, struct kmsg_dumper, panic);

	*hvg_kmsg_text() = message;
	dumper->dump(dumper, KMSG_DUMP_PANIC);
	return NOTIFY_DONE;
}

static inline int kmsg_dump_register(struct kmsg_dumper *dumper)
{
	dumper->panic.notifier_call = hvg_kmsg_panic;
	/* Last. */
	dumper->panic.priority = -0x7fffffff;
	return atomic_notifier_chain_register(&panic_notifier_list,
					      &dumper->panic);
}

static inline int kmsg_dump_unregister(struct kmsg_dumper *dumper)
{
	return atomic_notifier_chain_unregister(&panic_notifier_list,
						&dumper->panic);
}

static inline void kmsg_dump_rewind(struct kmsg_dumper *dumper)
{
	dumper->active = true;
}

static inline bool kmsg_dump_get_buffer(struct kmsg_dumper *dumper,
					bool syslog, char *buf, size_t size,
					size_t *bytes)
{
	const char *text = *hvg_kmsg_text();

	if (!dumper->active || !text)
		return false;
	dumper->active = false;
	*bytes = scnprintf(buf, size, "Kernel panic - not syncing: %s\n",
			   text);
	return true;
}

#endif /* _HVG_COMPAT_LINUX_KMSG_DUMP_H */
