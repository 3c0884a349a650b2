// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storage requests: from a packet to a SCSI command on a logical unit and back
 * to a completion on the same channel; the resets; what waits for room.
 *
 * Context: loop thread, machine lock held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "profile.h"
#include "record.h"
#include "storvsp.h"
#include "vm.h"

#define STORVSP_DOES_NOT_EXIST	0xc00000c0u	/* NTSTATUS, PROTOCOL 6 */
#define STORVSP_DEVICE_BUSY	0x80000011u
#define STORVSP_OVERFLOW	0x80000005u

static struct storvsp_request_list free_requests =
	TAILQ_HEAD_INITIALIZER(free_requests);

struct storvsp_request *storvsp_request_new(void)
{
	struct storvsp_request *req = TAILQ_FIRST(&free_requests);
	struct iovec *iov;
	unsigned int room;

	if (!req) {
		req = calloc(1, sizeof(*req));
		if (!req)
			abort();
		return req;
	}
	TAILQ_REMOVE(&free_requests, req, link);
	iov = req->iov;
	room = req->iov_room;
	memset(req, 0, sizeof(*req));
	req->iov = iov;
	req->iov_room = room;
	return req;
}

static void request_free(struct storvsp_request *req)
{
	TAILQ_INSERT_HEAD(&free_requests, req, link);
}

uint32_t storvsp_packet_bytes(const struct storage_controller *ctl)
{
	return storvsp_version_at_least(ctl, HVG_STOR_VERSION_WIN8) ?
	       sizeof(struct hvg_stor_packet) : HVG_STOR_PACKET_WIN6;
}

/* Send what waits for room; true: the backlog is empty. */
bool storvsp_flush_backlog(struct storvsp_channel *chan)
{
	struct storvsp_request *req;

	while ((req = TAILQ_FIRST(&chan->backlog))) {
		if (vmbus_write(chan->vmbus, req->type, req->trans_id,
				&req->packet, req->bytes, 0) == -EAGAIN)
			return false;
		TAILQ_REMOVE(&chan->backlog, req, link);
		chan->pending--;
		request_free(req);
	}
	return true;
}

/* @req is on no list; the packet goes behind what waits already. */
void storvsp_send_packet(struct storvsp_channel *chan,
			 struct storvsp_request *req)
{
	chan->pending++;
	TAILQ_INSERT_TAIL(&chan->backlog, req, link);
	storvsp_flush_backlog(chan);
}

void storvsp_complete(struct storvsp_request *req, uint32_t nt_status)
{
	req->packet.operation = HVG_STOR_COMPLETE_IO;
	req->packet.flags = 0;
	req->packet.status = nt_status;
	req->type = HVG_PACKET_COMPLETION;
	if (req->wants_completion)
		storvsp_send_packet(storvsp_fault_completion(req), req);
	else
		request_free(req);
}

void storvsp_protocol_error(struct storvsp_channel *chan, const char *what,
			    uint32_t got)
{
	chan->ctl->protocol_errors++;
	hlog("storage: channel %u: %s: %u", vmbus_channel_id(chan->vmbus),
	     what, got);
}

static uint32_t nt_status(uint8_t srb_status)
{
	switch (srb_status) {
	case HVG_SRB_SUCCESS:
		return HVG_NT_SUCCESS;
	case HVG_SRB_BUSY:
		return STORVSP_DEVICE_BUSY;
	case HVG_SRB_INVALID_LUN:
	case HVG_SRB_INVALID_TARGET:
	case HVG_SRB_NO_DEVICE:
		return STORVSP_DOES_NOT_EXIST;
	case HVG_SRB_TIMEOUT:
	case HVG_SRB_COMMAND_TIMEOUT:
		return HVG_NT_IO_TIMEOUT;
	case HVG_SRB_SELECTION_TIMEOUT:
		return HVG_NT_DEVICE_NOT_CONNECTED;
	case HVG_SRB_BAD_LENGTH:
		return HVG_NT_INVALID_DEVICE_REQUEST;
	case HVG_SRB_DATA_OVERRUN:
		return STORVSP_OVERFLOW;
	case HVG_SRB_FLUSHED:
		return HVG_NT_UNSUCCESSFUL;
	case HVG_SRB_ABORTED:
		return HVG_NT_CANCELLED;
	default:
		return HVG_NT_IO_DEVICE_ERROR;
	}
}

