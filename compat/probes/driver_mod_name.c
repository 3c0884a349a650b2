/* feature: device_driver.mod_name (2.6.21) */
/* symbol: mod_name */
#include <linux/module.h>
#include <linux/device.h>

void hvg_probe(struct device_driver *drv);

void hvg_probe(struct device_driver *drv)
{
	drv->mod_name = "probe";
}

MODULE_LICENSE("GPL");
