/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMBus driver API: all that a device driver sees of the bus.
 *
 * A driver registers with hvg_driver_register() and is probed for every
 * primary channel that matches its id table. It opens the channel, sends
 * with hvg_tx_begin() ... hvg_tx_commit() and takes packets in the callbacks
 * of struct hvg_channel_ops. The bus owns masking, draining and signalling.
 */
#ifndef _HVG_VMBUS_H
#define _HVG_VMBUS_H

#include <linux/bug.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <hvg/ring_wire.h>
#include <hvg/vmbus_wire.h>

struct hvg_channel;
struct hvg_device;

/**
 * struct hvg_packet - a packet that came from the host
 * @type: enum hvg_packet_type
 * @flags: HVG_PACKET_FLAG_*
 * @trans_id: as the host sent it: not to be trusted
 * @desc: bytes between the descriptor and the payload (transfer pages)
 * @desc_bytes: length of @desc
 * @data: payload, a private copy that the host cannot change
 * @bytes: length of @data, a multiple of 8
 *
 * Valid until the callback that got it returns.
 */
struct hvg_packet {
	u16 type;
	u16 flags;
	u64 trans_id;
	const void *desc;
	u32 desc_bytes;
	const void *data;
	u32 bytes;
};

/**
 * struct hvg_channel_ops - what a driver does on a channel
 * @packet: one packet from the host. Called with interrupts off, in a hard
 *	or soft interrupt or, when the channel is rescinded, in process
 *	context; never twice at once for one channel.
 * @drained: all packets of this look at the ring have been given; may be
 *	NULL. Same context as @packet.
 * @writable: the host made room after hvg_tx_begin() had said -EAGAIN; may
 *	be NULL. Same context as @packet.
 * @event: if set, the bus calls this instead of draining by itself, with
 *	the host's signals masked; the driver calls hvg_channel_poll() and,
 *	when that returned less than the budget, hvg_channel_poll_done().
 * @rescind: the host took the channel away: nothing more can be sent, and
 *	what is outstanding must be failed, at once or after a while in which
 *	the host may still answer: @packet runs meanwhile. Process context,
 *	called once, before remove() (primary) or before the bus closes it
 *	(sub-channel). May close the channel itself. Must not take a lock
 *	under which another thread closes it: the close waits for this
 *	callback.
 * @moved: another CPU takes the channel's interrupts, see hvg_channel_cpu();
 *	may be NULL. Process context, must not wait for the bus.
 * @max_packet: bytes of the largest packet that is accepted, descriptor
 *	included; a larger one breaks the channel
 */
struct hvg_channel_ops {
	void (*packet)(struct hvg_channel *chan, const struct hvg_packet *pkt);
	void (*drained)(struct hvg_channel *chan);
	void (*writable)(struct hvg_channel *chan);
	void (*event)(struct hvg_channel *chan);
	void (*rescind)(struct hvg_channel *chan);
	void (*moved)(struct hvg_channel *chan);
	u32 max_packet;
};

/**
 * struct hvg_device - a primary channel as a device on the bus
 * @dev: embedded device
 * @interface: interface type
 * @instance: instance id
 * @channel: the primary channel
 * @user: service-defined bytes of the offer
 */
struct hvg_device {
	struct device dev;
	struct hvg_guid interface;
	struct hvg_guid instance;
	struct hvg_channel *channel;
	u8 user[HVG_OFFER_USER_BYTES];
};

#define to_hvg_device(d) container_of(d, struct hvg_device, dev)

/**
 * struct hvg_driver - a driver on the bus
 * @name: driver name
 * @id_table: interface types, ended by a zero GUID
 * @probe: process context; returns 0 or -errno
 * @remove: process context; also after a rescind. Must close the channel.
 * @shutdown: power-off, kexec; may be NULL
 * @subchannel: a sub-channel of @hdev was offered; process context. The
 *	driver may open it; refusing is fine. May be NULL. A driver that
 *	keeps @chan beyond the close takes hvg_channel_get().
 * @driver: the driver core's part, filled in by the bus
 * @dynids_lock: protects @dynids; the bus's own
 * @dynids: interface types that the user has added; the bus's own
 */
struct hvg_driver {
	const char *name;
	const struct hv_vmbus_device_id *id_table;
	int (*probe)(struct hvg_device *hdev,
		     const struct hv_vmbus_device_id *id);
	void (*remove)(struct hvg_device *hdev);
	void (*shutdown)(struct hvg_device *hdev);
	void (*subchannel)(struct hvg_device *hdev, struct hvg_channel *chan);
	struct device_driver driver;
	spinlock_t dynids_lock;	/* protects dynids */
	struct list_head dynids;
};

#define to_hvg_driver(d) container_of(d, struct hvg_driver, driver)

int __hvg_driver_register(struct hvg_driver *drv, struct module *owner,
			  const char *mod_name);
void hvg_driver_unregister(struct hvg_driver *drv);
#define hvg_driver_register(drv) \
	__hvg_driver_register(drv, THIS_MODULE, KBUILD_MODNAME)

static inline void hvg_set_drvdata(struct hvg_device *hdev, void *data)
{
	dev_set_drvdata(&hdev->dev, data);
}

static inline void *hvg_get_drvdata(struct hvg_device *hdev)
{
	return dev_get_drvdata(&hdev->dev);
}

/* The protocol version of the connection, HVG_VERSION(major, minor). */
u32 hvg_protocol_version(void);

