// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the host's answer to the result of the command.
 *
 * Nothing that comes from the host is believed before it was checked: the
 * transaction id must name a request that the host owns and that was not
 * answered yet, lengths must be within what was asked for. A packet that
 * breaks the rules is counted and, if it names a live command, ends that
 * command with an error.
 *
 * Hard interrupt context on the channel's CPU.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include "storvsc.h"
#include "trace.h"

/* Hosts of all versions send at least this much, sense data included. */
#define STORVSC_MIN_COMPLETION	HVG_STOR_PACKET_WIN6

#define STORVSC_INQUIRY_EVPD	0x01
/* Peripheral qualifier 3, type 0x1f: no LUN here, ask for others. */
#define STORVSC_NO_LUN		0x7f

/*
 * INQUIRY and MODE SENSE of hosts up to 5.1 may come back as failed with the
 * data in place and no word about why.
 */
static bool storvsc_spurious_error(u16 version, u8 op, u32 bytes)
{
	if (version > HVG_STOR_VERSION_WIN8 || !bytes)
		return false;
	return op == INQUIRY || op == MODE_SENSE || op == MODE_SENSE_10;
}

/* What unit attention conditions ask the driver to do. */
static void storvsc_judge_attention(u8 asc, u8 ascq, struct storvsc_verdict *v)
{
	if (asc == 0x2a && ascq == 0x09)	/* CAPACITY DATA HAS CHANGED */
		v->lun_event = STORVSC_EVENT_REVALIDATE;
	else if (asc == 0x3f && ascq == 0x0e)	/* REPORTED LUNS DATA ... */
		v->bus_event = true;
	else if (asc == 0x3f && ascq != 0x03)	/* parameters of the disk */
		v->lun_event = STORVSC_EVENT_REVALIDATE;
}

static void storvsc_judge_sense(const struct hvg_stor_request *req,
				u32 sense_room, struct storvsc_verdict *v)
{
	struct scsi_sense_hdr hdr;
	u8 bytes = req->sense_length;

	if (bytes > sense_room) {
		v->bad = "sense length";
		bytes = sense_room;
	}
	if (!scsi_normalize_sense(req->u.sense, bytes, &hdr)) {
		/* Without sense the midlayer would stop the whole host. */
		v->host_byte = DID_ERROR;
		v->status = SAM_STAT_GOOD;
		return;
	}
	v->status = SAM_STAT_CHECK_CONDITION;
	v->sense_bytes = bytes;
	if (hdr.sense_key == UNIT_ATTENTION)
		storvsc_judge_attention(hdr.asc, hdr.ascq, v);
	else if (hdr.sense_key == ILLEGAL_REQUEST && hdr.asc == 0x25)
		v->lun_event = STORVSC_EVENT_PRESENCE;
}

/* The host failed the command without sense data. */
static void storvsc_judge_error(u16 version, const u8 *cdb, u8 lun,
				const struct hvg_stor_packet *pkt,
				struct storvsc_verdict *v)
{
	const struct hvg_stor_request *req = &pkt->u.request;

	switch (req->srb_status & HVG_SRB_STATUS_MASK) {
	case HVG_SRB_INVALID_LUN:
		/* The data may be all zero, which would pass for a disk. */
		if (cdb[0] == INQUIRY && !(cdb[1] & STORVSC_INQUIRY_EVPD) &&
		    !lun) {
			v->no_lun = true;
			break;
		}
		fallthrough;
	case HVG_SRB_INVALID_TARGET:
	case HVG_SRB_INVALID_PATH:
	case HVG_SRB_NO_DEVICE:
	case HVG_SRB_SELECTION_TIMEOUT:
		v->host_byte = DID_NO_CONNECT;
		v->lun_event = STORVSC_EVENT_PRESENCE;
		break;
	case HVG_SRB_INVALID_REQUEST:
		v->make_sense = true;
		v->status = SAM_STAT_CHECK_CONDITION;
		break;
	case HVG_SRB_BUSY:
		v->status = SAM_STAT_BUSY;
		break;
	case HVG_SRB_BUS_RESET:
	case HVG_SRB_ABORTED:
	case HVG_SRB_FLUSHED:
		v->host_byte = DID_RESET;
		break;
	case HVG_SRB_TIMEOUT:
	case HVG_SRB_COMMAND_TIMEOUT:
		v->host_byte = DID_SOFT_ERROR;
		break;
	case HVG_SRB_ERROR:
		if (storvsc_spurious_error(version, cdb[0],
					   req->transfer_length))
			break;
		fallthrough;
	default:
		v->host_byte = DID_ERROR;
		break;
	}
}

