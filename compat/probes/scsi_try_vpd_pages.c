/* feature: BLIST_TRY_VPD_PAGES: page codes despite an old SCSI level (3.17) */
/* symbol: BLIST_TRY_VPD_PAGES */
#include <linux/module.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_devinfo.h>

u64 hvg_probe(void);

u64 hvg_probe(void)
{
	return (u64)BLIST_TRY_VPD_PAGES;
}

MODULE_LICENSE("GPL");
