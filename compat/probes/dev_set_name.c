/* feature: dev_set_name(): names of any length (2.6.26) */
/* symbol: dev_set_name */
#include <linux/module.h>
#include <linux/device.h>

int hvg_probe(struct device *dev);

int hvg_probe(struct device *dev)
{
	return dev_set_name(dev, "%s", "probe");
}

MODULE_LICENSE("GPL");
