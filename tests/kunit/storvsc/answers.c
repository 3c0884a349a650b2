// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of SRB and SCSI status. Numbers, not the drivers' names for them:
 * a name with the wrong number must not pass.
 *
 * Each letter is one thing that becomes of a command:
 *
 *   D  the device's status goes up as it is. The midlayer repeats what is BUSY
 *      or TASK SET FULL and lets RESERVATION CONFLICT be an error.
 *   S  CHECK CONDITION goes up with the device's sense data, which says
 *      whether to repeat it. Where there is none that can be read it is E: the
 *      midlayer would stop the host to ask for it.
 *   E  failed, nobody knows why: repeated, as often as the midlayer repeats
 *   T  the host has run out of time: the same, and no error of the transport
 *   R  a reset has ended it: begins anew
 *   B  the host is busy: as if the device had said so
 *   N  there is no such LUN: fails at once, and the LUN is looked for
 *   L  there is no LUN 0: INQUIRY says so, for other LUNs to be asked for
 *   I  the host does not know the command: fails at once with sense data that
 *      says it, and does not count against the disk
 *   G  the host calls failed what was not: good, with the data
 *   P  no answer to a command at all: E, and the host has broken the protocol
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include "answers.h"
#include "storvsc.h"

/* What the host says that it has moved. */
enum moved {
	NOTHING,	/* means nothing: the command has failed */
	RECOVERED,	/* holds if the sense data says that it was done */
	ALL,		/* holds whatever the SCSI status is */
};

/*
 * Answers by the low six bits of the SRB status. A column is a SCSI status:
 * GOOD, CHECK CONDITION with and without valid sense data, BUSY, RESERVATION
 * CONFLICT, TASK SET FULL, and all that is none of these. @inquiry is for
 * COMMAND_OLD_INQUIRY where that differs.
 */
static const struct {
	enum moved moved;
	const char *read;
	const char *inquiry;
} rows[64] = {
	[0x00] = { NOTHING, "PPPPPPP" },		/* pending */
	[0x01] = { ALL, "DSEDDDD" },			/* success */
	[0x02] = { NOTHING, "RSRDDDR" },		/* aborted */
	[0x03] = { NOTHING, "ESEDDDE" },		/* abort failed */
	[0x04] = { RECOVERED, "ESEDDDE", "GSGDDDG" },	/* error */
	[0x05] = { NOTHING, "BSBDDDB" },		/* busy */
	[0x06] = { NOTHING, "ISIDDDI" },		/* invalid request */
	[0x07] = { NOTHING, "NSNDDDN" },		/* bad path */
	[0x08] = { NOTHING, "NSNDDDN" },		/* no device */
	[0x09] = { NOTHING, "TSTDDDT" },		/* time-out */
	[0x0a] = { NOTHING, "NSNDDDN" },		/* of selection */
	[0x0b] = { NOTHING, "TSTDDDT" },		/* of a command */
	[0x0c ... 0x0d] = { NOTHING, "ESEDDDE" },
	[0x0e] = { NOTHING, "RSRDDDR" },		/* bus reset */
	[0x0f ... 0x11] = { NOTHING, "ESEDDDE" },
	[0x12] = { ALL, "DSEDDDD" },			/* overrun */
	[0x13 ... 0x14] = { NOTHING, "ESEDDDE" },
	[0x15] = { NOTHING, "ESEDDDE" },		/* bad length */
	[0x16] = { NOTHING, "RSRDDDR" },		/* flushed */
	[0x17 ... 0x1f] = { NOTHING, "ESEDDDE" },
	[0x20] = { NOTHING, "NSNDDDN", "LSLDDDL" },	/* invalid LUN */
	[0x21] = { NOTHING, "NSNDDDN" },		/* invalid target */
	[0x22 ... 0x2f] = { NOTHING, "ESEDDDE" },
	[0x30] = { NOTHING, "ESEDDDE" },		/* internal error */
	[0x31 ... 0x3f] = { NOTHING, "ESEDDDE" },
};

static unsigned int column(u8 srb, u8 scsi)
{
	switch (scsi) {
	case 0x00:
		return 0;
	case 0x02:
		return srb & BIT(7) ? 1 : 2;
	case 0x08:
		return 3;
	case 0x18:
		return 4;
	case 0x28:
		return 5;
	default:
		return 6;
	}
}

static struct answer_meaning meaning_of(char letter, u8 scsi)
{
	struct answer_meaning m = { .host_byte = DID_OK, .lun_event = -1 };

	switch (letter) {
	case 'D':
		m.status = scsi;
		break;
	case 'S':
		m.status = 0x02;
		m.sense = true;
		break;
	case 'E':
		m.host_byte = DID_ERROR;
		break;
	case 'T':
		m.host_byte = DID_SOFT_ERROR;
		break;
	case 'R':
		m.host_byte = DID_RESET;
		break;
	case 'B':
		m.status = 0x08;
		break;
	case 'N':
		m.host_byte = DID_NO_CONNECT;
		m.lun_event = STORVSC_EVENT_PRESENCE;
		break;
	case 'L':
		m.no_lun = true;
		break;
	case 'I':
		m.status = 0x02;
		m.make_sense = true;
		break;
	case 'G':
		m.moved = true;
		break;
	case 'P':
		m.host_byte = DID_ERROR;
		m.breach = true;
		break;
	}
	return m;
}

struct answer_meaning answer_meaning(enum answer_command command, u8 srb,
				     u8 scsi, enum answer_sense sense)
{
	const char *letters = rows[srb & 0x3f].read;
	enum moved moved = rows[srb & 0x3f].moved;
	struct answer_meaning m;
	char letter;

	if (command == COMMAND_OLD_INQUIRY && rows[srb & 0x3f].inquiry)
		letters = rows[srb & 0x3f].inquiry;
	letter = letters[column(srb, scsi)];
	if (letter == 'S' && (sense == SENSE_NONE || sense == SENSE_UNREADABLE))
		letter = 'E';
	m = meaning_of(letter, scsi);
	m.moved |= moved == ALL ||
		   (moved == RECOVERED && m.sense && sense == SENSE_DONE);
	return m;
}

void answer_put_sense(struct hvg_stor_packet *pkt, u8 key, u8 asc, u8 ascq)
{
	struct hvg_stor_request *req = &pkt->u.request;

	/* Something in each byte, to see which have come. */
	memset(req->u.sense, 0xa5, sizeof(req->u.sense));
	req->u.sense[0] = 0x70;
	req->u.sense[2] = key;
	req->u.sense[7] = 10;
	req->u.sense[12] = asc;
	req->u.sense[13] = ascq;
	req->sense_length = ANSWER_SENSE_BYTES;
	req->srb_status |= HVG_SRB_AUTOSENSE_VALID;
}

struct hvg_stor_packet answer_packet(u8 srb, u8 scsi, u32 moved,
				     enum answer_sense sense)
{
	struct hvg_stor_packet pkt = { .operation = HVG_STOR_COMPLETE_IO };
	struct hvg_stor_request *req = &pkt.u.request;

	if (sense == SENSE_DONE)
		answer_put_sense(&pkt, RECOVERED_ERROR, 0x17, 0x01);
	else if (sense != SENSE_NONE)
		answer_put_sense(&pkt, MEDIUM_ERROR, 0x11, 0x00);
	if (sense == SENSE_UNREADABLE)
		req->u.sense[0] = 0;
	req->srb_status = srb;
	req->scsi_status = scsi;
	req->transfer_length = moved;
	return pkt;
}
