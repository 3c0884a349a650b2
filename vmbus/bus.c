// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus: registers devices for primary channels and matches drivers.
 *
 * Devices are added and removed by offer.c's device work and by its
 * offer_stop(), never by two at once; drivers may come and go at any time.
 * Process context throughout.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "bus.h"
#include "bus_groups.h"
#include "channel.h"
#include "connection.h"
#include "debugfs.h"
#include "dynid.h"
#include "log.h"
#include "offer.h"

static const struct hv_vmbus_device_id *
bus_match_table(const struct hv_vmbus_device_id *id,
		const struct hvg_guid *interface)
{
	static const struct hvg_guid zero;

	if (!id)
		return NULL;
	for (; memcmp(&id->guid, &zero, sizeof(zero)); id++)
		if (!memcmp(&id->guid, interface, sizeof(*interface)))
			return id;
	return NULL;
}

static int vmbus_bus_match(struct device *dev, const struct device_driver *drv)
{
	struct hvg_driver *driver = to_hvg_driver(drv);
	struct hvg_device *hdev = to_hvg_device(dev);

	return bus_match_table(driver->id_table, &hdev->interface) ||
	       dynid_match(driver, &hdev->interface, NULL);
}

static int vmbus_bus_uevent(const struct device *dev,
			    struct kobj_uevent_env *env)
{
	const struct hvg_device *hdev = to_hvg_device(dev);

	char modalias[MODALIAS_BYTES];

	bus_modalias(modalias, &hdev->interface);
	return add_uevent_var(env, "MODALIAS=%s", modalias);
}

static int vmbus_bus_probe(struct device *dev)
{
	struct hvg_driver *driver = to_hvg_driver(dev->driver);
	struct hvg_device *hdev = to_hvg_device(dev);
	const struct hv_vmbus_device_id *id;
	struct hv_vmbus_device_id dynamic;

	id = bus_match_table(driver->id_table, &hdev->interface);
	if (!id) {
		if (!dynid_match(driver, &hdev->interface, &dynamic))
			return -ENODEV;
		id = &dynamic;
	}
	return driver->probe(hdev, id);
}

/* A driver that left a channel open would have callbacks into nowhere. */
static void bus_close_all(struct bus_device *bdev)
{
	struct hvg_channel *chan, *open;

	do {
		open = NULL;
		mutex_lock(&channels_lock);
		list_for_each_entry(chan, &bdev->subs, sub_link)
			if (chan->state != CHANNEL_OFFERED && !open)
				open = chan;
		if (bdev->hdev.channel->state != CHANNEL_OFFERED && !open)
			open = bdev->hdev.channel;
		if (open)
			kobject_get(&open->kobj);
		mutex_unlock(&channels_lock);
		if (open) {
			hvg_channel_close(open);
			kobject_put(&open->kobj);
		}
	} while (open);
}

static void vmbus_bus_remove(struct device *dev)
{
	struct hvg_driver *driver = to_hvg_driver(dev->driver);

	if (driver->remove)
		driver->remove(to_hvg_device(dev));
	bus_close_all(to_bus_device(dev));
}

static void vmbus_bus_shutdown(struct device *dev)
{
	struct hvg_driver *driver;

	if (!dev->driver)
		return;
	driver = to_hvg_driver(dev->driver);
	if (driver->shutdown)
		driver->shutdown(to_hvg_device(dev));
}

/*
 * The kernel that loads an image has a connection of its own, with pages that
 * are the image's afterwards and that the host goes on writing to. Neither is
 * an image made nor one loaded. This callback is on kernels of all ages.
 */
static int vmbus_bus_suspend(struct device *dev, pm_message_t state)
{
	if (state.event != PM_EVENT_FREEZE && state.event != PM_EVENT_QUIESCE)
		return 0;
	dev_err(dev, "hibernation is not supported\n");
	return -EOPNOTSUPP;
}

static struct bus_type vmbus_bus = {
	.name = "vmbus",
	.match = vmbus_bus_match,
	.uevent = vmbus_bus_uevent,
	.probe = vmbus_bus_probe,
	.remove = vmbus_bus_remove,
	.shutdown = vmbus_bus_shutdown,
	.suspend = vmbus_bus_suspend,
};

