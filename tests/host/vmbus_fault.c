// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of the VMBus host: messages that are changed on their way, messages
 * that nobody asked for, packets and indices that lie. Which of them are to
 * happen is known in fault.c. Runs with the machine lock held.
 */
#include <stdlib.h>
#include <string.h>

#include "vm.h"
#include "vmbus_host.h"

/* Ids that the host does not hand out in a test: behind all of its own. */
#define STRANGE_ID	1024u

enum change { DROP, TWICE, CUT, XOR };

/*
 * struct message_fault - a change to a message
 * @type: of the message; HVG_MSG_INVALID (0): of any
 * @offset: of the word that XOR changes
 */
static const struct message_fault {
	enum fault fault;
	uint32_t type;
	enum change change;
	size_t offset;
} message_faults[] = {
	{ FAULT_VERSION_SILENT, HVG_MSG_VERSION_RESPONSE, DROP, 0 },
	{ FAULT_VERSION_TWICE, HVG_MSG_VERSION_RESPONSE, TWICE, 0 },
	{ FAULT_OFFERS_SILENT, HVG_MSG_ALL_OFFERS_DELIVERED, DROP, 0 },
	{ FAULT_OPEN_SILENT, HVG_MSG_OPEN_RESULT, DROP, 0 },
	{ FAULT_OPEN_TWICE, HVG_MSG_OPEN_RESULT, TWICE, 0 },
	{ FAULT_OPEN_ID, HVG_MSG_OPEN_RESULT, XOR,
	  offsetof(struct hvg_msg_open_result, open_id) },
	{ FAULT_OPEN_CHANNEL, HVG_MSG_OPEN_RESULT, XOR,
	  offsetof(struct hvg_msg_open_result, channel) },
	{ FAULT_GPADL_SILENT, HVG_MSG_GPADL_CREATED, DROP, 0 },
	{ FAULT_GPADL_HANDLE, HVG_MSG_GPADL_CREATED, XOR,
	  offsetof(struct hvg_msg_gpadl_created, gpadl) },
	{ FAULT_GPADL_CHANNEL, HVG_MSG_GPADL_CREATED, XOR,
	  offsetof(struct hvg_msg_gpadl_created, channel) },
	{ FAULT_TORNDOWN_SILENT, HVG_MSG_GPADL_TORNDOWN, DROP, 0 },
	{ FAULT_TORNDOWN_HANDLE, HVG_MSG_GPADL_TORNDOWN, XOR,
	  offsetof(struct hvg_msg_gpadl_torndown, gpadl) },
	{ FAULT_UNLOAD_SILENT, HVG_MSG_UNLOAD_COMPLETE, DROP, 0 },
	{ FAULT_TRUNCATED, 0, CUT, 0 },
};

/*
 * With a rescind the guest gives up what it shares with the host, who must not
 * go on with it then. A device that goes at a bad time is a fault of its own.
 */
static bool message_believed(const void *was, size_t was_bytes,
			     const void *is, size_t bytes)
{
	struct hvg_msg_channel rescind;
	const struct vmbus_channel *chan;

	if (bytes < sizeof(rescind))
		return false;
	memcpy(&rescind, is, sizeof(rescind));
	if (rescind.header.type != HVG_MSG_RESCIND_OFFER ||
	    (was_bytes >= sizeof(rescind) &&
	     !memcmp(was, is, sizeof(rescind))))
		return false;
	chan = vmbus_channel_by_id(rescind.channel);
	return chan && chan->state != CHANNEL_RESCINDED;
}

/* The channel that a message is about, if it names one. */
static struct fault_place about(const struct hvg_msg_channel *msg)
{
	switch (msg->header.type) {
	case HVG_MSG_RESCIND_OFFER:
	case HVG_MSG_OPEN_RESULT:
	case HVG_MSG_GPADL_CREATED:
		return (struct fault_place){ .channel = msg->channel };
	default:
		return FAULT_ANYWHERE;
	}
}

/**
 * vmbus_fault_message() - change a message that is about to go
 * @message: a copy of it
 * @bytes: its length
 *
 * Return: how often it is to be sent.
 */
