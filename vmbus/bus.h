/* SPDX-License-Identifier: GPL-2.0-only */
/* The bus: devices, drivers, and who serves whom. */
#ifndef _HVG_VMBUS_BUS_H
#define _HVG_VMBUS_BUS_H

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <hvg/vmbus.h>

struct kobject;

/**
 * struct bus_device - a device and what the bus keeps with it
 * @hdev: what its driver sees
 * @subs: its sub-channels; protected by channels_lock
 * @channels: directory in sysfs; set while the device is added, changed by
 *	the device work only
 * @added: the device is registered; changed by the device work only
 * @in_files: its attribute files may be read; groups_own.c's
 * @dma_mask: the host takes any page
 * @dma_parms: likewise
 */
struct bus_device {
	struct hvg_device hdev;
	struct list_head subs;
	struct kobject *channels;
	bool added;
	bool in_files;
	u64 dma_mask;
	struct device_dma_parameters dma_parms;
};

#define to_bus_device(d) \
	container_of(to_hvg_device(d), struct bus_device, hdev)

int bus_init(void);
void bus_exit(void);

struct bus_device *bus_device_alloc(struct hvg_channel *primary);
struct bus_device *bus_device_get(struct bus_device *bdev);
void bus_device_put(struct bus_device *bdev);
void bus_device_add(struct bus_device *bdev);
void bus_device_remove(struct bus_device *bdev);
void bus_subchannel_add(struct hvg_channel *chan);
void bus_subchannel_remove(struct hvg_channel *chan);

/* "11223344-5566-7788-99aa-bbccddeeff00" and a NUL. */
#define GUID_TEXT_BYTES 37
/* "vmbus:", 32 hexadecimal digits and a NUL. */
#define MODALIAS_BYTES	39
void bus_modalias(char *text, const struct hvg_guid *interface);
void bus_guid_text(char *text, const struct hvg_guid *guid);

#endif /* _HVG_VMBUS_BUS_H */
