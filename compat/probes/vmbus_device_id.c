/* feature: struct hv_vmbus_device_id (2.6.39) */
/* symbol: hv_vmbus_device_id|undefined|invalid */
#include <linux/module.h>
#include <linux/types.h>
#include <linux/mod_devicetable.h>

unsigned int hvg_probe(void);

unsigned int hvg_probe(void)
{
	return sizeof(struct hv_vmbus_device_id);
}

MODULE_LICENSE("GPL");
