/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver core. Where a callback's type differs, a macro of its name and
 * parameters changes the one definition; a use of the name has no parameters
 * and is left alone.
 */
#ifndef _HVG_COMPAT_DRIVER_CORE_H
#define _HVG_COMPAT_DRIVER_CORE_H

#ifndef HVG_HAVE_BUS_MATCH_CONST
#define vmbus_bus_match(device_param, driver_param) \
	vmbus_bus_match(device_param, struct device_driver *drv)
#endif

#ifndef HVG_HAVE_BUS_UEVENT_CONST
#define vmbus_bus_uevent(device_param, env_param) \
	vmbus_bus_uevent(struct device *dev, env_param)
#endif

/* One that returns int calls the one that is being defined. */
#ifndef HVG_HAVE_BUS_REMOVE_VOID
#define vmbus_bus_remove(device_param)			\
	hvg_compat_bus_remove(device_param);		\
static int vmbus_bus_remove(device_param)		\
{							\
	hvg_compat_bus_remove(dev);			\
	return 0;					\
}							\
static void hvg_compat_bus_remove(device_param)
#endif

#ifndef HVG_HAVE_KOBJ_TYPE_CONST
/* First its declaration, which has the macro's form. */
#include <linux/kobject.h>
#define kobject_init(kobj, type) \
	kobject_init(kobj, (struct kobj_type *)(type))
#endif

#endif /* _HVG_COMPAT_DRIVER_CORE_H */
