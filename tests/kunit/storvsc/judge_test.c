// SPDX-License-Identifier: GPL-2.0-only
/* What each answer of the host means: all SRB and SCSI status values. */
#include <kunit/test.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_proto.h>
#include "storvsc.h"
#include "suites.h"

#define BUFFER	4096u

static const u8 read10[16] = { READ_10 };
static const u8 inquiry[16] = { INQUIRY };
static const u8 inquiry_vpd[16] = { INQUIRY, 1 };
static const u8 mode_sense[16] = { MODE_SENSE };
static const u8 mode_sense10[16] = { MODE_SENSE_10 };

static struct hvg_stor_packet answer(u8 srb, u8 scsi, u32 moved)
{
	struct hvg_stor_packet pkt = { .operation = HVG_STOR_COMPLETE_IO };

	pkt.u.request.srb_status = srb;
	pkt.u.request.scsi_status = scsi;
	pkt.u.request.transfer_length = moved;
	return pkt;
}

/* Fixed format sense data. */
static void put_sense(struct hvg_stor_packet *pkt, u8 key, u8 asc, u8 ascq)
{
	u8 *s = pkt->u.request.u.sense;

	memset(s, 0, HVG_STOR_SENSE_WIN8);
	s[0] = 0x70;
	s[2] = key;
	s[7] = 10;
	s[12] = asc;
	s[13] = ascq;
	pkt->u.request.sense_length = 18;
	pkt->u.request.srb_status |= HVG_SRB_AUTOSENSE_VALID;
}

static struct storvsc_verdict judge(const u8 *cdb, const struct hvg_stor_packet *pkt)
{
	struct storvsc_verdict v;

	memset(&v, 0xff, sizeof(v));
	storvsc_judge(HVG_STOR_VERSION_WIN10, cdb, 0, BUFFER,
		      HVG_STOR_SENSE_WIN8, pkt, &v);
	return v;
}

static bool reports_success(const struct storvsc_verdict *v)
{
	return v->host_byte == DID_OK && v->status == SAM_STAT_GOOD &&
	       !v->make_sense && !v->no_lun;
}

/* Of these the length that the host says is what it has moved. */
static bool moves(unsigned int srb)
{
	return (srb & 0x3f) == HVG_SRB_SUCCESS ||
	       (srb & 0x3f) == HVG_SRB_DATA_OVERRUN;
}

/*
 * Each of the 65536 pairs, with and without sense data, of a read: nothing
 * that the host calls failed may pass for a success, and the other way round.
 */
static void judge_every_pair(struct kunit *test)
{
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int srb, scsi, sense;
	bool good;

	for (srb = 0; srb < 256; srb++) {
		for (scsi = 0; scsi < 256; scsi++) {
			for (sense = 0; sense < 2; sense++) {
				pkt = answer(srb, scsi, 512);
				if (sense)
					put_sense(&pkt, MEDIUM_ERROR, 0x11, 0);
				v = judge(read10, &pkt);
				good = scsi == SAM_STAT_GOOD && moves(srb);
				if (reports_success(&v) != good ||
				    v.sense_bytes > HVG_STOR_SENSE_WIN8 ||
				    v.resid != (moves(srb) ? BUFFER - 512 :
							     BUFFER) ||
				    (v.status == SAM_STAT_CHECK_CONDITION &&
				     !v.sense_bytes && !v.make_sense) ||
				    (v.host_byte != DID_OK && v.status) ||
				    (v.sense_bytes &&
				     v.status != SAM_STAT_CHECK_CONDITION)) {
					KUNIT_FAIL(test, "srb %#x scsi %#x sense %u: host %#x status %#x, %u sense bytes",
						   srb, scsi, sense,
						   v.host_byte, v.status,
						   v.sense_bytes);
					return;
				}
			}
		}
	}
}

