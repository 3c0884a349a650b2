/* feature: scsi_rescan_device() takes the scsi_device (6.6, backported) */
/* symbol: scsi_rescan_device|incompatible */
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

void hvg_probe(struct scsi_device *sdev);

void hvg_probe(struct scsi_device *sdev)
{
	scsi_rescan_device(sdev);
}

MODULE_LICENSE("GPL");
