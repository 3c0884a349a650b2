// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a SCSI command to the bytes in the ring and back: scatterlists of all
 * layouts, the request's fields, and completions that are not ours.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <hvg/guids.h>
#include <vmbus/channel.h>
#include "../vmbus/fake_host.h"
#include "storvsc.h"
#include "suites.h"

#define CHANNEL		3
#define RING_BYTES	(17 * HVG_PAGE_SIZE)
#define DATA_BYTES	(16 * HVG_PAGE_SIZE)
#define SLOTS		8
#define MAX_PAGES	257
#define MAX_SEGMENTS	300
#define FIRST_PFN	0x1000

static const struct hvg_guid interface = HVG_GUID_SCSI;

unsigned int storvsc_param_log_level;

/* An adapter with one channel and one LUN, and a command for it. */
struct request_fixture {
	struct storvsc_adapter a;
	struct storvsc_channel sc;
	struct Scsi_Host shost;
	struct scsi_device sdev;
	struct hvg_device hdev;
	struct hvg_channel *chan;
	u16 cpu_chan[NR_CPUS];
	struct scsi_cmnd scmd;
	u8 sense[SCSI_SENSE_BUFFERSIZE];
	struct scatterlist sgl[MAX_SEGMENTS];
	u64 pfns[4 * MAX_SEGMENTS];
	u32 pages;
	unsigned int done;
	unsigned int events;
	unsigned int broken;
	unsigned int synced;
	bool sync_wanted;
};

static struct request_fixture *f;

/* What the parts under test call of the others. */
void storvsc_event(struct storvsc_adapter *a, enum storvsc_event event)
{
	f->events |= BIT(event);
}

void storvsc_lun_event(struct storvsc_adapter *a, struct scsi_device *sdev,
		       enum storvsc_event event)
{
	f->events |= BIT(event);
}

void storvsc_host_data(struct scsi_cmnd *scmd, u32 bytes)
{
}

void storvsc_host_done(struct scsi_cmnd *scmd)
{
	f->done++;
}

void storvsc_broken(struct storvsc_adapter *a)
{
	f->broken++;
}

bool storvsc_sync_complete(struct storvsc_adapter *a, unsigned int state,
			   const struct hvg_packet *pkt)
{
	f->synced++;
	return f->sync_wanted;
}

static const struct hvg_channel_ops ops = {
	.packet = storvsc_packet,
	.max_packet = 256,
};

static int request_init(struct kunit *test)
{
	struct hvg_open_params params = {
		.send_bytes = RING_BYTES,
		.recv_bytes = RING_BYTES,
		.ops = &ops,
	};
	struct storvsc_adapter *a;

	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	fake_host_offer(CHANNEL, 0, &interface);
	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f);
	f->chan = fake_host_channel(CHANNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->chan);

	a = &f->a;
	a->hdev = &f->hdev;
	a->shost = &f->shost;
	a->state = STORVSC_RUNNING;
	a->version = HVG_STOR_VERSION_WIN10;
	a->packet_bytes = sizeof(struct hvg_stor_packet);
	a->request_bytes = sizeof(struct hvg_stor_request);
	a->sense_bytes = HVG_STOR_SENSE_WIN8;
	a->max_pages = MAX_PAGES;
	a->chans = &f->sc;
	a->cpu_chan = f->cpu_chan;
	a->queues = 1;
	a->queue_slots = SLOTS;
	f->sc.adapter = a;
	KUNIT_ASSERT_EQ(test, 0, storvsc_slots_alloc(a));
	params.context = &f->sc;
	KUNIT_ASSERT_EQ(test, 0, hvg_channel_open(f->chan, &params));
	rcu_assign_pointer(f->sc.chan, f->chan);

	f->sdev.host = &f->shost;
	f->sdev.channel = 1;
	f->sdev.id = 2;
	f->sdev.lun = 3;
	f->scmd.device = &f->sdev;
	f->scmd.sense_buffer = f->sense;
	f->scmd.cmd_len = 10;
	f->scmd.cmnd[0] = READ_10;
	f->scmd.sc_data_direction = DMA_FROM_DEVICE;
	return 0;
}

