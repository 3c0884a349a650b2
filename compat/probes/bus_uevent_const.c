/* feature: bus_type.uevent() is given a const device (6.3) */
/* symbol: incompatible|uevent */
#include <linux/module.h>
#include <linux/device.h>

int hvg_probe(const struct device *dev, struct kobj_uevent_env *env);

static const struct bus_type bus = {
	.uevent = hvg_probe,
};

int hvg_probe(const struct device *dev, struct kobj_uevent_env *env)
{
	return !!bus.uevent;
}

MODULE_LICENSE("GPL");
