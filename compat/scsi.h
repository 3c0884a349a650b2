/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SCSI midlayer. Mostly macros: they stand for what they name where a
 * file that includes the midlayer's headers uses them.
 */
#ifndef _HVG_COMPAT_SCSI_H
#define _HVG_COMPAT_SCSI_H

#ifndef HVG_HAVE_SCSI_QC_STATUS
/* The negative value makes the compiler take int, which it was before. */
enum scsi_qc_status {
	HVG_SCSI_QC_STATUS_IS_INT = -1,
};
#endif

#ifndef HVG_HAVE_SCSI_TIMEOUT_ACTION
#define scsi_timeout_action		blk_eh_timer_return
#define SCSI_EH_RESET_TIMER		BLK_EH_RESET_TIMER
#define SCSI_EH_NOT_HANDLED		BLK_EH_DONE
#endif

#ifndef HVG_HAVE_SCSI_SDEV_CONFIGURE
#define sdev_init			slave_alloc
#define sdev_destroy			slave_destroy
#ifdef HVG_HAVE_SCSI_DEVICE_CONFIGURE
#define sdev_configure			device_configure
#else
#define sdev_configure			slave_configure
/* Where the function is defined, this drops its second parameter. */
#define storvsc_sdev_configure(sdev, lim) storvsc_sdev_configure(sdev)
#endif
#endif

#ifndef HVG_HAVE_SCSI_BIOS_PARAM_GENDISK
struct block_device;
/* As above, for the type of the second parameter. */
#define storvsc_bios_param(sdev, disk, capacity, geometry) \
	storvsc_bios_param(sdev, struct block_device *unused, capacity, \
			   geometry)
#endif

#ifndef HVG_HAVE_SCSI_RESCAN_SDEV
/* First its declaration, which has the macro's form. */
#include <scsi/scsi_host.h>
#define scsi_rescan_device(sdev) \
	scsi_rescan_device(&(sdev)->sdev_gendev)
#endif

#ifndef HVG_HAVE_SCSI_CMD_TO_RQ
#define scsi_cmd_to_rq(scmd)		((scmd)->request)
#endif

/*
 * Fixed format only. Not by scsi_build_sense_buffer(), which RHEL 5.2 lacks:
 * without it a module of any RHEL 5 loads on all of them.
 */
#ifndef HVG_HAVE_SCSI_BUILD_SENSE
#define scsi_build_sense(scmd, desc, key, asc, ascq) \
	do { \
		u8 *hvg_sense_ = (scmd)->sense_buffer; \
		memset(hvg_sense_, 0, 18); \
		hvg_sense_[0] = 0x70; \
		hvg_sense_[2] = (key); \
		hvg_sense_[7] = 0x0a; \
		hvg_sense_[12] = (asc); \
		hvg_sense_[13] = (ascq); \
		(scmd)->result = SAM_STAT_CHECK_CONDITION; \
	} while (0)
#endif

#ifdef HVG_HAVE_SCSI_DRIVER_SENSE
#define hvg_scsi_mark_sense(scmd) \
	do { \
		if (((scmd)->result & 0xff) == SAM_STAT_CHECK_CONDITION) \
			(scmd)->result |= DRIVER_SENSE << 24; \
	} while (0)
#else
#define hvg_scsi_mark_sense(scmd)	do { } while (0)
#endif

#ifndef HVG_HAVE_SCSI_DONE_FUNCTION
#define scsi_done(scmd) \
	do { \
		hvg_scsi_mark_sense(scmd); \
		(scmd)->scsi_done(scmd); \
	} while (0)
#endif

#ifndef HVG_HAVE_SCSI_VARLEN_CDB
#define SCSI_MAX_VARLEN_CDB_SIZE	MAX_COMMAND_SIZE
#endif

#ifndef HVG_HAVE_SCSI_TRY_VPD_PAGES
#define BLIST_TRY_VPD_PAGES		0
#endif

#ifndef HVG_HAVE_SCSI_SCAN_RESCAN
#define SCSI_SCAN_RESCAN		1
#endif

