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

#ifndef HVG_HAVE_SCSI_BUILD_SENSE
#define scsi_build_sense(scmd, desc, key, asc, ascq) \
	do { \
		scsi_build_sense_buffer(desc, (scmd)->sense_buffer, key, asc, \
					ascq); \
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

#endif /* _HVG_COMPAT_SCSI_H */