/*
 * Sense data takes the place of the CDB. What does not fit the guest's room
 * is cut; without autosense it waits for REQUEST SENSE.
 */
static void put_sense(struct storvsp_request *req)
{
	struct hvg_stor_request *srb = &req->packet.u.request;
	bool win8 = storvsp_version_at_least(req->ctl, HVG_STOR_VERSION_WIN8);
	unsigned int room = win8 ? HVG_STOR_SENSE_WIN8 : HVG_STOR_SENSE_WIN6;
	struct scsi_cmd *cmd = &req->cmd;
	bool autosense = !win8 || !(srb->srb_flags & HVG_SRB_NO_AUTOSENSE);

	if (room > srb->sense_length)
		room = srb->sense_length;
	memset(&srb->u, 0, sizeof(srb->u));
	srb->sense_length = 0;
	if (!cmd->sense_length)
		return;
	if (!autosense || !room) {
		if (!cmd->lun)
			return;
		memcpy(cmd->lun->sense, cmd->sense, sizeof(cmd->lun->sense));
		cmd->lun->sense_kept = true;
		return;
	}
	if (room > cmd->sense_length)
		room = cmd->sense_length;
	memcpy(srb->u.sense, cmd->sense, room);
	srb->sense_length = room;
	srb->srb_status |= HVG_SRB_AUTOSENSE_VALID;
}

/*
 * Old hosts fail INQUIRY of the serial number and MODE SENSE of the
 * exceptions page although the data is there.
 */
static bool spurious_error(const struct scsi_cmd *cmd)
{
	if (!vm_profile()->inquiry_error_quirk || !cmd->lun)
		return false;
	if (cmd->cdb[0] == 0x12)
		return cmd->cdb[1] & 0x01 && cmd->cdb[2] == 0x80;
	return cmd->cdb[0] == 0x1a && cmd->cdb[2] == 0x1c;
}

static void reset_one_less(struct storvsp_request *reset)
{
	if (--reset->waits_for)
		return;
	TAILQ_REMOVE(&reset->chan->requests, reset, link);
	reset->chan->pending--;
	storvsp_complete(reset, HVG_NT_SUCCESS);
}

static void account(const struct storvsp_request *req)
{
	const struct scsi_cmd *cmd = &req->cmd;

	scsi_account(&req->ctl->stats, cmd);
	if (!cmd->lun)
		return;
	scsi_account(&cmd->lun->stats, cmd);
	/* Data of whole blocks in a range that is none. */
	if ((cmd->class == SCSI_CLASS_READ || cmd->class == SCSI_CLASS_WRITE) &&
	    req->range_bytes % cmd->lun->sector)
		req->ctl->ranges_bytes_unaligned++;
}

static void command_done(struct scsi_cmd *cmd)
{
	struct storvsp_request *req = (struct storvsp_request *)
		((char *)cmd - offsetof(struct storvsp_request, cmd));
	struct hvg_stor_request *srb = &req->packet.u.request;
	struct storvsp_channel *chan = req->chan;
	struct storage_controller *ctl = req->ctl;
	struct storvsp_request *reset = req->reset;
	struct vmbus_channel *vmbus = chan ? chan->vmbus : NULL;
	struct vmbus_channel *reset_vmbus = reset ? reset->chan->vmbus : NULL;
	struct scsi_lun *lun = cmd->lun;
	bool win8 = storvsp_version_at_least(ctl, HVG_STOR_VERSION_WIN8);

	ctl->in_flight--;
	if (cmd->aborted)
		cmd->srb_status = HVG_SRB_ABORTED;
	account(req);

	if (chan) {
		TAILQ_REMOVE(&chan->requests, req, link);
		chan->pending--;
		srb->length = win8 ? sizeof(*srb) : HVG_STOR_REQUEST_WIN6;
		srb->srb_status = cmd->srb_status;
		srb->scsi_status = cmd->status;
		srb->transfer_length = cmd->aborted ? 0 : cmd->moved;
		put_sense(req);
		if (cmd->srb_status == HVG_SRB_SUCCESS && spurious_error(cmd))
			srb->srb_status = HVG_SRB_ERROR;
		storvsp_fault_answer(req);
	}
	if (chan)
		storvsp_complete(req, nt_status(srb->srb_status &
						HVG_SRB_STATUS_MASK));
	else
		request_free(req);
	scsi_lun_put(lun);
	if (reset)
		reset_one_less(reset);
	storage_controller_put(ctl);
	/* The last of a channel that is closing. */
	if (vmbus)
		vmbus_channel_idle(vmbus);
	if (reset_vmbus && reset_vmbus != vmbus)
		vmbus_channel_idle(reset_vmbus);
}

