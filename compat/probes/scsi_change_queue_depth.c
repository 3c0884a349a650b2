/* feature: scsi_change_queue_depth() (3.19) */
/* symbol: scsi_change_queue_depth */
#include <linux/module.h>
#include <scsi/scsi_device.h>

int hvg_probe(struct scsi_device *sdev);

int hvg_probe(struct scsi_device *sdev)
{
	return scsi_change_queue_depth(sdev, 1);
}

MODULE_LICENSE("GPL");
