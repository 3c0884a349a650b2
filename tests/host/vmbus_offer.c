// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices and what the guest knows of them: offers, rescinds, releases,
 * re-offers, sub-channels. Runs with the machine lock held, on a vCPU thread
 * for messages and on the loop thread for hot add and remove.
 * Source: PROTOCOL 3.2, 3.3.
 */
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "record.h"
#include "vm.h"
#include "vmbus_host.h"

struct vmbus_device *vmbus_devices;

static struct vmbus_channel *by_id[HVG_MAX_CHANNELS];
static uint32_t next_id = 1;

static struct vmbus_channel *channel_new(struct vmbus_device *dev,
					 uint16_t subindex)
{
	struct vmbus_channel *chan = calloc(1, sizeof(*chan));
	struct vmbus_channel **end = &dev->channels;

	if (!chan)
		abort();
	chan->dev = dev;
	chan->subindex = subindex;
	chan->monitor_id = -1;
	chan->event_fd = -1;
	while (*end)
		end = &(*end)->next;
	*end = chan;
	return chan;
}

/*
 * Ids are handed out upwards, so that a device that comes back has a new
 * one and late messages for the old one are seen to be that.
 */
static uint32_t id_allocate(struct vmbus_channel *chan)
{
	uint32_t i, id;

	for (i = 0; i < VMBUS_MAX_CHANNEL_ID; i++) {
		id = next_id;
		next_id = next_id < VMBUS_MAX_CHANNEL_ID ? next_id + 1 : 1;
		if (!by_id[id]) {
			by_id[id] = chan;
			return id;
		}
	}
	return 0;
}

/* Take the id from a channel; frees a sub-channel. */
static void channel_forget(struct vmbus_channel *chan)
{
	struct vmbus_channel **p;

	if (chan->id) {
		by_id[chan->id] = NULL;
		chan->last_id = chan->id;
	}
	vmbus_monitor_free(chan->monitor_id);
	chan->monitor_id = -1;
	chan->id = 0;
	chan->state = CHANNEL_ABSENT;
	if (!chan->subindex)
		return;
	for (p = &chan->dev->channels; *p != chan; p = &(*p)->next)
		;
	*p = chan->next;
	free(chan);
}

/* Free a removed device when the guest holds none of its ids any more. */
static void device_reap(struct vmbus_device *dev)
{
	struct vmbus_device **p;

	if (!dev->removed || dev->channels->next || dev->channels->id)
		return;
	for (p = &vmbus_devices; *p != dev; p = &(*p)->next)
		;
	*p = dev->next;
	free(dev->channels);
	free(dev);
}

struct vmbus_channel *vmbus_channel_by_id(uint32_t id)
{
	return id < HVG_MAX_CHANNELS ? by_id[id] : NULL;
}

/* The channel that a message names; NULL: noted and to be ignored. */
struct vmbus_channel *vmbus_channel_lookup(uint32_t id, uint32_t message)
{
	struct vmbus_channel *chan = vmbus_channel_by_id(id);

	if (!chan)
		vmbus_reject(message, "unknown channel %u", id);
	return chan;
}

static uint16_t offer_flags(const struct vmbus_device *dev)
{
	/* Confidential channels are for isolated VMs, which this is not. */
	return dev->service->offer_flags & ~(HVG_OFFER_CONFIDENTIAL_RING |
					     HVG_OFFER_CONFIDENTIAL_MEMORY);
}

/**
 * vmbus_offer_message() - the offer of a channel that has its id
 * @chan: channel
 * @msg: filled in; below 1.1 only the first HVG_OFFER_SIZE_WS2008 bytes go
 */
void vmbus_offer_message(const struct vmbus_channel *chan,
			 struct hvg_msg_offer *msg)
{
	const struct vmbus_device *dev = chan->dev;

