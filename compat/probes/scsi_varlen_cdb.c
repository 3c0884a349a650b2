/* feature: SCSI_MAX_VARLEN_CDB_SIZE: commands of more than 16 bytes (2.6.25) */
/* symbol: SCSI_MAX_VARLEN_CDB_SIZE */
#include <linux/module.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>

int hvg_probe(void);

int hvg_probe(void)
{
	return SCSI_MAX_VARLEN_CDB_SIZE;
}

MODULE_LICENSE("GPL");
