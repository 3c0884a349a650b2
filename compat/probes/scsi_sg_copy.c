/* feature: scsi_sg_copy_from_buffer() (2.6.26) */
/* symbol: scsi_sg_copy_from_buffer */
#include <linux/module.h>
#include <scsi/scsi_cmnd.h>

int hvg_probe(struct scsi_cmnd *scmd);

int hvg_probe(struct scsi_cmnd *scmd)
{
	return scsi_sg_copy_from_buffer(scmd, NULL, 0);
}

MODULE_LICENSE("GPL");
