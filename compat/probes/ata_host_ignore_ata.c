/* feature: libata leaves disks alone where told to */
/* symbol: ATA_HOST_IGNORE_ATA|linux/libata\.h */
#include <linux/module.h>
#include <linux/libata.h>

unsigned long hvg_probe(void);

unsigned long hvg_probe(void)
{
	return ATA_HOST_IGNORE_ATA;
}

MODULE_LICENSE("GPL");
