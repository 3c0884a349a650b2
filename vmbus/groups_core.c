// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver core makes the attribute files of devices and drivers, before
 * user space hears of them. Process context.
 */
#include <linux/device.h>
#include "bus_groups.h"
#include "dynid.h"
#include "sysfs.h"

/**
 * bus_groups_init() - tell the driver core of the attributes
 * @bus: not yet registered
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int bus_groups_init(struct bus_type *bus)
{
	bus->dev_groups = device_sysfs_groups;
	bus->drv_groups = dynid_groups;
	return 0;
}

/**
 * bus_groups_exit() - undo bus_groups_init()
 *
 * Context: process; the bus is not registered any more.
 */
void bus_groups_exit(void)
{
}

/**
 * bus_groups_device_add() - make the files of a device
 * @bdev: device
 *
 * Context: process.
 */
void bus_groups_device_add(struct bus_device *bdev)
{
}

/**
 * bus_groups_device_remove() - wait for the readers of a device's files
 * @bdev: device
 *
 * Context: process.
 */
void bus_groups_device_remove(struct bus_device *bdev)
{
}

/**
 * bus_groups_driver_add() - make the files of a driver
 * @drv: driver
 *
 * Context: process.
 */
void bus_groups_driver_add(struct device_driver *drv)
{
}

/**
 * bus_groups_driver_remove() - remove the files of a driver
 * @drv: driver
 *
 * Context: process.
 */
void bus_groups_driver_remove(struct device_driver *drv)
{
}
