/* feature: bus_type.match() is given a const driver (6.11) */
/* symbol: incompatible|match */
#include <linux/module.h>
#include <linux/device.h>

int hvg_probe(struct device *dev, const struct device_driver *drv);

static const struct bus_type bus = {
	.match = hvg_probe,
};

int hvg_probe(struct device *dev, const struct device_driver *drv)
{
	return !!bus.match;
}

MODULE_LICENSE("GPL");