unsigned int vmbus_fault_message(void *message, size_t *bytes)
{
	const struct message_fault *f = message_faults;
	const struct message_fault *end = f + sizeof(message_faults) /
					  sizeof(message_faults[0]);
	struct fault_place place = about(message);
	unsigned int times = 1;
	uint32_t type, word;

	memcpy(&type, message, sizeof(type));
	/*
	 * A host that does not say so is still at its requests: a guest that
	 * has some waits for this, however long it takes.
	 */
	place.spared = type == HVG_MSG_GPADL_TORNDOWN;
	for (; f < end; f++) {
		if ((f->type && f->type != type) ||
		    !fault_fires(f->fault, place))
			continue;
		switch (f->change) {
		case DROP:
			times = 0;
			break;
		case TWICE:
			times = 2;
			break;
		case CUT:
			if (*bytes > fault_value(f->fault))
				*bytes = fault_value(f->fault);
			break;
		case XOR:
			memcpy(&word, (char *)message + f->offset,
			       sizeof(word));
			word ^= fault_value(f->fault);
			memcpy((char *)message + f->offset, &word,
			       sizeof(word));
			break;
		}
	}
	if (times)
		*bytes = fault_garble(FAULT_MESSAGE_BYTES, place, message,
				      *bytes, message_believed);
	return times;
}

/* A channel that the guest has been offered, to make worse ones from. */
static const struct vmbus_channel *some_channel(void)
{
	const struct vmbus_device *dev;

	for (dev = vmbus_devices; dev; dev = dev->next)
		if (dev->channels->id)
			return dev->channels;
	return NULL;
}

/* @nobody: of a device of its own that no driver is for, by its id. */
static void send_offer(const struct vmbus_channel *like, uint32_t id,
		       bool nobody)
{
	struct hvg_msg_offer msg;

	vmbus_offer_message(like, &msg);
	msg.channel = id;
	if (nobody) {
		memset(&msg.interface, 0xfa, sizeof(msg.interface));
		memcpy(&msg.instance, &id, sizeof(id));
	}
	vmbus_send(&msg, vmbus_conn.version >= HVG_VERSION_WIN7 ?
			 sizeof(msg) : HVG_OFFER_SIZE_WS2008);
}

/**
 * vmbus_fault_contact() - the guest is about to hear whether it is connected
 * @vp: whom it is told
 * @sint: and by which interrupt
 */
void vmbus_fault_contact(uint32_t vp, uint32_t sint)
{
	struct hvg_msg_offer msg;

	if (!vmbus_devices || !fault_fires(FAULT_OFFER_EARLY, FAULT_ANYWHERE))
		return;
	vmbus_offer_message(vmbus_devices->channels, &msg);
	msg.channel = STRANGE_ID;
	vmbus_send_to(vp, sint, &msg, sizeof(msg));
}

static void send_rescind(uint32_t id)
{
	struct hvg_msg_channel msg = {
		.header.type = HVG_MSG_RESCIND_OFFER, .channel = id,
	};

	vmbus_send(&msg, sizeof(msg));
}

static void offer_duplicate(const struct vmbus_channel *like)
{
	send_offer(like, STRANGE_ID, false);
}

static void offer_same_id(const struct vmbus_channel *like)
{
	send_offer(like, like->id, true);
}

static const uint32_t ids_out_of_range[] = {
	0, HVG_MAX_CHANNELS, 0x7fffffff, 0xffffffff,
};
#define IDS_OUT_OF_RANGE \
	(sizeof(ids_out_of_range) / sizeof(ids_out_of_range[0]))

static void offer_range(const struct vmbus_channel *like)
{
	unsigned int i;

	for (i = 0; i < IDS_OUT_OF_RANGE; i++)
		send_offer(like, ids_out_of_range[i], true);
}

static void offer_storm(const struct vmbus_channel *like)
{
	uint32_t i, count = fault_value(FAULT_OFFER_STORM) %
			    (HVG_MAX_CHANNELS - STRANGE_ID);

	for (i = 0; i < count; i++)
		send_offer(like, STRANGE_ID + i, true);
	for (i = 0; i < count; i++)
		send_rescind(STRANGE_ID + i);
}

static void rescind_nothing(const struct vmbus_channel *like)
{
	unsigned int i;

	(void)like;
	send_rescind(STRANGE_ID);
	for (i = 0; i < IDS_OUT_OF_RANGE; i++)
		send_rescind(ids_out_of_range[i]);
}

