// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the devices, as lsvmbus and udev read them. Process context.
 * What is in the rings is there while the channel is open: -EINVAL otherwise.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "monitor.h"
#include "offer.h"
#include "sysfs.h"

#define VENDOR_MICROSOFT	0x1414

static struct hvg_channel *primary(struct device *dev)
{
	return to_hvg_device(dev)->channel;
}

static ssize_t id_show(struct device *dev, struct device_attribute *attr,
		       char *buf)
{
	return sysfs_emit(buf, "%u\n", primary(dev)->id);
}
static DEVICE_ATTR_RO(id);

/* Numbers as the tools know them: offered, opening, open, opened. */
static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	static const unsigned int number[] = {
		[CHANNEL_OFFERED] = 0,
		[CHANNEL_OPENING] = 1,
		[CHANNEL_OPEN] = 3,
		[CHANNEL_CLOSING] = 2,
	};

	return sysfs_emit(buf, "%u\n", number[READ_ONCE(primary(dev)->state)]);
}
static DEVICE_ATTR_RO(state);

static ssize_t monitor_id_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", primary(dev)->offer.monitor_id);
}
static DEVICE_ATTR_RO(monitor_id);

static ssize_t guid_emit(char *buf, const struct hvg_guid *guid)
{
	char text[GUID_TEXT_BYTES];

	bus_guid_text(text, guid);
	return sysfs_emit(buf, "{%s}\n", text);
}

static ssize_t class_id_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return guid_emit(buf, &to_hvg_device(dev)->interface);
}
static DEVICE_ATTR_RO(class_id);

static ssize_t device_id_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	return guid_emit(buf, &to_hvg_device(dev)->instance);
}
static DEVICE_ATTR_RO(device_id);

static ssize_t modalias_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	char text[MODALIAS_BYTES];

	bus_modalias(text, &to_hvg_device(dev)->interface);
	return sysfs_emit(buf, "%s\n", text);
}
static DEVICE_ATTR_RO(modalias);

static ssize_t vendor_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%#x\n", VENDOR_MICROSOFT);
}
static DEVICE_ATTR_RO(vendor);

/* VMBus has no such number: the channel id stands in for it. */
static ssize_t device_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%#x\n", primary(dev)->id);
}
static DEVICE_ATTR_RO(device);

/* One line a channel: its id and the CPU that takes its interrupts. */
static ssize_t channel_vp_mapping_show(struct device *dev,
				       struct device_attribute *attr, char *buf)
{
	struct bus_device *bdev = to_bus_device(dev);
	struct hvg_channel *chan;
	int n;

	n = sysfs_emit(buf, "%u:%u\n", primary(dev)->id,
		       hvg_channel_cpu(primary(dev)));
	mutex_lock(&channels_lock);
	list_for_each_entry(chan, &bdev->subs, sub_link)
		n += sysfs_emit_at(buf, n, "%u:%u\n", chan->id,
				   hvg_channel_cpu(chan));
	mutex_unlock(&channels_lock);
	return n;
}
static DEVICE_ATTR_RO(channel_vp_mapping);

static ssize_t numa_node_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  cpu_to_node(hvg_channel_cpu(primary(dev))));
}
static DEVICE_ATTR_RO(numa_node);

#define RING_ATTR(name, direction, what)				\
static ssize_t name##_show(struct device *dev,				\
			   struct device_attribute *attr, char *buf)	\
{									\
	return sysfs_ring_value(primary(dev), buf, direction, what);	\
}									\
static DEVICE_ATTR_RO(name)

RING_ATTR(out_intr_mask, RING_OUT, RING_MASK);
RING_ATTR(out_read_index, RING_OUT, RING_READ_INDEX);
RING_ATTR(out_write_index, RING_OUT, RING_WRITE_INDEX);
RING_ATTR(out_read_bytes_avail, RING_OUT, RING_USED);
RING_ATTR(out_write_bytes_avail, RING_OUT, RING_FREE);
RING_ATTR(in_intr_mask, RING_IN, RING_MASK);
RING_ATTR(in_read_index, RING_IN, RING_READ_INDEX);
RING_ATTR(in_write_index, RING_IN, RING_WRITE_INDEX);
RING_ATTR(in_read_bytes_avail, RING_IN, RING_USED);
RING_ATTR(in_write_bytes_avail, RING_IN, RING_FREE);

#define MONITOR_ATTR(side, page, name)					\
static ssize_t side##_monitor_##name##_show(struct device *dev,	\
					    struct device_attribute *attr, \
					    char *buf)			\
{									\
	return sysfs_emit(buf, "%u\n",					\
			  monitor_##name(primary(dev), page));		\
}									\
static DEVICE_ATTR_RO(side##_monitor_##name)

MONITOR_ATTR(server, MONITOR_TO_GUEST, pending);
MONITOR_ATTR(server, MONITOR_TO_GUEST, latency);
MONITOR_ATTR(server, MONITOR_TO_GUEST, conn_id);
MONITOR_ATTR(client, MONITOR_TO_HOST, pending);
MONITOR_ATTR(client, MONITOR_TO_HOST, latency);
MONITOR_ATTR(client, MONITOR_TO_HOST, conn_id);

static struct attribute *device_attrs[] = {
	&dev_attr_id.attr,
	&dev_attr_state.attr,
	&dev_attr_monitor_id.attr,
	&dev_attr_class_id.attr,
	&dev_attr_device_id.attr,
	&dev_attr_modalias.attr,
	&dev_attr_vendor.attr,
	&dev_attr_device.attr,
	&dev_attr_channel_vp_mapping.attr,
	&dev_attr_numa_node.attr,
	&dev_attr_out_intr_mask.attr,
	&dev_attr_out_read_index.attr,
	&dev_attr_out_write_index.attr,
	&dev_attr_out_read_bytes_avail.attr,
	&dev_attr_out_write_bytes_avail.attr,
	&dev_attr_in_intr_mask.attr,
	&dev_attr_in_read_index.attr,
	&dev_attr_in_write_index.attr,
	&dev_attr_in_read_bytes_avail.attr,
	&dev_attr_in_write_bytes_avail.attr,
	&dev_attr_server_monitor_pending.attr,
	&dev_attr_server_monitor_latency.attr,
	&dev_attr_server_monitor_conn_id.attr,
	&dev_attr_client_monitor_pending.attr,
	&dev_attr_client_monitor_latency.attr,
	&dev_attr_client_monitor_conn_id.attr,
	NULL,
};

static umode_t device_attr_visible(struct kobject *kobj,
				   struct attribute *attr, int index)
{
	static const struct attribute * const monitor[] = {
		&dev_attr_monitor_id.attr,
		&dev_attr_server_monitor_pending.attr,
		&dev_attr_server_monitor_latency.attr,
		&dev_attr_server_monitor_conn_id.attr,
		&dev_attr_client_monitor_pending.attr,
		&dev_attr_client_monitor_latency.attr,
		&dev_attr_client_monitor_conn_id.attr,
	};
	struct device *dev = container_of(kobj, struct device, kobj);
	unsigned int i;

	if (primary(dev)->monitored)
		return attr->mode;
	for (i = 0; i < ARRAY_SIZE(monitor); i++)
		if (attr == monitor[i])
			return 0;
	return attr->mode;
}

static const struct attribute_group device_group = {
	.attrs = device_attrs,
	.is_visible = device_attr_visible,
};

const struct attribute_group *device_sysfs_groups[] = {
	&device_group,
	NULL,
};
