// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VSTOR service: a state machine per controller that the guest walks
 * through on the primary channel, and SCSI requests on all channels.
 *
 * A request lives from its packet to its completion, which goes to the channel
 * that it came on. A channel that closes waits for the kernel to let go of the
 * guest's memory, then its requests are orphaned: they end without a word.
 *
 * Context: loop thread, machine lock held.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/hvg/guids.h"
#include "profile.h"
#include "record.h"
#include "storvsp.h"
#include "vm.h"

/* Requests of one channel executed at a time; more wait in the ring. */
#define STORVSP_DEPTH		256
/* How long a close may wait for the kernel. */
#define STORVSP_DRAIN_MS	5000

static bool paused;

static void record_version(const struct storage_controller *ctl,
			   uint16_t version, bool accepted)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%u", version >> 8, version & 0xff);
	record_event("storage_version",
		     json_pack("{s:i, s:s, s:s, s:b}", "controller",
			       (int)ctl->number, "bus",
			       storage_bus_name(ctl->bus), "requested", text,
			       "accepted", accepted));
}

static bool version_known(uint16_t version)
{
	switch (version) {
	case HVG_STOR_VERSION_WIN6:
	case HVG_STOR_VERSION_WIN7:
	case HVG_STOR_VERSION_WIN8:
	case HVG_STOR_VERSION_WIN8_1:
	case HVG_STOR_VERSION_WIN10:
		return version <= vm_profile()->stor_version;
	default:
		return false;
	}
}

static void query_version(struct storage_controller *ctl,
			  struct storvsp_request *req)
{
	uint16_t version = req->packet.u.version.version;
	bool ok = version_known(version);

	record_version(ctl, version, ok);
	if (ok) {
		ctl->version = version;
		ctl->state = STORVSP_QUERY_PROPERTIES;
	}
	storvsp_complete(req, ok ? HVG_NT_SUCCESS : HVG_NT_REVISION_MISMATCH);
}

static unsigned int max_subchannels(const struct storage_controller *ctl)
{
	unsigned int others = vm_cpus() - 1;

	if (ctl->bus != STORAGE_SCSI ||
	    !storvsp_version_at_least(ctl, HVG_STOR_VERSION_WIN8) ||
	    vmbus_version() < HVG_VERSION_WIN8)
		return 0;
	return vm_profile()->stor_subchannels < others ?
	       vm_profile()->stor_subchannels : others;
}

static void query_properties(struct storage_controller *ctl,
			     struct storvsp_request *req)
{
	struct hvg_stor_properties *p = &req->packet.u.properties;

	memset(p, 0, sizeof(*p));
	p->max_subchannels = max_subchannels(ctl);
	if (ctl->bus == STORAGE_SCSI &&
	    storvsp_version_at_least(ctl, HVG_STOR_VERSION_WIN8))
		p->flags = HVG_STOR_PROPERTY_MULTICHANNEL;
	p->max_transfer_bytes = vm_profile()->max_transfer_bytes;
	storvsp_fault_properties(req, p);
	ctl->state = STORVSP_END;
	storvsp_complete(req, HVG_NT_SUCCESS);
}

static void create_subchannels(struct storage_controller *ctl,
			       struct storvsp_request *req)
{
	unsigned int count = req->packet.u.subchannel_count;

	if (!count || count > max_subchannels(ctl)) {
		storvsp_complete(req, HVG_NT_INVALID_PARAMETER);
		return;
	}
	/* The answer first: the offers may arrive while it is being read. */
	storvsp_complete(req, HVG_NT_SUCCESS);
	vmbus_offer_subchannels(ctl->dev, storvsp_fault_subchannels(count));
}

/* One message of the primary channel's initialization; false: out of order. */
static bool initialize(struct storvsp_channel *chan,
		       struct storvsp_request *req)
{
	struct storage_controller *ctl = chan->ctl;
	uint32_t op = req->packet.operation;

	if (vmbus_channel_subindex(chan->vmbus))
		return false;
	if (ctl->state == STORVSP_BEGIN && op == HVG_STOR_BEGIN_INITIALIZATION) {
		ctl->state = STORVSP_QUERY_VERSION;
		storvsp_complete(req, HVG_NT_SUCCESS);
	} else if (ctl->state == STORVSP_QUERY_VERSION &&
		   op == HVG_STOR_QUERY_PROTOCOL_VERSION) {
		query_version(ctl, req);
	} else if (ctl->state == STORVSP_QUERY_PROPERTIES &&
		   op == HVG_STOR_QUERY_PROPERTIES) {
		query_properties(ctl, req);
	} else if (ctl->state == STORVSP_END &&
		   op == HVG_STOR_END_INITIALIZATION) {
		ctl->state = STORVSP_READY;
		storvsp_complete(req, HVG_NT_SUCCESS);
	} else if (ctl->state >= STORVSP_END &&
		   op == HVG_STOR_CREATE_SUB_CHANNELS) {
		create_subchannels(ctl, req);
	} else {
		return false;
	}
	return true;
}

