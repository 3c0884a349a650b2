/* feature: scsi_cmd_to_rq() (5.15) */
/* symbol: scsi_cmd_to_rq */
#include <linux/module.h>
#include <scsi/scsi_cmnd.h>

struct request *hvg_probe(struct scsi_cmnd *scmd);

struct request *hvg_probe(struct scsi_cmnd *scmd)
{
	return scsi_cmd_to_rq(scmd);
}

MODULE_LICENSE("GPL");
