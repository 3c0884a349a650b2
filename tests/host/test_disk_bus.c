// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMBus of the storage service's unit test: two queues a channel. One
 * thread; the host runs while the guest waits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "test.h"
#include "test_disk_bus.h"
#include "test_guest.h"

#define QUEUE		2048
#define DEVICES		16
#define SUBCHANNELS	8
#define WAIT_MS		5000

struct vmbus_channel {
	struct vmbus_device *dev;
	unsigned int sub;
	uint32_t id;
	void *opaque;
	bool open;
	struct vmbus_packet *in[QUEUE];
	unsigned int in_head, in_tail;
	struct answer out[QUEUE];
	unsigned int out_head, out_tail, room;
	bool blocked;
};

struct vmbus_device {
	const struct vmbus_service *service;
	struct hvg_guid instance;
	uint8_t user[HVG_OFFER_USER_BYTES];
	void *opaque;
	bool removed;
	unsigned int subs;
	struct vmbus_channel channels[1 + SUBCHANNELS];
};

static struct vmbus_device *devices[DEVICES];
static unsigned int device_count;

/* loop.h and vm.h, what test_guest.c leaves out */

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

uint64_t vmbus_post_message(uint32_t connection_id, uint32_t type,
			    const void *payload, uint32_t len)
{
	(void)connection_id;
	(void)type;
	(void)payload;
	(void)len;
	return HVG_STATUS_INVALID_CONNECTION;
}

uint64_t vmbus_signal_event(uint32_t connection_id, uint16_t flag)
{
	(void)connection_id;
	(void)flag;
	return HVG_STATUS_INVALID_CONNECTION;
}

/* vmbus.h */

static void channel_init(struct vmbus_device *dev, unsigned int sub)
{
	struct vmbus_channel *chan = &dev->channels[sub];

	memset(chan, 0, sizeof(*chan));
	chan->dev = dev;
	chan->sub = sub;
	chan->id = device_count * 10 + sub;
	chan->room = QUEUE;
}

struct vmbus_device *vmbus_device_add(const struct vmbus_service *service,
				      const struct hvg_guid *instance,
				      const void *user, size_t user_bytes,
				      void *opaque)
{
	struct vmbus_device *dev = calloc(1, sizeof(*dev));

	if (!dev || device_count == DEVICES)
		abort();
	dev->service = service;
	dev->instance = *instance;
	if (user_bytes)
		memcpy(dev->user, user, user_bytes);
	dev->opaque = opaque;
	devices[device_count++] = dev;
	channel_init(dev, 0);
	return dev;
}

void vmbus_device_remove(struct vmbus_device *dev)
{
	for (unsigned int i = 1 + dev->subs; i--; ) {
		if (dev->channels[i].open)
			dev->service->rescind(&dev->channels[i]);
		bus_close(&dev->channels[i]);
	}
	dev->removed = true;
}

unsigned int vmbus_offer_subchannels(struct vmbus_device *dev,
				     unsigned int count)
{
	if (count > SUBCHANNELS)
		abort();
	for (unsigned int i = 1; i <= count; i++)
		channel_init(dev, i);
	dev->subs = count;
	return count;
}

void *vmbus_device_opaque(struct vmbus_device *dev)
{
	return dev->opaque;
}

struct vmbus_device *vmbus_channel_device(struct vmbus_channel *chan)
{
	return chan->dev;
}

unsigned int vmbus_channel_subindex(struct vmbus_channel *chan)
{
	return chan->sub;
}

uint32_t vmbus_channel_id(struct vmbus_channel *chan)
{
	return chan->id;
}

void vmbus_channel_set_opaque(struct vmbus_channel *chan, void *opaque)
{
	chan->opaque = opaque;
}

void *vmbus_channel_opaque(struct vmbus_channel *chan)
{
	return chan->opaque;
}

uint32_t vmbus_version(void)
{
	return guest_profile.vmbus_version;
}

int vmbus_read(struct vmbus_channel *chan, struct vmbus_packet *pkt)
{
	struct vmbus_packet *from;

	if (!chan->open)
		abort();
	if (chan->in_head == chan->in_tail)
		return 0;
	from = chan->in[chan->in_head++ % QUEUE];
	*pkt = *from;
	pkt->ranges = pkt->buf;
	pkt->data = pkt->buf + pkt->ranges_bytes;
	free(from);
	return 1;
}

