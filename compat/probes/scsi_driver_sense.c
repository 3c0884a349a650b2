/* feature: who completes a command must set DRIVER_SENSE (until 5.13) */
/* symbol: DRIVER_SENSE */
#include <linux/module.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>

int hvg_probe(void);

int hvg_probe(void)
{
	return DRIVER_SENSE;
}

MODULE_LICENSE("GPL");
