/* feature: scsi_done() is a function (5.16) */
/* symbol: scsi_done */
#include <linux/module.h>
#include <scsi/scsi_cmnd.h>

void hvg_probe(struct scsi_cmnd *scmd);

void hvg_probe(struct scsi_cmnd *scmd)
{
	scsi_done(scmd);
}

MODULE_LICENSE("GPL");
