/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMBus host as a service (VSP) sees it: devices are offered, channels
 * open and close, packets are read and written. All with the machine lock
 * held, mostly on the loop thread.
 */
#ifndef HVHOST_VMBUS_H
#define HVHOST_VMBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "../../include/hvg/ring_wire.h"
#include "../../include/hvg/types.h"
#include "../../include/hvg/vmbus_wire.h"

struct vmbus_device;
struct vmbus_channel;

/*
 * struct vmbus_service - what a kind of device does
 * @open: the guest opened a channel; @user is its 120 bytes. 0 or an NTSTATUS.
 * @close: the guest closed it, reset, unloaded, or it was rescinded. After it
 *	returned the service must not touch the channel's rings; completions
 *	still in flight are dropped by the service.
 * @notify: there may be packets; read until vmbus_read() says 0
 * @writable: room appeared after vmbus_write() had returned -EAGAIN
 * @rescind: the host is about to rescind the open channel, @close follows: the
 *	last chance to answer what is outstanding; may be NULL
 * @busy: are there requests that use memory of the guest's; when there are
 *	none any more the service calls vmbus_channel_idle(). May be NULL.
 */
struct vmbus_service {
	const char *name;		/* "scsi", "ide" */
	struct hvg_guid interface;
	uint16_t offer_flags;
	int (*open)(struct vmbus_channel *chan, const void *user);
	void (*close)(struct vmbus_channel *chan);
	void (*notify)(struct vmbus_channel *chan);
	void (*writable)(struct vmbus_channel *chan);
	void (*rescind)(struct vmbus_channel *chan);
	bool (*busy)(struct vmbus_channel *chan);
};

struct vmbus_device *vmbus_device_add(const struct vmbus_service *service,
				      const struct hvg_guid *instance,
				      const void *user, size_t user_bytes,
				      void *opaque);
/* Rescind every channel; freed when the guest released the ids (or reset). */
void vmbus_device_remove(struct vmbus_device *dev);
/* Offer sub-channels 1..count of an open device. Returns how many. */
unsigned int vmbus_offer_subchannels(struct vmbus_device *dev,
				     unsigned int count);
void *vmbus_device_opaque(struct vmbus_device *dev);

struct vmbus_device *vmbus_channel_device(struct vmbus_channel *chan);
unsigned int vmbus_channel_subindex(struct vmbus_channel *chan);
uint32_t vmbus_channel_id(struct vmbus_channel *chan);
void vmbus_channel_set_opaque(struct vmbus_channel *chan, void *opaque);
void *vmbus_channel_opaque(struct vmbus_channel *chan);
bool vmbus_channel_is_open(struct vmbus_channel *chan);
/* A request of the channel has ended: is there a close that waits for it? */
void vmbus_channel_idle(struct vmbus_channel *chan);
/* Negotiated protocol version, 0 when not connected. */
uint32_t vmbus_version(void);

/*
 * struct vmbus_packet - a packet read from the guest
 * @data, @bytes: payload, copied
 * @ranges: for GPA direct: the raw ranges, copied (heads and page numbers)
 */
#define VMBUS_PACKET_MAX	16384
struct vmbus_packet {
	uint16_t type;
	uint16_t flags;
	uint64_t trans_id;
	const void *data;
	uint32_t bytes;
	const void *ranges;
	uint32_t ranges_bytes;
	uint32_t range_count;
	uint8_t buf[VMBUS_PACKET_MAX];
};

/* 1 a packet, 0 empty, -EPROTO the guest broke the ring (channel is stopped). */
int vmbus_read(struct vmbus_channel *chan, struct vmbus_packet *pkt);
/* Bytes of GPA range @index, or -EPROTO. */
int64_t vmbus_range_bytes(const struct vmbus_packet *pkt, unsigned int index);
/* Fill @iov with host pointers of range @index; entries used, or -EPROTO,
 * -EFAULT (not RAM), -E2BIG. Neighbouring pages are merged.
 */
int vmbus_range_iov(const struct vmbus_packet *pkt, unsigned int index,
		    struct iovec *iov, unsigned int max);
/*
 * Write a packet; 0, -EAGAIN (no room: @writable will be called), -ENOTCONN.
 * Signals the guest by the rules.
 */
int vmbus_write(struct vmbus_channel *chan, uint16_t type, uint64_t trans_id,
		const void *data, uint32_t bytes, uint16_t flags);

#endif
