/* feature: the host template has device_configure(sdev, limits) (6.10) */
/* symbol: device_configure */
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

int hvg_probe(struct scsi_host_template *t, struct scsi_device *sdev);

int hvg_probe(struct scsi_host_template *t, struct scsi_device *sdev)
{
	return t->device_configure(sdev, NULL);
}

MODULE_LICENSE("GPL");
