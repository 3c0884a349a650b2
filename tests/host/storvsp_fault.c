// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of the storage service: requests that fail or get lost, and answers
 * that break the protocol. Which of them are to happen is known in fault.c.
 *
 * Context: loop thread, machine lock held.
 */
#include <string.h>

#include "fault.h"
#include "storvsp.h"

#define OP_READ_10	0x28

static struct fault_place place_of(const struct storvsp_request *req)
{
	return (struct fault_place){
		.disk = req->cmd.lun ? req->cmd.lun->serial : NULL,
		.cdb = req->cmd.cdb,
		.channel = req->chan ? vmbus_channel_id(req->chan->vmbus) : 0,
	};
}

static const struct {
	enum fault fault;
	uint8_t srb_status;
	uint8_t scsi_status;
} statuses[] = {
	{ FAULT_SRB_STATUS, 0, SCSI_GOOD },
	{ FAULT_BUSY, HVG_SRB_ERROR, 0x08 },
	{ FAULT_QUEUE_FULL, HVG_SRB_ERROR, 0x28 },
};

/**
 * storvsp_fault_request - let a request fail, or get lost
 * @req: about to be executed
 *
 * Return: true if it must not be executed: it has ended, or is parked.
 */
bool storvsp_fault_request(struct storvsp_request *req)
{
	struct fault_place place = place_of(req);
	struct scsi_cmd *cmd = &req->cmd;

	for (unsigned int i = 0; i < sizeof(statuses) / sizeof(statuses[0]);
	     i++) {
		if (!fault_fires(statuses[i].fault, place))
			continue;
		cmd->status = statuses[i].scsi_status;
		cmd->srb_status = statuses[i].srb_status;
		if (statuses[i].fault == FAULT_SRB_STATUS)
			cmd->srb_status = fault_value(FAULT_SRB_STATUS);
		cmd->done(cmd);
		return true;
	}
	if (fault_fires(FAULT_SENSE, place)) {
		scsi_check(cmd, fault_value(FAULT_SENSE));
		return true;
	}
	req->parked = fault_fires(FAULT_DROP, place);
	return req->parked;
}

/* The data is there, which few hosts say of what has failed. */
static void fail_last_block(struct storvsp_request *req)
{
	struct hvg_stor_request *srb = &req->packet.u.request;
	const uint8_t *cdb = req->cmd.cdb;

	scsi_build_sense(srb->u.sense, SCSI_READ_ERROR);
	srb->u.sense[0] |= 0x80;
	scsi_put32(srb->u.sense + 3,
		   scsi_be32(cdb + 2) + scsi_be16(cdb + 7) - 1);
	srb->sense_length = SCSI_SENSE_BYTES;
	srb->scsi_status = SCSI_CHECK_CONDITION;
	srb->srb_status = HVG_SRB_ERROR | HVG_SRB_AUTOSENSE_VALID;
	srb->transfer_length = 0;
}

/**
 * storvsp_fault_answer - let the answer to a request lie about it
 * @req: executed; its packet is complete
 */
void storvsp_fault_answer(struct storvsp_request *req)
{
	struct hvg_stor_request *srb = &req->packet.u.request;
	struct fault_place place = place_of(req);

	if (req->cmd.cdb[0] == OP_READ_10 && srb->srb_status == HVG_SRB_SUCCESS &&
	    fault_fires(FAULT_BAD_SECTOR, place))
		fail_last_block(req);
	if (srb->srb_status != HVG_SRB_SUCCESS &&
	    fault_fires(FAULT_LENGTH_KEPT, place))
		srb->transfer_length = req->cmd.length;
	if (srb->srb_status & HVG_SRB_AUTOSENSE_VALID &&
	    fault_fires(FAULT_SENSE_ROOM, place))
		srb->sense_length = fault_value(FAULT_SENSE_ROOM);
	if (fault_fires(FAULT_SHORT, place) &&
	    srb->transfer_length > fault_value(FAULT_SHORT))
		srb->transfer_length = fault_value(FAULT_SHORT);
	if (fault_fires(FAULT_TRANSFER_LENGTH, place))
		srb->transfer_length = req->cmd.length +
				       fault_value(FAULT_TRANSFER_LENGTH);
	if (fault_fires(FAULT_SENSE_LENGTH, place)) {
		scsi_build_sense(srb->u.sense, SCSI_READ_ERROR);
		srb->scsi_status = SCSI_CHECK_CONDITION;
		srb->srb_status = HVG_SRB_ERROR | HVG_SRB_AUTOSENSE_VALID;
		srb->sense_length = fault_value(FAULT_SENSE_LENGTH);
	}
}

