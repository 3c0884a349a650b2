/* feature: kobject_init() is given a const type (6.2) */
/* symbol: discard|kobject_init */
#include <linux/module.h>
#include <linux/kobject.h>

void hvg_probe(struct kobject *kobj, const struct kobj_type *type);

void hvg_probe(struct kobject *kobj, const struct kobj_type *type)
{
	kobject_init(kobj, type);
}

MODULE_LICENSE("GPL");
