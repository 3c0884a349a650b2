/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory. In the allocation by object the size comes from the type; the flags
 * are optional in the original, here they are not.
 */
#ifndef _HVG_COMPAT_SLAB_H
#define _HVG_COMPAT_SLAB_H

#include <linux/slab.h>

#ifndef kmalloc_obj
#define kmalloc_obj(obj, gfp) ((typeof(obj) *)kmalloc(sizeof(obj), gfp))
#define kzalloc_obj(obj, gfp) ((typeof(obj) *)kzalloc(sizeof(obj), gfp))
#define kmalloc_objs(obj, count, gfp) \
	((typeof(obj) *)kcalloc(count, sizeof(obj), gfp))
#define kzalloc_objs(obj, count, gfp) \
	((typeof(obj) *)kcalloc(count, sizeof(obj), gfp))
#endif

#ifndef HVG_HAVE_IS_VMALLOC_ADDR
#include <linux/mm.h>
#include <asm/pgtable.h>
static inline int is_vmalloc_addr(const void *p)
{
	unsigned long addr = (unsigned long)p;

	return addr >= VMALLOC_START && addr < VMALLOC_END;
}
#endif

#ifndef HVG_HAVE_VZALLOC
#include <linux/string.h>
#include <linux/vmalloc.h>
static inline void *vzalloc(unsigned long bytes)
{
	void *p = vmalloc(bytes);

	if (p)
		memset(p, 0, bytes);
	return p;
}
#endif

#ifndef HVG_HAVE_KVMALLOC
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/pgtable.h>
/*
 * What is in there for the area itself is allocated as by GFP_KERNEL, and its
 * list of pages by all of the flags: 2.6.18 has no slab for __GFP_ZERO.
 */
static inline void *hvg_vmalloc(size_t bytes, gfp_t gfp)
{
	unsigned int noio = 0;
	void *p;

	if (!(gfp & __GFP_IO))
		noio = memalloc_noio_save();
	p = __vmalloc(bytes, (gfp & ~__GFP_ZERO) | __GFP_HIGHMEM, PAGE_KERNEL);
	if (!(gfp & __GFP_IO))
		memalloc_noio_restore(noio);
	if (p && gfp & __GFP_ZERO)
		memset(p, 0, bytes);
	return p;
}

/* More than a page comes from vmalloc at once: it needs no order. */
static inline void *hvg_kvmalloc(size_t count, size_t size, gfp_t gfp)
{
	if (size && count > ~(size_t)0 / size)
		return NULL;
	if (count * size <= PAGE_SIZE)
		return gfp & __GFP_ZERO ?
			kzalloc(count * size, gfp & ~__GFP_ZERO) :
			kmalloc(count * size, gfp);
	return hvg_vmalloc(count * size, gfp);
}
#define kvmalloc(size, gfp)		hvg_kvmalloc(1, size, gfp)
#define kvzalloc(size, gfp)		hvg_kvmalloc(1, size, (gfp) | __GFP_ZERO)
#define kvmalloc_array(count, size, gfp) hvg_kvmalloc(count, size, gfp)
#define kvcalloc(count, size, gfp) \
	hvg_kvmalloc(count, size, (gfp) | __GFP_ZERO)

static inline void kvfree(const void *p)
{
	if (is_vmalloc_addr(p))
		vfree((void *)p);
	else
		kfree(p);
}
#endif

#endif /* _HVG_COMPAT_SLAB_H */
