/* feature: dev_name() (2.6.26, RHEL 5.6) */
/* symbol: dev_name */
#include <linux/module.h>
#include <linux/device.h>

const char *hvg_probe(struct device *dev);

const char *hvg_probe(struct device *dev)
{
	return dev_name(dev);
}

MODULE_LICENSE("GPL");
