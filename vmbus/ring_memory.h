/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages of a channel's two rings and their mappings. */
#ifndef _HVG_VMBUS_RING_MEMORY_H
#define _HVG_VMBUS_RING_MEMORY_H

#include <linux/list.h>
#include <linux/types.h>

struct page;

/**
 * struct ring_memory - both rings, in the order in which the host maps them
 * @link: for ring_memory_lose()
 * @pages: send control, send data, receive control, receive data
 * @count: pages in all
 * @send_count: pages of the guest-to-host ring, control page included
 * @send: mapping of the guest-to-host ring, data twice
 * @recv: mapping of the host-to-guest ring, data twice
 */
struct ring_memory {
	struct list_head link;
	struct page **pages;
	u32 count;
	u32 send_count;
	void *send;
	void *recv;
};

int ring_memory_alloc(struct ring_memory *mem, u32 send_bytes, u32 recv_bytes);
void ring_memory_free(struct ring_memory *mem);
void ring_memory_lose(struct ring_memory *mem);
void ring_memory_free_lost(void);

#endif /* _HVG_VMBUS_RING_MEMORY_H */
