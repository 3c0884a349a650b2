/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name (before 4.11): to
 * allocate memory without waiting for disks. Before 3.9 a task could only say
 * that it helps to free memory itself: it waits for none then, and takes of
 * what is kept for that. So this is for little, and what can say GFP_NOIO does.
 */
#ifndef _HVG_COMPAT_LINUX_SCHED_MM_H
#define _HVG_COMPAT_LINUX_SCHED_MM_H

#include <linux/sched.h>

#ifndef PF_MEMALLOC_NOIO
static inline unsigned int memalloc_noio_save(void)
{
	unsigned int flags = current->flags & PF_MEMALLOC;

	current->flags |= PF_MEMALLOC;
	return flags;
}

static inline void memalloc_noio_restore(unsigned int flags)
{
	current->flags = (current->flags & ~PF_MEMALLOC) | flags;
}
#endif

#endif /* _HVG_COMPAT_LINUX_SCHED_MM_H */
