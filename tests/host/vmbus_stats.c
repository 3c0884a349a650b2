// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the control socket says and does about the connection and its
 * channels. Runs on the loop thread with the machine lock held.
 */
#include <stdio.h>

#include "control.h"
#include "vmbus_host.h"

/* The text form: the first three groups are little-endian on the wire. */
char *vmbus_guid_text(const struct hvg_guid *guid, char *buf)
{
	const uint8_t *b = guid->b;

	snprintf(buf, VMBUS_GUID_TEXT,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9],
		 b[10], b[11], b[12], b[13], b[14], b[15]);
	return buf;
}

static const char *state_text(const struct vmbus_channel *chan)
{
	switch (chan->state) {
	case CHANNEL_OPEN:
		return "open";
	case CHANNEL_CLOSING:
		return "closing";
	case CHANNEL_OFFERED:
		return "offered";
	default:
		return "closed";
	}
}

static json_t *channel_stats(const struct vmbus_channel *chan)
{
	char instance[VMBUS_GUID_TEXT];
	json_t *o = json_object();

	json_object_set_new(o, "id", json_integer(chan->id ? chan->id :
							     chan->last_id));
	json_object_set_new(o, "name", json_string(chan->dev->service->name));
	json_object_set_new(o, "instance", json_string(
		vmbus_guid_text(&chan->dev->instance, instance)));
	json_object_set_new(o, "subchannel", json_integer(chan->subindex));
	json_object_set_new(o, "state", json_string(state_text(chan)));
	json_object_set_new(o, "vp", json_integer(chan->target_vp));
	json_object_set_new(o, "monitor", json_boolean(chan->monitor_id >= 0));
	json_object_set_new(o, "signals", json_integer(chan->signals));
	json_object_set_new(o, "signals_spurious",
			    json_integer(chan->signals_spurious));
	json_object_set_new(o, "interrupts", json_integer(chan->interrupts));
	json_object_set_new(o, "packets_in", json_integer(chan->packets_in));
	json_object_set_new(o, "packets_out", json_integer(chan->packets_out));
	json_object_set_new(o, "bytes_in", json_integer(chan->bytes_in));
	json_object_set_new(o, "bytes_out", json_integer(chan->bytes_out));
	json_object_set_new(o, "opens", json_integer(chan->opens));
	return o;
}

static json_t *channel_details(const struct vmbus_channel *chan)
{
	json_t *o = channel_stats(chan);
	char text[VMBUS_GUID_TEXT];

	vmbus_guid_text(&chan->dev->service->interface, text);
	json_object_set_new(o, "interface", json_string(text));
	json_object_set_new(o, "ring_in", json_integer(chan->in.size));
	json_object_set_new(o, "ring_out", json_integer(chan->out.size));
	json_object_set_new(o, "connection", json_integer(chan->connection));
	json_object_set_new(o, "event_flag", json_integer(chan->event_flag));
	json_object_set_new(o, "rescinded",
			    json_boolean(chan->state == CHANNEL_RESCINDED));
	json_object_set_new(o, "broken", json_boolean(chan->broken));
	return o;
}

static json_t *channel_list(json_t *(*fn)(const struct vmbus_channel *chan))
{
	const struct vmbus_channel *chan;
	const struct vmbus_device *dev;
	json_t *list = json_array();

	for (dev = vmbus_devices; dev; dev = dev->next)
		for (chan = dev->channels; chan; chan = chan->next)
			json_array_append_new(list, fn(chan));
	return list;
}

static json_t *stats_channels(void)
{
	return channel_list(channel_stats);
}

static json_t *status_vmbus(void)
{
	char text[VMBUS_VERSION_TEXT];
	json_t *o = json_object();

	json_object_set_new(o, "state", json_string(vmbus_conn.version ?
						    "connected" :
						    "disconnected"));
	json_object_set_new(o, "version", vmbus_conn.version ?
			    json_string(vmbus_version_text(vmbus_conn.version,
							   text,
							   sizeof(text))) :
			    json_null());
	json_object_set_new(o, "features", json_integer(vmbus_conn.features));
	json_object_set_new(o, "connects", json_integer(vmbus_conn.connects));
	json_object_set_new(o, "unloads", json_integer(vmbus_conn.unloads));
	json_object_set_new(o, "gpadl_bytes",
			    json_integer(vmbus_gpadls_bytes()));
	return o;
}

static json_t *cmd_channels(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	return json_pack("{s:o}", "channels", channel_list(channel_details));
}

/* A channel by its id, or by the last one that it had. */
static struct vmbus_channel *requested_channel(const json_t *request,
					       char **error)
{
	const json_t *id = json_object_get(request, "channel");
	struct vmbus_channel *chan, *found = NULL;
	struct vmbus_device *dev;
	json_int_t value;

	if (!json_is_integer(id)) {
		control_error(error, "channel: expected a channel id");
		return NULL;
	}
	value = json_integer_value(id);
	if (value > 0 && value <= VMBUS_MAX_CHANNEL_ID)
		found = vmbus_channel_by_id(value);
	for (dev = vmbus_devices; dev && !found && value > 0; dev = dev->next)
		for (chan = dev->channels; chan; chan = chan->next)
			if (!chan->id && chan->last_id == value)
				found = chan;
	if (!found)
		control_error(error, "channel: expected the id of a channel, got %lld",
			      (long long)value);
	return found;
}

static json_t *cmd_rescind(const json_t *request, char **error)
{
	struct vmbus_channel *chan = requested_channel(request, error);

	if (!chan)
		return NULL;
	if (chan->state != CHANNEL_OFFERED && chan->state != CHANNEL_OPEN)
		return control_error(error, "channel: expected one that is offered or open, got one that is %s",
				     state_text(chan));
	if (chan->subindex) {
		vmbus_channel_rescind(chan);
	} else {
		chan->dev->hidden = true;
		vmbus_device_rescind(chan->dev);
	}
	return json_object();
}

static json_t *cmd_reoffer(const json_t *request, char **error)
{
	struct vmbus_channel *chan = requested_channel(request, error);

	if (!chan)
		return NULL;
	if (chan->subindex)
		return control_error(error, "channel: expected a primary channel, got sub-channel %u",
				     chan->subindex);
	if (!vmbus_device_reoffer(chan->dev))
		return control_error(error, "channel: expected a device that is present, got one that was removed");
	return json_object();
}

void vmbus_stats_init(void)
{
	control_register_part("stats", "channels", stats_channels);
	control_register_part("status", "vmbus", status_vmbus);
	control_register("channels", "", "list channels in detail",
			 cmd_channels);
	control_register("rescind", "channel", "take an offer back",
			 cmd_rescind);
	control_register("reoffer", "channel",
			 "take an offer back and make it again under a new id",
			 cmd_reoffer);
}
