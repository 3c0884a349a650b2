// SPDX-License-Identifier: GPL-2.0-only
/* What each answer of the host means: all SRB and SCSI status values. */
#include <kunit/test.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_proto.h>
#include "answers.h"
#include "storvsc.h"
#include "suites.h"

#define BUFFER	4096u
#define MOVED	512u

static const u8 read10[16] = { READ_10 };
static const u8 inquiry[16] = { INQUIRY };
static const u8 inquiry_vpd[16] = { INQUIRY, 1 };
static const u8 mode_sense[16] = { MODE_SENSE };
static const u8 mode_sense10[16] = { MODE_SENSE_10 };

static struct hvg_stor_packet answer(u8 srb, u8 scsi, u32 moved)
{
	return answer_packet(srb, scsi, moved, SENSE_NONE);
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

static bool as_meant(const struct answer_meaning *m,
		     const struct storvsc_verdict *v)
{
	return v->host_byte == m->host_byte && v->status == m->status &&
	       v->resid == BUFFER - (m->moved ? MOVED : 0) &&
	       v->sense_bytes == (m->sense ? ANSWER_SENSE_BYTES : 0) &&
	       v->make_sense == m->make_sense && v->no_lun == m->no_lun &&
	       v->lun_event == m->lun_event && !v->bus_event &&
	       !!v->expected == m->breach && !v->got;
}

/* Each of the 65536 pairs, all that is made of it. False: one was not meant. */
static bool every_pair(struct kunit *test, enum answer_command command,
		       enum answer_sense sense)
{
	bool old = command == COMMAND_OLD_INQUIRY;
	struct hvg_stor_packet pkt;
	struct answer_meaning m;
	struct storvsc_verdict v;
	unsigned int pair;

	for (pair = 0; pair <= 0xffff; pair++) {
		pkt = answer_packet(pair >> 8, pair, MOVED, sense);
		m = answer_meaning(command, pair >> 8, pair, sense);
		memset(&v, 0xff, sizeof(v));
		storvsc_judge(old ? HVG_STOR_VERSION_WIN8 :
			      HVG_STOR_VERSION_WIN10, old ? inquiry : read10,
			      0, BUFFER, HVG_STOR_SENSE_WIN8, &pkt, &v);
		if (as_meant(&m, &v))
			continue;
		KUNIT_FAIL(test, "srb %#x scsi %#x: host %#x status %#x resid %u, expected %#x %#x %u",
			   pair >> 8, pair & 0xff, v.host_byte, v.status,
			   v.resid, m.host_byte, m.status,
			   BUFFER - (m.moved ? MOVED : 0));
		return false;
	}
	return true;
}

static void judge_every_pair(struct kunit *test)
{
	unsigned int command, sense;

	for (command = 0; command < COMMAND_KINDS; command++)
		for (sense = 0; sense < SENSE_KINDS; sense++)
			if (!every_pair(test, command, sense))
				return;
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
		answer_put_sense(&pkt, rows[i].key, rows[i].asc, rows[i].ascq);
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
			answer_put_sense(&pkt, MEDIUM_ERROR, 0x11, 0);
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
	answer_put_sense(&pkt, MEDIUM_ERROR, 0x11, 0);
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
			answer_put_sense(&pkt, keys[i], 0, 0);
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
