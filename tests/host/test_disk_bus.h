/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMBus host that is two queues a channel, requests in, answers out, and the
 * guest's end of them.
 */
#ifndef HVHOST_TEST_DISK_BUS_H
#define HVHOST_TEST_DISK_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../include/hvg/storvsc_wire.h"
#include "vmbus.h"

struct answer {
	uint16_t type;
	uint64_t trans_id;
	uint32_t bytes;
	struct hvg_stor_packet packet;
};

/* Devices in the order they were added; NULL past the end. */
struct vmbus_device *bus_device(unsigned int index);
struct vmbus_channel *bus_channel(struct vmbus_device *dev, unsigned int sub);
const struct hvg_guid *bus_instance(const struct vmbus_device *dev);
const uint8_t *bus_user(const struct vmbus_device *dev);
unsigned int bus_subchannels(const struct vmbus_device *dev);
void bus_open(struct vmbus_channel *chan);
void bus_close(struct vmbus_channel *chan);
/* Let the host write no more than @answers before some are taken. */
void bus_room(struct vmbus_channel *chan, unsigned int answers);
unsigned int bus_unread(const struct vmbus_channel *chan);
/* A packet to the host; @ranges as in a GPA-direct packet. Returns its id. */
uint64_t bus_send(struct vmbus_channel *chan, uint16_t type,
		  const void *data, uint32_t bytes, const void *ranges,
		  uint32_t ranges_bytes, uint32_t range_count);
/* The oldest answer; waits up to 5 s. False: there is none. */
bool bus_take(struct vmbus_channel *chan, struct answer *answer);
bool bus_quiet(struct vmbus_channel *chan, unsigned int ms);
void bus_free(void);

#endif
