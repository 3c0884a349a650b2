/* feature: scsi_build_sense() (5.14) */
/* symbol: scsi_build_sense */
#include <linux/module.h>
#include <scsi/scsi_cmnd.h>

void hvg_probe(struct scsi_cmnd *scmd);

void hvg_probe(struct scsi_cmnd *scmd)
{
	scsi_build_sense(scmd, 0, 5, 0x20, 0);
}

MODULE_LICENSE("GPL");