/* One more packet to the guest: @like's answer, under another id. */
static void send_copy(struct storvsp_channel *chan,
		      const struct storvsp_request *like, uint64_t trans_id)
{
	struct storvsp_request *copy = storvsp_request_new();

	copy->type = like->type;
	copy->trans_id = trans_id;
	copy->bytes = like->bytes;
	copy->packet = like->packet;
	storvsp_send_packet(chan, copy);
}

static void send_notification(struct storvsp_channel *chan, uint32_t op)
{
	struct storvsp_request *req = storvsp_request_new();

	req->type = HVG_PACKET_INBAND;
	req->packet.operation = op;
	req->bytes = storvsp_packet_bytes(chan->ctl);
	storvsp_send_packet(chan, req);
}

/* Another open channel of the controller; its own if there is none. */
static struct storvsp_channel *other_channel(struct storvsp_channel *chan)
{
	struct storvsp_channel *c;

	TAILQ_FOREACH(c, &chan->ctl->channels, link)
		if (c != chan)
			return c;
	return chan;
}

/* A channel of another controller, or NULL. */
static struct storvsp_channel *foreign_channel(struct storvsp_channel *chan)
{
	struct storage_controller *ctl;

	TAILQ_FOREACH(ctl, &storage_list, link)
		if (ctl != chan->ctl && !TAILQ_EMPTY(&ctl->channels))
			return TAILQ_FIRST(&ctl->channels);
	return NULL;
}

/**
 * storvsp_fault_completion - pervert a completion
 * @req: about to be sent; its packet may be changed
 *
 * Return: the channel to send it on.
 */
struct storvsp_channel *storvsp_fault_completion(struct storvsp_request *req)
{
	struct storvsp_channel *chan = req->chan, *foreign;
	struct fault_place place = place_of(req);

	if (!req->cmd.cdb_length) {
		req->bytes = fault_garble(FAULT_PROTOCOL_BYTES, place,
					  &req->packet, req->bytes, NULL);
		return chan;
	}
	if (fault_fires(FAULT_NOTIFICATION, place))
		send_notification(chan, fault_value(FAULT_NOTIFICATION));
	if (fault_fires(FAULT_COMPLETION_UNKNOWN, place)) {
		send_copy(chan, req, ~req->trans_id);
		send_copy(chan, req, req->trans_id ^ 1ull << 40);
		send_copy(chan, req, 0);
		send_copy(chan, req, UINT64_MAX);
	}
	if (fault_fires(FAULT_COMPLETION_AGAIN, place))
		send_copy(chan, req, req->trans_id);
	foreign = foreign_channel(chan);
	if (foreign && fault_fires(FAULT_COMPLETION_FOREIGN, place))
		send_copy(foreign, req, req->trans_id);
	if (fault_fires(FAULT_COMPLETION_SHORT, place) &&
	    req->bytes > fault_value(FAULT_COMPLETION_SHORT))
		req->bytes = fault_value(FAULT_COMPLETION_SHORT);
	if (fault_fires(FAULT_COMPLETION_CHANNEL, place))
		chan = other_channel(chan);
	return chan;
}

/**
 * storvsp_fault_subchannels - how many sub-channels are really offered
 * @count: what the guest asked for and was granted
 */
unsigned int storvsp_fault_subchannels(unsigned int count)
{
	if (fault_fires(FAULT_SUBCHANNEL_NONE, FAULT_ANYWHERE))
		return 0;
	if (fault_fires(FAULT_SUBCHANNEL_MORE, FAULT_ANYWHERE))
		count += fault_value(FAULT_SUBCHANNEL_MORE);
	return count;
}

/**
 * storvsp_fault_properties - change what the guest is told of the controller
 * @req: its question; may be left without an answer
 * @p: the answer
 */
void storvsp_fault_properties(struct storvsp_request *req,
			      struct hvg_stor_properties *p)
{
	struct fault_place place = place_of(req);

	if (fault_fires(FAULT_START_SILENT, place))
		req->wants_completion = false;
	if (fault_fires(FAULT_TRANSFER_LIMIT, place))
		p->max_transfer_bytes = fault_value(FAULT_TRANSFER_LIMIT);
	if (fault_fires(FAULT_SUBCHANNEL_COUNT, place)) {
		p->max_subchannels = fault_value(FAULT_SUBCHANNEL_COUNT);
		p->flags |= HVG_STOR_PROPERTY_MULTICHANNEL;
	}
}
