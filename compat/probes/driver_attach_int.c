/* feature: driver_attach() returns an error (2.6.20) */
/* symbol: void value|driver_attach */
#include <linux/module.h>
#include <linux/device.h>

int hvg_probe(struct device_driver *drv);

int hvg_probe(struct device_driver *drv)
{
	return driver_attach((void *)drv);
}

MODULE_LICENSE("GPL");
