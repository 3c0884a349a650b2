/* feature: bios_param() is given the gendisk (6.18) */
/* symbol: incompatible|bios_param */
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

int hvg_probe(struct scsi_host_template *t, struct gendisk *disk);

int hvg_probe(struct scsi_host_template *t, struct gendisk *disk)
{
	return t->bios_param(NULL, disk, 0, NULL);
}

MODULE_LICENSE("GPL");
