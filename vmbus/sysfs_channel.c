// SPDX-License-Identifier: GPL-2.0-only
/*
 * channels/<id>/ of each device: one directory a channel. Process context.
 */
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include "affinity.h"
#include "channel.h"
#include "monitor.h"
#include "sysfs.h"

/**
 * struct channel_attribute - an attribute of a channel
 * @attr: name and mode
 * @show: writes the value to a page
 * @store: takes a new value; NULL: read-only
 */
struct channel_attribute {
	struct attribute attr;
	ssize_t (*show)(struct hvg_channel *chan, char *buf);
	ssize_t (*store)(struct hvg_channel *chan, const char *buf,
			 size_t count);
};

/**
 * sysfs_ring_value() - one value of an open channel's ring
 * @chan: channel
 * @buf: gets the text, a page
 * @direction: which ring
 * @what: which value
 *
 * Context: process.
 * Return: bytes of text; -EINVAL: the channel is not open.
 */
ssize_t sysfs_ring_value(struct hvg_channel *chan, char *buf,
			 enum ring_direction direction, enum ring_value what)
{
	const struct ring *ring =
		direction == RING_OUT ? &chan->tx : &chan->rx;
	u32 value = 0;

	/* The rings stay while the lock is held. */
	mutex_lock(&chan->open_lock);
	if (chan->state != CHANNEL_OPEN) {
		mutex_unlock(&chan->open_lock);
		return -EINVAL;
	}
	switch (what) {
	case RING_MASK:
		value = READ_ONCE(ring->ctl->interrupt_mask);
		break;
	case RING_READ_INDEX:
		value = READ_ONCE(ring->ctl->read_index);
		break;
	case RING_WRITE_INDEX:
		value = READ_ONCE(ring->ctl->write_index);
		break;
	case RING_USED:
		value = ring_bytes_used(ring);
		break;
	case RING_FREE:
		value = ring->size - ring_bytes_used(ring);
		break;
	}
	mutex_unlock(&chan->open_lock);
	return sysfs_emit(buf, "%u\n", value);
}

#define CHANNEL_ATTR_RO(name) \
static struct channel_attribute channel_attr_##name = \
	__ATTR(name, 0444, name##_show, NULL)

static ssize_t cpu_show(struct hvg_channel *chan, char *buf)
{
	return sysfs_emit(buf, "%u\n", hvg_channel_cpu(chan));
}

static ssize_t cpu_store(struct hvg_channel *chan, const char *buf,
			 size_t count)
{
	unsigned int cpu;
	int err;

	err = kstrtouint(buf, 0, &cpu);
	if (!err)
		err = affinity_move(chan, cpu);
	return err ? err : count;
}

static struct channel_attribute channel_attr_cpu =
	__ATTR(cpu, 0644, cpu_show, cpu_store);

#define CHANNEL_RING_ATTR(name, direction, what)			\
static ssize_t name##_show(struct hvg_channel *chan, char *buf)	\
{									\
	return sysfs_ring_value(chan, buf, direction, what);		\
}									\
CHANNEL_ATTR_RO(name)

CHANNEL_RING_ATTR(in_mask, RING_IN, RING_MASK);
CHANNEL_RING_ATTR(out_mask, RING_OUT, RING_MASK);
CHANNEL_RING_ATTR(read_avail, RING_IN, RING_USED);
CHANNEL_RING_ATTR(write_avail, RING_OUT, RING_FREE);

#define CHANNEL_VALUE_ATTR(name, format, value)				\
static ssize_t name##_show(struct hvg_channel *chan, char *buf)	\
{									\
	return sysfs_emit(buf, format, value);				\
}									\
CHANNEL_ATTR_RO(name)

CHANNEL_VALUE_ATTR(pending, "%u\n", monitor_pending(chan, MONITOR_TO_HOST));
CHANNEL_VALUE_ATTR(latency, "%u\n", monitor_latency(chan, MONITOR_TO_HOST));
CHANNEL_VALUE_ATTR(interrupts, "%llu\n", chan->stats.interrupts);
/* The signals to the host, of both causes. */
CHANNEL_VALUE_ATTR(events, "%llu\n",
		   chan->stats.intr_out_empty + chan->stats.intr_in_full);
CHANNEL_VALUE_ATTR(subchannel_id, "%u\n", chan->offer.subchannel);
CHANNEL_VALUE_ATTR(monitor_id, "%u\n", chan->offer.monitor_id);
CHANNEL_VALUE_ATTR(intr_in_full, "%llu\n", chan->stats.intr_in_full);
CHANNEL_VALUE_ATTR(intr_out_empty, "%llu\n", chan->stats.intr_out_empty);
CHANNEL_VALUE_ATTR(out_full_first, "%llu\n", chan->stats.out_full_first);
CHANNEL_VALUE_ATTR(out_full_total, "%llu\n", chan->stats.out_full_total);

static struct attribute *channel_attrs[] = {
	&channel_attr_cpu.attr,
	&channel_attr_in_mask.attr,
	&channel_attr_out_mask.attr,
	&channel_attr_read_avail.attr,
	&channel_attr_write_avail.attr,
	&channel_attr_pending.attr,
	&channel_attr_latency.attr,
	&channel_attr_interrupts.attr,
	&channel_attr_events.attr,
	&channel_attr_subchannel_id.attr,
	&channel_attr_monitor_id.attr,
	&channel_attr_intr_in_full.attr,
	&channel_attr_intr_out_empty.attr,
	&channel_attr_out_full_first.attr,
	&channel_attr_out_full_total.attr,
	NULL,
};

static umode_t channel_attr_visible(struct kobject *kobj,
				    struct attribute *attr, int index)
{
	struct hvg_channel *chan = container_of(kobj, struct hvg_channel, kobj);

	if (!chan->monitored && (attr == &channel_attr_pending.attr ||
				 attr == &channel_attr_latency.attr ||
				 attr == &channel_attr_monitor_id.attr))
		return 0;
	return attr->mode;
}

static const struct attribute_group channel_group = {
	.attrs = channel_attrs,
	.is_visible = channel_attr_visible,
};

const struct attribute_group *channel_sysfs_groups[] = {
	&channel_group,
	NULL,
};

static ssize_t channel_attr_show(struct kobject *kobj, struct attribute *attr,
				 char *buf)
{
	struct channel_attribute *a =
		container_of(attr, struct channel_attribute, attr);

	return a->show(container_of(kobj, struct hvg_channel, kobj), buf);
}

static ssize_t channel_attr_store(struct kobject *kobj, struct attribute *attr,
				  const char *buf, size_t count)
{
	struct channel_attribute *a =
		container_of(attr, struct channel_attribute, attr);

	if (!a->store)
		return -EIO;
	return a->store(container_of(kobj, struct hvg_channel, kobj), buf,
			count);
}

const struct sysfs_ops channel_sysfs_ops = {
	.show = channel_attr_show,
	.store = channel_attr_store,
};
