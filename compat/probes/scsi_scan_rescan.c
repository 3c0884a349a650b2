/* feature: SCSI_SCAN_RESCAN, a way to scan a target (4.6) */
/* symbol: SCSI_SCAN_RESCAN */
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

int hvg_probe(void);

int hvg_probe(void)
{
	return SCSI_SCAN_RESCAN;
}

MODULE_LICENSE("GPL");