int vmbus_write(struct vmbus_channel *chan, uint16_t type, uint64_t trans_id,
		const void *data, uint32_t bytes, uint16_t flags)
{
	struct answer *a = &chan->out[chan->out_tail % QUEUE];

	if (!chan->open || flags)
		abort();
	if (chan->out_tail - chan->out_head >= chan->room) {
		chan->blocked = true;
		return -EAGAIN;
	}
	memset(a, 0, sizeof(*a));
	a->type = type;
	a->trans_id = trans_id;
	a->bytes = bytes;
	memcpy(&a->packet, data, bytes);
	chan->out_tail++;
	return 0;
}

/* Here no close waits. */
void vmbus_channel_idle(struct vmbus_channel *chan)
{
	CHECK(chan->open);
}

/* The guest's side of it */

struct vmbus_device *bus_device(unsigned int index)
{
	return index < device_count && !devices[index]->removed ?
	       devices[index] : NULL;
}

struct vmbus_channel *bus_channel(struct vmbus_device *dev, unsigned int sub)
{
	return &dev->channels[sub];
}

const struct hvg_guid *bus_instance(const struct vmbus_device *dev)
{
	return &dev->instance;
}

const uint8_t *bus_user(const struct vmbus_device *dev)
{
	return dev->user;
}

unsigned int bus_subchannels(const struct vmbus_device *dev)
{
	return dev->subs;
}

void bus_open(struct vmbus_channel *chan)
{
	chan->open = true;
	chan->out_head = chan->out_tail;
	chan->blocked = false;
	CHECK(!chan->dev->service->open(chan, NULL));
}

void bus_close(struct vmbus_channel *chan)
{
	if (!chan->open)
		return;
	chan->dev->service->close(chan);
	chan->open = false;
	while (chan->in_head != chan->in_tail)
		free(chan->in[chan->in_head++ % QUEUE]);
	chan->room = QUEUE;
}

void bus_room(struct vmbus_channel *chan, unsigned int answers)
{
	chan->room = answers;
}

unsigned int bus_unread(const struct vmbus_channel *chan)
{
	return chan->in_tail - chan->in_head;
}

uint64_t bus_send(struct vmbus_channel *chan, uint16_t type,
		  const void *data, uint32_t bytes, const void *ranges,
		  uint32_t ranges_bytes, uint32_t range_count)
{
	static uint64_t next_id = 1000;
	struct vmbus_packet *pkt = calloc(1, sizeof(*pkt));

	if (!pkt || chan->in_tail - chan->in_head == QUEUE)
		abort();
	pkt->type = type;
	pkt->flags = HVG_PACKET_FLAG_COMPLETION;
	pkt->trans_id = next_id++;
	pkt->bytes = bytes;
	pkt->ranges_bytes = ranges_bytes;
	pkt->range_count = range_count;
	if (ranges_bytes)
		memcpy(pkt->buf, ranges, ranges_bytes);
	memcpy(pkt->buf + ranges_bytes, data, bytes);
	chan->in[chan->in_tail++ % QUEUE] = pkt;
	chan->dev->service->notify(chan);
	return next_id - 1;
}

bool bus_take(struct vmbus_channel *chan, struct answer *answer)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (chan->out_head == chan->out_tail) {
		guest_run_loop();
		if (now_ms() > end)
			return false;
		usleep(50);
	}
	*answer = chan->out[chan->out_head++ % QUEUE];
	if (chan->blocked) {
		chan->blocked = false;
		chan->dev->service->writable(chan);
	}
	return true;
}

bool bus_quiet(struct vmbus_channel *chan, unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	do {
		guest_run_loop();
		usleep(100);
	} while (now_ms() < end && chan->out_head == chan->out_tail);
	return chan->out_head == chan->out_tail;
}

void bus_free(void)
{
	while (device_count) {
		struct vmbus_device *dev = devices[--device_count];

		for (unsigned int i = 0; i <= dev->subs; i++)
			bus_close(&dev->channels[i]);
		free(dev);
	}
}
