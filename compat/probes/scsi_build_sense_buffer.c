/* feature: scsi_build_sense_buffer() (2.6.25) */
/* symbol: scsi_build_sense_buffer */
/* export: scsi_build_sense_buffer */
#include <linux/module.h>
#include <linux/types.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_eh.h>

void hvg_probe(struct scsi_cmnd *scmd);

void hvg_probe(struct scsi_cmnd *scmd)
{
	scsi_build_sense_buffer(0, scmd->sense_buffer, 1, 2, 3);
}

MODULE_LICENSE("GPL");
