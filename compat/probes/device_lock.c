/* feature: device_lock() (2.6.34) */
/* symbol: device_lock */
#include <linux/module.h>
#include <linux/device.h>

void hvg_probe(struct device *dev);

void hvg_probe(struct device *dev)
{
	device_lock(dev);
	device_unlock(dev);
}

MODULE_LICENSE("GPL");