static void handle_packet(struct storvsp_channel *chan,
			  const struct vmbus_packet *pkt)
{
	struct storvsp_request *req;
	bool ready = chan->ctl->state == STORVSP_READY;

	if ((pkt->type != HVG_PACKET_INBAND &&
	     pkt->type != HVG_PACKET_GPA_DIRECT) ||
	    pkt->bytes < offsetof(struct hvg_stor_packet, u)) {
		storvsp_protocol_error(chan, "not a storage packet, type", pkt->type);
		return;
	}
	req = storvsp_request_new();
	req->chan = chan;
	req->ctl = chan->ctl;
	req->trans_id = pkt->trans_id;
	req->bytes = pkt->bytes < sizeof(req->packet) ?
		     pkt->bytes : sizeof(req->packet);
	memcpy(&req->packet, pkt->data, req->bytes);
	req->wants_completion = pkt->flags & HVG_PACKET_FLAG_COMPLETION ||
				req->packet.flags & HVG_STOR_FLAG_COMPLETION;
	/*
	 * The answer is as long as the question, whatever the version: guests
	 * send full packets before they know it. Never shorter than what the
	 * oldest guest expects.
	 */
	if (req->bytes < HVG_STOR_PACKET_WIN6)
		req->bytes = HVG_STOR_PACKET_WIN6;

	switch (req->packet.operation) {
	case HVG_STOR_EXECUTE_SRB:
		if (!ready)
			break;
		storvsp_execute_srb(chan, req, pkt);
		return;
	case HVG_STOR_RESET_LUN:
	case HVG_STOR_RESET_ADAPTER:
	case HVG_STOR_RESET_BUS:
		if (!ready)
			break;
		storvsp_execute_reset(chan, req);
		return;
	case HVG_STOR_BEGIN_INITIALIZATION:
	case HVG_STOR_END_INITIALIZATION:
	case HVG_STOR_QUERY_PROTOCOL_VERSION:
	case HVG_STOR_QUERY_PROPERTIES:
	case HVG_STOR_CREATE_SUB_CHANNELS:
		if (initialize(chan, req))
			return;
		break;
	default:
		storvsp_protocol_error(chan, "unknown operation",
			       req->packet.operation);
		storvsp_complete(req, HVG_NT_INVALID_DEVICE_REQUEST);
		return;
	}
	storvsp_protocol_error(chan, "out of order: operation", req->packet.operation);
	storvsp_complete(req, HVG_NT_INVALID_DEVICE_STATE);
}

/* Sub-channels wait until the primary channel is through. */
static bool may_read(const struct storvsp_channel *chan)
{
	return !paused && chan->pending < STORVSP_DEPTH &&
	       image_in_flight() < IMAGE_RING_ENTRIES &&
	       (chan->ctl->state == STORVSP_READY ||
		!vmbus_channel_subindex(chan->vmbus));
}

static void read_channel(struct storvsp_channel *chan)
{
	static struct vmbus_packet pkt;
	struct storage_controller *ctl = chan->ctl;
	bool was_ready = ctl->state == STORVSP_READY;

	if (chan->busy)
		return;
	chan->busy = true;
	chan->throttled = false;
	for (;;) {
		if (!may_read(chan)) {
			chan->throttled = true;
			break;
		}
		if (vmbus_read(chan->vmbus, &pkt) != 1)
			break;
		handle_packet(chan, &pkt);
	}
	chan->busy = false;
	image_kick();
	if (!was_ready && ctl->state == STORVSP_READY)
		storvsp_resume_all();
}

void storvsp_resume_all(void)
{
	struct storage_controller *ctl;
	struct storvsp_channel *chan;

	TAILQ_FOREACH(ctl, &storage_list, link)
		TAILQ_FOREACH(chan, &ctl->channels, link)
			if (chan->throttled && may_read(chan))
				read_channel(chan);
}

void storvsp_pause(bool on)
{
	struct storage_controller *ctl;
	struct storvsp_channel *chan;

	paused = on;
	image_hold_results(on);
	if (on)
		return;
	TAILQ_FOREACH(ctl, &storage_list, link) {
		TAILQ_FOREACH(chan, &ctl->channels, link) {
			storvsp_flush_backlog(chan);
			read_channel(chan);
		}
	}
}