/**
 * __hvg_driver_register() - register a driver on the bus
 * @drv: driver; must stay until hvg_driver_unregister()
 * @owner: its module
 * @mod_name: its module's name
 *
 * Use hvg_driver_register(). Devices that are there are probed before this
 * returns, unless @drv prefers to be probed asynchronously.
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int __hvg_driver_register(struct hvg_driver *drv, struct module *owner,
			  const char *mod_name)
{
	int err;

	dynid_init(drv);
	drv->driver.mod_name = mod_name;
	drv->driver.name = drv->name;
	drv->driver.owner = owner;
	drv->driver.bus = &vmbus_bus;
	err = driver_register(&drv->driver);
	if (!err)
		bus_groups_driver_add(&drv->driver);
	return err;
}
EXPORT_SYMBOL_GPL(__hvg_driver_register);

/**
 * hvg_driver_unregister() - remove a driver from the bus
 * @drv: driver; its remove() runs for each of its devices
 *
 * Context: process.
 */
void hvg_driver_unregister(struct hvg_driver *drv)
{
	bus_groups_driver_remove(&drv->driver);
	driver_unregister(&drv->driver);
	dynid_exit(drv);
}
EXPORT_SYMBOL_GPL(hvg_driver_unregister);

/**
 * bus_guid_text() - the usual text form of a GUID
 * @text: gets GUID_TEXT_BYTES
 * @guid: in wire order
 *
 * Context: any.
 */
void bus_guid_text(char *text, const struct hvg_guid *guid)
{
	const u8 *b = guid->b;

	snprintf(text, GUID_TEXT_BYTES,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9],
		 b[10], b[11], b[12], b[13], b[14], b[15]);
}

/**
 * bus_modalias() - the alias by which a driver module is found
 * @text: gets MODALIAS_BYTES
 * @interface: in wire order
 *
 * Context: any.
 */
void bus_modalias(char *text, const struct hvg_guid *interface)
{
	unsigned int i;

	text += sprintf(text, "vmbus:");
	for (i = 0; i < sizeof(interface->b); i++)
		text += sprintf(text, "%02x", interface->b[i]);
}

static void bus_device_release(struct device *dev)
{
	kfree(to_bus_device(dev));
	offer_object_gone();
}

/**
 * bus_device_alloc() - make a device for a primary channel
 * @primary: the channel; it holds the reference that is returned
 *
 * Context: process.
 * Return: device, not yet registered; NULL: no memory.
 */
struct bus_device *bus_device_alloc(struct hvg_channel *primary)
{
	struct bus_device *bdev = kzalloc_obj(*bdev, GFP_NOIO);
	struct device *dev;

	if (!bdev)
		return NULL;
	offer_object_born();
	INIT_LIST_HEAD(&bdev->subs);
	bdev->hdev.interface = primary->offer.interface;
	bdev->hdev.instance = primary->offer.instance;
	bdev->hdev.channel = primary;
	memcpy(bdev->hdev.user, primary->offer.user, sizeof(bdev->hdev.user));

	dev = &bdev->hdev.dev;
	device_initialize(dev);
	dev->bus = &vmbus_bus;
	dev->parent = connection.parent;
	dev->release = bus_device_release;
	bdev->dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &bdev->dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_parms = &bdev->dma_parms;
	return bdev;
}

/**
 * bus_device_get() - one more holder of a device
 * @bdev: device
 *
 * Context: any.
 * Return: @bdev.
 */
struct bus_device *bus_device_get(struct bus_device *bdev)
{
	get_device(&bdev->hdev.dev);
	return bdev;
}

/**
 * bus_device_put() - one holder less
 * @bdev: device or NULL
 *
 * Context: process.
 */
void bus_device_put(struct bus_device *bdev)
{
	if (bdev)
		put_device(&bdev->hdev.dev);
}

