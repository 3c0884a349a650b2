// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a SCSI command to the bytes in the ring: scatterlists of all layouts,
 * the request's fields, and commands that are not sent.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <vmbus/channel.h>
#include "../vmbus/fake_host.h"
#include "../vmbus/memory.h"
#include "../vmbus/seed.h"
#include "../vmbus/test_channel.h"
#include "fixture.h"
#include "suites.h"

static struct fixture *f;

static int request_init(struct kunit *test)
{
	f = fixture_begin(test);
	return 0;
}

static void request_exit(struct kunit *test)
{
	fixture_end(f);
	f = NULL;
}

/* Submit what is described, and look at the packet. */
static const struct hvg_stor_packet *check_packet(struct kunit *test)
{
	u8 *at = f->chan->tx.data + f->chan->tx.index;
	const struct hvg_packet_header *head = (const void *)at;
	const struct hvg_gpa_header *gpa = (const void *)(at + 16);
	const struct hvg_gpa_range *range = (const void *)(at + 24);

	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	KUNIT_ASSERT_EQ(test, HVG_PACKET_GPA_DIRECT, head->type);
	KUNIT_ASSERT_EQ(test, HVG_PACKET_FLAG_COMPLETION, head->flags);
	KUNIT_ASSERT_EQ(test, 1, gpa->range_count);
	KUNIT_ASSERT_EQ(test, 0, gpa->reserved);
	KUNIT_ASSERT_EQ(test, f->scmd.sdb.length, range->bytes);
	KUNIT_ASSERT_EQ(test, f->sgl[0].offset % HVG_PAGE_SIZE, range->offset);
	KUNIT_ASSERT_EQ(test, (32 + 8 * f->pages) / 8, head->offset8);
	KUNIT_ASSERT_EQ(test, (32 + 8 * f->pages + f->a.packet_bytes) / 8,
			head->length8);
	KUNIT_ASSERT_EQ(test, DIV_ROUND_UP(range->offset + range->bytes,
					   HVG_PAGE_SIZE), f->pages);
	KUNIT_ASSERT_EQ(test, 0, memcmp(at + 32, f->pfns, 8 * f->pages));
	return (const void *)(at + 32 + 8 * f->pages);
}

static void request_one_entry(struct kunit *test)
{
	static const u32 lengths[] = {
		1, 8, 512, 4095, 4096, 4097, 8192, 12288, 65536, 1048576,
	};
	u32 i, offset;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (offset = 0; offset < HVG_PAGE_SIZE; offset += 252) {
			fixture_sg_begin(f, 1);
			fixture_sg_entry(f, 0, FIRST_PFN, offset, lengths[i]);
			check_packet(test);
			fixture_give_back(f);
		}
		/* An entry may start beyond the page that it names. */
		fixture_sg_begin(f, 1);
		fixture_sg_entry(f, 0, FIRST_PFN, 3 * HVG_PAGE_SIZE + 8, lengths[i]);
		if (f->pages <= MAX_PAGES)
			check_packet(test);
		fixture_give_back(f);
	}
}

/* Entries as the queue's virt boundary makes them, of random sizes. */
static void request_layouts(struct kunit *test)
{
	u32 round, count, i, offset, bytes;
	struct rnd_state rnd;
	u64 pfn;

	seed_begin(test, &rnd);
	for (round = 0; round < 3000; round++) {
		count = 1 + seed_below(&rnd, round % 50 ? 8 : 120);
		/* The midlayer chains what its own few entries do not hold. */
		if (count > 1 && round % 2)
			fixture_sg_begin_chained(f, count, 1 +
						 seed_below(&rnd, count - 1));
		else
			fixture_sg_begin(f, count);
		for (i = 0; i < count; i++) {
			pfn = FIRST_PFN + seed_below(&rnd, 0x8000);
			offset = i ? 0 : 4 * seed_below(&rnd, 1024);
			bytes = HVG_PAGE_SIZE * (1 + seed_below(&rnd, 2)) -
				offset;
			if (i == count - 1)
				bytes = 1 + seed_below(&rnd, bytes);
			fixture_sg_entry(f, i, pfn, offset, bytes);
		}
		check_packet(test);
		fixture_give_back(f);
	}
}

