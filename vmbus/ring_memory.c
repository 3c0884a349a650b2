// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of the rings: single pages, mapped so that the data of each ring
 * appears twice in a row. Process context.
 *
 * None of it is got by writing to disks: it may be for the channel that a disk
 * waits for.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <hvg/types.h>
#include "log.h"
#include "ring_memory.h"

/* Protects what follows. */
static DEFINE_MUTEX(lost_lock);
/* Memory that the host did not give back; it may write there still. */
static LIST_HEAD(lost);
/* Pages of that. With this many a host gets no more: 64 MiB. */
static unsigned long lost_pages;
#define LOST_MAX_PAGES	(64ul << (20 - HVG_PAGE_SHIFT))

static void *ring_map(struct page **pages, u32 count)
{
	u32 data = count - 1;
	struct page **twice;
	unsigned int flags;
	void *map;

	twice = kvmalloc_array(1 + 2 * data, sizeof(*twice), GFP_NOIO);
	if (!twice)
		return NULL;
	memcpy(twice, pages, count * sizeof(*twice));
	memcpy(twice + count, pages + 1, data * sizeof(*twice));
	/* The page tables, for which it takes no flags. */
	flags = memalloc_noio_save();
	map = vmap(twice, 1 + 2 * data, VM_MAP, PAGE_KERNEL);
	memalloc_noio_restore(flags);
	kvfree(twice);
	return map;
}

/**
 * ring_memory_alloc() - get zeroed memory for two rings
 * @mem: to be filled in
 * @send_bytes: guest-to-host ring with its control page, whole pages
 * @recv_bytes: host-to-guest ring with its control page, whole pages
 *
 * A host that keeps what it was given, each time that a channel is closed,
 * would have all memory in the end.
 *
 * Context: process.
 * Return: 0, -ENOMEM; -ENOSPC: the host has kept too much already.
 */
int ring_memory_alloc(struct ring_memory *mem, u32 send_bytes, u32 recv_bytes)
{
	unsigned long kept = READ_ONCE(lost_pages);
	u32 i;

	memset(mem, 0, sizeof(*mem));
	if (kept >= LOST_MAX_PAGES) {
		vmbus_warn_host("no more rings: the host keeps %lu pages of %lu at most\n",
				kept, LOST_MAX_PAGES);
		return -ENOSPC;
	}
	mem->send_count = send_bytes >> HVG_PAGE_SHIFT;
	mem->count = mem->send_count + (recv_bytes >> HVG_PAGE_SHIFT);
	mem->pages = kvcalloc(mem->count, sizeof(*mem->pages), GFP_NOIO);
	if (!mem->pages)
		return -ENOMEM;
	for (i = 0; i < mem->count; i++) {
		mem->pages[i] = alloc_page(GFP_NOIO | __GFP_ZERO);
		if (!mem->pages[i])
			goto free;
	}
	mem->send = ring_map(mem->pages, mem->send_count);
	mem->recv = ring_map(mem->pages + mem->send_count,
			     mem->count - mem->send_count);
	if (mem->send && mem->recv)
		return 0;
free:
	ring_memory_free(mem);
	return -ENOMEM;
}

/**
 * ring_memory_free() - free what ring_memory_alloc() got
 * @mem: memory that the host does not have any more; may be empty
 *
 * Context: process.
 */
void ring_memory_free(struct ring_memory *mem)
{
	u32 i;

	if (!mem->pages)
		return;
	vunmap(mem->recv);
	vunmap(mem->send);
	for (i = 0; i < mem->count; i++)
		if (mem->pages[i])
			__free_page(mem->pages[i]);
	kvfree(mem->pages);
	memset(mem, 0, sizeof(*mem));
}

/**
 * ring_memory_lose() - give up memory that the host did not give back
 * @mem: becomes empty
 *
 * The host has not confirmed that it let go of the pages, so nobody else may
 * have them before the connection is down.
 *
 * Context: process.
 */
void ring_memory_lose(struct ring_memory *mem)
{
	struct ring_memory *keep;

	vmbus_warn("%u pages kept: the host did not confirm the end of their GPADL\n",
		   mem->count);
	/* Without memory to remember them the pages are lost for good. */
	keep = kmalloc_obj(*keep, GFP_NOIO);
	mutex_lock(&lost_lock);
	WRITE_ONCE(lost_pages, lost_pages + mem->count);
	if (keep) {
		*keep = *mem;
		list_add(&keep->link, &lost);
	}
	mutex_unlock(&lost_lock);
	memset(mem, 0, sizeof(*mem));
}

/**
 * ring_memory_free_lost() - free all that was given up
 *
 * Context: process; the connection is down, the host has nothing any more.
 */
void ring_memory_free_lost(void)
{
	struct ring_memory *mem, *next;

	mutex_lock(&lost_lock);
	list_for_each_entry_safe(mem, next, &lost, link) {
		list_del(&mem->link);
		WRITE_ONCE(lost_pages, lost_pages - mem->count);
		ring_memory_free(mem);
		kfree(mem);
	}
	mutex_unlock(&lost_lock);
}
