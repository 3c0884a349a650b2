/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between the bus and the driver core's making of attribute files.
 *
 * groups_core.c leaves it to the driver core; groups_own.c does it itself,
 * where the core knows no groups. Kbuild picks one.
 */
#ifndef _HVG_VMBUS_BUS_GROUPS_H
#define _HVG_VMBUS_BUS_GROUPS_H

struct bus_device;
struct bus_type;
struct device_driver;

int bus_groups_init(struct bus_type *bus);
void bus_groups_exit(void);

/* After the device has been added, before it is deleted. */
void bus_groups_device_add(struct bus_device *bdev);
void bus_groups_device_remove(struct bus_device *bdev);
/* After the driver has been registered, before it is unregistered. */
void bus_groups_driver_add(struct device_driver *drv);
void bus_groups_driver_remove(struct device_driver *drv);

#endif /* _HVG_VMBUS_BUS_GROUPS_H */
