// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host's answer to a command means: the SRB status, the SCSI status
 * and the sense data make a result for the midlayer and work for the driver.
 *
 * Functions of their arguments only, in any context.
 */
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_eh.h>
#include "storvsc.h"

#define STORVSC_INQUIRY_EVPD	0x01

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

	/* Hosts of before 5.1 may say the room that newer guests have. */
	if (bytes > sense_room && bytes <= HVG_STOR_SENSE_WIN8)
		bytes = sense_room;
	if (bytes > sense_room) {
		v->expected = "a sense length within the request's";
		v->got = bytes;
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
	/* The command has done its work all the same. */
	v->no_sense = hdr.sense_key == NO_SENSE;
	v->worked = v->no_sense || hdr.sense_key == RECOVERED_ERROR;
	if (v->worked &&
	    (req->srb_status & HVG_SRB_STATUS_MASK) == HVG_SRB_ERROR)
		v->resid -= req->transfer_length;
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
					   req->transfer_length)) {
			v->resid -= req->transfer_length;
			break;
		}
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
		v->expected = "a transfer length within the request's";
		v->got = req->transfer_length;
		v->host_byte = DID_ERROR;
		v->resid = buffer_bytes;
		return;
	}
	/* What failed may still say as much as was asked for. */
	v->resid = buffer_bytes;

	switch (srb) {
	case HVG_SRB_SUCCESS:
	case HVG_SRB_DATA_OVERRUN:
		/* "Overrun" is also said of a transfer shorter than asked. */
		v->resid -= req->transfer_length;
		if (req->scsi_status == SAM_STAT_CHECK_CONDITION)
			break;
		v->status = req->scsi_status;
		return;
	case HVG_SRB_PENDING:
		v->expected = "the SRB status of a finished request";
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
