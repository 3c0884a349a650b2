// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a channel between open and close. Runs with the machine lock
 * held, mostly on the vCPU thread that posted the message.
 * Source: PROTOCOL 3.2, 3.4.
 */
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "vm.h"
#include "vmbus_host.h"

static void send_open_result(uint32_t vp, uint32_t sint, uint32_t channel,
			     uint32_t open_id, uint32_t status)
{
	struct hvg_msg_open_result msg = {
		.header.type = HVG_MSG_OPEN_RESULT,
		.channel = channel,
		.open_id = open_id,
		.status = status,
	};

	record_event("open_result", json_pack("{s:I, s:I}",
					      "channel", (json_int_t)channel,
					      "status", (json_int_t)status));
	if (sint == HVG_VMBUS_SINT && vp == vmbus_conn.message_vp)
		vmbus_send(&msg, sizeof(msg));
	else
		vmbus_send_to(vp, sint, &msg, sizeof(msg));
}

static bool signal_taken(const struct vmbus_channel *chan)
{
	const struct vmbus_channel *c;
	uint32_t id;

	for (id = 1; id <= VMBUS_MAX_CHANNEL_ID; id++) {
		c = vmbus_channel_by_id(id);
		if (c && c != chan && c->state == CHANNEL_OPEN &&
		    (c->connection == chan->connection ||
		     (c->event_flag == chan->event_flag &&
		      c->target_vp == chan->target_vp)))
			return true;
	}
	return false;
}

/* Interrupt and signal parameters of an open; NULL or what is wrong. */
static const char *set_target(struct vmbus_channel *chan,
			      const struct hvg_msg_open *msg, bool with_signal)
{
	bool guest_specified = with_signal && (vmbus_conn.features &
					       HVG_FEATURE_GUEST_SIGNAL_PARAMS);

	chan->target_vp = 0;
	if (vmbus_conn.version >= HVG_VERSION_WIN8)
		chan->target_vp = msg->target_vp;
	if (chan->target_vp != VMBUS_VP_NONE && chan->target_vp >= vm_cpus())
		return "no such VP";
	chan->event_flag = chan->id;
	chan->connection = vmbus_conn.version < HVG_VERSION_WIN7 ?
			   HVG_CONN_EVENT : chan->id | HVG_VMBUS_SINT << 12;
	if (guest_specified) {
		if (!msg->event_flag || msg->event_flag >= HVG_EVENT_FLAGS ||
		    !msg->connection_id)
			return "event flag or connection id out of range";
		chan->event_flag = msg->event_flag;
		chan->connection = msg->connection_id;
	}
	/* Only a guest that chooses can choose what is taken. */
	if (vmbus_conn.version >= HVG_VERSION_COPPER && signal_taken(chan))
		return "event flag or connection id in use";
	return NULL;
}

/* Take the rings out of the GPADL; NULL or what is wrong. */
static const char *attach_rings(struct vmbus_channel *chan,
				const struct hvg_msg_open *msg)
{
	uint32_t split = msg->downstream_page, pages;
	const uint64_t *pfns;

	chan->gpadl = vmbus_gpadl_find(chan, msg->gpadl);
	if (!chan->gpadl || chan->gpadl->state != GPADL_CREATED)
		return "the channel has no such gpadl";
	if (vmbus_gpadl_pages(chan->gpadl, &pfns, &pages))
		return "the gpadl is not one range of whole pages";
	/* Each ring is a control page and at least one data page. */
	if (split < 2 || split >= pages || pages - split < 2)
		return "the downstream page does not split the gpadl in two";
	if (vmbus_ring_init(&chan->in, pfns, split, false))
		return "guest-to-host indices are out of range";
	if (vmbus_ring_init(&chan->out, pfns + split, pages - split, true)) {
		vmbus_ring_free(&chan->in);
		return "host-to-guest indices are out of range";
	}
	return NULL;
}

static void detach_rings(struct vmbus_channel *chan)
{
	vmbus_ring_free(&chan->in);
	vmbus_ring_free(&chan->out);
}

/* Open for the service too; an NTSTATUS. */
static uint32_t start(struct vmbus_channel *chan, const void *user)
{
	int status;

	chan->broken = false;
	chan->rescind_told = false;
	chan->rescind_after = false;
	chan->draining = false;
	chan->drain_again = false;
	chan->unread = false;
	chan->write_blocked = false;
	chan->write_needs = 0;
	chan->state = CHANNEL_OPEN;
	chan->gpadl->in_use = true;
	vmbus_channel_bind(chan);
	status = chan->dev->service->open(chan, user);
	if (!status) {
		chan->opens++;
		return VMBUS_STATUS_SUCCESS;
	}
	vmbus_channel_unbind(chan);
	chan->state = CHANNEL_OFFERED;
	detach_rings(chan);
	vmbus_gpadl_put(chan->gpadl);
	chan->gpadl = NULL;
	return status;
}

