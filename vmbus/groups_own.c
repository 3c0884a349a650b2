// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attribute files of devices and drivers, made one by one: the driver core
 * knows no groups. It does not wait for readers either when a device goes, so
 * that each file of a device is a copy whose reader is stopped here: what the
 * attributes show is gone before the last holder of the device is. Process
 * context.
 */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "bus.h"
#include "bus_groups.h"
#include "dynid.h"
#include "log.h"
#include "sysfs.h"

/**
 * struct device_file - a file of a device
 * @attr: what the driver core has
 * @of: the attribute that it stands for
 * @group: where that is from
 */
struct device_file {
	struct device_attribute attr;
	struct device_attribute *of;
	const struct attribute_group *group;
};

static struct device_file *files;
static unsigned int file_count;

/* Protects bdev->in_files of all devices, and holds their end up. */
static DEFINE_MUTEX(attributes_lock);

static ssize_t file_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct device_file *file = container_of(attr, struct device_file, attr);
	ssize_t n = -ENODEV;

	mutex_lock(&attributes_lock);
	if (to_bus_device(dev)->in_files)
		n = file->of->show(dev, file->of, buf);
	mutex_unlock(&attributes_lock);
	return n;
}

static struct driver_attribute *to_driver_attr(struct attribute *attr)
{
	return container_of(attr, struct driver_attribute, attr);
}

static unsigned int groups_count(const struct attribute_group **groups)
{
	struct attribute **attr;
	unsigned int n = 0;

	for (; *groups; groups++)
		for (attr = (*groups)->attrs; *attr; attr++)
			n++;
	return n;
}

/**
 * bus_groups_init() - prepare the files of all devices
 * @bus: not yet registered
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int bus_groups_init(struct bus_type *bus)
{
	const struct attribute_group **group;
	struct device_file *file;
	struct attribute **attr;

	file_count = groups_count(device_sysfs_groups);
	files = kzalloc_objs(*files, file_count, GFP_KERNEL);
	if (!files)
		return -ENOMEM;
	file = files;
	for (group = device_sysfs_groups; *group; group++) {
		for (attr = (*group)->attrs; *attr; attr++, file++) {
			file->of = container_of(*attr, struct device_attribute,
						attr);
			file->group = *group;
			file->attr.attr = **attr;
			file->attr.show = file_show;
		}
	}
	return 0;
}

/**
 * bus_groups_exit() - undo bus_groups_init()
 *
 * Context: process; the bus is not registered any more.
 */
void bus_groups_exit(void)
{
	kfree(files);
	files = NULL;
}

/**
 * bus_groups_device_add() - make the files of a device
 * @bdev: device that has been added
 *
 * Context: process.
 */
void bus_groups_device_add(struct bus_device *bdev)
{
	struct device *dev = &bdev->hdev.dev;
	struct device_file *file;
	int err = 0;

	mutex_lock(&attributes_lock);
	bdev->in_files = true;
	mutex_unlock(&attributes_lock);
	for (file = files; file < files + file_count; file++) {
		if (file->group->is_visible &&
		    !file->group->is_visible(&dev->kobj, &file->of->attr,
					     file - files))
			continue;
		if (!err)
			err = device_create_file(dev, &file->attr);
	}
	if (err)
		dev_warn(dev, "not all attributes are in sysfs: %d\n", err);
}

/**
 * bus_groups_device_remove() - wait for the readers of a device's files
 * @bdev: device that is about to be deleted, and its files with it
 *
 * Context: process.
 */
void bus_groups_device_remove(struct bus_device *bdev)
{
	mutex_lock(&attributes_lock);
	bdev->in_files = false;
	mutex_unlock(&attributes_lock);
}

/**
 * bus_groups_driver_add() - make the files of a driver
 * @drv: driver that has been registered
 *
 * Context: process.
 */
void bus_groups_driver_add(struct device_driver *drv)
{
	const struct attribute_group **group;
	struct attribute **attr;
	int err = 0;

	for (group = dynid_groups; *group; group++)
		for (attr = (*group)->attrs; *attr && !err; attr++)
			err = driver_create_file(drv, to_driver_attr(*attr));
	if (err)
		vmbus_warn("driver %s: not all attributes are in sysfs: %d\n",
			   drv->name, err);
}

/**
 * bus_groups_driver_remove() - remove the files of a driver
 * @drv: driver that is about to be unregistered
 *
 * Context: process.
 */
void bus_groups_driver_remove(struct device_driver *drv)
{
	const struct attribute_group **group;
	struct attribute **attr;

	for (group = dynid_groups; *group; group++)
		for (attr = (*group)->attrs; *attr; attr++)
			driver_remove_file(drv, to_driver_attr(*attr));
}