/* The rows of the table that say more than "failed". */
static void judge_srb_rows(struct kunit *test)
{
	static const struct { u8 srb, host, status; int event; } rows[] = {
		{ HVG_SRB_SUCCESS, DID_OK, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_DATA_OVERRUN, DID_OK, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_PENDING, DID_ERROR, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_ABORTED, DID_RESET, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_ABORT_FAILED, DID_ERROR, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_ERROR, DID_ERROR, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_BUSY, DID_OK, SAM_STAT_BUSY, -1 },
		{ HVG_SRB_INVALID_REQUEST, DID_OK, SAM_STAT_CHECK_CONDITION, -1 },
		{ HVG_SRB_INVALID_PATH, DID_NO_CONNECT, SAM_STAT_GOOD,
		  STORVSC_EVENT_PRESENCE },
		{ HVG_SRB_NO_DEVICE, DID_NO_CONNECT, SAM_STAT_GOOD,
		  STORVSC_EVENT_PRESENCE },
		{ HVG_SRB_TIMEOUT, DID_SOFT_ERROR, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_SELECTION_TIMEOUT, DID_NO_CONNECT, SAM_STAT_GOOD,
		  STORVSC_EVENT_PRESENCE },
		{ HVG_SRB_COMMAND_TIMEOUT, DID_SOFT_ERROR, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_BUS_RESET, DID_RESET, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_BAD_LENGTH, DID_ERROR, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_FLUSHED, DID_RESET, SAM_STAT_GOOD, -1 },
		{ HVG_SRB_INVALID_LUN, DID_NO_CONNECT, SAM_STAT_GOOD,
		  STORVSC_EVENT_PRESENCE },
		{ HVG_SRB_INVALID_TARGET, DID_NO_CONNECT, SAM_STAT_GOOD,
		  STORVSC_EVENT_PRESENCE },
		{ HVG_SRB_INTERNAL_ERROR, DID_ERROR, SAM_STAT_GOOD, -1 },
		{ 0x3f, DID_ERROR, SAM_STAT_GOOD, -1 },
	};
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int i, frozen;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (frozen = 0; frozen <= HVG_SRB_QUEUE_FROZEN;
		     frozen += HVG_SRB_QUEUE_FROZEN) {
			pkt = answer(rows[i].srb | frozen, SAM_STAT_GOOD, BUFFER);
			v = judge(read10, &pkt);
			KUNIT_EXPECT_EQ_MSG(test, rows[i].host, v.host_byte,
					    "srb %#x", rows[i].srb);
			KUNIT_EXPECT_EQ_MSG(test, rows[i].status, v.status,
					    "srb %#x", rows[i].srb);
			KUNIT_EXPECT_EQ_MSG(test, rows[i].event, v.lun_event,
					    "srb %#x", rows[i].srb);
		}
	}
}

/* The device's own words go up as they are, whatever the SRB status says. */
static void judge_scsi_rows(struct kunit *test)
{
	static const u8 status[] = {
		SAM_STAT_BUSY, SAM_STAT_TASK_SET_FULL,
		SAM_STAT_RESERVATION_CONFLICT,
	};
	static const u8 srb[] = {
		HVG_SRB_SUCCESS, HVG_SRB_ERROR, HVG_SRB_BUSY, HVG_SRB_ABORTED,
	};
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(status); i++) {
		for (j = 0; j < ARRAY_SIZE(srb); j++) {
			pkt = answer(srb[j], status[i], 0);
			v = judge(read10, &pkt);
			KUNIT_EXPECT_EQ(test, DID_OK, v.host_byte);
			KUNIT_EXPECT_EQ(test, status[i], v.status);
			KUNIT_EXPECT_EQ(test, 0, v.sense_bytes);
		}
	}
}