static void request_exit(struct kunit *test)
{
	if (!fake_host.started)
		return;
	if (f) {
		if (f->chan)
			hvg_channel_close(f->chan);
		storvsc_slots_free(&f->a);
	}
	fake_host_disconnect();
	f = NULL;
}

/* Start a scatterlist of @count entries. */
static void sg_begin(unsigned int count)
{
	sg_init_table(f->sgl, count);
	f->scmd.sdb.table.sgl = f->sgl;
	f->scmd.sdb.table.nents = count;
	f->scmd.sdb.length = 0;
	f->pages = 0;
}

/* The next entry; its page numbers are written down, 4 KiB each. */
static void sg_entry(unsigned int i, u64 pfn, u32 offset, u32 bytes)
{
	u64 first = pfn + (offset >> 12), last = pfn + ((offset + bytes - 1) >> 12);

	sg_set_page(&f->sgl[i], pfn_to_page(pfn), bytes, offset);
	f->scmd.sdb.length += bytes;
	while (first <= last)
		f->pfns[f->pages++] = first++;
}

static int submit(void)
{
	struct storvsc_data data = {
		.sgl = scsi_sglist(&f->scmd),
		.count = scsi_sg_count(&f->scmd),
	};

	return storvsc_submit(&f->a, &f->a.slots[0], &f->scmd, &data, 30);
}

/* The host gives the slot back, so that it can be used again. */
static void give_back(void)
{
	storvsc_slot_take(&f->a.slots[0], f->a.slots[0].state);
	f->chan->tx.ctl->read_index = f->chan->tx.ctl->write_index;
}

/* Submit what is described, and look at the packet. */
static const struct hvg_stor_packet *check_packet(struct kunit *test)
{
	u8 *at = f->chan->tx.data + f->chan->tx.index;
	const struct hvg_packet_header *head = (const void *)at;
	const struct hvg_gpa_header *gpa = (const void *)(at + 16);
	const struct hvg_gpa_range *range = (const void *)(at + 24);

	KUNIT_ASSERT_EQ(test, 0, submit());
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
			sg_begin(1);
			sg_entry(0, FIRST_PFN, offset, lengths[i]);
			check_packet(test);
			give_back();
		}
		/* An entry may start beyond the page that it names. */
		sg_begin(1);
		sg_entry(0, FIRST_PFN, 3 * HVG_PAGE_SIZE + 8, lengths[i]);
		if (f->pages <= MAX_PAGES)
			check_packet(test);
		give_back();
	}
}

/* Entries as the queue's virt boundary makes them, of random sizes. */
static void request_layouts(struct kunit *test)
{
	u32 round, count, i, offset, bytes;
	u64 pfn;

	for (round = 0; round < 3000; round++) {
		count = 1 + prandom_u32_max(round % 50 ? 8 : 120);
		sg_begin(count);
		for (i = 0; i < count; i++) {
			pfn = FIRST_PFN + prandom_u32_max(0x8000);
			offset = i ? 0 : 4 * prandom_u32_max(1024);
			bytes = HVG_PAGE_SIZE * (1 + prandom_u32_max(2)) -
				offset;
			if (i == count - 1)
				bytes = 1 + prandom_u32_max(bytes);
			sg_entry(i, pfn, offset, bytes);
		}
		check_packet(test);
		give_back();
	}
}

