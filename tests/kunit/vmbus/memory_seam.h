/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included into the sources under test before their first line, and into
 * nothing else: their allocations go through memory.c. A header that they
 * include later may have allocations of its own; those do as well.
 */
#ifndef _HVG_KUNIT_MEMORY_SEAM_H
#define _HVG_KUNIT_MEMORY_SEAM_H

#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include "memory.h"

#undef alloc_page
#undef alloc_ordered_workqueue

#define kmalloc(bytes, gfp) \
	memory_kmalloc(__func__, bytes, gfp)
#define kzalloc(bytes, gfp) \
	memory_kmalloc(__func__, bytes, (gfp) | __GFP_ZERO)
#define kcalloc(count, bytes, gfp) \
	memory_kcalloc(__func__, count, bytes, gfp)
#define kvmalloc(bytes, gfp) \
	memory_kvmalloc(__func__, bytes, gfp)
#define kvmalloc_array(count, bytes, gfp) \
	memory_kvmalloc_array(__func__, count, bytes, gfp)
#define kvcalloc(count, bytes, gfp) \
	memory_kvmalloc_array(__func__, count, bytes, (gfp) | __GFP_ZERO)
#define vmalloc(bytes) \
	memory_vmalloc(__func__, bytes)
#define vzalloc(bytes) \
	memory_vzalloc(__func__, bytes)
#define vmap(pages, count, flags, prot) \
	memory_vmap(__func__, pages, count, flags, prot)
#define alloc_page(gfp) \
	memory_alloc_page(__func__, gfp)
#define get_zeroed_page(gfp) \
	memory_get_zeroed_page(__func__, gfp)
#define alloc_ordered_workqueue(name, flags) \
	memory_ordered_workqueue(__func__, name, flags)
#define kobject_create_and_add(name, parent) \
	memory_kobject_add(__func__, name, parent)
#define dev_set_name(dev, ...) \
	memory_set_name(__func__, dev, __VA_ARGS__)

#endif /* _HVG_KUNIT_MEMORY_SEAM_H */