static void judge_sense(struct kunit *test)
{
	static const struct { u8 key, asc, ascq; int event; bool bus; } rows[] = {
		{ MEDIUM_ERROR, 0x11, 0x00, -1, false },
		{ NOT_READY, 0x3a, 0x00, -1, false },
		{ ILLEGAL_REQUEST, 0x24, 0x00, -1, false },
		{ ILLEGAL_REQUEST, 0x25, 0x00, STORVSC_EVENT_PRESENCE, false },
		{ UNIT_ATTENTION, 0x29, 0x00, -1, false },
		{ UNIT_ATTENTION, 0x2a, 0x09, STORVSC_EVENT_REVALIDATE, false },
		{ UNIT_ATTENTION, 0x2a, 0x01, -1, false },
		{ UNIT_ATTENTION, 0x3f, 0x0e, -1, true },
		{ UNIT_ATTENTION, 0x3f, 0x03, -1, false },
		{ UNIT_ATTENTION, 0x3f, 0x0a, STORVSC_EVENT_REVALIDATE, false },
	};
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		pkt = answer(HVG_SRB_ERROR, SAM_STAT_CHECK_CONDITION, 0);
		put_sense(&pkt, rows[i].key, rows[i].asc, rows[i].ascq);
		v = judge(read10, &pkt);
		KUNIT_EXPECT_EQ(test, DID_OK, v.host_byte);
		KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION, v.status);
		KUNIT_EXPECT_EQ(test, 18, v.sense_bytes);
		KUNIT_EXPECT_EQ(test, rows[i].event, v.lun_event);
		KUNIT_EXPECT_EQ(test, rows[i].bus, v.bus_event);
		KUNIT_EXPECT_NULL(test, v.expected);
	}
}

/* Every length of sense data, for both sizes of the packet. */
static void judge_sense_lengths(struct kunit *test)
{
	static const u32 rooms[] = { HVG_STOR_SENSE_WIN6, HVG_STOR_SENSE_WIN8 };
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int i, bytes;

	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		for (bytes = 0; bytes < 256; bytes++) {
			pkt = answer(HVG_SRB_ERROR, SAM_STAT_CHECK_CONDITION,
				     0);
			put_sense(&pkt, MEDIUM_ERROR, 0x11, 0);
			pkt.u.request.sense_length = bytes;
			storvsc_judge(HVG_STOR_VERSION_WIN10, read10, 0,
				      BUFFER, rooms[i], &pkt, &v);
			KUNIT_ASSERT_LE(test, v.sense_bytes, rooms[i]);
			/* Old hosts may say the length of newer ones. */
			KUNIT_ASSERT_EQ(test, bytes > HVG_STOR_SENSE_WIN8,
					!!v.expected);
			if (!bytes)
				KUNIT_ASSERT_EQ(test, DID_ERROR, v.host_byte);
			else
				KUNIT_ASSERT_EQ(test, SAM_STAT_CHECK_CONDITION,
						v.status);
		}
	}
	/* Sense data that is none. */
	pkt = answer(HVG_SRB_ERROR, SAM_STAT_CHECK_CONDITION, 0);
	put_sense(&pkt, MEDIUM_ERROR, 0x11, 0);
	pkt.u.request.u.sense[0] = 0;
	v = judge(read10, &pkt);
	KUNIT_EXPECT_EQ(test, DID_ERROR, v.host_byte);
	KUNIT_EXPECT_EQ(test, 0, v.sense_bytes);
}

static void judge_transfer_lengths(struct kunit *test)
{
	static const u32 moved[] = {
		0, 1, 511, 4095, 4096, 4097, 8192, 0x7fffffff, 0xffffffff,
	};
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(moved); i++) {
		pkt = answer(HVG_SRB_SUCCESS, SAM_STAT_GOOD, moved[i]);
		v = judge(read10, &pkt);
		if (moved[i] <= BUFFER) {
			KUNIT_EXPECT_TRUE(test, reports_success(&v));
			KUNIT_EXPECT_EQ(test, BUFFER - moved[i], v.resid);
		} else {
			KUNIT_EXPECT_EQ(test, DID_ERROR, v.host_byte);
			KUNIT_EXPECT_EQ(test, BUFFER, v.resid);
			KUNIT_EXPECT_NOT_NULL(test, v.expected);
			KUNIT_EXPECT_EQ(test, moved[i], v.got);
		}
	}
}

