// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allocators of the sources under test, which refuse one allocation when a
 * test says so. Any context that the allocators themselves allow.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kobject.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include "memory.h"

/* Protects what follows. */
static DEFINE_SPINLOCK(lock);
/* Who is refused memory, NULL: nobody; how often he still has to ask. */
static const char *refused;
static unsigned int left;

void memory_refuse(const char *function, unsigned int number)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	refused = function;
	left = number;
	spin_unlock_irqrestore(&lock, flags);
}
EXPORT_SYMBOL_GPL(memory_refuse);

bool memory_refused(void)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&lock, flags);
	done = !refused;
	refused = NULL;
	spin_unlock_irqrestore(&lock, flags);
	return done;
}
EXPORT_SYMBOL_GPL(memory_refused);

static bool refuse(const char *caller)
{
	unsigned long flags;
	bool now;

	spin_lock_irqsave(&lock, flags);
	now = refused && !strcmp(refused, caller) && !--left;
	if (now)
		refused = NULL;
	spin_unlock_irqrestore(&lock, flags);
	return now;
}

void *memory_kmalloc(const char *caller, size_t bytes, gfp_t gfp)
{
	return refuse(caller) ? NULL : kmalloc(bytes, gfp);
}
EXPORT_SYMBOL_GPL(memory_kmalloc);

void *memory_kcalloc(const char *caller, size_t count, size_t bytes, gfp_t gfp)
{
	return refuse(caller) ? NULL : kcalloc(count, bytes, gfp);
}
EXPORT_SYMBOL_GPL(memory_kcalloc);

void *memory_kvmalloc(const char *caller, size_t bytes, gfp_t gfp)
{
	return refuse(caller) ? NULL : kvmalloc(bytes, gfp);
}

void *memory_kvmalloc_array(const char *caller, size_t count, size_t bytes,
			    gfp_t gfp)
{
	return refuse(caller) ? NULL : kvmalloc_array(count, bytes, gfp);
}

void *memory_vmalloc(const char *caller, size_t bytes)
{
	return refuse(caller) ? NULL : vmalloc(bytes);
}
EXPORT_SYMBOL_GPL(memory_vmalloc);

void *memory_vzalloc(const char *caller, size_t bytes)
{
	return refuse(caller) ? NULL : vzalloc(bytes);
}
EXPORT_SYMBOL_GPL(memory_vzalloc);

void *memory_vmap(const char *caller, struct page **pages, unsigned int count,
		  unsigned long flags, pgprot_t prot)
{
	return refuse(caller) ? NULL : vmap(pages, count, flags, prot);
}

struct page *memory_alloc_page(const char *caller, gfp_t gfp)
{
	return refuse(caller) ? NULL : alloc_page(gfp);
}

unsigned long memory_get_zeroed_page(const char *caller, gfp_t gfp)
{
	return refuse(caller) ? 0 : get_zeroed_page(gfp);
}

struct workqueue_struct *memory_ordered_workqueue(const char *caller,
						  const char *name,
						  unsigned int flags)
{
	return refuse(caller) ? NULL :
		alloc_ordered_workqueue("%s", flags, name);
}

struct kobject *memory_kobject_add(const char *caller, const char *name,
				   struct kobject *parent)
{
	return refuse(caller) ? NULL : kobject_create_and_add(name, parent);
}

int memory_set_name(const char *caller, struct device *dev,
		    const char *format, ...)
{
	struct va_format name = { .fmt = format };
	va_list args;
	int err;

	va_start(args, format);
	name.va = &args;
	err = refuse(caller) ? -ENOMEM : dev_set_name(dev, "%pV", &name);
	va_end(args);
	return err;
}
