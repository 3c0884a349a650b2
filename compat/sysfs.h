/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel objects and their attributes. */
#ifndef _HVG_COMPAT_SYSFS_H
#define _HVG_COMPAT_SYSFS_H

#ifndef HVG_HAVE_SYSFS_EMIT
#include <linux/kernel.h>
#define sysfs_emit(buf, ...)	scnprintf(buf, PAGE_SIZE, __VA_ARGS__)
#define sysfs_emit_at(buf, at, ...) \
	scnprintf((buf) + (at), PAGE_SIZE - (at), __VA_ARGS__)
#endif

#ifndef HVG_HAVE_KOBJ_GROUPS
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

/* Not registered as it is: what uses it makes its files one by one. */
struct hvg_attribute_group {
	const char *name;
	struct attribute **attrs;
	umode_t (*is_visible)(struct kobject *kobj, struct attribute *attr,
			      int index);
};
#define attribute_group hvg_attribute_group

/* To the kernel it is a kobj_type, which ends before the last field. */
struct hvg_kobj_type {
	void (*release)(struct kobject *kobj);
	const struct sysfs_ops *sysfs_ops;
	struct attribute **default_attrs;
	const struct attribute_group **default_groups;
};

static inline void hvg_kobject_init(struct kobject *kobj,
				    const struct hvg_kobj_type *type)
{
	BUILD_BUG_ON(offsetof(struct kobj_type, default_attrs) !=
		     offsetof(struct hvg_kobj_type, default_attrs));
	kobj->ktype = (struct kobj_type *)type;
	kobject_init(kobj);
}
#define kobj_type hvg_kobj_type
#define kobject_init(kobj, type) hvg_kobject_init(kobj, type)

/**
 * hvg_sysfs_create_files() - make the visible files of attribute groups
 * @kobj: kernel object that is in sysfs
 * @groups: groups without names, ended by NULL; may be NULL
 */
static inline int hvg_sysfs_create_files(struct kobject *kobj,
					 const struct attribute_group **groups)
{
	struct attribute **attr;
	int err;

	for (; groups && *groups; groups++) {
		for (attr = (*groups)->attrs; *attr; attr++) {
			if ((*groups)->is_visible &&
			    !(*groups)->is_visible(kobj, *attr, 0))
				continue;
			err = sysfs_create_file(kobj, *attr);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Of an object with a name. Its parent's reference goes with the object. */
static inline int hvg_kobject_add(struct kobject *kobj, struct kobject *parent)
{
	const struct hvg_kobj_type *type = (const void *)kobj->ktype;
	int err;

	kobj->parent = parent;
	err = kobject_add(kobj);
	if (err) {
		kobj->parent = NULL;
		return err;
	}
	err = hvg_sysfs_create_files(kobj, type->default_groups);
	if (err)
		kobject_del(kobj);
	return err;
}
#define kobject_add(kobj, up, ...) ({					\
	struct kobject *hvg_kobj_ = (kobj);				\
	int hvg_err_ = kobject_set_name(hvg_kobj_, __VA_ARGS__);	\
									\
	hvg_err_ ? : hvg_kobject_add(hvg_kobj_, up);			\
})

static inline struct kobject *hvg_kobject_create_and_add(const char *name,
							 struct kobject *parent)
{
	/* No code of ours is called, which may be on its way out. */
	static const struct hvg_kobj_type type = {
		.release = (void (*)(struct kobject *kobj))kfree,
	};
	struct kobject *kobj = kzalloc(sizeof(*kobj), GFP_KERNEL);

	if (!kobj)
		return NULL;
	kobject_init(kobj, &type);
	if (!kobject_add(kobj, parent, "%s", name))
		return kobj;
	kobject_put(kobj);
	return NULL;
}
#define kobject_create_and_add(name, parent) \
	hvg_kobject_create_and_add(name, parent)

#define DEVICE_ATTR_RO(name)	DEVICE_ATTR(name, 0444, name##_show, NULL)
#define DRIVER_ATTR_WO(name)	DRIVER_ATTR(name, 0200, NULL, name##_store)

#elif !defined(HVG_HAVE_KOBJ_TYPE_CONST)
/* First its declaration, which has the macro's form. */
#include <linux/kobject.h>
#define kobject_init(kobj, type) \
	kobject_init(kobj, (struct kobj_type *)(type))
#endif

#endif /* _HVG_COMPAT_SYSFS_H */
