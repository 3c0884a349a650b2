/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the bus itself, which has no device of its own to name. */
#ifndef _HVG_VMBUS_LOG_H
#define _HVG_VMBUS_LOG_H

#include <linux/printk.h>
#include <linux/ratelimit.h>

#define vmbus_err(fmt, ...)  pr_err("hvg_vmbus: " fmt, ##__VA_ARGS__)
#define vmbus_warn(fmt, ...) pr_warn("hvg_vmbus: " fmt, ##__VA_ARGS__)
#define vmbus_info(fmt, ...) pr_info("hvg_vmbus: " fmt, ##__VA_ARGS__)
/* The host can cause it as often as it likes. */
#define vmbus_warn_host(fmt, ...) \
	pr_warn_ratelimited("hvg_vmbus: " fmt, ##__VA_ARGS__)

#endif /* _HVG_VMBUS_LOG_H */
