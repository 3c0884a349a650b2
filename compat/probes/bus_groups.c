/* feature: bus_type.dev_groups and drv_groups (3.12) */
/* symbol: dev_groups|drv_groups */
#include <linux/module.h>
#include <linux/device.h>

void hvg_probe(struct bus_type *bus, const struct attribute_group **groups);

void hvg_probe(struct bus_type *bus, const struct attribute_group **groups)
{
	bus->dev_groups = groups;
	bus->drv_groups = groups;
}

MODULE_LICENSE("GPL");
