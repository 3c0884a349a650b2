/* feature: queuecommand() returns enum scsi_qc_status (7.0) */
/* symbol: scsi_qc_status */
#include <linux/module.h>
#include <scsi/scsi.h>
#include <scsi/scsi_host.h>

enum scsi_qc_status hvg_probe(void);

enum scsi_qc_status hvg_probe(void)
{
	return SCSI_MLQUEUE_HOST_BUSY;
}

MODULE_LICENSE("GPL");
