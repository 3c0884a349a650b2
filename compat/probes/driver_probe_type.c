/* feature: device_driver.probe_type (4.2) */
/* symbol: probe_type */
#include <linux/module.h>
#include <linux/device.h>

void hvg_probe(struct device_driver *drv);

void hvg_probe(struct device_driver *drv)
{
	drv->probe_type = PROBE_PREFER_ASYNCHRONOUS;
}

MODULE_LICENSE("GPL");