/**
 * struct hvg_open_params - how to open a channel
 * @send_bytes: guest-to-host ring, control page included, whole pages
 * @recv_bytes: host-to-guest ring, control page included, whole pages
 * @user: HVG_OFFER_USER_BYTES or fewer for the host, may be NULL
 * @user_bytes: length of @user
 * @ops: callbacks; must outlive the channel
 * @context: for hvg_channel_context()
 */
struct hvg_open_params {
	u32 send_bytes;
	u32 recv_bytes;
	const void *user;
	u32 user_bytes;
	const struct hvg_channel_ops *ops;
	void *context;
};

/* Process context; bounded wait. -ENODEV rescinded, -ETIMEDOUT, -EIO refused */
int hvg_channel_open(struct hvg_channel *chan,
		     const struct hvg_open_params *params);
/*
 * Process context. No callback runs after it returned. Idempotent. -EINPROGRESS
 * while the host has not let go of what it was given on the channel.
 */
int hvg_channel_close(struct hvg_channel *chan);
int hvg_channel_close_begin(struct hvg_channel *chan);

/* A channel that has a holder stays; its functions say -ENODEV at its end. */
struct hvg_channel *hvg_channel_get(struct hvg_channel *chan);
void hvg_channel_put(struct hvg_channel *chan);

void *hvg_channel_context(struct hvg_channel *chan);
struct hvg_device *hvg_channel_device(struct hvg_channel *chan);
u16 hvg_channel_subchannel_index(struct hvg_channel *chan);
/* CPU that takes the channel's interrupts. */
unsigned int hvg_channel_cpu(struct hvg_channel *chan);
bool hvg_channel_rescinded(struct hvg_channel *chan);
/* In jiffies; only of one that is. */
unsigned long hvg_channel_rescinded_at(struct hvg_channel *chan);
/* The ring or a packet broke the rules; the channel does no more I/O. */
bool hvg_channel_broken(struct hvg_channel *chan);
void hvg_channel_look(struct hvg_channel *chan);
/* A packet of the driver's own protocol was bad: count and log it. */
void hvg_channel_bad_packet(struct hvg_channel *chan, const char *expected,
			    u64 got);

/**
 * struct hvg_tx - a packet being written into the guest-to-host ring
 *
 * Lives on the stack between hvg_tx_begin() and hvg_tx_commit(), which hold
 * the channel's send lock with interrupts off. Fields are the bus's own.
 */
struct hvg_tx {
	struct hvg_channel *chan;
	unsigned long flags;
	u8 *at;
	u8 *end;
};

/*
 * hvg_tx_begin - reserve room for a packet and write its descriptor
 * @type: enum hvg_packet_type; @desc_bytes: bytes between descriptor and
 * payload, a multiple of 8 (page ranges); @payload_bytes: padded to 8 by the
 * bus; @packet_flags: HVG_PACKET_FLAG_*.
 * Any context. 0: the lock is held, put desc and payload, then commit.
 * -EAGAIN: no room, ops->writable will be called; -ENODEV: rescinded, closed
 * or broken; -EMSGSIZE: can never fit.
 */
int hvg_tx_begin(struct hvg_channel *chan, struct hvg_tx *tx, u16 type,
		 u32 desc_bytes, u32 payload_bytes, u64 trans_id,
		 u16 packet_flags);

/**
 * hvg_tx_put() - write the next bytes of a packet
 * @tx: from hvg_tx_begin()
 * @data: bytes
 * @bytes: how many; what is more than was reserved is left out, with a warning
 *
 * Context: between hvg_tx_begin() and hvg_tx_commit().
 */
static inline void hvg_tx_put(struct hvg_tx *tx, const void *data, u32 bytes)
{
	if (WARN_ON_ONCE(bytes > tx->end - tx->at))
		return;
	memcpy(tx->at, data, bytes);
	tx->at += bytes;
}

/**
 * hvg_tx_put_u64() - write the next eight bytes of a packet
 * @tx: from hvg_tx_begin()
 * @value: a page number, say
 *
 * Context: between hvg_tx_begin() and hvg_tx_commit().
 */
static inline void hvg_tx_put_u64(struct hvg_tx *tx, u64 value)
{
	hvg_tx_put(tx, &value, sizeof(value));
}

/* Pads, publishes, drops the lock, signals the host if the rules say so. */
void hvg_tx_commit(struct hvg_tx *tx);

/* begin, put, commit of one in-band packet or completion. */
int hvg_channel_send(struct hvg_channel *chan, u16 type, const void *data,
		     u32 bytes, u64 trans_id, u16 packet_flags);

/* For drivers with ops->event. */
int hvg_channel_poll(struct hvg_channel *chan, int budget);
void hvg_channel_poll_done(struct hvg_channel *chan);

/**
 * struct hvg_gpadl - guest memory that the host has mapped
 * @handle: 0 when not established
 */
struct hvg_gpadl {
	u32 handle;
	u32 bytes;
	void *addr;
};

/* @addr: page-aligned, kernel direct map or vmalloc. Process context. */
int hvg_gpadl_create(struct hvg_channel *chan, void *addr, u32 bytes,
		     struct hvg_gpadl *gpadl);
int hvg_gpadl_teardown(struct hvg_channel *chan, struct hvg_gpadl *gpadl);

#endif /* _HVG_VMBUS_H */