/* Whether commands are tagged was said together with how many. */
#ifndef HVG_HAVE_SCSI_CHANGE_QUEUE_DEPTH
#include <scsi/scsi_device.h>
#include <scsi/scsi_tcq.h>
static inline int scsi_change_queue_depth(struct scsi_device *sdev, int depth)
{
	scsi_adjust_queue_depth(sdev,
				sdev->simple_tags ? MSG_SIMPLE_TAG : 0, depth);
	return sdev->queue_depth;
}
#endif

/* It repeated nothing and kept the sense data for itself. */
#ifndef HVG_HAVE_SCSI_TEST_UNIT_READY_SENSE
#include <scsi/scsi.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
static inline int hvg_scsi_test_unit_ready(struct scsi_device *sdev,
					   int timeout, int retries,
					   struct scsi_sense_hdr *hdr)
{
	unsigned char cmd[6] = { TEST_UNIT_READY };
	int result;

	do {
		result = scsi_execute_req(sdev, cmd, DMA_NONE, NULL, 0, hdr,
					  timeout, retries);
		/* It comes once, and who asks for a new medium looks here. */
		if (sdev->removable && result && scsi_sense_valid(hdr) &&
		    hdr->sense_key == UNIT_ATTENTION)
			sdev->changed = 1;
	} while (result && scsi_sense_valid(hdr) &&
		 hdr->sense_key == UNIT_ATTENTION && --retries > 0);
	return result;
}

#define scsi_test_unit_ready(sdev, timeout, retries, hdr) \
	hvg_scsi_test_unit_ready(sdev, timeout, retries, hdr)
#endif

/* Before there was chaining, a list was an array of entries with a page. */
#ifndef HVG_HAVE_SG_PAGE
#define sg_page(sg)			((sg)->page)
#define sg_init_table(sgl, count)	memset(sgl, 0, (count) * sizeof(*(sgl)))
#define sg_set_page(sg, pg, bytes, off) \
	do { \
		(sg)->page = (pg); \
		(sg)->length = (bytes); \
		(sg)->offset = (off); \
	} while (0)
#endif

#ifndef HVG_HAVE_SG_PHYS
#define sg_phys(sg) \
	(((u64)page_to_pfn(sg_page(sg)) << PAGE_SHIFT) + (sg)->offset)
#endif

#ifndef HVG_HAVE_SG_FOR_EACH
#define for_each_sg(sgl, sg, count, i) \
	for ((i) = 0, (sg) = (sgl); (i) < (count); (i)++, (sg)++)
#endif

#ifndef HVG_HAVE_SG_MAX_SEGMENTS
#define SG_MAX_SEGMENTS			SCSI_MAX_PHYS_SEGMENTS
#endif

#ifndef HVG_HAVE_SG_COPY
#include <linux/kernel.h>
#include <linux/string.h>
#include <scsi/scsi_cmnd.h>
static inline size_t hvg_sg_copy(struct scatterlist *sgl, unsigned int count,
				 void *buf, size_t bytes, bool to_sgl)
{
	size_t at, offset, part, done = 0;
	unsigned long flags;
	unsigned int i;
	void *addr;

	/* The mapping's slot is for those who have interrupts off. */
	local_irq_save(flags);
	for (i = 0; i < count; i++) {
		for (at = 0; at < sgl[i].length && done < bytes; at += part) {
			offset = at;
			part = min_t(size_t, sgl[i].length - at, bytes - done);
			addr = scsi_kmap_atomic_sg(&sgl[i], 1, &offset, &part);
			if (to_sgl)
				memcpy(addr + offset, buf + done, part);
			else
				memcpy(buf + done, addr + offset, part);
			scsi_kunmap_atomic_sg(addr);
			done += part;
		}
	}
	local_irq_restore(flags);
	return done;
}

#define sg_copy_from_buffer(sgl, count, buf, bytes) \
	hvg_sg_copy(sgl, count, (void *)(buf), bytes, true)
#define sg_copy_to_buffer(sgl, count, buf, bytes) \
	hvg_sg_copy(sgl, count, buf, bytes, false)
#endif