static void bus_channel_sysfs_add(struct hvg_channel *chan)
{
	struct bus_device *bdev = chan->bdev;
	int err;

	if (!bdev->channels)
		return;
	err = kobject_add(&chan->kobj, bdev->channels, "%u", chan->id);
	if (err)
		dev_warn(&bdev->hdev.dev, "channel %u is not in sysfs: %d\n",
			 chan->id, err);
	else
		chan->in_sysfs = true;
	debugfs_channel_add(chan);
}

static void bus_channel_sysfs_remove(struct hvg_channel *chan)
{
	debugfs_channel_remove(chan);
	if (chan->in_sysfs)
		kobject_del(&chan->kobj);
	chan->in_sysfs = false;
}

/**
 * bus_device_add() - register a device; a driver may be probed
 * @bdev: from bus_device_alloc()
 *
 * Context: process, device work.
 */
void bus_device_add(struct bus_device *bdev)
{
	struct device *dev = &bdev->hdev.dev;
	char name[GUID_TEXT_BYTES];
	int err;

	bus_guid_text(name, &bdev->hdev.instance);
	err = dev_set_name(dev, "%s", name);
	if (!err)
		err = device_add(dev);
	if (err) {
		vmbus_err("device %s not added: %d\n", name, err);
		return;
	}
	bdev->added = true;
	bus_groups_device_add(bdev);
	bdev->channels = kobject_create_and_add("channels", &dev->kobj);
	bus_channel_sysfs_add(bdev->hdev.channel);
}

static struct hvg_channel *bus_subchannel_in_sysfs(struct bus_device *bdev)
{
	struct hvg_channel *chan, *found = NULL;

	mutex_lock(&channels_lock);
	list_for_each_entry(chan, &bdev->subs, sub_link)
		if (chan->in_sysfs)
			found = chan;
	mutex_unlock(&channels_lock);
	return found;
}

/**
 * bus_device_remove() - take a device off the bus
 * @bdev: device; need not have been added
 *
 * Its driver's remove() runs, after which all its channels are closed.
 *
 * Context: process, device work.
 */
void bus_device_remove(struct bus_device *bdev)
{
	struct hvg_channel *chan;

	if (!bdev->added)
		return;
	bus_channel_sysfs_remove(bdev->hdev.channel);
	while ((chan = bus_subchannel_in_sysfs(bdev)))
		bus_channel_sysfs_remove(chan);
	if (bdev->channels) {
		kobject_del(bdev->channels);
		kobject_put(bdev->channels);
	}
	bdev->channels = NULL;
	bus_groups_device_remove(bdev);
	device_del(&bdev->hdev.dev);
	bdev->added = false;
}

/**
 * bus_subchannel_add() - show a new sub-channel to its device's driver
 * @chan: sub-channel
 *
 * Context: process, device work.
 */
void bus_subchannel_add(struct hvg_channel *chan)
{
	struct hvg_device *hdev = &chan->bdev->hdev;
	struct hvg_driver *driver;

	bus_channel_sysfs_add(chan);
	/* Keeps the driver bound, and probe and remove away. */
	device_lock(&hdev->dev);
	if (hdev->dev.driver) {
		driver = to_hvg_driver(hdev->dev.driver);
		if (driver->subchannel)
			driver->subchannel(hdev, chan);
	}
	device_unlock(&hdev->dev);
}

/**
 * bus_subchannel_remove() - close a sub-channel and take it out of sight
 * @chan: sub-channel; its driver has been told
 *
 * Context: process, device work.
 */
void bus_subchannel_remove(struct hvg_channel *chan)
{
	struct device *dev = &chan->bdev->hdev.dev;

	bus_channel_sysfs_remove(chan);
	/* The driver's remove() may be closing it too. */
	device_lock(dev);
	hvg_channel_close(chan);
	device_unlock(dev);
}

/**
 * bus_init() - register the bus
 *
 * Context: process.
 * Return: 0 or -errno.
 */
int bus_init(void)
{
	int err;

	err = bus_groups_init(&vmbus_bus);
	if (err)
		return err;
	err = bus_register(&vmbus_bus);
	if (err)
		bus_groups_exit();
	return err;
}

/**
 * bus_exit() - undo bus_init()
 *
 * Context: process; no device is left.
 */
void bus_exit(void)
{
	bus_unregister(&vmbus_bus);
	bus_groups_exit();
}
