// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages for data that one range cannot describe.
 *
 * Without a virt boundary the block layer joins buffers that do not fill
 * their pages, blocks of 1 KiB of a file system for example. Such data is
 * copied. The pages are allocated with the adapter, so that no command fails
 * for want of memory, and there are enough of them for two of the largest
 * commands; a command that finds none waits for others to end.
 *
 * A command gets a run of pages, of a power of two, with consecutive virtual
 * addresses and consecutive entries of one scatterlist.
 *
 * The caller serializes what takes and gives pages, by the host lock.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include "bounce.h"
#include "storvsc.h"

/* Of the largest size. */
#define STORVSC_BOUNCE_COMMANDS	2

/**
 * struct storvsc_bounce_pool - the pages of an adapter
 * @addr: of the first page
 * @sgl: an entry for each page
 * @pages: number of pages
 * @used: a bit for each page
 */
struct storvsc_bounce_pool {
	void *addr;
	struct scatterlist *sgl;
	unsigned int pages;
	unsigned long *used;
};

static int storvsc_bounce_order(unsigned int pages)
{
	return get_order((unsigned long)pages << PAGE_SHIFT);
}

/**
 * storvsc_bounce_alloc - make the pages of an adapter
 * @most: pages of the largest command
 *
 * Context: process. Return: the pool or NULL.
 */
struct storvsc_bounce_pool *storvsc_bounce_alloc(unsigned int most)
{
	struct storvsc_bounce_pool *pool;
	unsigned int i;

	pool = kzalloc_obj(*pool, GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->pages = STORVSC_BOUNCE_COMMANDS << storvsc_bounce_order(most);
	pool->addr = vmalloc((size_t)pool->pages * PAGE_SIZE);
	pool->sgl = vmalloc(pool->pages * sizeof(*pool->sgl));
	pool->used = kcalloc(BITS_TO_LONGS(pool->pages), sizeof(long),
			     GFP_KERNEL);
	if (!pool->addr || !pool->sgl || !pool->used) {
		storvsc_bounce_free(pool);
		return NULL;
	}
	sg_init_table(pool->sgl, pool->pages);
	for (i = 0; i < pool->pages; i++)
		sg_set_page(&pool->sgl[i],
			    vmalloc_to_page(pool->addr + i * PAGE_SIZE),
			    PAGE_SIZE, 0);
	return pool;
}

/**
 * storvsc_bounce_free - the opposite of storvsc_bounce_alloc()
 * @pool: pool of which nothing is used, or NULL
 *
 * Context: process.
 */
void storvsc_bounce_free(struct storvsc_bounce_pool *pool)
{
	if (!pool)
		return;
	vfree(pool->addr);
	vfree(pool->sgl);
	kfree(pool->used);
	kfree(pool);
}

/**
 * storvsc_bounce_get - take pages for a command
 * @pool: pool
 * @bytes: of the command's data, not 0
 * @data: set to the pages
 *
 * Context: any. Return: 0, -EAGAIN when there are too few now, -EINVAL when
 * there are never enough.
 */
int storvsc_bounce_get(struct storvsc_bounce_pool *pool, size_t bytes,
		       struct storvsc_data *data)
{
	int order = storvsc_bounce_order(DIV_ROUND_UP(bytes, PAGE_SIZE));
	int first;

	if (1u << order > pool->pages)
		return -EINVAL;
	first = bitmap_find_free_region(pool->used, pool->pages, order);
	if (first < 0)
		return -EAGAIN;
	data->sgl = &pool->sgl[first];
	data->count = 1u << order;
	return 0;
}

/**
 * storvsc_bounce_put - give pages back
 * @pool: pool
 * @data: as storvsc_bounce_get() has set it
 *
 * Context: any.
 */
void storvsc_bounce_put(struct storvsc_bounce_pool *pool,
			const struct storvsc_data *data)
{
	bitmap_release_region(pool->used, data->sgl - pool->sgl,
			      storvsc_bounce_order(data->count));
}

static void *storvsc_bounce_addr(struct storvsc_bounce_pool *pool,
				 const struct storvsc_data *bounce)
{
	return pool->addr + (bounce->sgl - pool->sgl) * PAGE_SIZE;
}

/**
 * storvsc_bounce_out - copy a command's data into pages, for the host to read
 * @pool: pool
 * @bounce: as storvsc_bounce_get() has set it
 * @data: where the command's data is
 * @bytes: how much there is
 *
 * Context: any.
 */
void storvsc_bounce_out(struct storvsc_bounce_pool *pool,
			const struct storvsc_data *bounce,
			const struct storvsc_data *data, size_t bytes)
{
	sg_copy_to_buffer(data->sgl, data->count,
			  storvsc_bounce_addr(pool, bounce), bytes);
}

/**
 * storvsc_bounce_in - copy what the host has written to where it belongs
 * @pool: pool
 * @bounce: as storvsc_bounce_get() has set it
 * @data: where the command's data is
 * @bytes: how much the host has written, not more than there is
 *
 * Context: any.
 */
void storvsc_bounce_in(struct storvsc_bounce_pool *pool,
		       const struct storvsc_data *bounce,
		       const struct storvsc_data *data, size_t bytes)
{
	sg_copy_from_buffer(data->sgl, data->count,
			    storvsc_bounce_addr(pool, bounce), bytes);
}
