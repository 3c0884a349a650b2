// SPDX-License-Identifier: GPL-2.0-only
/*
 * An adapter with one channel and one LUN, and a command for it; and what the
 * parts under test call of the others.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <vmbus/channel.h>
#include "../vmbus/fake_host.h"
#include "../vmbus/test_channel.h"
#include "fixture.h"

unsigned int storvsc_param_log_level;

static struct fixture *fixture_of(struct storvsc_adapter *a)
{
	return container_of(a, struct fixture, a);
}

void storvsc_event(struct storvsc_adapter *a, enum storvsc_event event)
{
	fixture_of(a)->events |= BIT(event);
}

void storvsc_lun_event(struct storvsc_adapter *a, struct scsi_device *sdev,
		       enum storvsc_event event)
{
	fixture_of(a)->events |= BIT(event);
}

void storvsc_host_data(struct scsi_cmnd *scmd, u32 bytes)
{
}

void storvsc_host_done(struct scsi_cmnd *scmd)
{
	container_of(scmd, struct fixture, scmd)->done++;
}

void storvsc_broken(struct storvsc_adapter *a)
{
	fixture_of(a)->broken++;
}

bool storvsc_sync_complete(struct storvsc_adapter *a, unsigned int state,
			   const struct hvg_packet *pkt)
{
	fixture_of(a)->synced++;
	return fixture_of(a)->sync_wanted;
}

static const struct hvg_channel_ops ops = {
	.packet = storvsc_packet,
	.max_packet = 256,
};

static void adapter_init(struct fixture *f)
{
	struct storvsc_adapter *a = &f->a;

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
}

static void command_init(struct fixture *f)
{
	f->sdev.host = &f->shost;
	f->sdev.channel = 1;
	f->sdev.id = 2;
	f->sdev.lun = 3;
	f->scmd.device = &f->sdev;
	f->scmd.sense_buffer = f->sense;
	f->scmd.cmd_len = 10;
	f->scmd.cmnd[0] = READ_10;
	f->scmd.sc_data_direction = DMA_FROM_DEVICE;
}

struct fixture *fixture_begin(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	adapter_init(f);
	command_init(f);
	KUNIT_ASSERT_EQ(test, 0, storvsc_slots_alloc(&f->a));
	f->chan = test_channel_begin(test, HVG_VERSION_IRON, CHANNEL);
	KUNIT_ASSERT_EQ(test, 0, test_channel_open(f->chan, RING_BYTES, &ops,
						   &f->sc));
	rcu_assign_pointer(f->sc.chan, f->chan);
	return f;
}

void fixture_end(struct fixture *f)
{
	test_channel_end(f ? f->chan : NULL);
	if (f)
		storvsc_slots_free(&f->a);
}

void fixture_sg_begin(struct fixture *f, unsigned int count)
{
	sg_init_table(f->sgl, count);
	f->split = 0;
	f->scmd.sdb.table.sgl = f->sgl;
	f->scmd.sdb.table.nents = count;
	f->scmd.sdb.length = 0;
	f->pages = 0;
}

void fixture_sg_begin_chained(struct fixture *f, unsigned int count,
			      unsigned int split)
{
	fixture_sg_begin(f, split + 1);
	sg_init_table(f->chained, count - split);
	sg_chain(f->sgl, split + 1, f->chained);
	f->split = split;
	f->scmd.sdb.table.nents = count;
}

void fixture_sg_entry(struct fixture *f, unsigned int i, u64 pfn, u32 offset,
		      u32 bytes)
{
	u64 first = pfn + (offset >> 12), last = pfn + ((offset + bytes - 1) >> 12);
	struct scatterlist *sg = &f->sgl[i];

	if (f->split && i >= f->split)
		sg = &f->chained[i - f->split];
	sg_set_page(sg, pfn_to_page(pfn), bytes, offset);
	f->scmd.sdb.length += bytes;
	while (first <= last)
		f->pfns[f->pages++] = first++;
}

int fixture_submit(struct fixture *f)
{
	struct storvsc_data data = {
		.sgl = scsi_sglist(&f->scmd),
		.count = scsi_sg_count(&f->scmd),
	};

	return storvsc_submit(&f->a, &f->a.slots[0], &f->scmd, &data, 30);
}

void fixture_give_back(struct fixture *f)
{
	storvsc_slot_take(&f->a.slots[0], f->a.slots[0].state);
	test_channel_host_reads(f->chan);
}