/* Entries that go on in memory, wherever in a page, are one range, too. */
static void request_adjacent(struct kunit *test)
{
	u32 round, count, i, bytes, at;

	for (round = 0; round < 1000; round++) {
		count = 1 + prandom_u32_max(60);
		sg_begin(count);
		at = 512 * prandom_u32_max(8);
		for (i = 0; i < count; i++) {
			bytes = 512 * (1 + prandom_u32_max(20));
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
		give_back();
	}
}

/* The command's length ends within the list. */
static void request_short_of_list(struct kunit *test)
{
	sg_begin(3);
	sg_entry(0, FIRST_PFN, 512, 3584);
	sg_entry(1, FIRST_PFN + 9, 0, 1024);
	sg_set_page(&f->sgl[1], pfn_to_page(FIRST_PFN + 9), 8192, 0);
	sg_set_page(&f->sgl[2], pfn_to_page(FIRST_PFN + 90), 4096, 0);
	check_packet(test);
}

static void expect_refused(struct kunit *test, const char *what)
{
	u32 index = f->chan->tx.index;

	KUNIT_EXPECT_EQ_MSG(test, -EINVAL, submit(), "%s", what);
	KUNIT_EXPECT_EQ(test, index, f->chan->tx.index);
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
}

/* What one range cannot describe must not go out half described. */
static void request_gaps(struct kunit *test)
{
	u32 i;

	sg_begin(2);
	sg_entry(0, FIRST_PFN, 0, 2048);
	sg_entry(1, FIRST_PFN + 1, 0, 4096);
	expect_refused(test, "the first does not end at a page's end");
	sg_begin(2);
	sg_entry(0, FIRST_PFN, 0, 4096);
	sg_entry(1, FIRST_PFN + 1, 512, 512);
	expect_refused(test, "the second does not start at a page's start");
	sg_begin(3);
	sg_entry(0, FIRST_PFN, 0, 4096);
	sg_entry(1, FIRST_PFN + 1, 0, 512);
	sg_entry(2, FIRST_PFN + 2, 0, 4096);
	expect_refused(test, "a short one in the middle");
	sg_begin(1);
	sg_entry(0, FIRST_PFN, 0, 4096);
	f->scmd.sdb.length = 8192;
	expect_refused(test, "the list is shorter than the command");
	sg_begin(MAX_PAGES + 1);
	for (i = 0; i <= MAX_PAGES; i++)
		sg_entry(i, FIRST_PFN + 2 * i, 0, 4096);
	expect_refused(test, "too many pages");
	KUNIT_EXPECT_EQ(test, 5, atomic_read(&f->a.count.gaps));
	sg_begin(MAX_PAGES);
	for (i = 0; i < MAX_PAGES; i++)
		sg_entry(i, FIRST_PFN + 2 * i, 0, 4096);
	check_packet(test);
}

/* More than the ring can ever hold is an error, not to be tried again. */
static void request_too_large(struct kunit *test)
{
	u32 bytes = (DATA_BYTES / sizeof(u64) + 1) * HVG_PAGE_SIZE;

	f->a.max_pages = U16_MAX;
	sg_begin(1);
	sg_set_page(&f->sgl[0], pfn_to_page(FIRST_PFN), bytes, 0);
	f->scmd.sdb.length = bytes;
	KUNIT_EXPECT_EQ(test, 1, submit());
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
	sg_begin(1);
	sg_entry(0, FIRST_PFN, 0, 4096);
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
	give_back();

	KUNIT_EXPECT_FALSE(test, req->srb_flags & HVG_SRB_QUEUE_ACTION_ENABLE);
	f->sdev.simple_tags = 1;
	req = &check_packet(test)->u.request;
	KUNIT_EXPECT_TRUE(test, req->srb_flags & HVG_SRB_QUEUE_ACTION_ENABLE);
	give_back();

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

	KUNIT_ASSERT_EQ(test, 0, submit());
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
	KUNIT_EXPECT_EQ(test, 1, submit());
	KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION, f->scmd.result);
	f->scmd.cmd_len = 10;
	for (i = 0; i < ARRAY_SIZE(ops_of_old); i++) {
		f->scmd.cmnd[0] = ops_of_old[i];
		f->scmd.result = 0;
		f->a.version = HVG_STOR_VERSION_WIN8;
		KUNIT_EXPECT_EQ(test, 1, submit());
		KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION,
				f->scmd.result);
		KUNIT_EXPECT_EQ(test, ILLEGAL_REQUEST, f->sense[2] & 0xf);
		f->a.version = HVG_STOR_VERSION_WIN8_1;
		KUNIT_EXPECT_EQ(test, 0, submit());
		give_back();
	}
}