static void record_open(const struct vmbus_channel *chan,
			const struct hvg_msg_open *msg, const char *wrong)
{
	json_t *details;

	details = json_pack("{s:I, s:s, s:i, s:I, s:I, s:I, s:I, s:i}",
			    "channel", (json_int_t)chan->id,
			    "name", chan->dev->service->name,
			    "subchannel", chan->subindex,
			    "vp", (json_int_t)chan->target_vp,
			    "gpadl", (json_int_t)msg->gpadl,
			    "downstream_page",
			    (json_int_t)msg->downstream_page,
			    "connection", (json_int_t)chan->connection,
			    "event_flag", chan->event_flag);
	if (wrong)
		json_object_set_new(details, "why", json_string(wrong));
	record_event("open", details);
}

/* @with_signal: the message carries the fields of 6.0 */
void vmbus_open_channel(const struct hvg_msg_open *msg, bool with_signal)
{
	uint32_t status = VMBUS_STATUS_UNSUCCESSFUL;
	struct vmbus_channel *chan;
	const char *wrong;

	chan = vmbus_channel_lookup(msg->channel, msg->header.type);
	if (!chan)
		return;
	/* The rescind is on its way and answers for the open. */
	if (chan->state != CHANNEL_OFFERED) {
		vmbus_reject(msg->header.type, "channel %u is %s", chan->id,
			     chan->state == CHANNEL_OPEN ? "open" :
			     chan->state == CHANNEL_CLOSING ? "closing" :
							      "rescinded");
		return;
	}
	if (vmbus_device_taken(chan, FAULT_RESCIND_OPEN))
		return;
	wrong = set_target(chan, msg, with_signal);
	if (!wrong)
		wrong = attach_rings(chan, msg);
	record_open(chan, msg, wrong);
	if (!wrong)
		status = start(chan, msg->user);
	send_open_result(vmbus_conn.message_vp, HVG_VMBUS_SINT, msg->channel,
			 msg->open_id, status);
	if (!status)
		vmbus_channel_drain(chan);
}

/* Close for whatever reason: the service, the signals, the rings. */
void vmbus_channel_shut(struct vmbus_channel *chan, const char *why)
{
	if (chan->state != CHANNEL_OPEN && chan->state != CHANNEL_CLOSING)
		return;
	record_event("close", json_pack("{s:I, s:s, s:i, s:s}",
					"channel", (json_int_t)chan->id,
					"name", chan->dev->service->name,
					"subchannel", chan->subindex,
					"why", why));
	vmbus_channel_unbind(chan);
	/* The service may look at the rings for the last time. */
	chan->dev->service->close(chan);
	chan->state = CHANNEL_OFFERED;
	detach_rings(chan);
	vmbus_gpadl_put(chan->gpadl);
	chan->gpadl = NULL;
	vmbus_gpadls_closed(chan);
}

/**
 * vmbus_channel_close_waits() - put a close off until the requests have ended
 * @chan: channel that the guest wants closed
 *
 * Nothing more is read from it, nor written to it.
 *
 * Return: false: there is nothing to wait for, or the host cancels it.
 */
bool vmbus_channel_close_waits(struct vmbus_channel *chan)
{
	struct fault_place place = { .channel = chan->id };

	if (chan->state == CHANNEL_CLOSING)
		return true;
	if (chan->state != CHANNEL_OPEN || !chan->dev->service->busy ||
	    !chan->dev->service->busy(chan) ||
	    !fault_fires(FAULT_CLOSE_WAITS, place))
		return false;
	record_event("closing", json_pack("{s:I}", "channel",
					  (json_int_t)chan->id));
	vmbus_channel_unbind(chan);
	chan->state = CHANNEL_CLOSING;
	return true;
}

void vmbus_channel_idle(struct vmbus_channel *chan)
{
	bool rescind = chan->rescind_after || chan->rescind_told;

	if (chan->state != CHANNEL_CLOSING &&
	    !(chan->state == CHANNEL_OPEN && chan->rescind_told))
		return;
	if (chan->dev->service->busy(chan))
		return;
	vmbus_channel_shut(chan, rescind ? "rescind" : "close");
	/* After UNLOAD the guest hears of nothing but its end. */
	if (rescind && !vmbus_conn.unloading)
		vmbus_channel_rescind(chan);
	vmbus_unload_settle();
}

