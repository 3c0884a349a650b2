// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the host's packets to a command's result: completions that are not
 * ours, answers of all kinds, and packets that complete nothing.
 */
#include <asm/unaligned.h>
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <vmbus/channel.h>
#include "../vmbus/fake_host.h"
#include "../vmbus/test_channel.h"
#include "answers.h"
#include "fixture.h"
#include "suites.h"

static struct fixture *f;

static int completion_init(struct kunit *test)
{
	f = fixture_begin(test);
	return 0;
}

static void completion_exit(struct kunit *test)
{
	fixture_end(f);
	f = NULL;
}

/* A packet of the host with the first @bytes of @pkt, or more. */
static void host_sends(u16 type, u64 id, const struct hvg_stor_packet *pkt,
		       u32 bytes)
{
	const struct hvg_packet_header head = {
		.type = type,
		.offset8 = 2,
		.length8 = (16 + bytes) / 8,
		.trans_id = id,
	};
	const struct {
		struct hvg_stor_packet pkt;
		u8 more[64];
	} data = { .pkt = *pkt };

	test_channel_host_writes(f->chan, &head, &data);
	fake_host_signal(CHANNEL);
}

static void complete_with(u64 id, u32 bytes, u8 srb)
{
	struct hvg_stor_packet pkt = { .u.request.srb_status = srb };

	host_sends(HVG_PACKET_COMPLETION, id, &pkt, bytes);
}

static u64 id_of(unsigned int slot)
{
	return (u64)f->a.slots[slot].state << 32 | slot;
}

static void completion_ids(struct kunit *test)
{
	u64 id, old;
	u32 bytes;

	/* Nothing is outstanding. */
	complete_with(0, 64, HVG_SRB_SUCCESS);
	complete_with(1ull << 32, 64, HVG_SRB_SUCCESS);
	complete_with(SLOTS, 64, HVG_SRB_SUCCESS);
	complete_with(~0ull - 1, 64, HVG_SRB_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, f->done);
	KUNIT_EXPECT_EQ(test, 4, atomic_read(&f->a.count.bad_packets));

	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	id = id_of(0);
	/* The right slot with another generation, another slot. */
	complete_with(id + (2ull << 32), 64, HVG_SRB_SUCCESS);
	complete_with(id - (1ull << 32), 64, HVG_SRB_SUCCESS);
	complete_with(id + 1, 64, HVG_SRB_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, f->done);
	complete_with(id, 64, HVG_SRB_SUCCESS);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_EQ(test, 0, f->scmd.result);
	/* Once more, and after the slot is in use again. */
	complete_with(id, 64, HVG_SRB_SUCCESS);
	old = id;
	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	complete_with(old, 64, HVG_SRB_SUCCESS);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_TRUE(test, storvsc_slot_owned(&f->a.slots[0]));
	fixture_give_back(f);

	/* A completion that is too short ends the command with an error. */
	for (bytes = 0; bytes <= 128; bytes += 8) {
		f->done = 0;
		KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
		complete_with(id_of(0), bytes, HVG_SRB_SUCCESS);
		KUNIT_EXPECT_EQ(test, 1, f->done);
		KUNIT_EXPECT_EQ(test, bytes < 48 ? DID_ERROR << 16 : 0,
				f->scmd.result);
	}
	KUNIT_EXPECT_FALSE(test, hvg_channel_broken(f->chan));
}

/* The answer to a command of 4 KiB; its result. */
static int answered(struct kunit *test, const struct hvg_stor_packet *pkt)
{
	f->done = 0;
	f->events = 0;
	memset(f->sense, 0, sizeof(f->sense));
	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	host_sends(HVG_PACKET_COMPLETION, id_of(0), pkt, sizeof(*pkt));
	KUNIT_EXPECT_EQ(test, 1, f->done);
	return f->scmd.result;
}

static void put_sense(struct hvg_stor_packet *pkt, u8 key, u8 asc, u8 ascq)
{
	pkt->u.request.srb_status = HVG_SRB_ERROR;
	pkt->u.request.scsi_status = SAM_STAT_CHECK_CONDITION;
	answer_put_sense(pkt, key, asc, ascq);
}