/* A request that is refused before any unit sees it. */
static void refuse_srb(struct storvsp_request *req)
{
	struct hvg_stor_request *srb = &req->packet.u.request;

	srb->srb_status = HVG_SRB_INVALID_REQUEST;
	srb->scsi_status = 0;
	srb->sense_length = 0;
	srb->transfer_length = 0;
	req->ctl->stats.requests++;
	req->ctl->stats.errors++;
	storvsp_complete(req, HVG_NT_INVALID_PARAMETER);
}

static struct iovec *request_iov(struct storvsp_request *req,
				 unsigned int count)
{
	if (count > req->iov_room) {
		free(req->iov);
		req->iov = calloc(count, sizeof(*req->iov));
		if (!req->iov)
			abort();
		req->iov_room = count;
	}
	return req->iov;
}

/* Find the request's data; NULL, or what is wrong with it. */
static const char *map_data(struct storvsp_request *req,
			    const struct vmbus_packet *pkt)
{
	uint32_t length = req->packet.u.request.transfer_length;
	struct scsi_cmd *cmd = &req->cmd;
	int64_t bytes;
	uint32_t left;
	int n;

	cmd->length = length;
	if (pkt->type == HVG_PACKET_INBAND)
		return length ? "transfer length without data range" : NULL;
	if (pkt->range_count != 1)
		return "data ranges, expected one";
	bytes = vmbus_range_bytes(pkt, 0);
	if (bytes < 0)
		return "malformed data range";
	req->range_bytes = bytes;
	if (length > bytes)
		return "transfer length beyond the data range";
	if (!length)
		return NULL;
	cmd->iov = request_iov(req, pkt->ranges_bytes / sizeof(uint64_t));
	n = vmbus_range_iov(pkt, 0, cmd->iov, req->iov_room);
	if (n < 0)
		return "data range is not memory";
	/* The range may be longer than what is to be moved. */
	left = length;
	for (cmd->iov_count = 0; left; cmd->iov_count++) {
		struct iovec *iov = &cmd->iov[cmd->iov_count];

		if (iov->iov_len > left)
			iov->iov_len = left;
		left -= iov->iov_len;
	}
	return NULL;
}

