// SPDX-License-Identifier: GPL-2.0-only
/* The platform of the suites, and a host behind it that does as it is told. */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/smp.h>
#include <linux/string.h>
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "fake_host.h"
#include "interrupt.h"
#include "message.h"
#include "offer.h"
#include "platform.h"

struct fake_host fake_host;
EXPORT_SYMBOL_GPL(fake_host);
struct fake_host_begin fake_host_begin;

static struct hvg_message slots[NR_CPUS];
static unsigned long flags[NR_CPUS][HVG_EVENT_FLAGS / BITS_PER_LONG];
static struct device *parent;

void fake_host_reset(void)
{
	memset(&fake_host, 0, sizeof(fake_host));
	memset(slots, 0, sizeof(slots));
	memset(flags, 0, sizeof(flags));
}

/* One message from the host, as an interrupt on this CPU. */
bool fake_host_send(const void *msg, u8 bytes)
{
	struct hvg_message *slot;
	bool room;
	unsigned long irq;

	local_irq_save(irq);
	slot = &slots[smp_processor_id()];
	room = slot->type == HVG_MESSAGE_NONE;
	if (room) {
		slot->payload_size = bytes;
		slot->flags = 0;
		memcpy(slot->payload, msg,
		       min_t(u32, bytes, HVG_MESSAGE_PAYLOAD));
		slot->type = HVG_MESSAGE_VMBUS;
		message_interrupt(smp_processor_id());
	}
	local_irq_restore(irq);
	return room;
}

void fake_host_deliver(const void *msg, u8 bytes)
{
	unsigned int limit;

	for (limit = 0; !fake_host_send(msg, bytes) && limit < 1000; limit++)
		msleep(1);
}

struct hvg_message *fake_host_slot(unsigned int cpu)
{
	return &slots[cpu];
}

/* The driver's channel, or NULL; the test sees to its staying. */
struct hvg_channel *fake_host_channel(u32 channel)
{
	struct hvg_channel *chan;

	rcu_read_lock();
	chan = offer_channel(channel);
	rcu_read_unlock();
	return chan;
}
EXPORT_SYMBOL_GPL(fake_host_channel);

/* The host has something to say on a channel. */
void fake_host_signal(u32 channel)
{
	struct hvg_channel *chan;
	unsigned long irq;

	local_irq_save(irq);
	rcu_read_lock();
	chan = offer_channel(channel);
	if (chan)
		channel_interrupt(chan);
	rcu_read_unlock();
	local_irq_restore(irq);
}
EXPORT_SYMBOL_GPL(fake_host_signal);

static void answer_contact(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_initiate_contact *contact =
		(const void *)msg->payload;
	struct hvg_msg_version_response response = {
		.header.type = HVG_MSG_VERSION_RESPONSE,
		.supported = contact->version == fake_host.version,
		.version_or_connection =
			contact->version >= HVG_VERSION_WIN10_V5 ?
			5 : contact->version,
	};

	fake_host_send(&response, contact->version >= HVG_VERSION_COPPER ?
		       HVG_VERSION_RESPONSE_SIZE_V6 :
		       HVG_VERSION_RESPONSE_SIZE_V1);
}

static void answer_gpadl(u32 channel, u32 gpadl)
{
	struct hvg_msg_gpadl_created created = {
		.header.type = HVG_MSG_GPADL_CREATED,
		.channel = channel,
		.gpadl = gpadl,
		.status = fake_host.refuse_gpadl,
	};

	fake_host_send(&created, sizeof(created));
}

/* The header says how many page numbers there will be. */
static void answer_gpadl_header(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_gpadl_header *head = (const void *)msg->payload;

	if ((head->range_bytes - sizeof(struct hvg_gpa_range)) / sizeof(u64) <=
	    HVG_GPADL_HEADER_PFNS)
		answer_gpadl(head->channel, head->gpadl);
}

static void answer_gpadl_body(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_gpadl_body *body = (const void *)msg->payload;
	const struct hvg_msg_gpadl_header *head;
	unsigned int i;
	u32 pages;

	for (i = fake_host.count; i--; ) {
		head = (const void *)fake_host.sent[i].payload;
		if (head->header.type == HVG_MSG_GPADL_HEADER &&
		    head->gpadl == body->gpadl)
			break;
	}
	pages = (head->range_bytes - sizeof(struct hvg_gpa_range)) /
		sizeof(u64);
	if (HVG_GPADL_HEADER_PFNS + (body->number + 1) * HVG_GPADL_BODY_PFNS >=
	    pages)
		answer_gpadl(head->channel, head->gpadl);
}

static void answer_open(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_open *open = (const void *)msg->payload;
	struct hvg_msg_open_result result = {
		.header.type = HVG_MSG_OPEN_RESULT,
		.channel = open->channel,
		.open_id = open->open_id,
	};

	fake_host_send(&result, sizeof(result));
}

static void answer_teardown(const struct hvg_post_message_input *msg)
{
	const struct hvg_msg_gpadl_teardown *teardown =
		(const void *)msg->payload;
	struct hvg_msg_gpadl_torndown torndown = {
		.header.type = HVG_MSG_GPADL_TORNDOWN,
		.gpadl = teardown->gpadl,
	};

	fake_host_send(&torndown, sizeof(torndown));
}

