/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages. Where there is no limit for each place, one limit serves all. */
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
#define pr_warn_ratelimited(fmt, ...) do {				\
	if (printk_ratelimit())						\
		pr_warn(fmt, ##__VA_ARGS__);				\
} while (0)
#endif

#endif /* _HVG_COMPAT_PRINTK_H */
