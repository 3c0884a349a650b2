// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load and unload of the bus, its parameters, and the question whether the
 * connection to the host is free. Process context.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include "bus.h"
#include "connection.h"
#include "crash.h"
#include "debugfs.h"
#include "log.h"
#include "platform.h"

/* Locks that may sleep there are taken in the host's interrupt. */
#ifdef CONFIG_PREEMPT_RT
#error "expected a kernel without PREEMPT_RT: hvg_vmbus does not run on one"
#endif

static char *max_version = "6.0";
module_param(max_version, charp, 0444);
MODULE_PARM_DESC(max_version,
		 "Newest protocol version to offer to the host: 6.0, 5.3, 5.2, 5.1, 5.0, 4.1, 4.0, 3.0, 2.4, 1.1 or 0.13 (default: 6.0)");

static unsigned int host_limit = 10;
module_param(host_limit, uint, 0444);
MODULE_PARM_DESC(host_limit,
		 "Longest wait for an answer of the host, 1 to 600 s (default: 10)");

/* Firmware's device, under which the channels' devices go. */
static struct device *vmbus_device;

static int __init vmbus_check_params(void)
{
	if (connection_set_max_version(max_version)) {
		vmbus_err("max_version=%s: expected a version of the protocol such as 6.0, 5.3 or 0.13\n",
			  max_version);
		return -EINVAL;
	}
	if (!host_limit || host_limit > 600) {
		vmbus_err("host_limit=%u: expected 1 to 600 s\n", host_limit);
		return -EINVAL;
	}
	host_limit_ms = host_limit * 1000;
	return 0;
}

static int __init vmbus_init(void)
{
	const char *owner;
	int err;

	err = vmbus_check_params();
	if (err)
		return err;
	err = platform_detect();
	if (err)
		return err;
	owner = platform_owner();
	if (owner) {
		vmbus_err("%s owns the connection to the host: unload it and its drivers, or where it is built in boot with initcall_blacklist=hv_acpi_init\n",
			  owner);
		return -EBUSY;
	}

	vmbus_device = platform_parent_get();
	if (!vmbus_device)
		return -ENODEV;

	err = bus_init();
	if (err)
		goto device;
	debugfs_init();
	err = crash_init();
	if (err)
		goto bus;
	err = connection_start(vmbus_device);
	if (err)
		goto crash;
	platform_clock_start();
	return 0;

crash:
	crash_exit();
bus:
	debugfs_exit();
	bus_exit();
device:
	platform_parent_put(vmbus_device);
	return err;
}

static void __exit vmbus_exit(void)
{
	connection_stop();
	crash_exit();
	debugfs_exit();
	bus_exit();
	platform_parent_put(vmbus_device);
}

module_init(vmbus_init);
module_exit(vmbus_exit);

MODULE_DESCRIPTION("Hyper-V VMBus");
MODULE_LICENSE("GPL");