	*msg = (struct hvg_msg_offer){
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = dev->service->interface,
		.instance = dev->instance,
		.flags = offer_flags(dev),
		.subchannel = chan->subindex,
		.channel = chan->id,
		.monitor_id = 0xff,
	};
	memcpy(msg->user, dev->user, sizeof(msg->user));
	if (chan->monitor_id >= 0) {
		msg->monitor_id = chan->monitor_id;
		msg->monitor_flags = HVG_OFFER_MONITOR_ALLOCATED;
	}
	if (vmbus_conn.version >= HVG_VERSION_WIN7) {
		msg->interrupt_flags = HVG_OFFER_DEDICATED_INTERRUPT;
		msg->connection_id = chan->connection;
	}
}

static bool offer_channel(struct vmbus_channel *chan)
{
	const struct vmbus_device *dev = chan->dev;
	uint32_t version = vmbus_conn.version;
	char instance[VMBUS_GUID_TEXT];
	struct hvg_msg_offer msg;

	chan->id = id_allocate(chan);
	if (!chan->id) {
		hlog("vmbus: all %u channel ids are in use",
		     VMBUS_MAX_CHANNEL_ID);
		return false;
	}
	chan->state = CHANNEL_OFFERED;
	if (vm_profile()->monitor && (offer_flags(dev) & HVG_OFFER_MONITORED))
		chan->monitor_id = vmbus_monitor_allocate();
	chan->connection = version >= HVG_VERSION_WIN7 ?
			   chan->id | HVG_VMBUS_SINT << 12 : HVG_CONN_EVENT;
	vmbus_offer_message(chan, &msg);
	record_event("offer",
		     json_pack("{s:I, s:s, s:s, s:i, s:I, s:b}",
			       "channel", (json_int_t)chan->id,
			       "name", dev->service->name,
			       "instance", vmbus_guid_text(&dev->instance,
							   instance),
			       "subchannel", chan->subindex,
			       "connection", (json_int_t)chan->connection,
			       "monitor", chan->monitor_id >= 0));
	vmbus_send(&msg, version >= HVG_VERSION_WIN7 ? sizeof(msg) :
						       HVG_OFFER_SIZE_WS2008);
	return true;
}

/* The guest still holds an id of an earlier life of the same instance. */
static bool instance_lingers(const struct vmbus_device *dev)
{
	const struct vmbus_device *d;

	for (d = vmbus_devices; d; d = d->next)
		if (d->channels->id &&
		    !memcmp(&d->instance, &dev->instance,
			    sizeof(d->instance)) &&
		    !memcmp(&d->service->interface, &dev->service->interface,
			    sizeof(dev->service->interface)))
			return true;
	return false;
}

/* Offer what the guest should know and does not. */
static void offer_devices(void)
{
	struct vmbus_device *dev;

	if (!vmbus_conn.offers_sent)
		return;
	for (dev = vmbus_devices; dev; dev = dev->next)
		if (!dev->removed && !dev->hidden && !dev->parked &&
		    !instance_lingers(dev))
			offer_channel(dev->channels);
}

void vmbus_request_offers(void)
{
	struct hvg_msg_header msg = { .type = HVG_MSG_ALL_OFFERS_DELIVERED };

	if (vmbus_conn.offers_sent) {
		vmbus_reject(HVG_MSG_REQUEST_OFFERS, "offers were sent");
		return;
	}
	record_event("request_offers", NULL);
	/* A guest that comes back finds its devices under the same ids. */
	next_id = 1;
	vmbus_conn.offers_sent = true;
	offer_devices();
	vmbus_fault_messages();
	vmbus_send(&msg, sizeof(msg));
}

/* Is the guest told of a rescind while requests go on? */
static bool rescind_first(struct vmbus_channel *chan)
{
	struct fault_place place = { .channel = chan->id };

	if (chan->state != CHANNEL_OPEN || !chan->dev->service->busy ||
	    !chan->dev->service->busy(chan))
		return false;
	chan->rescind_told = fault_fires(FAULT_RESCIND_FIRST, place);
	return chan->rescind_told;
}