/* With these the command has been done. */
static void judge_recovered(struct kunit *test)
{
	static const u8 keys[] = {
		NO_SENSE, RECOVERED_ERROR, NOT_READY, MEDIUM_ERROR,
		ABORTED_COMMAND,
	};
	static const u8 srbs[] = { HVG_SRB_SUCCESS, HVG_SRB_ERROR };
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		for (j = 0; j < ARRAY_SIZE(srbs); j++) {
			pkt = answer(srbs[j], SAM_STAT_CHECK_CONDITION, 512);
			put_sense(&pkt, keys[i], 0, 0);
			v = judge(read10, &pkt);
			KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION,
					v.status);
			KUNIT_EXPECT_EQ_MSG(test, i < 2 || !j ? BUFFER - 512 :
					    BUFFER, v.resid, "key %u", keys[i]);
		}
	}
}

/* LUN 0 may be empty on a target that has others; no other LUN may. */
static void judge_no_lun(struct kunit *test)
{
	struct hvg_stor_packet pkt = answer(HVG_SRB_INVALID_LUN, 0, 36);
	struct storvsc_verdict v;

	v = judge(inquiry, &pkt);
	KUNIT_EXPECT_TRUE(test, v.no_lun);
	KUNIT_EXPECT_EQ(test, DID_OK, v.host_byte);
	v = judge(inquiry_vpd, &pkt);
	KUNIT_EXPECT_FALSE(test, v.no_lun);
	KUNIT_EXPECT_EQ(test, DID_NO_CONNECT, v.host_byte);
	storvsc_judge(HVG_STOR_VERSION_WIN10, inquiry, 1, BUFFER,
		      HVG_STOR_SENSE_WIN8, &pkt, &v);
	KUNIT_EXPECT_FALSE(test, v.no_lun);
	KUNIT_EXPECT_EQ(test, DID_NO_CONNECT, v.host_byte);
}

/* Old hosts call some commands failed that were not. */
static void judge_spurious(struct kunit *test)
{
	static const u8 *const cdbs[] = {
		inquiry, mode_sense, mode_sense10, read10,
	};
	static const u16 versions[] = {
		HVG_STOR_VERSION_WIN6, HVG_STOR_VERSION_WIN7,
		HVG_STOR_VERSION_WIN8, HVG_STOR_VERSION_WIN8_1,
		HVG_STOR_VERSION_WIN10,
	};
	struct hvg_stor_packet pkt;
	struct storvsc_verdict v;
	unsigned int i, j, moved;

	for (i = 0; i < ARRAY_SIZE(cdbs); i++) {
		for (j = 0; j < ARRAY_SIZE(versions); j++) {
			for (moved = 0; moved <= 36; moved += 36) {
				pkt = answer(HVG_SRB_ERROR, 0, moved);
				storvsc_judge(versions[j], cdbs[i], 0, BUFFER,
					      18, &pkt, &v);
				KUNIT_EXPECT_EQ(test, reports_success(&v),
						i < 3 && j < 3 && moved);
				KUNIT_EXPECT_EQ(test, v.resid, BUFFER -
						(reports_success(&v) ? moved :
								       0));
			}
		}
	}
}

static struct kunit_case judge_cases[] = {
	KUNIT_CASE(judge_every_pair),
	KUNIT_CASE(judge_srb_rows),
	KUNIT_CASE(judge_scsi_rows),
	KUNIT_CASE(judge_sense),
	KUNIT_CASE(judge_sense_lengths),
	KUNIT_CASE(judge_transfer_lengths),
	KUNIT_CASE(judge_recovered),
	KUNIT_CASE(judge_no_lun),
	KUNIT_CASE(judge_spurious),
	{}
};

struct kunit_suite judge_suite = {
	.name = "hvg_judge",
	.test_cases = judge_cases,
};