/* The command has ended as its answer @pkt, which means @m, has it. */
static bool ended_as_meant(const struct answer_meaning *m,
			   const struct hvg_stor_packet *pkt)
{
	/* Fixed format: ILLEGAL REQUEST, INVALID COMMAND OPERATION CODE. */
	static const u8 made[ANSWER_SENSE_BYTES] = {
		[0] = 0x70, [2] = 0x05, [7] = 10, [12] = 0x20,
	};
	const u8 *sense = m->sense ? pkt->u.request.u.sense : made;
	u32 bytes = m->sense || m->make_sense ? ANSWER_SENSE_BYTES : 0;

	return f->done == 1 &&
	       f->scmd.result == (m->host_byte << 16 | m->status) &&
	       scsi_get_resid(&f->scmd) ==
			4096 - (m->moved ? pkt->u.request.transfer_length : 0) &&
	       f->events == (m->lun_event < 0 ? 0 : BIT(m->lun_event)) &&
	       !memcmp(f->sense, sense, bytes) &&
	       !memchr_inv(f->sense + bytes, 0, sizeof(f->sense) - bytes);
}

/* Each SRB status with each SCSI status, all that becomes of the command. */
static void completion_every_pair(struct kunit *test)
{
	struct hvg_stor_packet pkt;
	struct answer_meaning m;
	unsigned int pair, bad = 0;

	fixture_sg_begin(f, 1);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 4096);
	for (pair = 0; pair <= 0xffff; pair++) {
		pkt = answer_packet(pair >> 8, pair, 512, SENSE_FAILED);
		m = answer_meaning(COMMAND_READ, pair >> 8, pair, SENSE_FAILED);
		answered(test, &pkt);
		bad += m.breach;
		if (!ended_as_meant(&m, &pkt) ||
		    atomic_read(&f->a.count.bad_packets) != bad) {
			KUNIT_FAIL(test, "srb %#x scsi %#x: %#x, resid %u, expected %#x",
				   pair >> 8, pair & 0xff, f->scmd.result,
				   scsi_get_resid(&f->scmd),
				   m.host_byte << 16 | m.status);
			return;
		}
		test_channel_host_reads(f->chan);
	}
}

/* What is made of an answer beyond its status. */
static void completion_answers(struct kunit *test)
{
	struct hvg_stor_packet pkt = { .u.request.transfer_length = 4096 };
	struct hvg_stor_request *req = &pkt.u.request;

	fixture_sg_begin(f, 1);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 4096);
	put_sense(&pkt, UNIT_ATTENTION, 0x2a, 0x09);
	KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION, answered(test, &pkt));
	KUNIT_EXPECT_EQ(test, 0, memcmp(f->sense, req->u.sense, 18));
	KUNIT_EXPECT_EQ(test, BIT(STORVSC_EVENT_REVALIDATE), f->events);
	put_sense(&pkt, UNIT_ATTENTION, 0x3f, 0x0e);
	KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION, answered(test, &pkt));
	KUNIT_EXPECT_EQ(test, BIT(STORVSC_EVENT_BUS), f->events);

	memset(&pkt, 0, sizeof(pkt));
	req->srb_status = HVG_SRB_INVALID_REQUEST;
	storvsc_param_log_level = 2;
	KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION, answered(test, &pkt));
	storvsc_param_log_level = 0;
	KUNIT_EXPECT_EQ(test, ILLEGAL_REQUEST, f->sense[2] & 0xf);
	KUNIT_EXPECT_EQ(test, 4096, scsi_get_resid(&f->scmd));

	/* A success that has moved less than the command can live with. */
	req->srb_status = HVG_SRB_SUCCESS;
	req->transfer_length = 512;
	KUNIT_EXPECT_EQ(test, 0, answered(test, &pkt));
	KUNIT_EXPECT_EQ(test, 4096 - 512, scsi_get_resid(&f->scmd));
	f->scmd.underflow = 4096;
	KUNIT_EXPECT_EQ(test, DID_ERROR << 16, answered(test, &pkt));
	req->transfer_length = 4096;
	KUNIT_EXPECT_EQ(test, 0, answered(test, &pkt));
	f->scmd.underflow = 0;

	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->a.count.bad_packets));
	req->transfer_length = 4097;
	KUNIT_EXPECT_EQ(test, DID_ERROR << 16, answered(test, &pkt));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->a.count.bad_packets));
}

