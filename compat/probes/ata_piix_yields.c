/* feature: ata_piix leaves disks alone that the accelerator has */
/* symbol: ATA_HOST_IGNORE_ATA|linux/libata\.h|no CONFIG_HYPERV_STORAGE */
#include <linux/module.h>
#include <linux/libata.h>

/* It does so for the kernel's own driver of the accelerator. */
#if !defined(CONFIG_HYPERV_STORAGE) && !defined(CONFIG_HYPERV_STORAGE_MODULE)
#error no CONFIG_HYPERV_STORAGE
#endif

unsigned long hvg_probe(void);

unsigned long hvg_probe(void)
{
	return ATA_HOST_IGNORE_ATA;
}

MODULE_LICENSE("GPL");
