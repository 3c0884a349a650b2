/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that the sources under test are refused when a test says so.
 *
 * memory_seam.h, which Kbuild includes into those sources and into nothing
 * else, makes their allocations come through here, each with the name of the
 * function that asks. What the kernel allocates for them does not, unless the
 * seam has that function of the kernel, too.
 */
#ifndef _HVG_KUNIT_MEMORY_H
#define _HVG_KUNIT_MEMORY_H

#include <linux/types.h>
#include <asm/page.h>

struct device;
struct kobject;
struct page;
struct workqueue_struct;

/**
 * memory_refuse() - refuse memory, once
 * @function: function under test that asks for it
 * @number: which of its allocations from now on, from 1
 */
void memory_refuse(const char *function, unsigned int number);

/**
 * memory_refused() - refuse nothing any more
 *
 * Return: whether what memory_refuse() has named was asked for and refused.
 */
bool memory_refused(void);

/* The allocators as the seam has them. */
void *memory_kmalloc(const char *caller, size_t bytes, gfp_t gfp);
void *memory_kcalloc(const char *caller, size_t count, size_t bytes, gfp_t gfp);
void *memory_kvmalloc(const char *caller, size_t bytes, gfp_t gfp);
void *memory_kvmalloc_array(const char *caller, size_t count, size_t bytes,
			    gfp_t gfp);
void *memory_vmalloc(const char *caller, size_t bytes);
void *memory_vzalloc(const char *caller, size_t bytes);
void *memory_vmap(const char *caller, struct page **pages, unsigned int count,
		  unsigned long flags, pgprot_t prot);
struct page *memory_alloc_page(const char *caller, gfp_t gfp);
unsigned long memory_get_zeroed_page(const char *caller, gfp_t gfp);
struct workqueue_struct *memory_ordered_workqueue(const char *caller,
						  const char *name,
						  unsigned int flags);
struct kobject *memory_kobject_add(const char *caller, const char *name,
				   struct kobject *parent);
__printf(3, 4)
int memory_set_name(const char *caller, struct device *dev,
		    const char *format, ...);

#endif /* _HVG_KUNIT_MEMORY_H */
