// SPDX-License-Identifier: GPL-2.0-only
/*
 * new_id and remove_id of each driver: serve an interface type that the
 * driver's own table lacks. Process context.
 */
#include <linux/device.h>
#include <linux/hex.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dynid.h"

/* Bytes of a GUID in the order of its text form. */
static const u8 guid_order[16] = {
	3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
};

/**
 * struct dynid - one interface type
 * @link: in the driver's list; protected by its dynids_lock
 * @id: what the driver is probed with
 */
struct dynid {
	struct list_head link;
	struct hv_vmbus_device_id id;
};

static int dynid_parse(const char *text, size_t bytes, u8 *guid)
{
	int high = -1, digit;
	unsigned int n = 0;

	for (; bytes && *text && *text != '\n'; text++, bytes--) {
		if (*text == '-')
			continue;
		digit = hex_to_bin(*text);
		if (digit < 0 || n == sizeof(guid_order))
			return -EINVAL;
		if (high < 0) {
			high = digit;
			continue;
		}
		guid[guid_order[n++]] = high << 4 | digit;
		high = -1;
	}
	return n == sizeof(guid_order) && high < 0 ? 0 : -EINVAL;
}

static struct dynid *dynid_find(struct hvg_driver *drv, const void *guid)
{
	struct dynid *dynid;

	lockdep_assert_held(&drv->dynids_lock);
	list_for_each_entry(dynid, &drv->dynids, link)
		if (!memcmp(&dynid->id.guid, guid, sizeof(dynid->id.guid)))
			return dynid;
	return NULL;
}

static ssize_t new_id_store(struct device_driver *driver, const char *buf,
			    size_t count)
{
	struct hvg_driver *drv = to_hvg_driver(driver);
	struct dynid *dynid;
	int err;

	dynid = kzalloc_obj(*dynid, GFP_KERNEL);
	if (!dynid)
		return -ENOMEM;
	err = dynid_parse(buf, count, (u8 *)&dynid->id.guid);
	if (err) {
		kfree(dynid);
		return err;
	}

	spin_lock(&drv->dynids_lock);
	if (dynid_find(drv, &dynid->id.guid))
		err = -EEXIST;
	else
		list_add_tail(&dynid->link, &drv->dynids);
	spin_unlock(&drv->dynids_lock);
	if (err) {
		kfree(dynid);
		return err;
	}
	err = driver_attach(driver);
	return err ? err : count;
}
static DRIVER_ATTR_WO(new_id);

static ssize_t remove_id_store(struct device_driver *driver, const char *buf,
			       size_t count)
{
	struct hvg_driver *drv = to_hvg_driver(driver);
	struct dynid *dynid;
	u8 guid[16];
	int err;

	err = dynid_parse(buf, count, guid);
	if (err)
		return err;
	spin_lock(&drv->dynids_lock);
	dynid = dynid_find(drv, guid);
	if (dynid)
		list_del(&dynid->link);
	spin_unlock(&drv->dynids_lock);
	kfree(dynid);
	return dynid ? count : -ENODEV;
}
static DRIVER_ATTR_WO(remove_id);

static struct attribute *dynid_attrs[] = {
	&driver_attr_new_id.attr,
	&driver_attr_remove_id.attr,
	NULL,
};

static const struct attribute_group dynid_group = {
	.attrs = dynid_attrs,
};

const struct attribute_group *dynid_groups[] = {
	&dynid_group,
	NULL,
};

/**
 * dynid_match() - does a driver serve an interface type by the user's wish
 * @drv: driver
 * @interface: in wire order
 * @id: gets the id to probe with; may be NULL
 *
 * Context: process.
 */
bool dynid_match(struct hvg_driver *drv, const struct hvg_guid *interface,
		 struct hv_vmbus_device_id *id)
{
	struct dynid *dynid;

	spin_lock(&drv->dynids_lock);
	dynid = dynid_find(drv, interface);
	if (dynid && id)
		*id = dynid->id;
	spin_unlock(&drv->dynids_lock);
	return dynid;
}

/**
 * dynid_init() - start with an empty list
 * @drv: driver, not yet registered
 *
 * Context: process.
 */
void dynid_init(struct hvg_driver *drv)
{
	spin_lock_init(&drv->dynids_lock);
	INIT_LIST_HEAD(&drv->dynids);
}

/**
 * dynid_exit() - free the list
 * @drv: driver, unregistered
 *
 * Context: process.
 */
void dynid_exit(struct hvg_driver *drv)
{
	struct dynid *dynid, *next;

	list_for_each_entry_safe(dynid, next, &drv->dynids, link)
		kfree(dynid);
	INIT_LIST_HEAD(&drv->dynids);
}
