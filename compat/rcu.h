/* SPDX-License-Identifier: GPL-2.0-only */
/* RCU and lockdep: checks that an older kernel does not make. */
#ifndef _HVG_COMPAT_RCU_H
#define _HVG_COMPAT_RCU_H

#include <linux/compiler.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#ifndef __rcu
#define __rcu
#endif

#ifndef rcu_dereference_check
#define rcu_dereference_check(p, condition)	rcu_dereference(p)
#endif

#ifndef rcu_dereference_protected
#define rcu_dereference_protected(p, condition)	(p)
#endif

#ifndef RCU_INIT_POINTER
#define RCU_INIT_POINTER(p, value)		((p) = (value))
#endif

/* Of an object that begins with its rcu_head: no code of ours is called. */
#ifndef kfree_rcu
#include <linux/slab.h>
#define kfree_rcu(p, head) do {						\
	BUILD_BUG_ON(offsetof(typeof(*(p)), head));			\
	call_rcu(&(p)->head, (void (*)(struct rcu_head *))kfree);	\
} while (0)
#endif

#ifndef lockdep_assert_held
#define lockdep_assert_held(lock)		do { } while (0)
#endif

#ifndef lockdep_is_held
#define lockdep_is_held(lock)			1
#endif

#endif /* _HVG_COMPAT_RCU_H */