/* Entries that go on in memory, wherever in a page, are one range, too. */
static void request_adjacent(struct kunit *test)
{
	u32 round, count, i, bytes, at;
	struct rnd_state rnd;

	seed_begin(test, &rnd);
	for (round = 0; round < 1000; round++) {
		count = 1 + seed_below(&rnd, 60);
		fixture_sg_begin(f, count);
		at = 512 * seed_below(&rnd, 8);
		for (i = 0; i < count; i++) {
			bytes = 512 * (1 + seed_below(&rnd, 20));
			sg_set_page(&f->sgl[i],
				    pfn_to_page(FIRST_PFN + (at >> 12)), bytes,
				    at % HVG_PAGE_SIZE);
			f->scmd.sdb.length += bytes;
			at += bytes;
		}
		while (f->pages < DIV_ROUND_UP(at, HVG_PAGE_SIZE)) {
			f->pfns[f->pages] = FIRST_PFN + f->pages;
			f->pages++;
		}
		check_packet(test);
		fixture_give_back(f);
	}
}

/* The command's length ends within the list. */
static void request_short_of_list(struct kunit *test)
{
	fixture_sg_begin(f, 3);
	fixture_sg_entry(f, 0, FIRST_PFN, 512, 3584);
	fixture_sg_entry(f, 1, FIRST_PFN + 9, 0, 1024);
	sg_set_page(&f->sgl[1], pfn_to_page(FIRST_PFN + 9), 8192, 0);
	sg_set_page(&f->sgl[2], pfn_to_page(FIRST_PFN + 90), 4096, 0);
	check_packet(test);
}

static void expect_refused(struct kunit *test, const char *what)
{
	u32 index = f->chan->tx.index;

	KUNIT_EXPECT_EQ_MSG(test, -EINVAL, fixture_submit(f), "%s", what);
	KUNIT_EXPECT_EQ(test, index, f->chan->tx.index);
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
}

/* What one range cannot describe must not go out half described. */
static void request_gaps(struct kunit *test)
{
	u32 i;

	fixture_sg_begin(f, 2);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 2048);
	fixture_sg_entry(f, 1, FIRST_PFN + 1, 0, 4096);
	expect_refused(test, "the first does not end at a page's end");
	fixture_sg_begin(f, 2);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 4096);
	fixture_sg_entry(f, 1, FIRST_PFN + 1, 512, 512);
	expect_refused(test, "the second does not start at a page's start");
	fixture_sg_begin(f, 3);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 4096);
	fixture_sg_entry(f, 1, FIRST_PFN + 1, 0, 512);
	fixture_sg_entry(f, 2, FIRST_PFN + 2, 0, 4096);
	expect_refused(test, "a short one in the middle");
	fixture_sg_begin(f, 1);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 4096);
	f->scmd.sdb.length = 8192;
	expect_refused(test, "the list is shorter than the command");
	fixture_sg_begin(f, MAX_PAGES + 1);
	for (i = 0; i <= MAX_PAGES; i++)
		fixture_sg_entry(f, i, FIRST_PFN + 2 * i, 0, 4096);
	expect_refused(test, "too many pages");
	KUNIT_EXPECT_EQ(test, 5, atomic_read(&f->a.count.gaps));
	fixture_sg_begin(f, MAX_PAGES);
	for (i = 0; i < MAX_PAGES; i++)
		fixture_sg_entry(f, i, FIRST_PFN + 2 * i, 0, 4096);
	check_packet(test);
}

/* More than the ring can ever hold is an error, not to be tried again. */
static void request_too_large(struct kunit *test)
{
	u32 bytes = (DATA_BYTES / sizeof(u64) + 1) * HVG_PAGE_SIZE;

	f->a.max_pages = U16_MAX;
	fixture_sg_begin(f, 1);
	sg_set_page(&f->sgl[0], pfn_to_page(FIRST_PFN), bytes, 0);
	f->scmd.sdb.length = bytes;
	KUNIT_EXPECT_EQ(test, 1, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, DID_ERROR << 16, f->scmd.result);
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
}

