// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets from the host: completions and notifications.
 *
 * Nothing that comes from the host is believed before it was checked: the
 * transaction id must name a request that the host owns and that was not
 * answered yet, lengths must be within what was asked for. A packet that
 * breaks the rules is counted and, if it names a live command, ends that
 * command with an error.
 *
 * Hard interrupt context on the channel's CPU, a tasklet anywhere, or process
 * context with interrupts off.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include "storvsc.h"
#include "trace.h"

/* Hosts of all versions send at least this much, sense data included. */
#define STORVSC_MIN_COMPLETION	HVG_STOR_PACKET_WIN6

/* Peripheral qualifier 3, type 0x1f: no LUN here, ask for others. */
#define STORVSC_NO_LUN		0x7f

/* A list of LUNs: a head of this much, and as much for each. */
#define STORVSC_LUN_BYTES	8
#define STORVSC_LUNS_MAX	256

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

static u32 storvsc_be32(const u8 *bytes)
{
	return (u32)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

/*
 * The midlayer looks at the list's length whether it was moved or not, and
 * gets memory for as much as it says: a warning where that is too much. Who
 * asks for less than the length has asked for no list.
 */
static void storvsc_check_luns(struct scsi_cmnd *scmd,
			       struct storvsc_verdict *v)
{
	u32 bytes = scsi_bufflen(scmd) - v->resid, length;
	u8 head[4] = { 0 };

	if (v->host_byte != DID_OK || v->status != SAM_STAT_GOOD ||
	    scsi_bufflen(scmd) < STORVSC_LUN_BYTES ||
	    storvsc_be32(scmd->cmnd + 6) < STORVSC_LUN_BYTES)
		return;
	if (bytes < STORVSC_LUN_BYTES) {
		v->host_byte = DID_ERROR;
		v->expected = "a list of LUNs of 8 bytes or more";
		v->got = bytes;
		return;
	}
	scsi_sg_copy_to_buffer(scmd, head, sizeof(head));
	length = storvsc_be32(head);
	if (length <= STORVSC_LUNS_MAX * STORVSC_LUN_BYTES)
		return;
	v->host_byte = DID_ERROR;
	v->expected = "a list of 256 LUNs or fewer";
	v->got = length;
}

static void storvsc_bad(struct storvsc_adapter *a, struct hvg_channel *chan,
			const char *expected, u64 got)
{
	atomic_inc(&a->count.bad_packets);
	trace_storvsc_bad_packet(a, expected, got);
	hvg_channel_bad_packet(chan, expected, got);
}

/*
 * Of who says how little would do, the midlayer repeats for ever what has
 * succeeded with less, and what has no sense to its sense data.
 */
static void storvsc_check_progress(struct scsi_cmnd *scmd,
				   struct storvsc_verdict *v)
{
	if (!scmd->underflow || v->host_byte != DID_OK ||
	    (v->status != SAM_STAT_GOOD && !v->worked))
		return;
	if (scsi_bufflen(scmd) - v->resid < scmd->underflow)
		v->host_byte = DID_ERROR;
	else if (!v->no_sense)
		return;
	v->status = SAM_STAT_GOOD;
	v->sense_bytes = 0;
}

static void storvsc_finish(struct storvsc_adapter *a, struct hvg_channel *chan,
			   struct scsi_cmnd *scmd,
			   const struct hvg_stor_packet *pkt)
{
	struct storvsc_verdict v;

	storvsc_judge(a->version, scmd->cmnd, scmd->device->lun,
		      scsi_bufflen(scmd), a->sense_bytes, pkt, &v);
	storvsc_host_data(scmd, scsi_bufflen(scmd) - v.resid);
	if (scmd->cmnd[0] == REPORT_LUNS)
		storvsc_check_luns(scmd, &v);

	storvsc_check_progress(scmd, &v);
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
	if (v.expected)
		storvsc_bad(a, chan, v.expected, v.got);
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

static void storvsc_completion(struct storvsc_adapter *a,
			       struct hvg_channel *chan,
			       const struct hvg_packet *pkt)
{
	unsigned int state = pkt->trans_id >> 32;
	struct hvg_stor_packet answer;
	struct storvsc_slot *slot;

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
	/* All zero, SRB status included, ends the command with an error. */
	memset(&answer, 0, sizeof(answer));
	if (pkt->bytes < STORVSC_MIN_COMPLETION)
		storvsc_bad(a, chan, "a completion of 48 bytes or more",
			    pkt->bytes);
	else
		memcpy(&answer, pkt->data,
		       min_t(u32, pkt->bytes, sizeof(answer)));
	storvsc_finish(a, chan, slot->scmd, &answer);
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
 * Context: interrupt, hard or soft, interrupts off.
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
