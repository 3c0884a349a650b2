/* feature: bus_type.remove() returns nothing (5.15) */
/* symbol: incompatible|remove */
#include <linux/module.h>
#include <linux/device.h>

void hvg_probe(struct device *dev);

static const struct bus_type bus = {
	.remove = hvg_probe,
};

void hvg_probe(struct device *dev)
{
	if (bus.remove)
		return;
}

MODULE_LICENSE("GPL");