/* What becomes of a command goes by the adapter's state. */
static void request_states(struct kunit *test)
{
	static const u8 waits[] = { STORVSC_STARTING, STORVSC_RESETTING };
	static const u8 fails[] = { STORVSC_DEAD, STORVSC_GONE };
	unsigned int i;

	sg_begin(1);
	sg_entry(0, FIRST_PFN, 0, 4096);
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		f->a.state = waits[i];
		f->scmd.result = 0;
		KUNIT_EXPECT_EQ(test, -EAGAIN, submit());
		KUNIT_EXPECT_EQ(test, 0, f->scmd.result);
	}
	for (i = 0; i < ARRAY_SIZE(fails); i++) {
		f->a.state = fails[i];
		f->scmd.result = 0;
		KUNIT_EXPECT_EQ(test, 1, submit());
		KUNIT_EXPECT_EQ(test, DID_NO_CONNECT << 16, f->scmd.result);
	}
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
	KUNIT_EXPECT_EQ(test, 0, fake_host.signals);
	f->a.state = STORVSC_RUNNING;
	KUNIT_EXPECT_EQ(test, 0, submit());
	give_back();
}

static void request_ring_full(struct kunit *test)
{
	u32 i, sent;

	sg_begin(64);
	for (i = 0; i < 64; i++)
		sg_entry(i, FIRST_PFN + 2 * i, 0, 4096);
	for (sent = 0; !submit(); sent++)
		storvsc_slot_take(&f->a.slots[0], f->a.slots[0].state);
	/* 32 bytes of heads, the pages, the request, the trailer. */
	KUNIT_EXPECT_EQ(test, (DATA_BYTES - 8) / (32 + 8 * 64 + 64 + 8), sent);
	KUNIT_EXPECT_EQ(test, 1, f->a.ring_blocked);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->a.count.ring_full));
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
	KUNIT_EXPECT_EQ(test, 1, fake_host.signals);
	give_back();
	KUNIT_EXPECT_EQ(test, 0, submit());
	KUNIT_EXPECT_EQ(test, 2, fake_host.signals);
}

/* A ring that is bad is somebody else's to mend; the command is not lost. */
static void request_ring_broken(struct kunit *test)
{
	f->chan->tx.ctl->read_index = DATA_BYTES;
	KUNIT_EXPECT_EQ(test, -EAGAIN, submit());
	KUNIT_EXPECT_EQ(test, 1, f->broken);
	KUNIT_EXPECT_TRUE(test, hvg_channel_broken(f->chan));
	KUNIT_EXPECT_FALSE(test, storvsc_slot_owned(&f->a.slots[0]));
	/* Between close and open there is no channel at all. */
	rcu_assign_pointer(f->sc.chan, NULL);
	KUNIT_EXPECT_EQ(test, -EAGAIN, submit());
	KUNIT_EXPECT_EQ(test, 1, f->broken);
	KUNIT_EXPECT_EQ(test, 0, f->done);
}

