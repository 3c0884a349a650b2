/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver core of 2.6.18; see interfaces.h. */
#ifndef _HVG_OLD_DEVICE_H
#define _HVG_OLD_DEVICE_H

/* linux/pm.h */
#define PM_EVENT_FREEZE		1
typedef struct pm_message {
	int event;
} pm_message_t;

/* linux/device.h */
#define BUS_ID_SIZE		20
struct device;
struct device_driver;

struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr,
			char *buf);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t bytes);
};

struct driver_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device_driver *drv, char *buf);
	ssize_t (*store)(struct device_driver *drv, const char *buf,
			 size_t bytes);
};

#define DEVICE_ATTR(name, mode, show, store)				\
	struct device_attribute dev_attr_##name =			\
		__ATTR(name, mode, show, store)
#define DRIVER_ATTR(name, mode, show, store)				\
	struct driver_attribute driver_attr_##name =			\
		__ATTR(name, mode, show, store)

struct bus_type {
	const char *name;
	int (*match)(struct device *dev, struct device_driver *drv);
	int (*uevent)(struct device *dev, char **envp, int max, char *buf,
		      int bytes);
	int (*probe)(struct device *dev);
	int (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
	int (*suspend)(struct device *dev, pm_message_t state);
};

struct device_driver {
	const char *name;
	struct bus_type *bus;
	struct kobject kobj;
	struct module *owner;
	int (*probe)(struct device *dev);
	int (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
};

struct device {
	struct device *parent;
	struct kobject kobj;
	char bus_id[BUS_ID_SIZE];
	struct semaphore sem;
	struct bus_type *bus;
	struct device_driver *driver;
	void *driver_data;
	void *platform_data;
	u64 *dma_mask;
	u64 coherent_dma_mask;
	void (*release)(struct device *dev);
};

int bus_register(struct bus_type *bus);
void bus_unregister(struct bus_type *bus);
int bus_for_each_dev(struct bus_type *bus, struct device *start, void *data,
		     int (*func)(struct device *dev, void *data));
int driver_register(struct device_driver *drv);
void driver_unregister(struct device_driver *drv);
void driver_attach(struct device_driver *drv);
int driver_create_file(struct device_driver *drv,
		       struct driver_attribute *attr);
void driver_remove_file(struct device_driver *drv,
			struct driver_attribute *attr);
void device_initialize(struct device *dev);
int device_add(struct device *dev);
void device_del(struct device *dev);
struct device *get_device(struct device *dev);
void put_device(struct device *dev);
int device_create_file(struct device *dev, struct device_attribute *attr);
int device_for_each_child(struct device *dev, void *data,
			  int (*func)(struct device *dev, void *data));
void *dev_get_drvdata(struct device *dev);
void dev_set_drvdata(struct device *dev, void *data);
#define dev_printk(level, dev, fmt, args...) \
	printk(level "%s: " fmt, (dev)->bus_id, ## args)
#define dev_dbg(dev, fmt, args...) \
	do { if (0) dev_printk(KERN_DEBUG, dev, fmt, ## args); } while (0)
#define dev_err(dev, fmt, args...)	dev_printk(KERN_ERR, dev, fmt, ## args)
#define dev_info(dev, fmt, args...)	dev_printk(KERN_INFO, dev, fmt, ## args)
#define dev_warn(dev, fmt, args...) \
	dev_printk(KERN_WARNING, dev, fmt, ## args)

/* linux/platform_device.h: a name that is not const */
struct platform_device {
	struct device dev;
};

struct platform_driver {
	void (*shutdown)(struct platform_device *pdev);
	struct device_driver driver;
};

int platform_driver_register(struct platform_driver *drv);
void platform_driver_unregister(struct platform_driver *drv);
struct platform_device *platform_device_register_simple(char *name,
							unsigned int id,
							struct resource *res,
							unsigned int count);
void platform_device_unregister(struct platform_device *pdev);

/* linux/pci.h */
struct pci_dev {
	struct device dev;
};

struct pci_dev *pci_get_device(unsigned int vendor, unsigned int device,
			       struct pci_dev *from);
void pci_dev_put(struct pci_dev *pdev);

#endif /* _HVG_OLD_DEVICE_H */