/* INQUIRY of a LUN 0 that is not there is answered in the host's place. */
static void completion_no_lun(struct kunit *test)
{
	struct hvg_stor_packet pkt = {
		.u.request.srb_status = HVG_SRB_INVALID_LUN,
	};
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	const u8 *data;

	KUNIT_ASSERT_NOT_NULL(test, page);
	data = page_address(page);
	f->sdev.lun = 0;
	f->scmd.cmnd[0] = INQUIRY;
	f->scmd.cmnd[1] = 0;
	fixture_sg_begin(f, 1);
	fixture_sg_entry(f, 0, page_to_pfn(page), 0, 64);
	KUNIT_EXPECT_EQ(test, 0, answered(test, &pkt));
	KUNIT_EXPECT_EQ(test, 0x7f, data[0]);
	KUNIT_EXPECT_EQ(test, 31, data[4]);
	KUNIT_EXPECT_EQ(test, 64 - 36, scsi_get_resid(&f->scmd));
	KUNIT_EXPECT_EQ(test, 0, f->events);
	/* Any other LUN is just not there. */
	f->sdev.lun = 1;
	KUNIT_EXPECT_EQ(test, DID_NO_CONNECT << 16, answered(test, &pkt));
	KUNIT_EXPECT_EQ(test, BIT(STORVSC_EVENT_PRESENCE), f->events);
	__free_page(page);
}

/*
 * A list of LUNs that is longer than any, or has no length, which only counts
 * where it was asked for.
 */
static void completion_luns(struct kunit *test)
{
	static const struct {
		u32 length;
		u32 asked;
		u32 moved;
		int host_byte;
	} rows[] = {
		{ 0, 4096, 8, DID_OK },
		{ 8, 4096, 16, DID_OK },
		{ 8, 4096, 4, DID_ERROR },
		{ 8, 4096, 0, DID_ERROR },
		{ 8, 8, 7, DID_ERROR },
		{ 2048, 4096, 4096, DID_OK },
		{ 2049, 4096, 4096, DID_ERROR },
		{ 2049, 8, 8, DID_ERROR },
		{ 0x80000000, 4096, 4096, DID_ERROR },
		{ ~0u, 4096, 16, DID_ERROR },
		{ ~0u, 7, 7, DID_OK },
		{ ~0u, 4, 4, DID_OK },
		{ ~0u, 0, 0, DID_OK },
	};
	struct hvg_stor_packet pkt = { .u.request.srb_status = HVG_SRB_SUCCESS };
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned int i, bad = 0;

	KUNIT_ASSERT_NOT_NULL(test, page);
	f->scmd.cmnd[0] = REPORT_LUNS;
	fixture_sg_begin(f, 1);
	fixture_sg_entry(f, 0, page_to_pfn(page), 0, 4096);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		*(__be32 *)page_address(page) = cpu_to_be32(rows[i].length);
		put_unaligned_be32(rows[i].asked, f->scmd.cmnd + 6);
		pkt.u.request.transfer_length = rows[i].moved;
		KUNIT_EXPECT_EQ_MSG(test, rows[i].host_byte << 16,
				    answered(test, &pkt),
				    "%#x, %u asked for, %u moved",
				    rows[i].length, rows[i].asked,
				    rows[i].moved);
		bad += rows[i].host_byte != DID_OK;
		KUNIT_EXPECT_EQ(test, bad,
				atomic_read(&f->a.count.bad_packets));
	}
	__free_page(page);
}

