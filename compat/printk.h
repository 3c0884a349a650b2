/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages, and the limit that each place has. */
#ifndef _HVG_COMPAT_PRINTK_H
#define _HVG_COMPAT_PRINTK_H

#include <linux/kernel.h>
#include <linux/printk.h>

#ifndef pr_err
#define pr_err(fmt, ...)	printk(KERN_ERR fmt, ##__VA_ARGS__)
#endif
#ifndef pr_warn
#define pr_warn(fmt, ...)	printk(KERN_WARNING fmt, ##__VA_ARGS__)
#endif
#ifndef pr_info
#define pr_info(fmt, ...)	printk(KERN_INFO fmt, ##__VA_ARGS__)
#endif

#ifndef pr_warn_ratelimited
#include <linux/jiffies.h>
#include <asm/atomic.h>

/**
 * struct hvg_ratelimit - how much one place has printed lately
 * @begin: when what is counted began, in jiffies
 * @printed: lines since then, those included that were not printed
 */
struct hvg_ratelimit {
	unsigned long begin;
	atomic_t printed;
};

/**
 * hvg_ratelimit() - whether a place may print a line
 * @limit: the place's own
 *
 * Ten lines in five seconds, as newer kernels have it for each place.
 * printk_ratelimit() is one for the whole kernel: a host that gives one cause
 * for lines would silence those of all others.
 *
 * Context: Any.
 */
static inline bool hvg_ratelimit(struct hvg_ratelimit *limit)
{
	unsigned long begin = limit->begin, now = jiffies;

	if ((!begin || time_after(now, begin + 5 * HZ)) &&
	    cmpxchg(&limit->begin, begin, now) == begin)
		atomic_set(&limit->printed, 0);
	return atomic_inc_return(&limit->printed) <= 10;
}

#define hvg_print_ratelimited(print, ...) do {				\
	static struct hvg_ratelimit _limit;				\
									\
	if (hvg_ratelimit(&_limit))					\
		print(__VA_ARGS__);					\
} while (0)

#define pr_warn_ratelimited(...) \
	hvg_print_ratelimited(pr_warn, __VA_ARGS__)
#endif

#endif /* _HVG_COMPAT_PRINTK_H */