static int storvsp_open(struct vmbus_channel *vmbus, const void *user)
{
	struct storage_controller *ctl =
		vmbus_device_opaque(vmbus_channel_device(vmbus));
	struct storvsp_channel *chan = calloc(1, sizeof(*chan));

	(void)user;
	if (!chan)
		abort();
	chan->ctl = ctl;
	chan->vmbus = vmbus;
	TAILQ_INIT(&chan->requests);
	TAILQ_INIT(&chan->backlog);
	storage_controller_get(ctl);
	TAILQ_INSERT_TAIL(&ctl->channels, chan, link);
	ctl->channel_count++;
	if (!vmbus_channel_subindex(vmbus)) {
		ctl->state = STORVSP_BEGIN;
		ctl->version = 0;
	}
	vmbus_channel_set_opaque(vmbus, chan);
	return 0;
}

static void storvsp_close(struct vmbus_channel *vmbus)
{
	struct storvsp_channel *chan = vmbus_channel_opaque(vmbus);
	struct storage_controller *ctl;

	if (!chan)
		return;
	ctl = chan->ctl;
	image_drain(chan, STORVSP_DRAIN_MS);
	storvsp_orphan_requests(chan);
	vmbus_channel_set_opaque(vmbus, NULL);
	TAILQ_REMOVE(&ctl->channels, chan, link);
	ctl->channel_count--;
	if (!vmbus_channel_subindex(vmbus)) {
		ctl->state = STORVSP_BEGIN;
		ctl->version = 0;
	}
	free(chan);
	storage_controller_put(ctl);
}

static void storvsp_rescind(struct vmbus_channel *vmbus)
{
	struct storvsp_channel *chan = vmbus_channel_opaque(vmbus);

	if (!chan)
		return;
	/* What the kernel still moves data for must not be given back. */
	if (!image_drain(chan, STORVSP_DRAIN_MS))
		storvsp_answer_gone(chan);
}

static bool storvsp_busy(struct vmbus_channel *vmbus)
{
	struct storvsp_channel *chan = vmbus_channel_opaque(vmbus);

	return chan && !TAILQ_EMPTY(&chan->requests);
}

static void storvsp_packets(struct vmbus_channel *vmbus)
{
	struct storvsp_channel *chan = vmbus_channel_opaque(vmbus);

	if (chan)
		read_channel(chan);
}

static void storvsp_writable(struct vmbus_channel *vmbus)
{
	struct storvsp_channel *chan = vmbus_channel_opaque(vmbus);

	if (!chan || paused)
		return;
	if (storvsp_flush_backlog(chan) && chan->throttled)
		read_channel(chan);
}

void storvsp_notify_bus(struct storage_controller *ctl, uint32_t op)
{
	struct storvsp_channel *chan;
	struct storvsp_request *req;

	/* WS2008 has no hot plug: 2.0 knows no notifications. */
	if (ctl->state != STORVSP_READY ||
	    !storvsp_version_at_least(ctl, HVG_STOR_VERSION_WIN7))
		return;
	TAILQ_FOREACH(chan, &ctl->channels, link) {
		if (vmbus_channel_subindex(chan->vmbus))
			continue;
		req = storvsp_request_new();
		req->type = HVG_PACKET_INBAND;
		req->packet.operation = op;
		req->bytes = storvsp_packet_bytes(ctl);
		storvsp_send_packet(chan, req);
		return;
	}
}

void storvsp_reset(struct storage_controller *ctl)
{
	struct storvsp_channel *chan;

	TAILQ_FOREACH(chan, &ctl->channels, link)
		storvsp_orphan_requests(chan);
	ctl->state = STORVSP_BEGIN;
	ctl->version = 0;
}

const struct vmbus_service storvsp_scsi_service = {
	.name = "scsi",
	.interface = HVG_GUID_SCSI,
	.offer_flags = HVG_OFFER_ENUMERATE_INTERFACE,
	.open = storvsp_open,
	.close = storvsp_close,
	.notify = storvsp_packets,
	.writable = storvsp_writable,
	.rescind = storvsp_rescind,
	.busy = storvsp_busy,
};

const struct vmbus_service storvsp_ide_service = {
	.name = "ide",
	.interface = HVG_GUID_IDE,
	.offer_flags = HVG_OFFER_ENUMERATE_INTERFACE,
	.open = storvsp_open,
	.close = storvsp_close,
	.notify = storvsp_packets,
	.writable = storvsp_writable,
	.rescind = storvsp_rescind,
	.busy = storvsp_busy,
};