/* The data of a command could also be one buffer without a list. */
#ifndef HVG_HAVE_SCSI_SG_COPY
#include <linux/kernel.h>
#include <linux/scatterlist.h>
#include <scsi/scsi_cmnd.h>
static inline int hvg_scsi_sg_copy_from_buffer(struct scsi_cmnd *scmd,
					       const void *buf, int bytes)
{
	bytes = min_t(unsigned int, bytes, scsi_bufflen(scmd));
	if (scsi_sg_count(scmd))
		return sg_copy_from_buffer(scsi_sglist(scmd),
					   scsi_sg_count(scmd), buf, bytes);
	memcpy(scmd->request_buffer, buf, bytes);
	return bytes;
}

static inline int hvg_scsi_sg_copy_to_buffer(struct scsi_cmnd *scmd,
					     void *buf, int bytes)
{
	bytes = min_t(unsigned int, bytes, scsi_bufflen(scmd));
	if (scsi_sg_count(scmd))
		return sg_copy_to_buffer(scsi_sglist(scmd),
					 scsi_sg_count(scmd), buf, bytes);
	memcpy(buf, scmd->request_buffer, bytes);
	return bytes;
}

#define scsi_sg_copy_from_buffer(scmd, buf, bytes) \
	hvg_scsi_sg_copy_from_buffer(scmd, buf, bytes)
#define scsi_sg_copy_to_buffer(scmd, buf, bytes) \
	hvg_scsi_sg_copy_to_buffer(scmd, buf, bytes)
#endif

/*
 * 2.6.18 loses a reference to a target that is there already when it is
 * scanned: it, its host and the host's parent would stay for ever. All of RHEL
 * 5.2 to 5.7 does; whether this kernel does is seen in a scan that finds nothing
 * new: one for a LUN that is there, or, where nobody can have one, that which
 * was asked for. The caller scans a host once at a time. Later versions do not,
 * and the next but one is told by its work functions.
 */
#ifndef HVG_HAVE_WORK_FUNC_WORK
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
/* With a reference, or NULL. */
static inline struct scsi_target *hvg_scsi_target(struct Scsi_Host *shost,
						  unsigned int channel,
						  unsigned int id)
{
	struct scsi_target *starget, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(shost->host_lock, flags);
	list_for_each_entry(starget, &shost->__targets, siblings)
		if (starget->channel == channel && starget->id == id &&
		    starget->state != STARGET_DEL)
			found = starget;
	if (found)
		get_device(&found->dev);
	spin_unlock_irqrestore(shost->host_lock, flags);
	return found;
}

/* A LUN of a target, with a reference, or NULL. */
static inline struct scsi_device *hvg_scsi_target_lun(struct Scsi_Host *shost,
						      struct scsi_target *t)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, shost)
		if (scsi_target(sdev) == t)
			break;
	return sdev;
}

/* In error handling a scan does nothing, and says nothing. */
static inline void hvg_scsi_scan(struct Scsi_Host *shost, unsigned int channel,
				 unsigned int id, unsigned int lun, int rescan)
{
	wait_event(shost->host_wait, !scsi_host_in_recovery(shost));
	scsi_scan_target(&shost->shost_gendev, channel, id, lun, rescan);
}

static inline void hvg_scsi_scan_target(struct device *parent,
					unsigned int channel, unsigned int id,
					unsigned int lun, int rescan)
{
	struct Scsi_Host *shost = dev_to_shost(parent);
	struct scsi_target *t = hvg_scsi_target(shost, channel, id);
	int before, scans = 1;
	struct scsi_device *sdev;

	if (!t) {
		hvg_scsi_scan(shost, channel, id, lun, rescan);
		return;
	}
	before = atomic_read(&t->dev.kobj.kref.refcount);
	hvg_scsi_scan(shost, channel, id, lun, rescan);
	sdev = hvg_scsi_target_lun(shost, t);
	if (sdev) {
		/* It may be new, and has references of its own. */
		before = atomic_read(&t->dev.kobj.kref.refcount);
		hvg_scsi_scan(shost, channel, id, sdev->lun, rescan);
		scans = 2;
	}
	if (atomic_read(&t->dev.kobj.kref.refcount) > before)
		while (scans--)
			put_device(&t->dev);
	if (sdev)
		scsi_device_put(sdev);
	put_device(&t->dev);
}

#define scsi_scan_target hvg_scsi_scan_target
#endif

#endif /* _HVG_COMPAT_SCSI_H */