/* Packets that complete no command. */
static void completion_notifications(struct kunit *test)
{
	static const struct { u32 op, events; int bad; } rows[] = {
		{ HVG_STOR_ENUMERATE_BUS, BIT(STORVSC_EVENT_BUS), 0 },
		{ HVG_STOR_REMOVE_DEVICE, BIT(STORVSC_EVENT_BUS), 0 },
		{ HVG_STOR_FCHBA_DATA, 0, 0 },
		{ HVG_STOR_EVENT_NOTIFICATION, 0, 0 },
		{ HVG_STOR_COMPLETE_IO, 0, 1 },
		{ 99, 0, 1 },
		{ ~0u, 0, 1 },
	};
	struct hvg_stor_packet pkt = { };
	unsigned int i, bad = 0;
	u32 bytes;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* All of it, and no more than the operation. */
		for (bytes = 8; bytes <= 64; bytes += 56) {
			f->events = 0;
			pkt.operation = rows[i].op;
			host_sends(HVG_PACKET_INBAND, 0, &pkt, bytes);
			bad += rows[i].bad;
			KUNIT_EXPECT_EQ(test, rows[i].events, f->events);
			KUNIT_EXPECT_EQ(test, bad,
					atomic_read(&f->a.count.bad_packets));
		}
	}
	host_sends(HVG_PACKET_INBAND, 0, &pkt, 0);
	host_sends(HVG_PACKET_TRANSFER_PAGES, 0, &pkt, sizeof(pkt));
	host_sends(0, 0, &pkt, sizeof(pkt));
	KUNIT_EXPECT_EQ(test, bad + 3, atomic_read(&f->a.count.bad_packets));
	KUNIT_EXPECT_EQ(test, 0, f->done);

	/* The answer to a request of the driver's own, and one too many. */
	f->sync_wanted = true;
	complete_with(STORVSC_SYNC_INDEX, 64, 0);
	KUNIT_EXPECT_EQ(test, 1, f->synced);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->a.count.stale_completions));
	f->sync_wanted = false;
	complete_with(STORVSC_SYNC_INDEX, 64, 0);
	KUNIT_EXPECT_EQ(test, 2, f->synced);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->a.count.stale_completions));
}

/* An answer to what is not the host's yet: its id can be guessed. */
static void completion_early(struct kunit *test)
{
	u64 id = storvsc_slot_next_id(&f->a, &f->a.slots[0]);

	complete_with(id, 64, HVG_SRB_SUCCESS);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->a.count.stale_completions));
	KUNIT_EXPECT_EQ(test, 0, f->done);
	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, 0, f->done);
	complete_with(id, 64, HVG_SRB_SUCCESS);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_NE(test, id, storvsc_slot_next_id(&f->a, &f->a.slots[0]));
}

static void completion_fail_all(struct kunit *test)
{
	static struct scsi_device other;

	KUNIT_EXPECT_TRUE(test, storvsc_slots_idle(&f->a, NULL));
	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	KUNIT_EXPECT_FALSE(test, storvsc_slots_idle(&f->a, NULL));
	KUNIT_EXPECT_FALSE(test, storvsc_slots_idle(&f->a, &f->sdev));
	KUNIT_EXPECT_TRUE(test, storvsc_slots_idle(&f->a, &other));
	storvsc_slots_fail(&f->a, 1, DID_RESET, 0);
	KUNIT_EXPECT_EQ(test, 0, f->done);
	storvsc_slots_fail(&f->a, 0, DID_RESET, 0);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_EQ(test, DID_RESET << 16, f->scmd.result);
	storvsc_slots_fail(&f->a, 0, DID_RESET, 0);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_TRUE(test, storvsc_slots_idle(&f->a, NULL));
	/* The time for which the host has kept it is not the command's. */
	f->scmd.jiffies_at_alloc = jiffies - 1000 * HZ;
	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, 1, storvsc_slots_on(&f->a, 0));
	KUNIT_EXPECT_EQ(test, 0, storvsc_slots_on(&f->a, 1));
	storvsc_slots_fail(&f->a, 0, DID_RESET, 990 * HZ);
	KUNIT_EXPECT_EQ(test, 2, f->done);
	KUNIT_EXPECT_TRUE(test, time_after(f->scmd.jiffies_at_alloc,
					   jiffies - 20 * HZ));
	/* An adapter whose start has failed has none. */
	storvsc_slots_free(&f->a);
	storvsc_slots_fail(&f->a, 0, DID_RESET, 0);
	KUNIT_EXPECT_NULL(test, storvsc_slot_find(&f->a, 0));
}

static struct kunit_case completion_cases[] = {
	KUNIT_CASE(completion_ids),
	KUNIT_CASE(completion_every_pair),
	KUNIT_CASE(completion_answers),
	KUNIT_CASE(completion_no_lun),
	KUNIT_CASE(completion_luns),
	KUNIT_CASE(completion_notifications),
	KUNIT_CASE(completion_early),
	KUNIT_CASE(completion_fail_all),
	{}
};

struct kunit_suite completion_suite = {
	.name = "hvg_completion",
	.init = completion_init,
	.exit = completion_exit,
	.test_cases = completion_cases,
};