/* Close a channel and tell the guest that it is gone. */
void vmbus_channel_rescind(struct vmbus_channel *chan)
{
	struct hvg_msg_channel msg = {
		.header.type = HVG_MSG_RESCIND_OFFER,
		.channel = chan->id,
	};

	if (chan->state == CHANNEL_ABSENT || chan->state == CHANNEL_RESCINDED)
		return;
	/* Told already: it is closed when its requests have ended. */
	if (chan->state == CHANNEL_OPEN && chan->rescind_told)
		return;
	if (!rescind_first(chan)) {
		if (chan->state == CHANNEL_OPEN && chan->dev->service->rescind)
			chan->dev->service->rescind(chan);
		vmbus_channel_shut(chan, "rescind");
		chan->state = CHANNEL_RESCINDED;
		vmbus_gpadls_rescind(chan);
		if (chan->rescind_told)
			return;
	}
	record_event("rescind", json_pack("{s:I, s:s, s:i}",
					  "channel", (json_int_t)chan->id,
					  "name", chan->dev->service->name,
					  "subchannel", chan->subindex));
	vmbus_send(&msg, sizeof(msg));
}

/* Sub-channels do not outlive the open primary. */
void vmbus_subchannels_rescind(struct vmbus_device *dev)
{
	struct vmbus_channel *chan;

	for (chan = dev->channels->next; chan; chan = chan->next) {
		/* Its own close comes first. */
		if (chan->state == CHANNEL_CLOSING)
			chan->rescind_after = true;
		else
			vmbus_channel_rescind(chan);
	}
}

void vmbus_device_rescind(struct vmbus_device *dev)
{
	vmbus_subchannels_rescind(dev);
	vmbus_channel_rescind(dev->channels);
}

/*
 * Rescind and offer again; the offer follows when the guest has released
 * the old id. False if the device is gone for good.
 */
bool vmbus_device_reoffer(struct vmbus_device *dev)
{
	if (dev->removed)
		return false;
	vmbus_device_rescind(dev);
	dev->hidden = false;
	dev->parked = false;
	offer_devices();
	return true;
}

/* A fault: instead of what the guest asks for, the device comes anew. */
bool vmbus_device_taken(struct vmbus_channel *chan, enum fault fault)
{
	if (!fault_fires(fault, (struct fault_place){ .channel = chan->id }))
		return false;
	vmbus_device_reoffer(chan->dev);
	return true;
}

void vmbus_relid_released(const struct hvg_msg_channel *msg)
{
	struct vmbus_channel *chan;
	struct vmbus_device *dev;

	chan = vmbus_channel_lookup(msg->channel, msg->header.type);
	if (!chan)
		return;
	/* The guest does not wait any more. */
	if (chan->state == CHANNEL_OPEN && chan->rescind_told) {
		vmbus_channel_shut(chan, "rescind");
		chan->state = CHANNEL_RESCINDED;
	}
	if (chan->state == CHANNEL_OPEN || chan->state == CHANNEL_CLOSING) {
		vmbus_reject(msg->header.type, "channel %u is open", chan->id);
		return;
	}
	record_event("released", json_pack("{s:I}", "channel",
					   (json_int_t)chan->id));
	dev = chan->dev;
	if (chan->state == CHANNEL_OFFERED && !chan->subindex)
		dev->parked = true;
	vmbus_gpadls_release(chan);
	channel_forget(chan);
	device_reap(dev);
	offer_devices();
}

/* UNLOAD: close what has requests that it must wait for. */
void vmbus_offers_close(void)
{
	struct vmbus_channel *chan;
	struct vmbus_device *dev;

	for (dev = vmbus_devices; dev; dev = dev->next)
		for (chan = dev->channels; chan; chan = chan->next)
			vmbus_channel_close_waits(chan);
}

bool vmbus_offers_closing(void)
{
	const struct vmbus_channel *chan;
	const struct vmbus_device *dev;

	for (dev = vmbus_devices; dev; dev = dev->next)
		for (chan = dev->channels; chan; chan = chan->next)
			if (chan->state == CHANNEL_CLOSING)
				return true;
	return false;
}

/* The connection ends: close everything and take every id back. */
void vmbus_offers_drop(void)
{
	struct vmbus_channel *chan, *next;
	struct vmbus_device *dev, *next_dev;

	for (dev = vmbus_devices; dev; dev = next_dev) {
		next_dev = dev->next;
		for (chan = dev->channels->next; chan; chan = next) {
			next = chan->next;
			vmbus_channel_shut(chan, "disconnect");
			vmbus_gpadls_release(chan);
			channel_forget(chan);
		}
		vmbus_channel_shut(dev->channels, "disconnect");
		vmbus_gpadls_release(dev->channels);
		channel_forget(dev->channels);
		dev->parked = false;
		device_reap(dev);
	}
}

