// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a SCSI command to a packet in the ring.
 *
 * Data is described by one range of a GPA-direct packet, whose page numbers
 * are written from the scatterlist straight into the ring. The range has an
 * offset into its first page and a length; all pages between are full ones,
 * which the host's queueing sees to. Hyper-V's pages are 4 KiB, the guest's
 * may be larger. A command without data is an in-band packet.
 *
 * Any context; nothing sleeps and nothing is allocated.
 */
#include <linux/scatterlist.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include "storvsc.h"
#include "trace.h"

/* What the host waits before it gives up; never less than this. */
#define STORVSC_MIN_TIMEOUT_S	60

/*
 * The host's own time-out must not end what the guest still waits for, so
 * that a slow backing store shows as slow, not as failed.
 */
static u32 storvsc_timeout(unsigned int timeout_s)
{
	return max_t(u32, timeout_s, STORVSC_MIN_TIMEOUT_S);
}

/**
 * storvsc_illegal_request - fail a command that the host must not get
 * @scmd: the command; not yet armed. The caller completes it.
 */
void storvsc_illegal_request(struct scsi_cmnd *scmd)
{
	/* INVALID COMMAND OPERATION CODE */
	scsi_build_sense(scmd, 0, ILLEGAL_REQUEST, 0x20, 0x00);
	scsi_set_resid(scmd, scsi_bufflen(scmd));
}

static bool storvsc_allowed(const struct storvsc_adapter *a,
			    const struct scsi_cmnd *scmd)
{
	if (scmd->cmd_len > HVG_STOR_CDB_MAX)
		return false;
	if (a->version > HVG_STOR_VERSION_WIN8)
		return true;
	/* Hosts up to 5.1 choke on these. */
	return scmd->cmnd[0] != WRITE_SAME && scmd->cmnd[0] != SET_WINDOW;
}

/*
 * Number of pages that the entry's first @bytes bytes add to those of the
 * entries before it, which end at physical address @end. Sets @first to the
 * first of them.
 */
static u32 storvsc_sg_pages(struct scatterlist *sg, u32 bytes, u64 end,
			    u64 *first)
{
	u64 start = sg_phys(sg);
	u64 last = (start + bytes - 1) >> HVG_PAGE_SHIFT;

	*first = start >> HVG_PAGE_SHIFT;
	/* Goes on in the page in which the one before has ended. */
	if (start == end && start & (HVG_PAGE_SIZE - 1))
		(*first)++;
	return last + 1 - *first;
}

/*
 * Find the number of pages of a command's data, and that it can be described
 * by one range. Returns 0 pages where it cannot.
 */
static u32 storvsc_measure(const struct storvsc_data *data, u32 left,
			   struct hvg_gpa_range *range)
{
	struct scatterlist *sg;
	u64 start, first, end = 0;
	u32 bytes, pages = 0;
	unsigned int i;

	range->bytes = left;
	for_each_sg(data->sgl, sg, data->count, i) {
		start = sg_phys(sg);
		bytes = min_t(u32, sg->length, left);
		if (!i)
			range->offset = start & (HVG_PAGE_SIZE - 1);
		else if (start != end && (start | end) & (HVG_PAGE_SIZE - 1))
			return 0;
		pages += storvsc_sg_pages(sg, bytes, end, &first);
		end = start + bytes;
		left -= bytes;
		if (!left)
			return pages;
	}
	return 0;
}

static void storvsc_put_pages(struct hvg_tx *tx,
			      const struct storvsc_data *data, u32 left)
{
	struct scatterlist *sg;
	u64 pfn, end = 0;
	u32 bytes, pages;
	unsigned int i;

	for_each_sg(data->sgl, sg, data->count, i) {
		bytes = min_t(u32, sg->length, left);
		pages = storvsc_sg_pages(sg, bytes, end, &pfn);
		for (; pages; pages--)
			hvg_tx_put_u64(tx, pfn++);
		end = sg_phys(sg) + bytes;
		left -= bytes;
		if (!left)
			return;
	}
}

static void storvsc_fill(const struct storvsc_adapter *a,
			 struct scsi_cmnd *scmd,
			 struct hvg_stor_packet *pkt, unsigned int timeout_s)
{
	struct hvg_stor_request *req = &pkt->u.request;

	memset(pkt, 0, sizeof(*pkt));
	pkt->operation = HVG_STOR_EXECUTE_SRB;
	pkt->flags = HVG_STOR_FLAG_COMPLETION;

	req->length = a->request_bytes;
	if (a->type == STORVSC_IDE) {
		req->path = a->path;
		req->target = a->target;
	} else {
		req->path = scmd->device->channel;
		req->target = scmd->device->id;
	}
	req->lun = scmd->device->lun;
	req->cdb_length = scmd->cmd_len;
	req->sense_length = a->sense_bytes;
	req->transfer_length = scsi_bufflen(scmd);
	memcpy(req->u.cdb, scmd->cmnd, scmd->cmd_len);

	/* The host has the fields from here on only from 5.1. */
	req->srb_flags = HVG_SRB_NO_QUEUE_FREEZE | HVG_SRB_NO_SYNC_TRANSFER;
	req->queue_tag = HVG_SRB_QUEUE_TAG_UNTAGGED;
	req->queue_action = HVG_SRB_QUEUE_SIMPLE;
	if (scmd->device->simple_tags)
		req->srb_flags |= HVG_SRB_QUEUE_ACTION_ENABLE;
	req->timeout = storvsc_timeout(timeout_s);

