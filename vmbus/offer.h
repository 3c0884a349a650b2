/* SPDX-License-Identifier: GPL-2.0-only */
/* Offers, rescinds, and the table of channels by their ids. */
#ifndef _HVG_VMBUS_OFFER_H
#define _HVG_VMBUS_OFFER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct hvg_channel;

/*
 * Protects channels, each bus_device's list of sub-channels, and the table
 * of ids against other writers. Nothing is waited for under it.
 */
extern struct mutex channels_lock;
extern struct list_head channels;

int offer_init(void);
void offer_start(void);
void offer_stop(void);
void offer_exit(void);
void offer_flush(void);

void offer_received(const void *data, size_t bytes);
void offer_rescinded(const void *data, size_t bytes);

struct hvg_channel *offer_channel(u32 id);
u32 offer_highest_id(void);

void offer_object_born(void);
void offer_object_gone(void);

#endif /* _HVG_VMBUS_OFFER_H */
