/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocation by object: the size comes from the type. The flags are optional
 * in the original, here they are not.
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

#endif /* _HVG_COMPAT_SLAB_H */
