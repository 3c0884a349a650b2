/* feature: scsi_test_unit_ready() returns the sense header (2.6.25) */
/* symbol: scsi_test_unit_ready */
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>

int hvg_probe(struct scsi_device *sdev, struct scsi_sense_hdr *hdr);

int hvg_probe(struct scsi_device *sdev, struct scsi_sense_hdr *hdr)
{
	return scsi_test_unit_ready(sdev, 1, 1, hdr);
}

MODULE_LICENSE("GPL");