/* A packet of the host with the first @bytes of @pkt, or more. */
static void host_sends(u16 type, u64 id, const struct hvg_stor_packet *pkt,
		       u32 bytes)
{
	struct {
		struct hvg_packet_header head;
		struct hvg_stor_packet pkt;
		u8 more[64];
	} raw = { };
	struct ring *rx = &f->chan->rx;
	u32 pos = rx->ctl->write_index, i, length = 16 + bytes;

	raw.head.type = type;
	raw.head.offset8 = 2;
	raw.head.length8 = length / 8;
	raw.head.trans_id = id;
	raw.pkt = *pkt;
	for (i = 0; i < length; i++)
		rx->data[(pos + i) % DATA_BYTES] = ((u8 *)&raw)[i];
	rx->ctl->write_index = (pos + length + 8) % DATA_BYTES;
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

static void request_completions(struct kunit *test)
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

	KUNIT_ASSERT_EQ(test, 0, submit());
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
	KUNIT_ASSERT_EQ(test, 0, submit());
	complete_with(old, 64, HVG_SRB_SUCCESS);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_TRUE(test, storvsc_slot_owned(&f->a.slots[0]));
	give_back();

	/* A completion that is too short ends the command with an error. */
	for (bytes = 0; bytes <= 128; bytes += 8) {
		f->done = 0;
		KUNIT_ASSERT_EQ(test, 0, submit());
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
	KUNIT_ASSERT_EQ(test, 0, submit());
	host_sends(HVG_PACKET_COMPLETION, id_of(0), pkt, sizeof(*pkt));
	KUNIT_EXPECT_EQ(test, 1, f->done);
	return f->scmd.result;
}

static void put_sense(struct hvg_stor_packet *pkt, u8 key, u8 asc, u8 ascq)
{
	struct hvg_stor_request *req = &pkt->u.request;

	memset(req->u.sense, 0, sizeof(req->u.sense));
	req->u.sense[0] = 0x70;
	req->u.sense[2] = key;
	req->u.sense[7] = 10;
	req->u.sense[12] = asc;
	req->u.sense[13] = ascq;
	req->sense_length = 18;
	req->srb_status = HVG_SRB_ERROR | HVG_SRB_AUTOSENSE_VALID;
	req->scsi_status = SAM_STAT_CHECK_CONDITION;
}

/* What is made of an answer beyond its status. */
static void request_answers(struct kunit *test)
{
	struct hvg_stor_packet pkt = { .u.request.transfer_length = 4096 };
	struct hvg_stor_request *req = &pkt.u.request;

	sg_begin(1);
	sg_entry(0, FIRST_PFN, 0, 4096);
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
static void request_no_lun(struct kunit *test)
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
	sg_begin(1);
	sg_entry(0, page_to_pfn(page), 0, 64);
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

/* Packets that complete no command. */
static void request_notifications(struct kunit *test)
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

static void request_fail_all(struct kunit *test)
{
	static struct scsi_device other;

	KUNIT_EXPECT_TRUE(test, storvsc_slots_idle(&f->a, NULL));
	KUNIT_ASSERT_EQ(test, 0, submit());
	KUNIT_EXPECT_FALSE(test, storvsc_slots_idle(&f->a, NULL));
	KUNIT_EXPECT_FALSE(test, storvsc_slots_idle(&f->a, &f->sdev));
	KUNIT_EXPECT_TRUE(test, storvsc_slots_idle(&f->a, &other));
	storvsc_slots_fail(&f->a, 1, DID_RESET);
	KUNIT_EXPECT_EQ(test, 0, f->done);
	storvsc_slots_fail(&f->a, 0, DID_RESET);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_EQ(test, DID_RESET << 16, f->scmd.result);
	storvsc_slots_fail(&f->a, -1, DID_RESET);
	KUNIT_EXPECT_EQ(test, 1, f->done);
	KUNIT_EXPECT_TRUE(test, storvsc_slots_idle(&f->a, NULL));
	/* An adapter whose start has failed has none. */
	storvsc_slots_free(&f->a);
	storvsc_slots_fail(&f->a, -1, DID_RESET);
	KUNIT_EXPECT_NULL(test, storvsc_slot_find(&f->a, 0));
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
	KUNIT_CASE(request_completions),
	KUNIT_CASE(request_answers),
	KUNIT_CASE(request_no_lun),
	KUNIT_CASE(request_notifications),
	KUNIT_CASE(request_fail_all),
	{}
};

struct kunit_suite request_suite = {
	.name = "hvg_request",
	.init = request_init,
	.exit = request_exit,
	.test_cases = request_cases,
};