void vmbus_close_channel(const struct hvg_msg_channel *msg)
{
	struct vmbus_channel *chan;

	chan = vmbus_channel_lookup(msg->channel, msg->header.type);
	if (!chan)
		return;
	/* A close that crosses our rescind is no fault. */
	if (chan->state == CHANNEL_RESCINDED)
		return;
	if (chan->state != CHANNEL_OPEN) {
		vmbus_reject(msg->header.type, "channel %u is not open",
			     chan->id);
		return;
	}
	if (!chan->subindex)
		vmbus_subchannels_rescind(chan->dev);
	if (!vmbus_channel_close_waits(chan))
		vmbus_channel_shut(chan, "close");
}

/*
 * Another VP for the interrupts. The change is made before the answer: the
 * guest expects nothing on the old VP after it.
 */
void vmbus_modify_channel(const struct hvg_msg_modify_channel *msg)
{
	struct hvg_msg_modify_channel_response answer = {
		.header.type = HVG_MSG_MODIFY_CHANNEL_RESPONSE,
		.channel = msg->channel,
		.status = (hvg_s32)VMBUS_STATUS_UNSUCCESSFUL,
	};
	struct vmbus_channel *chan = vmbus_channel_by_id(msg->channel);

	if (chan && chan->state == CHANNEL_OPEN &&
	    (msg->target_vp < vm_cpus() || msg->target_vp == VMBUS_VP_NONE)) {
		chan->target_vp = msg->target_vp;
		answer.status = VMBUS_STATUS_SUCCESS;
	}
	record_event("modify_channel",
		     json_pack("{s:I, s:I, s:b}",
			       "channel", (json_int_t)msg->channel,
			       "vp", (json_int_t)msg->target_vp,
			       "done", !answer.status));
	if (vmbus_conn.version >= HVG_VERSION_IRON)
		vmbus_send(&answer, sizeof(answer));
}

static bool target_valid(uint32_t vp, uint32_t sint)
{
	return vp < vm_cpus() && sint < HVG_SYNIC_SINTS;
}

/*
 * Reserved channels are for crash-time storage, which no service here
 * offers: an open is refused, at the VP and SINT that it names.
 */
void vmbus_open_reserved(const struct hvg_msg_open_reserved *msg)
{
	record_event("open_reserved",
		     json_pack("{s:I, s:I, s:I}",
			       "channel", (json_int_t)msg->channel,
			       "vp", (json_int_t)msg->target_vp,
			       "sint", (json_int_t)msg->target_sint));
	if (!target_valid(msg->target_vp, msg->target_sint)) {
		vmbus_reject(msg->header.type, "no such VP or SINT");
		return;
	}
	send_open_result(msg->target_vp, msg->target_sint, msg->channel, 0,
			 VMBUS_STATUS_UNSUCCESSFUL);
}

/* The channel is closed in any case, which is all that the guest asks. */
void vmbus_close_reserved(const struct hvg_msg_close_reserved *msg)
{
	struct hvg_msg_channel answer = {
		.header.type = HVG_MSG_CLOSE_RESERVED_RESPONSE,
		.channel = msg->channel,
	};

	record_event("close_reserved",
		     json_pack("{s:I, s:I, s:I}",
			       "channel", (json_int_t)msg->channel,
			       "vp", (json_int_t)msg->target_vp,
			       "sint", (json_int_t)msg->target_sint));
	if (!target_valid(msg->target_vp, msg->target_sint)) {
		vmbus_reject(msg->header.type, "no such VP or SINT");
		return;
	}
	if (vmbus_conn.version && vmbus_conn.version < HVG_VERSION_WIN10)
		return;
	vmbus_send_to(msg->target_vp, msg->target_sint, &answer,
		      sizeof(answer));
}

/* The guest broke a ring: this channel is not served any more. */
void vmbus_channel_broken(struct vmbus_channel *chan, const char *what,
			  uint32_t value)
{
	if (chan->broken)
		return;
	chan->broken = true;
	hlog("vmbus: channel %u stopped: %s %u", chan->id, what, value);
	record_event("ring_broken",
		     json_pack("{s:I, s:s, s:I}",
			       "channel", (json_int_t)chan->id,
			       "what", what, "value", (json_int_t)value));
}
