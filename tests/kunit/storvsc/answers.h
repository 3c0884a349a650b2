/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each pair of SRB status and SCSI status means: a table of the suites'
 * own, written down from the meaning of the codes.
 */
#ifndef _HVG_KUNIT_STORVSC_ANSWERS_H
#define _HVG_KUNIT_STORVSC_ANSWERS_H

#include <linux/types.h>
#include <hvg/storvsc_wire.h>

/* Sense data in an answer, of which its SRB status says whether it is valid. */
enum answer_sense {
	SENSE_NONE,		/* not a byte */
	SENSE_FAILED,		/* the command has failed: MEDIUM ERROR */
	SENSE_DONE,		/* it was done all the same: RECOVERED ERROR */
	SENSE_UNREADABLE,	/* sense data of no known format */
	SENSE_KINDS,
};

/* Commands that an answer means different things for. */
enum answer_command {
	COMMAND_READ,
	COMMAND_OLD_INQUIRY,	/* of LUN 0, to a host of up to 5.1 */
	COMMAND_KINDS,
};

#define ANSWER_SENSE_BYTES	18

/**
 * struct answer_meaning - what has to become of a command
 * @host_byte: DID_*
 * @status: SCSI status
 * @moved: what the answer says was moved was moved; otherwise nothing was
 * @sense: the answer's sense data goes up
 * @make_sense: sense data of the driver's own does
 * @no_lun: LUN 0 is not there, others of the target may be
 * @breach: the host has broken the protocol
 * @lun_event: enum storvsc_event, or -1
 */
struct answer_meaning {
	u8 host_byte;
	u8 status;
	bool moved;
	bool sense;
	bool make_sense;
	bool no_lun;
	bool breach;
	int lun_event;
};

/* The answer to a command, @moved bytes long, with sense data. */
struct hvg_stor_packet answer_packet(u8 srb, u8 scsi, u32 moved,
				     enum answer_sense sense);
/* Put fixed format sense data into an answer, which calls it valid. */
void answer_put_sense(struct hvg_stor_packet *pkt, u8 key, u8 asc, u8 ascq);

/* What the table says of the answer with @srb, @scsi and @sense. */
struct answer_meaning answer_meaning(enum answer_command command, u8 srb,
				     u8 scsi, enum answer_sense sense);

#endif /* _HVG_KUNIT_STORVSC_ANSWERS_H */
