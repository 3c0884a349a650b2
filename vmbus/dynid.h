/* SPDX-License-Identifier: GPL-2.0-only */
/* Interface types that a driver serves because the user said so. */
#ifndef _HVG_VMBUS_DYNID_H
#define _HVG_VMBUS_DYNID_H

#include <linux/types.h>
#include <hvg/vmbus.h>

struct attribute_group;

extern const struct attribute_group *dynid_groups[];

void dynid_init(struct hvg_driver *drv);
void dynid_exit(struct hvg_driver *drv);
bool dynid_match(struct hvg_driver *drv, const struct hvg_guid *interface,
		 struct hv_vmbus_device_id *id);

#endif /* _HVG_VMBUS_DYNID_H */
