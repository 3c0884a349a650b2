/* feature: attribute_group.is_visible() and kobj_type.default_groups (5.2) */
/* symbol: is_visible|default_groups */
#include <linux/module.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

void hvg_probe(struct attribute_group *group, struct kobj_type *type);

void hvg_probe(struct attribute_group *group, struct kobj_type *type)
{
	group->is_visible = NULL;
	type->default_groups = NULL;
}

MODULE_LICENSE("GPL");
