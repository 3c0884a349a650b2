/* SPDX-License-Identifier: GPL-2.0-only */
/* GPADLs: guest memory that the host may map. */
#ifndef _HVG_VMBUS_GPADL_H
#define _HVG_VMBUS_GPADL_H

#include <linux/types.h>

struct host_request;
struct hvg_channel;
struct page;

int gpadl_create(struct hvg_channel *chan, struct page **pages, u32 count,
		 u32 *handle);
int gpadl_teardown_begin(struct hvg_channel *chan, u32 handle,
			 struct host_request *req);
int gpadl_teardown(struct hvg_channel *chan, u32 handle);

#endif /* _HVG_VMBUS_GPADL_H */