static void request_fields(struct kunit *test)
{
	const struct hvg_stor_packet *pkt;
	const struct hvg_stor_request *req;
	unsigned int i;

	for (i = 0; i < 16; i++)
		f->scmd.cmnd[i] = 0x80 + i;
	f->scmd.cmd_len = 16;
	fixture_sg_begin(f, 1);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 4096);
	pkt = check_packet(test);
	req = &pkt->u.request;
	KUNIT_EXPECT_EQ(test, HVG_STOR_EXECUTE_SRB, pkt->operation);
	KUNIT_EXPECT_EQ(test, HVG_STOR_FLAG_COMPLETION, pkt->flags);
	KUNIT_EXPECT_EQ(test, 52, req->length);
	KUNIT_EXPECT_EQ(test, 1, req->path);
	KUNIT_EXPECT_EQ(test, 2, req->target);
	KUNIT_EXPECT_EQ(test, 3, req->lun);
	KUNIT_EXPECT_EQ(test, 16, req->cdb_length);
	KUNIT_EXPECT_EQ(test, 20, req->sense_length);
	KUNIT_EXPECT_EQ(test, 4096, req->transfer_length);
	KUNIT_EXPECT_EQ(test, 0, memcmp(req->u.cdb, f->scmd.cmnd, 16));
	KUNIT_EXPECT_EQ(test, HVG_STOR_READ, req->direction);
	KUNIT_EXPECT_TRUE(test, req->srb_flags & HVG_SRB_DATA_IN);
	KUNIT_EXPECT_FALSE(test, req->srb_flags & HVG_SRB_DATA_OUT);
	KUNIT_EXPECT_GE(test, req->timeout, 60);
	fixture_give_back(f);

	KUNIT_EXPECT_FALSE(test, req->srb_flags & HVG_SRB_QUEUE_ACTION_ENABLE);
	f->sdev.simple_tags = 1;
	req = &check_packet(test)->u.request;
	KUNIT_EXPECT_TRUE(test, req->srb_flags & HVG_SRB_QUEUE_ACTION_ENABLE);
	fixture_give_back(f);

	f->scmd.sc_data_direction = DMA_TO_DEVICE;
	f->a.type = STORVSC_IDE;
	f->a.path = 1;
	f->a.target = 1;
	/* A host before 5.1: the packet ends after the CDB and sense. */
	f->a.packet_bytes = HVG_STOR_PACKET_WIN6;
	f->a.request_bytes = HVG_STOR_REQUEST_WIN6;
	f->a.sense_bytes = HVG_STOR_SENSE_WIN6;
	pkt = check_packet(test);
	req = &pkt->u.request;
	KUNIT_EXPECT_EQ(test, 36, req->length);
	KUNIT_EXPECT_EQ(test, 18, req->sense_length);
	KUNIT_EXPECT_EQ(test, HVG_STOR_WRITE, req->direction);
	KUNIT_EXPECT_EQ(test, 1, req->path);
	KUNIT_EXPECT_EQ(test, 1, req->target);
}

static void request_without_data(struct kunit *test)
{
	u8 *at = f->chan->tx.data + f->chan->tx.index;
	const struct hvg_packet_header *head = (const void *)at;
	const struct hvg_stor_packet *pkt = (const void *)(at + 16);

	KUNIT_ASSERT_EQ(test, 0, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, HVG_PACKET_INBAND, head->type);
	KUNIT_EXPECT_EQ(test, 2, head->offset8);
	KUNIT_EXPECT_EQ(test, 10, head->length8);
	KUNIT_EXPECT_EQ(test, HVG_STOR_NONE, pkt->u.request.direction);
	KUNIT_EXPECT_EQ(test, 0, pkt->u.request.transfer_length);
	KUNIT_EXPECT_EQ(test, 0, pkt->u.request.srb_flags &
			(HVG_SRB_DATA_IN | HVG_SRB_DATA_OUT));
}

static void request_not_allowed(struct kunit *test)
{
	static const u8 ops_of_old[] = { WRITE_SAME, SET_WINDOW };
	unsigned int i;

	f->scmd.cmd_len = 17;
	KUNIT_EXPECT_EQ(test, 1, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION, f->scmd.result);
	f->scmd.cmd_len = 10;
	for (i = 0; i < ARRAY_SIZE(ops_of_old); i++) {
		f->scmd.cmnd[0] = ops_of_old[i];
		f->scmd.result = 0;
		f->a.version = HVG_STOR_VERSION_WIN8;
		KUNIT_EXPECT_EQ(test, 1, fixture_submit(f));
		KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION,
				f->scmd.result);
		KUNIT_EXPECT_EQ(test, ILLEGAL_REQUEST, f->sense[2] & 0xf);
		f->a.version = HVG_STOR_VERSION_WIN8_1;
		KUNIT_EXPECT_EQ(test, 0, fixture_submit(f));
		fixture_give_back(f);
	}
}

