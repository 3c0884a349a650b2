/* feature: the host template has sdev_configure(sdev, limits) (6.14) */
/* symbol: sdev_configure */
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

int hvg_probe(struct scsi_host_template *t, struct scsi_device *sdev);

int hvg_probe(struct scsi_host_template *t, struct scsi_device *sdev)
{
	return t->sdev_configure(sdev, NULL);
}

MODULE_LICENSE("GPL");