/* What a host does that has no secrets. */
void fake_host_answer(const struct hvg_post_message_input *msg)
{
	struct hvg_msg_header done = { 0 };

	switch (fake_host_type(msg)) {
	case HVG_MSG_INITIATE_CONTACT:
		answer_contact(msg);
		break;
	case HVG_MSG_REQUEST_OFFERS:
		done.type = HVG_MSG_ALL_OFFERS_DELIVERED;
		fake_host_send(&done, sizeof(done));
		break;
	case HVG_MSG_GPADL_HEADER:
		answer_gpadl_header(msg);
		break;
	case HVG_MSG_GPADL_BODY:
		answer_gpadl_body(msg);
		break;
	case HVG_MSG_OPEN_CHANNEL:
		answer_open(msg);
		break;
	case HVG_MSG_GPADL_TEARDOWN:
		answer_teardown(msg);
		break;
	case HVG_MSG_UNLOAD:
		done.type = HVG_MSG_UNLOAD_COMPLETE;
		fake_host_send(&done, sizeof(done));
		break;
	}
}

void fake_host_offer(u32 channel, u16 subchannel,
		     const struct hvg_guid *interface)
{
	struct hvg_msg_offer offer = {
		.header.type = HVG_MSG_OFFER_CHANNEL,
		.interface = *interface,
		.instance.b = { 0x11, 0x22, 0x33, 0x44, 0x55 },
		.subchannel = subchannel,
		.channel = channel,
		.connection_id = 0x10000 + channel,
	};

	fake_host_deliver(&offer, sizeof(offer));
	message_flush();
	offer_flush();
}
EXPORT_SYMBOL_GPL(fake_host_offer);

void fake_host_rescind(u32 channel)
{
	const struct hvg_msg_channel rescind = {
		{ HVG_MSG_RESCIND_OFFER, 0 }, channel
	};

	fake_host_deliver(&rescind, sizeof(rescind));
	message_flush();
	offer_flush();
}

unsigned int fake_host_released(u32 channel)
{
	const struct hvg_msg_channel *msg;
	unsigned int i, count = 0;

	for (i = 0; i < fake_host.count; i++) {
		msg = (const void *)fake_host.sent[i].payload;
		count += msg->header.type == HVG_MSG_RELID_RELEASED &&
			 msg->channel == channel;
	}
	return count;
}

int fake_host_connect(u32 version)
{
	int err;

	fake_host_reset();
	fake_host.version = version;
	fake_host.answer = fake_host_begin.answer ?: fake_host_answer;
	/* Suites run before their module is in sysfs: no owner. */
	parent = __root_device_register("hvg-kunit", NULL);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	err = bus_init();
	if (err)
		goto device;
	err = connection_start(parent);
	if (!err)
		return 0;
	bus_exit();
device:
	root_device_unregister(parent);
	return err;
}
EXPORT_SYMBOL_GPL(fake_host_connect);

void fake_host_disconnect(void)
{
	connection_stop();
	bus_exit();
	root_device_unregister(parent);
}
EXPORT_SYMBOL_GPL(fake_host_disconnect);

int platform_start(const struct platform_hooks *hooks)
{
	unsigned int cpu;

	if (fake_host_begin.start_error)
		return fake_host_begin.start_error;
	fake_host.started = true;
	for_each_online_cpu(cpu)
		hooks->online(cpu);
	return 0;
}

void platform_stop(void)
{
	fake_host.started = false;
}

void platform_free(void)
{
}

bool platform_has_predecessor(void)
{
	return fake_host_begin.predecessor;
}

void platform_shutdown_cpus(void)
{
}

void platform_shutdown_this_cpu(void)
{
}

u64 platform_post_message(struct hvg_post_message_input *input)
{
	if (fake_host_begin.status)
		return fake_host_begin.status;
	if (fake_host_begin.knows_no_v5 &&
	    input->connection_id == HVG_CONN_MESSAGE_V5)
		return HVG_STATUS_INVALID_CONNECTION;
	if (fake_host.failures) {
		fake_host.failures--;
		return fake_host.status;
	}
	if (fake_host.count == FAKE_HOST_SENT)
		return HVG_STATUS_INVALID_PARAMETER;
	fake_host.sent[fake_host.count++] = *input;
	if (fake_host.answer)
		fake_host.answer(&fake_host.sent[fake_host.count - 1]);
	return HVG_STATUS_SUCCESS;
}

u64 platform_signal_event(u32 connection, u16 flag)
{
	fake_host.signals++;
	fake_host.signal_connection = connection;
	if (fake_host.signalled)
		fake_host.signalled();
	return HVG_STATUS_SUCCESS;
}

u32 platform_vp(unsigned int cpu)
{
	return fake_host_begin.first_vp + cpu;
}

struct hvg_message *platform_message_slot(unsigned int cpu)
{
	return fake_host.no_pages ? NULL : &slots[cpu];
}

unsigned long *platform_event_flags(unsigned int cpu)
{
	return fake_host.no_pages ? NULL : flags[cpu];
}

void platform_end_of_message(void)
{
	fake_host.ends[smp_processor_id()]++;
}

bool platform_can_report_crash(void)
{
	return false;
}

bool platform_crash_reported(void)
{
	return false;
}

void platform_forget_crash(void)
{
}

void platform_report_crash(const u64 *param, u64 control)
{
}
