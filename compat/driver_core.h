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

#ifndef HVG_HAVE_UEVENT_ENV
#include <linux/device.h>
#include <linux/kobject.h>

/**
 * struct hvg_uevent_env - what were the parameters of a uevent callback
 * @envp: the variables; ends with NULL
 * @envp_max: how many there may be, NULL included
 * @envp_idx: how many there are
 * @buf: their text
 * @bytes: its size
 * @buflen: how much of it is used
 */
struct hvg_uevent_env {
	char **envp;
	int envp_max;
	int envp_idx;
	char *buf;
	int bytes;
	int buflen;
};
#define kobj_uevent_env hvg_uevent_env
#define add_uevent_var(env, ...) \
	add_uevent_var((env)->envp, (env)->envp_max, &(env)->envp_idx, \
		       (env)->buf, (env)->bytes, &(env)->buflen, __VA_ARGS__)

#define vmbus_bus_uevent(device_param, env_param)			\
	hvg_compat_bus_uevent(struct device *dev, env_param);		\
static int vmbus_bus_uevent(struct device *dev, char **envp, int max,	\
			    char *buf, int bytes)			\
{									\
	struct hvg_uevent_env env = { envp, max, 0, buf, bytes, 0 };	\
	int err = hvg_compat_bus_uevent(dev, &env);			\
									\
	envp[env.envp_idx] = NULL;					\
	return err;							\
}									\
static int hvg_compat_bus_uevent(struct device *dev, env_param)
#elif !defined(HVG_HAVE_BUS_UEVENT_CONST)
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

#ifndef HVG_HAVE_DEV_NAME
#include <linux/device.h>
static inline const char *dev_name(const struct device *dev)
{
	return dev->bus_id;
}
#endif

/* A longer name is cut off; device_add() refuses one that is there already. */
#ifndef HVG_HAVE_DEV_SET_NAME
#include <linux/device.h>
#define dev_set_name(dev, ...) \
	(snprintf((dev)->bus_id, BUS_ID_SIZE, __VA_ARGS__) < 0 ? -EINVAL : 0)
#endif

#ifndef HVG_HAVE_DEVICE_LOCK
#include <linux/device.h>
#define device_lock(dev)	down(&(dev)->sem)
#define device_unlock(dev)	up(&(dev)->sem)

/* Devices were shut down without it, while others may be probed. */
#define vmbus_bus_shutdown(device_param)		\
	hvg_compat_bus_shutdown(device_param);		\
static void vmbus_bus_shutdown(device_param)		\
{							\
	device_lock(dev);				\
	hvg_compat_bus_shutdown(dev);			\
	device_unlock(dev);				\
}							\
static void hvg_compat_bus_shutdown(device_param)
#endif

/* A field that the core leaves alone stands for the one that it has not. */
#ifndef HVG_HAVE_DMA_PARMS
#include <linux/device.h>
#include <linux/dma-mapping.h>
struct device_dma_parameters {
	unsigned int max_segment_size;
	unsigned long segment_boundary_mask;
};
#define dma_parms		platform_data
#ifndef DMA_BIT_MASK
#define DMA_BIT_MASK(n)		((n) == 64 ? ~0ULL : (1ULL << (n)) - 1)
#endif
#endif

/* Before an image is loaded devices were asked as before one is made. */
#include <linux/pm.h>
#ifndef PM_EVENT_QUIESCE
#define PM_EVENT_QUIESCE	PM_EVENT_FREEZE
#endif

/* The name is set after these. Devices are probed one after another. */
#ifndef HVG_HAVE_DRIVER_PROBE_TYPE
#define probe_type		name
#define PROBE_PREFER_ASYNCHRONOUS	NULL
#endif

#ifndef HVG_HAVE_DRIVER_MOD_NAME
#define mod_name		name
#endif

#ifndef HVG_HAVE_DRIVER_ATTACH_INT
#include <linux/device.h>
#define driver_attach(drv)	(driver_attach(drv), 0)
#endif

#ifndef HVG_HAVE_VMBUS_DEVICE_ID
#include <linux/mod_devicetable.h>
typedef struct {
	__u8 b[16];
} guid_t;

struct hv_vmbus_device_id {
	guid_t guid;
	kernel_ulong_t driver_data;
};
#endif

/* What modpost makes of the table of ids since it knows such. */
#ifdef HVG_HAVE_VMBUS_DEVICE_ID
#define MODULE_ALIAS_VMBUS(alias)	struct hv_vmbus_device_id
#else
#define MODULE_ALIAS_VMBUS(alias)	MODULE_ALIAS(alias)
#endif

#ifndef dev_warn_ratelimited
#include <linux/device.h>
#endif
#ifndef dev_warn_ratelimited
#define dev_warn_ratelimited(...) \
	hvg_print_ratelimited(dev_warn, __VA_ARGS__)
#define dev_err_ratelimited(...) \
	hvg_print_ratelimited(dev_err, __VA_ARGS__)
#define dev_info_ratelimited(...) \
	hvg_print_ratelimited(dev_info, __VA_ARGS__)
#endif

#endif /* _HVG_COMPAT_DRIVER_CORE_H */