static void message_unknown(const struct vmbus_channel *like)
{
	static const uint32_t types[] = {
		0, HVG_MSG_OPEN_CHANNEL, HVG_MSG_UNLOAD, HVG_MSG_COUNT, 1000,
		0x80000001, 0xffffffff,
	};
	struct hvg_msg_channel msg = { .channel = like->id };
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		msg.header.type = types[i];
		vmbus_send(&msg, sizeof(msg));
	}
}

static const struct {
	enum fault fault;
	void (*send)(const struct vmbus_channel *like);
} unasked[] = {
	{ FAULT_OFFER_DUPLICATE, offer_duplicate },
	{ FAULT_OFFER_SAME_ID, offer_same_id },
	{ FAULT_OFFER_RANGE, offer_range },
	{ FAULT_OFFER_STORM, offer_storm },
	{ FAULT_RESCIND_NOTHING, rescind_nothing },
	{ FAULT_MESSAGE_UNKNOWN, message_unknown },
};

/**
 * vmbus_fault_messages() - send what nobody asked for
 *
 * At the end of the offers, or when it is armed after that.
 */
void vmbus_fault_messages(void)
{
	const struct vmbus_channel *like = some_channel();
	unsigned int i;

	if (!vmbus_conn.offers_sent || !like)
		return;
	for (i = 0; i < sizeof(unasked) / sizeof(unasked[0]); i++)
		if (fault_fires(unasked[i].fault, FAULT_ANYWHERE))
			unasked[i].send(like);
}

/*
 * Fields of a packet's head, all of 16 bits, that can be wrong.
 */
static const struct {
	enum fault fault;
	size_t offset;
} head_faults[] = {
	{ FAULT_PACKET_SHORT, offsetof(struct hvg_packet_header, length8) },
	{ FAULT_PACKET_LONG, offsetof(struct hvg_packet_header, length8) },
	{ FAULT_PACKET_OFFSET, offsetof(struct hvg_packet_header, offset8) },
	{ FAULT_PACKET_OFFSET_LONG,
	  offsetof(struct hvg_packet_header, offset8) },
	{ FAULT_PACKET_TYPE, offsetof(struct hvg_packet_header, type) },
};

static struct fault_place on(const struct vmbus_channel *chan)
{
	return (struct fault_place){ .channel = chan->id };
}

/**
 * vmbus_fault_interrupt() - let an interrupt get lost
 * @chan: whose
 *
 * Return: true if the guest is not to have it.
 */
bool vmbus_fault_interrupt(const struct vmbus_channel *chan)
{
	return fault_fires(FAULT_INTERRUPT_LOST, on(chan));
}

/**
 * vmbus_fault_unread() - leave packets where they are
 * @chan: whose
 * @ms: gets for how long
 *
 * Return: true if they are not to be read before that.
 */
bool vmbus_fault_unread(const struct vmbus_channel *chan, uint32_t *ms)
{
	*ms = fault_value(FAULT_RING_UNREAD);
	return fault_fires(FAULT_RING_UNREAD, on(chan));
}

/**
 * vmbus_fault_event() - set a flag that nobody else sets
 * @chan: channel whose interrupt is about to be sent
 * @vp: gets the VP
 * @flag: gets the flag, of any channel or of none; half are small as ids are
 *
 * Return: false if there is to be none.
 */
bool vmbus_fault_event(const struct vmbus_channel *chan, uint32_t *vp,
		       uint16_t *flag)
{
	uint32_t value;

	if (!fault_fires(FAULT_EVENT_FLAG, on(chan)))
		return false;
	value = fault_value(FAULT_EVENT_FLAG);
	*vp = (value >> 16) % vm_cpus();
	*flag = value % HVG_EVENT_FLAGS;
	if (value >> 31)
		*flag %= 16;
	return true;
}

/**
 * vmbus_fault_payload() - change what a packet is to carry
 * @chan: its channel
 * @data: its payload; gets a changed copy
 * @bytes: length of @data
 *
 * Return: its new length, not more than @bytes.
 */
uint32_t vmbus_fault_payload(const struct vmbus_channel *chan,
			     const void **data, uint32_t bytes)
{
	static uint8_t copy[VMBUS_PACKET_MAX];

	if (bytes > sizeof(copy))
		return bytes;
	memcpy(copy, *data, bytes);
	*data = copy;
	return fault_garble(FAULT_PACKET_BYTES, on(chan), copy, bytes, NULL);
}

/*
 * A guest cannot but believe that another request has ended, with the host
 * still at it. Far away from the true id there is none.
 */