	if (!scsi_bufflen(scmd)) {
		req->direction = HVG_STOR_NONE;
	} else if (scmd->sc_data_direction == DMA_TO_DEVICE) {
		req->direction = HVG_STOR_WRITE;
		req->srb_flags |= HVG_SRB_DATA_OUT;
	} else {
		req->direction = HVG_STOR_READ;
		req->srb_flags |= HVG_SRB_DATA_IN;
	}
}

/*
 * The command is armed when all of the packet is in the ring and the host does
 * not know it yet: before that nobody may finish it, whatever the host says.
 */
static int storvsc_send(struct storvsc_adapter *a, struct storvsc_slot *slot,
			struct scsi_cmnd *scmd, struct storvsc_channel *sc,
			const struct storvsc_data *data,
			const struct hvg_stor_packet *pkt,
			const struct hvg_gpa_range *range, u32 pages)
{
	static const struct hvg_gpa_header gpa = { .range_count = 1 };
	struct hvg_channel *chan = rcu_dereference(sc->chan);
	u64 id = storvsc_slot_next_id(a, slot);
	struct hvg_tx tx;
	int ret;

	if (!chan)
		return -ENODEV;
	trace_storvsc_request(a, scmd, sc->index, id, pages);
	ret = hvg_tx_begin(chan, &tx,
			   pages ? HVG_PACKET_GPA_DIRECT : HVG_PACKET_INBAND,
			   pages ? sizeof(gpa) + sizeof(*range) +
				   pages * sizeof(u64) : 0,
			   a->packet_bytes, id, HVG_PACKET_FLAG_COMPLETION);
	if (ret)
		return ret;
	if (pages) {
		hvg_tx_put(&tx, &gpa, sizeof(gpa));
		hvg_tx_put(&tx, range, sizeof(*range));
		storvsc_put_pages(&tx, data, range->bytes);
	}
	hvg_tx_put(&tx, pkt, a->packet_bytes);
	storvsc_slot_arm(slot, id, scmd, sc->index);
	hvg_tx_commit(&tx);
	return 0;
}

/* 0: commands can be sent. Otherwise as storvsc_submit() returns it. */
static int storvsc_refuse(struct storvsc_adapter *a, struct scsi_cmnd *scmd)
{
	switch (storvsc_state(a)) {
	case STORVSC_RUNNING:
		return 0;
	case STORVSC_DEAD:
	case STORVSC_GONE:
		scmd->result = DID_NO_CONNECT << 16;
		return 1;
	default:
		return -EAGAIN;
	}
}

/**
 * storvsc_submit - send a command to the host
 * @a: adapter
 * @slot: slot of the command
 * @scmd: the command
 * @data: where its data is
 * @timeout_s: time limit of the command, s
 *
 * Return: 0 when the command is the host's, or was. Otherwise the caller still
 * has it: 1 when scmd->result says how it ends, -EAGAIN when it is to be tried
 * again later, -EINVAL when @data cannot be described by one range or has too
 * many pages.
 */
int storvsc_submit(struct storvsc_adapter *a, struct storvsc_slot *slot,
		   struct scsi_cmnd *scmd, const struct storvsc_data *data,
		   unsigned int timeout_s)
{
	struct hvg_gpa_range range = { 0 };
	struct hvg_stor_packet pkt;
	struct storvsc_channel *sc;
	u32 pages = 0;
	bool owned;
	int ret;

	ret = storvsc_refuse(a, scmd);
	if (ret)
		return ret;
	if (!storvsc_allowed(a, scmd)) {
		storvsc_illegal_request(scmd);
		return 1;
	}
	if (scsi_bufflen(scmd)) {
		pages = storvsc_measure(data, scsi_bufflen(scmd), &range);
		if (!pages || pages > a->max_pages) {
			atomic_inc(&a->count.gaps);
			return -EINVAL;
		}
	}
	/* Never while the host may still write through an earlier owner. */
	owned = storvsc_slot_owned(slot);
	WARN_ON_ONCE(owned);
	if (owned)
		return -EAGAIN;

	storvsc_fill(a, scmd, &pkt, timeout_s);

	/* Again, in here: a channel is open before commands may use it. */
	rcu_read_lock();
	ret = storvsc_refuse(a, scmd);
	if (ret) {
		rcu_read_unlock();
		return ret;
	}
	sc = &a->chans[READ_ONCE(a->cpu_chan[raw_smp_processor_id()])];
	ret = storvsc_send(a, slot, scmd, sc, data, &pkt, &range, pages);
	if (ret == -ENODEV && sc->index) {
		/* To close it may take the host long; the primary serves. */
		storvsc_broken(a);
		ret = storvsc_send(a, slot, scmd, &a->chans[0], data, &pkt,
				   &range, pages);
	}
	rcu_read_unlock();
	if (!ret)
		return 0;
	if (ret == -EAGAIN) {
		atomic_inc(&a->count.ring_full);
		/* Pairs with the xchg in storvsc_writable(). */
		(void)xchg(&a->ring_blocked, 1);
	} else if (ret == -ENODEV) {
		/* Rescinded: the bus will say so. Broken: it is ours to mend. */
		storvsc_broken(a);
	} else {
		scmd->result = DID_ERROR << 16;
		return 1;
	}
	return -EAGAIN;
}