/**
 * storvsc_judge - what the host's answer means
 * @version: of the storage protocol
 * @cdb: of the command
 * @lun: LUN of the command
 * @buffer_bytes: data length of the command
 * @sense_room: sense bytes that the host could return
 * @pkt: the answer
 * @v: filled in
 *
 * A function of its arguments only.
 */
void storvsc_judge(u16 version, const u8 *cdb, u8 lun, u32 buffer_bytes,
		   u32 sense_room, const struct hvg_stor_packet *pkt,
		   struct storvsc_verdict *v)
{
	const struct hvg_stor_request *req = &pkt->u.request;
	u8 srb = req->srb_status & HVG_SRB_STATUS_MASK;

	memset(v, 0, sizeof(*v));
	v->host_byte = DID_OK;
	v->status = SAM_STAT_GOOD;
	v->lun_event = -1;

	if (req->transfer_length > buffer_bytes) {
		v->bad = "transfer length";
		v->host_byte = DID_ERROR;
		v->resid = buffer_bytes;
		return;
	}
	v->resid = buffer_bytes - req->transfer_length;

	switch (srb) {
	case HVG_SRB_SUCCESS:
	case HVG_SRB_DATA_OVERRUN:
		/* "Overrun" is also said of a transfer shorter than asked. */
		v->status = req->scsi_status;
		if (v->status != SAM_STAT_CHECK_CONDITION)
			return;
		break;
	case HVG_SRB_PENDING:
		v->bad = "status of a finished request";
		v->host_byte = DID_ERROR;
		return;
	}

	if (req->scsi_status == SAM_STAT_CHECK_CONDITION &&
	    req->srb_status & HVG_SRB_AUTOSENSE_VALID) {
		storvsc_judge_sense(req, sense_room, v);
		return;
	}
	if (req->scsi_status == SAM_STAT_BUSY ||
	    req->scsi_status == SAM_STAT_TASK_SET_FULL ||
	    req->scsi_status == SAM_STAT_RESERVATION_CONFLICT) {
		v->status = req->scsi_status;
		return;
	}
	storvsc_judge_error(version, cdb, lun, pkt, v);
}

/* What INQUIRY says of a LUN that is not there on a target that is. */
static void storvsc_make_no_lun(struct scsi_cmnd *scmd)
{
	static const u8 inquiry[36] = {
		[0] = STORVSC_NO_LUN,
		[2] = 4,		/* SPC-2: REPORT LUNS is known */
		[3] = 2,
		[4] = sizeof(inquiry) - 5,
	};
	u32 bytes;

	bytes = scsi_sg_copy_from_buffer(scmd, inquiry, sizeof(inquiry));
	scsi_set_resid(scmd, scsi_bufflen(scmd) - bytes);
}

static void storvsc_finish(struct storvsc_adapter *a, struct scsi_cmnd *scmd,
			   const struct hvg_stor_packet *pkt)
{
	struct storvsc_verdict v;

	storvsc_judge(a->version, scmd->cmnd, scmd->device->lun,
		      scsi_bufflen(scmd), a->sense_bytes, pkt, &v);

	scmd->result = v.host_byte << 16 | v.status;
	scsi_set_resid(scmd, v.resid);
	if (v.sense_bytes)
		memcpy(scmd->sense_buffer, pkt->u.request.u.sense,
		       v.sense_bytes);
	if (v.make_sense)
		storvsc_illegal_request(scmd);
	if (v.no_lun)
		storvsc_make_no_lun(scmd);
	if (v.lun_event >= 0)
		storvsc_lun_event(a, scmd->device, v.lun_event);
	if (v.bus_event)
		storvsc_event(a, STORVSC_EVENT_BUS);
	trace_storvsc_complete(a, scmd, pkt);
	if (scmd->result)
		storvsc_note(a, 2,
			     "%u:%u:%u op 0x%02x: srb 0x%02x scsi 0x%02x status 0x%08x\n",
			     scmd->device->channel, scmd->device->id,
			     (u32)scmd->device->lun, scmd->cmnd[0],
			     pkt->u.request.srb_status,
			     pkt->u.request.scsi_status, pkt->status);
	storvsc_host_done(scmd);
}