void storvsp_execute_srb(struct storvsp_channel *chan,
			 struct storvsp_request *req,
			 const struct vmbus_packet *pkt)
{
	struct hvg_stor_request *srb = &req->packet.u.request;
	struct storage_controller *ctl = chan->ctl;
	bool win8 = storvsp_version_at_least(ctl, HVG_STOR_VERSION_WIN8);
	struct scsi_cmd *cmd = &req->cmd;
	const char *wrong = map_data(req, pkt);
	struct scsi_lun *lun;

	/* Reported, but let pass as real hosts do. */
	if (srb->length != (win8 ? sizeof(*srb) : HVG_STOR_REQUEST_WIN6))
		storvsp_protocol_error(chan, "length of the request",
				       srb->length);
	if (srb->transfer_length > vm_profile()->max_transfer_bytes)
		storvsp_protocol_error(chan, "transfer beyond the maximum",
				       srb->transfer_length);
	if (pkt->bytes < storvsp_packet_bytes(ctl))
		wrong = "packet too short";
	if (!srb->cdb_length || srb->cdb_length > HVG_STOR_CDB_MAX)
		wrong = "CDB length";
	if (srb->direction > HVG_STOR_NONE)
		wrong = "data direction";
	if (wrong) {
		storvsp_protocol_error(chan, wrong, srb->transfer_length);
		refuse_srb(req);
		return;
	}
	memcpy(cmd->cdb, srb->u.cdb, srb->cdb_length);
	cmd->cdb_length = srb->cdb_length;
	cmd->direction = (enum scsi_direction)srb->direction;
	cmd->done = command_done;
	cmd->owner = chan;

	chan->pending++;
	TAILQ_INSERT_TAIL(&chan->requests, req, link);
	storage_controller_get(ctl);
	if (++ctl->in_flight > ctl->queue_depth_max)
		ctl->queue_depth_max = ctl->in_flight;

	lun = storage_controller_lun(ctl, srb->path, srb->target, srb->lun);
	if (lun)
		cmd->lun = scsi_lun_get(lun);
	if (storvsp_fault_request(req))
		return;
	if (cmd->cdb[0] == 0xa0)
		storage_controller_report_luns(ctl, cmd, srb->path,
					       srb->target);
	else if (lun)
		scsi_execute(cmd);
	else
		scsi_absent(cmd);
}

static void request_abort(struct storvsp_request *req)
{
	scsi_abort(&req->cmd);
	/* Nobody executes it, so nobody else ends it. */
	if (req->parked) {
		req->parked = false;
		command_done(&req->cmd);
	}
}

static bool reset_hits(const struct storvsp_request *reset,
		       const struct storvsp_request *req)
{
	const struct hvg_stor_request *which = &reset->packet.u.request;
	const struct hvg_stor_request *srb = &req->packet.u.request;

	if (req->packet.operation != HVG_STOR_EXECUTE_SRB)
		return false;
	return reset->packet.operation != HVG_STOR_RESET_LUN ||
	       (srb->path == which->path && srb->target == which->target &&
		srb->lun == which->lun);
}

static void reset_luns(const struct storvsp_request *reset)
{
	const struct hvg_stor_request *which = &reset->packet.u.request;
	struct storage_controller *ctl = reset->ctl;
	struct scsi_lun *lun;

	if (reset->packet.operation == HVG_STOR_RESET_LUN) {
		lun = storage_controller_lun(ctl, which->path, which->target,
					     which->lun);
		if (lun)
			scsi_lun_reset(lun, SCSI_UA_DEVICE_RESET);
		return;
	}
	for (unsigned int t = 0; t < STORAGE_TARGETS; t++)
		for (unsigned int l = 0; l < STORAGE_LUNS; l++)
			if (ctl->luns[t][l])
				scsi_lun_reset(ctl->luns[t][l],
					       SCSI_UA_BUS_RESET);
}

/* Abort what is outstanding on all channels, then answer. */
void storvsp_execute_reset(struct storvsp_channel *chan,
			   struct storvsp_request *reset)
{
	struct storvsp_request *req, *next;
	struct storvsp_channel *other;

	record_event("storage_reset",
		     json_pack("{s:i, s:s}", "controller",
			       (int)chan->ctl->number, "of",
			       reset->packet.operation == HVG_STOR_RESET_LUN ?
			       "lun" : "bus"));
	if (fault_fires(FAULT_DROP_RESET, FAULT_ANYWHERE)) {
		request_free(reset);
		return;
	}
	if (fault_fires(FAULT_RESET_NOOP, FAULT_ANYWHERE)) {
		storvsp_complete(reset, HVG_NT_SUCCESS);
		return;
	}
	chan->pending++;
	TAILQ_INSERT_TAIL(&chan->requests, reset, link);
	/* One for ourselves, so that it cannot end before all are found. */
	reset->waits_for = 1;
	TAILQ_FOREACH(other, &chan->ctl->channels, link) {
		for (req = TAILQ_FIRST(&other->requests); req; req = next) {
			next = TAILQ_NEXT(req, link);
			if (req->reset || !reset_hits(reset, req))
				continue;
			req->reset = reset;
			reset->waits_for++;
			request_abort(req);
		}
	}
	reset_luns(reset);
	reset_one_less(reset);
}