static bool frame_believed(const void *was, size_t was_bytes, const void *is,
			   size_t bytes)
{
	struct hvg_packet_header from, to;

	(void)was_bytes;
	(void)bytes;
	memcpy(&from, was, sizeof(from));
	memcpy(&to, is, sizeof(to));
	return to.trans_id != from.trans_id &&
	       to.trans_id >> 48 == from.trans_id >> 48;
}

/**
 * vmbus_fault_packet() - change a packet that is about to be written
 * @chan: its channel
 * @header: its descriptor
 * @trailer: what follows it
 */
void vmbus_fault_packet(const struct vmbus_channel *chan,
			struct hvg_packet_header *header,
			struct hvg_packet_trailer *trailer)
{
	struct {
		struct hvg_packet_header header;
		struct hvg_packet_trailer trailer;
	} frame;
	uint16_t value;
	unsigned int i;

	for (i = 0; i < sizeof(head_faults) / sizeof(head_faults[0]); i++) {
		if (!fault_fires(head_faults[i].fault, on(chan)))
			continue;
		value = fault_value(head_faults[i].fault);
		memcpy((char *)header + head_faults[i].offset, &value,
		       sizeof(value));
	}
	if (fault_fires(FAULT_PACKET_TRAILER, on(chan)))
		trailer->packet_start = fault_value(FAULT_PACKET_TRAILER);
	frame.header = *header;
	frame.trailer = *trailer;
	fault_overwrite(FAULT_HEAD_BYTES, on(chan), &frame, sizeof(frame),
			frame_believed);
	*header = frame.header;
	*trailer = frame.trailer;
}

/**
 * vmbus_fault_control() - overwrite the host's words on a control page
 * @chan: its channel
 * @ring: either; its index was published
 * @words: where they are, and what the host has written there
 * @count: how many
 */
void vmbus_fault_control(const struct vmbus_channel *chan,
			 const struct vmbus_ring *ring,
			 const struct vmbus_word *words, unsigned int count)
{
	uint32_t lies[VMBUS_WORDS_MAX];
	unsigned int i;

	if (ring->index_lies)
		return;
	for (i = 0; i < count; i++)
		lies[i] = words[i].value;
	fault_overwrite(FAULT_CONTROL_BYTES, on(chan), lies,
			count * sizeof(*lies), NULL);
	for (i = 0; i < count; i++)
		if (lies[i] != words[i].value)
			__atomic_store_n(words[i].at, lies[i],
					 __ATOMIC_RELEASE);
}

/**
 * vmbus_fault_write_index() - the write index to be published
 * @chan: its channel
 * @ring: host-to-guest ring, behind the packet written
 * @old: index before the packet
 *
 * Once it was a lie it stays: the next packet would correct it before the
 * guest looks.
 */
uint32_t vmbus_fault_write_index(const struct vmbus_channel *chan,
				 struct vmbus_ring *ring, uint32_t old)
{
	uint32_t lie = ring->index;

	if (ring->index_lies)
		return ring->control->write_index;
	if (fault_fires(FAULT_WRITE_INDEX, on(chan)))
		lie = ring->size + fault_value(FAULT_WRITE_INDEX);
	if (fault_fires(FAULT_WRITE_INDEX_ODD, on(chan)))
		lie = ring->index + fault_value(FAULT_WRITE_INDEX_ODD);
	if (fault_fires(FAULT_WRITE_INDEX_BACK, on(chan)))
		lie = (old + ring->size - fault_value(FAULT_WRITE_INDEX_BACK) %
		       ring->size) % ring->size;
	ring->index_lies = lie != ring->index;
	return lie;
}

/**
 * vmbus_fault_read_index() - the read index to be published
 * @chan: its channel
 * @ring: guest-to-host ring, behind the packet read
 */
uint32_t vmbus_fault_read_index(const struct vmbus_channel *chan,
				struct vmbus_ring *ring)
{
	uint32_t lie = ring->index;

	if (ring->index_lies)
		return ring->control->read_index;
	if (fault_fires(FAULT_READ_INDEX, on(chan)))
		lie = ring->size + fault_value(FAULT_READ_INDEX);
	if (fault_fires(FAULT_READ_INDEX_BACK, on(chan)))
		lie = (ring->control->read_index + ring->size -
		       fault_value(FAULT_READ_INDEX_BACK) % ring->size) %
		      ring->size;
	ring->index_lies = lie != ring->index;
	return lie;
}