/* What becomes of a command goes by the adapter's state. */
static void request_states(struct kunit *test)
{
	static const u8 waits[] = { STORVSC_STARTING, STORVSC_RESETTING };
	static const u8 fails[] = { STORVSC_DEAD, STORVSC_GONE };
	unsigned int i;

	fixture_sg_begin(f, 1);
	fixture_sg_entry(f, 0, FIRST_PFN, 0, 4096);
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		f->a.state = waits[i];
		f->scmd.result = 0;
		KUNIT_EXPECT_EQ(test, -EAGAIN, fixture_submit(f));
		KUNIT_EXPECT_EQ(test, 0, f->scmd.result);
	}
	for (i = 0; i < ARRAY_SIZE(fails); i++) {
		f->a.state = fails[i];
		f->scmd.result = 0;
		KUNIT_EXPECT_EQ(test, 1, fixture_submit(f));
		KUNIT_EXPECT_EQ(test, DID_NO_CONNECT << 16, f->scmd.result);
	}
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
	KUNIT_EXPECT_EQ(test, 0, fake_host.signals);
	f->a.state = STORVSC_RUNNING;
	KUNIT_EXPECT_EQ(test, 0, fixture_submit(f));
	fixture_give_back(f);
}

static void request_ring_full(struct kunit *test)
{
	u32 i, sent;

	fixture_sg_begin(f, 64);
	for (i = 0; i < 64; i++)
		fixture_sg_entry(f, i, FIRST_PFN + 2 * i, 0, 4096);
	for (sent = 0; !fixture_submit(f); sent++)
		storvsc_slot_take(&f->a.slots[0], f->a.slots[0].state);
	/* 32 bytes of heads, the pages, the request, the trailer. */
	KUNIT_EXPECT_EQ(test, (DATA_BYTES - 8) / (32 + 8 * 64 + 64 + 8), sent);
	KUNIT_EXPECT_EQ(test, 1, f->a.ring_blocked);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->a.count.ring_full));
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
	KUNIT_EXPECT_EQ(test, 1, fake_host.signals);
	fixture_give_back(f);
	KUNIT_EXPECT_EQ(test, 0, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, 2, fake_host.signals);
}

/* A ring that is bad is somebody else's to mend; the command is not lost. */
static void request_ring_broken(struct kunit *test)
{
	f->chan->tx.ctl->read_index = DATA_BYTES;
	KUNIT_EXPECT_EQ(test, -EAGAIN, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, 1, f->broken);
	KUNIT_EXPECT_TRUE(test, hvg_channel_broken(f->chan));
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
	/* Between close and open there is no channel at all. */
	rcu_assign_pointer(f->sc.chan, NULL);
	KUNIT_EXPECT_EQ(test, -EAGAIN, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, 2, f->broken);
	KUNIT_EXPECT_EQ(test, 0, f->done);
}

/* A sub-channel may take the host long to close: the primary serves. */
static void request_sub_broken(struct kunit *test)
{
	struct storvsc_channel chans[2] = {
		f->sc, { .adapter = &f->a, .index = 1 }
	};
	unsigned int cpu;

	f->a.chans = chans;
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		f->cpu_chan[cpu] = 1;
	KUNIT_EXPECT_EQ(test, 0, fixture_submit(f));
	KUNIT_EXPECT_EQ(test, 1, f->broken);
	KUNIT_EXPECT_EQ(test, 1, storvsc_slots_on(&f->a, 0));
	KUNIT_EXPECT_EQ(test, 0, storvsc_slots_on(&f->a, 1));
	KUNIT_EXPECT_EQ(test, 1, fake_host.signals);
	fixture_give_back(f);
	f->a.chans = &f->sc;
}

/* An adapter whose slots there is no memory for has none. */
static void request_no_slots(struct kunit *test)
{
	storvsc_slots_free(&f->a);
	memory_refuse("storvsc_slots_alloc", 1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, storvsc_slots_alloc(&f->a));
	KUNIT_EXPECT_TRUE(test, memory_refused());
	KUNIT_EXPECT_NULL(test, storvsc_slot_find(&f->a, 0));
	KUNIT_EXPECT_EQ(test, 0, storvsc_slots_alloc(&f->a));
	KUNIT_EXPECT_NOT_NULL(test, storvsc_slot_find(&f->a, 0));
}

static struct kunit_case request_cases[] = {
	KUNIT_CASE(request_one_entry),
	KUNIT_CASE(request_layouts),
	KUNIT_CASE(request_adjacent),
	KUNIT_CASE(request_short_of_list),
	KUNIT_CASE(request_gaps),
	KUNIT_CASE(request_too_large),
	KUNIT_CASE(request_fields),
	KUNIT_CASE(request_without_data),
	KUNIT_CASE(request_not_allowed),
	KUNIT_CASE(request_states),
	KUNIT_CASE(request_ring_full),
	KUNIT_CASE(request_ring_broken),
	KUNIT_CASE(request_sub_broken),
	KUNIT_CASE(request_no_slots),
	{}
};

struct kunit_suite request_suite = {
	.name = "hvg_request",
	.init = request_init,
	.exit = request_exit,
	.test_cases = request_cases,
};
