/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An adapter with one channel and one LUN, and a command for it: what the
 * suites of requests and of completions begin with.
 */
#ifndef _HVG_KUNIT_STORVSC_FIXTURE_H
#define _HVG_KUNIT_STORVSC_FIXTURE_H

#include <linux/scatterlist.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

struct kunit;

#define CHANNEL		3
#define RING_BYTES	(17 * HVG_PAGE_SIZE)
#define DATA_BYTES	(16 * HVG_PAGE_SIZE)
#define SLOTS		8
#define MAX_PAGES	257
#define MAX_SEGMENTS	300
/* Page frames that are there on any machine that runs this. */
#define FIRST_PFN	0x1000

/**
 * struct fixture - the adapter, and what the parts under test have made of it
 * @a: running, with @sc as its one channel
 * @sc: its channel
 * @shost: its host
 * @sdev: its LUN
 * @hdev: its device
 * @chan: @sc's
 * @cpu_chan: every CPU's channel is the one
 * @scmd: a command for @sdev
 * @sense: @scmd's
 * @sgl: @scmd's data
 * @chained: the entries from @split on, if that is not 0
 * @split: how many entries @sgl has, and then a link; 0: all
 * @pfns: the page numbers that @sgl comes to, 4 KiB each
 * @pages: how many
 * @done: completions of @scmd
 * @events: bits of enum storvsc_event
 * @broken: how often the ring has been called broken
 * @synced: answers to requests of the driver's own
 * @sync_wanted: somebody waits for such an answer
 */
struct fixture {
	struct storvsc_adapter a;
	struct storvsc_channel sc;
	struct Scsi_Host shost;
	struct scsi_device sdev;
	struct hvg_device hdev;
	struct hvg_channel *chan;
	u16 cpu_chan[NR_CPUS];
	struct scsi_cmnd scmd;
	u8 sense[SCSI_SENSE_BUFFERSIZE];
	struct scatterlist sgl[MAX_SEGMENTS + 1];
	struct scatterlist chained[MAX_SEGMENTS];
	unsigned int split;
	u64 pfns[4 * MAX_SEGMENTS];
	u32 pages;
	unsigned int done;
	unsigned int events;
	unsigned int broken;
	unsigned int synced;
	bool sync_wanted;
};

struct fixture *fixture_begin(struct kunit *test);
/* @f: may be NULL */
void fixture_end(struct fixture *f);

/* Start a scatterlist of @count entries. */
void fixture_sg_begin(struct fixture *f, unsigned int count);
/* The same in two tables, the first of @split entries: more than 0, less than
 * @count. */
void fixture_sg_begin_chained(struct fixture *f, unsigned int count,
			      unsigned int split);
/* The next entry; its page numbers are written down. */
void fixture_sg_entry(struct fixture *f, unsigned int i, u64 pfn, u32 offset,
		      u32 bytes);
/* Send the command on slot 0; as storvsc_submit(). */
int fixture_submit(struct fixture *f);
/* The host gives the slot back, so that it can be used again. */
void fixture_give_back(struct fixture *f);

#endif /* _HVG_KUNIT_STORVSC_FIXTURE_H */