void vmbus_devices_free(void)
{
	struct vmbus_device *dev;

	while ((dev = vmbus_devices)) {
		vmbus_devices = dev->next;
		free(dev->channels);
		free(dev);
	}
}

/**
 * vmbus_device_add() - offer a device to the guest
 * @service: what serves it; must stay
 * @instance: its instance GUID
 * @user: service-defined data of the offer, at most 120 bytes
 * @user_bytes: length of @user
 * @opaque: for vmbus_device_opaque()
 *
 * The offer goes out at once if the guest has asked for offers, otherwise
 * when it does.
 *
 * Context: machine lock held.
 * Return: the device, NULL if @user is too long.
 */
struct vmbus_device *vmbus_device_add(const struct vmbus_service *service,
				      const struct hvg_guid *instance,
				      const void *user, size_t user_bytes,
				      void *opaque)
{
	struct vmbus_device **end = &vmbus_devices;
	struct vmbus_device *dev;

	if (user_bytes > HVG_OFFER_USER_BYTES)
		return NULL;
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		abort();
	dev->service = service;
	dev->instance = *instance;
	if (user_bytes)
		memcpy(dev->user, user, user_bytes);
	dev->opaque = opaque;
	channel_new(dev, 0);
	while (*end)
		end = &(*end)->next;
	*end = dev;
	offer_devices();
	return dev;
}

/**
 * vmbus_device_remove() - rescind a device
 * @dev: must not be used by the caller any more
 *
 * Open channels are closed, which calls the service. The device is freed
 * when the guest has released its ids, or with the connection.
 *
 * Context: machine lock held.
 */
void vmbus_device_remove(struct vmbus_device *dev)
{
	vmbus_device_rescind(dev);
	dev->removed = true;
	device_reap(dev);
}

/* Sub-channel @subindex that is not on its way out. */
static bool has_subchannel(const struct vmbus_device *dev, uint16_t subindex)
{
	const struct vmbus_channel *chan;

	for (chan = dev->channels->next; chan; chan = chan->next)
		if (chan->subindex == subindex &&
		    chan->state != CHANNEL_RESCINDED)
			return true;
	return false;
}

/**
 * vmbus_offer_subchannels() - offer sub-channels of an open device
 * @dev: its primary channel is open and the guest speaks 2.4 or later
 * @count: sub-channels 1 to @count; those that exist already stay
 *
 * Context: machine lock held.
 * Return: how many were offered now.
 */
unsigned int vmbus_offer_subchannels(struct vmbus_device *dev,
				     unsigned int count)
{
	unsigned int i, offered = 0;
	struct vmbus_channel *chan;

	if (vmbus_conn.version < HVG_VERSION_WIN8 ||
	    dev->channels->state != CHANNEL_OPEN)
		return 0;
	for (i = 1; i <= count && i <= UINT16_MAX; i++) {
		if (has_subchannel(dev, i))
			continue;
		chan = channel_new(dev, i);
		if (!offer_channel(chan)) {
			channel_forget(chan);
			break;
		}
		offered++;
	}
	return offered;
}

void *vmbus_device_opaque(struct vmbus_device *dev)
{
	return dev->opaque;
}

struct vmbus_device *vmbus_channel_device(struct vmbus_channel *chan)
{
	return chan->dev;
}

unsigned int vmbus_channel_subindex(struct vmbus_channel *chan)
{
	return chan->subindex;
}

uint32_t vmbus_channel_id(struct vmbus_channel *chan)
{
	return chan->id;
}

void vmbus_channel_set_opaque(struct vmbus_channel *chan, void *opaque)
{
	chan->opaque = opaque;
}

void *vmbus_channel_opaque(struct vmbus_channel *chan)
{
	return chan->opaque;
}

bool vmbus_channel_is_open(struct vmbus_channel *chan)
{
	return chan->state == CHANNEL_OPEN;
}