static void storvsc_bad(struct storvsc_adapter *a, struct hvg_channel *chan,
			const char *expected, u64 got)
{
	atomic_inc(&a->count.bad_packets);
	trace_storvsc_bad_packet(a, expected, got);
	hvg_channel_bad_packet(chan, expected, got);
}

static void storvsc_completion(struct storvsc_adapter *a,
			       struct hvg_channel *chan,
			       const struct hvg_packet *pkt)
{
	unsigned int state = pkt->trans_id >> 32;
	struct hvg_stor_packet answer;
	struct storvsc_slot *slot;
	struct scsi_cmnd *scmd;

	if ((u32)pkt->trans_id == STORVSC_SYNC_INDEX) {
		if (!storvsc_sync_complete(a, state, pkt))
			atomic_inc(&a->count.stale_completions);
		return;
	}
	slot = storvsc_slot_find(a, pkt->trans_id);
	if (!slot) {
		storvsc_bad(a, chan, "a transaction id of ours", pkt->trans_id);
		return;
	}
	if (!storvsc_slot_take(slot, state)) {
		atomic_inc(&a->count.stale_completions);
		storvsc_bad(a, chan, "an outstanding transaction id",
			    pkt->trans_id);
		return;
	}
	scmd = slot->scmd;
	memset(&answer, 0, sizeof(answer));
	memcpy(&answer, pkt->data,
	       min_t(u32, pkt->bytes, sizeof(answer)));
	if (pkt->bytes < STORVSC_MIN_COMPLETION) {
		storvsc_bad(a, chan, "a completion of 48 bytes or more",
			    pkt->bytes);
		/* An SRB status of 0 ends the command with an error. */
		memset(&answer, 0, sizeof(answer));
	} else if (answer.u.request.transfer_length > scsi_bufflen(scmd)) {
		storvsc_bad(a, chan, "a transfer length within the request's",
			    answer.u.request.transfer_length);
	} else if (answer.u.request.srb_status & HVG_SRB_AUTOSENSE_VALID &&
		   answer.u.request.sense_length > a->sense_bytes) {
		storvsc_bad(a, chan, "a sense length within the request's",
			    answer.u.request.sense_length);
	}
	storvsc_finish(a, scmd, &answer);
}

static void storvsc_notification(struct storvsc_adapter *a,
				 struct hvg_channel *chan,
				 const struct hvg_packet *pkt)
{
	u32 op;

	if (pkt->bytes < sizeof(op)) {
		storvsc_bad(a, chan, "a notification of 4 bytes or more",
			    pkt->bytes);
		return;
	}
	memcpy(&op, pkt->data, sizeof(op));
	switch (op) {
	case HVG_STOR_ENUMERATE_BUS:
	case HVG_STOR_REMOVE_DEVICE:
		storvsc_event(a, STORVSC_EVENT_BUS);
		break;
	case HVG_STOR_FCHBA_DATA:
	case HVG_STOR_EVENT_NOTIFICATION:
		/* Informs about paths that the SCSI commands report as well. */
		break;
	default:
		storvsc_bad(a, chan, "a storage notification", op);
		break;
	}
}

/**
 * storvsc_packet - hvg_channel_ops.packet of all channels
 * @chan: channel that it came on
 * @pkt: the packet, a private copy
 *
 * Context: hard interrupt.
 */
void storvsc_packet(struct hvg_channel *chan, const struct hvg_packet *pkt)
{
	struct storvsc_channel *sc = hvg_channel_context(chan);
	struct storvsc_adapter *a = sc->adapter;

	if (pkt->type == HVG_PACKET_COMPLETION)
		storvsc_completion(a, chan, pkt);
	else if (pkt->type == HVG_PACKET_INBAND)
		storvsc_notification(a, chan, pkt);
	else
		storvsc_bad(a, chan, "a completion or a notification",
			    pkt->type);
}
