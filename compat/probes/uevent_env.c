/* feature: bus_type.uevent() is given a kobj_uevent_env (2.6.24) */
/* symbol: few arguments|incompatible|uevent */
#include <linux/module.h>
#include <linux/device.h>
#include <linux/kobject.h>

/* What it returns and its first parameter are not the question. */
void hvg_probe(struct bus_type *bus, struct device *dev,
	       struct kobj_uevent_env *env);

void hvg_probe(struct bus_type *bus, struct device *dev,
	       struct kobj_uevent_env *env)
{
	bus->uevent(dev, env);
}

MODULE_LICENSE("GPL");