/* A reset that goes without an answer. */
static void forget_reset(struct storage_controller *ctl,
			 const struct storvsp_request *reset)
{
	struct storvsp_channel *chan;
	struct storvsp_request *req;

	TAILQ_FOREACH(chan, &ctl->channels, link)
		TAILQ_FOREACH(req, &chan->requests, link)
			if (req->reset == reset)
				req->reset = NULL;
}

/**
 * storvsp_orphan_requests - let no request of a channel answer any more
 *
 * They end without a word. The kernel has let go of their memory, or keeps
 * it until it is done.
 */
void storvsp_orphan_requests(struct storvsp_channel *chan)
{
	struct storvsp_request *req, *next;

	/* Resets first: what they wait for must not find them. */
	for (req = TAILQ_FIRST(&chan->requests); req; req = next) {
		next = TAILQ_NEXT(req, link);
		if (!req->waits_for)
			continue;
		forget_reset(chan->ctl, req);
		TAILQ_REMOVE(&chan->requests, req, link);
		request_free(req);
	}
	while ((req = TAILQ_FIRST(&chan->requests))) {
		struct storvsp_request *reset = req->reset;

		TAILQ_REMOVE(&chan->requests, req, link);
		req->chan = NULL;
		req->reset = NULL;
		request_abort(req);
		if (reset)
			reset_one_less(reset);
	}
	while ((req = TAILQ_FIRST(&chan->backlog))) {
		TAILQ_REMOVE(&chan->backlog, req, link);
		request_free(req);
	}
	chan->pending = 0;
}

static void answer_gone(struct storvsp_channel *chan, uint64_t trans_id,
			const struct hvg_stor_packet *from, uint32_t bytes)
{
	struct hvg_stor_packet packet = *from;

	if (packet.operation == HVG_STOR_EXECUTE_SRB) {
		packet.u.request.srb_status = HVG_SRB_INVALID_LUN;
		packet.u.request.scsi_status = 0;
		packet.u.request.sense_length = 0;
		packet.u.request.transfer_length = 0;
	}
	packet.operation = HVG_STOR_COMPLETE_IO;
	packet.flags = 0;
	packet.status = STORVSP_DOES_NOT_EXIST;
	/* Without room it is lost, as all of them were without a notice. */
	vmbus_write(chan->vmbus, HVG_PACKET_COMPLETION, trans_id, &packet,
		    bytes, 0);
}

/**
 * storvsp_answer_gone - answer all that a channel owes: there is no such unit
 *
 * For a channel that the host takes away. Guests wait for their requests
 * however long it takes, and would wait for ever.
 */
void storvsp_answer_gone(struct storvsp_channel *chan)
{
	static struct vmbus_packet pkt;
	struct storvsp_request *req;

	storvsp_flush_backlog(chan);
	TAILQ_FOREACH(req, &chan->requests, link)
		if (req->wants_completion)
			answer_gone(chan, req->trans_id, &req->packet,
				    req->bytes);
	while (vmbus_read(chan->vmbus, &pkt) == 1) {
		struct hvg_stor_packet packet = { 0 };
		uint32_t bytes = pkt.bytes < sizeof(packet) ?
				 pkt.bytes : sizeof(packet);

		memcpy(&packet, pkt.data, bytes);
		if (bytes < HVG_STOR_PACKET_WIN6)
			bytes = HVG_STOR_PACKET_WIN6;
		if (pkt.flags & HVG_PACKET_FLAG_COMPLETION)
			answer_gone(chan, pkt.trans_id, &packet, bytes);
	}
}

void storvsp_request_fini(void)
{
	struct storvsp_request *req;

	while ((req = TAILQ_FIRST(&free_requests))) {
		TAILQ_REMOVE(&free_requests, req, link);
		free(req->iov);
		free(req);
	}
}

