// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's half of VMBus and a service to talk to, for the unit test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"


const uint32_t versions[VERSIONS] = {
	HVG_VERSION_WS2008, HVG_VERSION_WIN7, HVG_VERSION_WIN8,
	HVG_VERSION_WIN8_1, HVG_VERSION_WIN10, HVG_VERSION_WIN10_V4_1,
	HVG_VERSION_WIN10_V5, HVG_VERSION_WIN10_V5_1, HVG_VERSION_WIN10_V5_2,
	HVG_VERSION_IRON, HVG_VERSION_COPPER,
};

/* The service: counts, keeps what it reads, echoes when told. */

struct vmbus_channel *served[8];
struct vmbus_packet packet;
unsigned int opened, closed, notified, got, made_writable;
uint64_t last_trans;
uint32_t last_bytes;
uint8_t last_data[VMBUS_PACKET_MAX];
int read_result, open_status, echo_result;
bool echo, hold, masked, busy;
struct guest_ring to_host, to_guest;

static int serve_open(struct vmbus_channel *chan, const void *user)
{
	if (open_status)
		return open_status;
	if (((const uint8_t *)user)[0] != 0x5a)
		return -1;
	opened++;
	served[vmbus_channel_subindex(chan)] = chan;
	return 0;
}

static void serve_close(struct vmbus_channel *chan)
{
	closed++;
	served[vmbus_channel_subindex(chan)] = NULL;
}

static void serve_notify(struct vmbus_channel *chan)
{
	notified++;
	masked = to_host.control->interrupt_mask;
	while (!hold && (read_result = vmbus_read(chan, &packet)) == 1) {
		got++;
		last_trans = packet.trans_id;
		last_bytes = packet.bytes;
		memcpy(last_data, packet.data, packet.bytes);
		if (echo)
			echo_result = vmbus_write(chan, HVG_PACKET_COMPLETION,
						  packet.trans_id, packet.data,
						  packet.bytes, 0);
	}
}

static void serve_writable(struct vmbus_channel *chan)
{
	(void)chan;
	made_writable++;
}

static bool serve_busy(struct vmbus_channel *chan)
{
	return served[vmbus_channel_subindex(chan)] && busy;
}

struct vmbus_service service = {
	.name = "test",
	.interface = { { 0x11, 0x22 } },
	.open = serve_open,
	.close = serve_close,
	.notify = serve_notify,
	.writable = serve_writable,
	.busy = serve_busy,
};

struct vmbus_device *device;
const struct hvg_guid instance = { { 1, 2, 3 } };
uint32_t msg_conn;
uint64_t interrupt_pfn, monitor_pfn[2];

const void *expect(uint32_t type, size_t bytes)
{
	const struct guest_message *m = guest_take();
	struct hvg_msg_header header;

	if (!m) {
		printf("# expected message %u, got none\n", type);
		failed = true;
		return NULL;
	}
	memcpy(&header, m->data, sizeof(header));
	if (header.type != type || m->bytes != bytes) {
		printf("# expected message %u of %zu bytes, got %u of %zu\n",
		       type, bytes, header.type, m->bytes);
		failed = true;
		return NULL;
	}
	return m->data;
}

struct hvg_msg_version_response
contact(uint32_t version, uint32_t connection, uint32_t vp, uint32_t features)
{
	struct hvg_msg_initiate_contact msg = {
		.header.type = HVG_MSG_INITIATE_CONTACT,
		.version = version,
		.target_vp = vp,
		.interrupt_page = interrupt_pfn << HVG_PAGE_SHIFT,
		.monitor_page1 = monitor_pfn[0] << HVG_PAGE_SHIFT,
		.monitor_page2 = monitor_pfn[1] << HVG_PAGE_SHIFT,
	};
	struct hvg_msg_version_response r = { .supported = 0xee };
	const struct guest_message *m;

	if (version >= HVG_VERSION_WIN10_V5)
		msg.interrupt_page = HVG_CONTACT_TARGET(HVG_VMBUS_SINT, 0,
							features);
	CHECK(!guest_post(connection, &msg, features & HVG_FEATURE_CLIENT_ID ?
			  sizeof(msg) : HVG_CONTACT_SIZE_V1));
	m = guest_take();
	if (!m)
		return r;
	memset(&r, 0, sizeof(r));
	memcpy(&r, m->data, m->bytes);
	if (r.header.type != HVG_MSG_VERSION_RESPONSE)
		r.supported = 0xee;
	CHECK(m->bytes == (r.supported && version >= HVG_VERSION_COPPER ?
			   HVG_VERSION_RESPONSE_SIZE_V6 :
			   HVG_VERSION_RESPONSE_SIZE_V1));
	if (r.supported == 1 && r.state == 0) {
		CHECK(m->vp == (version >= HVG_VERSION_WIN8_1 ? vp : 0));
		msg_conn = version >= HVG_VERSION_WIN10_V5 ?
			   r.version_or_connection : HVG_CONN_MESSAGE;
	}
	return r;
}

bool connect_at(uint32_t version, uint32_t features)
{
	uint32_t conn = version >= HVG_VERSION_WIN10_V5 ? HVG_CONN_MESSAGE_V5 :
			HVG_CONN_MESSAGE;
	struct hvg_msg_version_response r = contact(version, conn, 0,
						    features);

	CHECK(r.supported == 1 && r.state == 0);
	CHECK(vmbus_version() == version);
	if (version < HVG_VERSION_WIN10_V5)
		CHECK(r.version_or_connection == version);
	return r.supported == 1 && r.state == 0;
}

void post(uint32_t type, uint32_t word)
{
	struct hvg_msg_channel msg = { .header.type = type, .channel = word };

	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
}

void post_header(uint32_t type)
{
	struct hvg_msg_header msg = { .type = type };

	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
}

struct hvg_msg_offer offers(void)
{
	size_t bytes = vmbus_version() < HVG_VERSION_WIN7 ?
		       HVG_OFFER_SIZE_WS2008 : sizeof(struct hvg_msg_offer);
	struct hvg_msg_offer offer = { 0 };
	const void *m;

	post_header(HVG_MSG_REQUEST_OFFERS);
	m = expect(HVG_MSG_OFFER_CHANNEL, bytes);
	if (m)
		memcpy(&offer, m, bytes);
	expect(HVG_MSG_ALL_OFFERS_DELIVERED, sizeof(struct hvg_msg_header));
	return offer;
}

void gpadl_post(uint32_t channel, uint32_t id, const uint64_t *pfns,
		uint32_t count, uint32_t bytes)
{
	uint8_t buf[HVG_MESSAGE_PAYLOAD] = { 0 };
	struct hvg_msg_gpadl_header *h = (void *)buf;
	struct hvg_msg_gpadl_body *b = (void *)buf;
	struct hvg_gpa_range range = { .bytes = bytes };
	uint32_t n, done, number = 0;

	h->header.type = HVG_MSG_GPADL_HEADER;
	h->channel = channel;
	h->gpadl = id;
	h->range_bytes = sizeof(range) + 8 * count;
	h->range_count = 1;
	memcpy(h + 1, &range, sizeof(range));
	n = count < HVG_GPADL_HEADER_PFNS ? count : HVG_GPADL_HEADER_PFNS;
	memcpy(buf + sizeof(*h) + sizeof(range), pfns, n * 8);
	CHECK(!guest_post(msg_conn, buf, sizeof(*h) + sizeof(range) + n * 8));
	for (done = n; done < count; done += n) {
		memset(buf, 0, sizeof(buf));
		b->header.type = HVG_MSG_GPADL_BODY;
		b->number = number++;
		b->gpadl = id;
		n = count - done < HVG_GPADL_BODY_PFNS ? count - done :
		    HVG_GPADL_BODY_PFNS;
		memcpy(buf + sizeof(*b), pfns + done, n * 8);
		CHECK(!guest_post(msg_conn, buf, sizeof(*b) + n * 8));
	}
}

uint32_t gpadl_create(uint32_t channel, uint32_t id, const uint64_t *pfns,
		      uint32_t count, uint32_t bytes)
{
	const struct hvg_msg_gpadl_created *r;

	gpadl_post(channel, id, pfns, count, bytes);
	r = expect(HVG_MSG_GPADL_CREATED, sizeof(*r));
	if (!r)
		return 0xee;
	CHECK(r->channel == channel && r->gpadl == id);
	return r->status;
}

void teardown(uint32_t channel, uint32_t id)
{
	struct hvg_msg_gpadl_teardown msg = {
		.header.type = HVG_MSG_GPADL_TEARDOWN,
		.channel = channel, .gpadl = id,
	};

	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
}

void ring_attach(struct guest_ring *ring, const uint64_t *pfns,
			uint32_t pages)
{
	uint32_t i;

	ring->control = guest_page(pfns[0]);
	ring->size = (pages - 1) * HVG_PAGE_SIZE;
	for (i = 1; i < pages; i++)
		ring->page[i - 1] = guest_page(pfns[i]);
}

uint32_t open_on(uint32_t channel, uint32_t gpadl, uint32_t vp,
			uint32_t pages)
{
	struct hvg_msg_open msg = {
		.header.type = HVG_MSG_OPEN_CHANNEL,
		.channel = channel, .open_id = 77, .gpadl = gpadl,
		.target_vp = vp, .downstream_page = pages,
		.user = { 0x5a },
	};
	const struct hvg_msg_open_result *r;

	CHECK(!guest_post(msg_conn, &msg, HVG_OPEN_SIZE_V1));
	r = expect(HVG_MSG_OPEN_RESULT, sizeof(*r));
	if (!r)
		return 0xee;
	CHECK(r->channel == channel && r->open_id == 77);
	return r->status;
}

uint32_t open_rings(uint32_t channel, uint32_t gpadl, uint32_t vp,
			   uint32_t pages)
{
	uint64_t pfns[128];
	uint32_t i;

	for (i = 0; i < 2 * pages; i++) {
		pfns[i] = guest_page_alloc();
		memset(guest_page(pfns[i]), 0, HVG_PAGE_SIZE);
	}
	ring_attach(&to_host, pfns, pages);
	ring_attach(&to_guest, pfns + pages, pages);
	to_host.control->features = HVG_RING_FEATURE_PENDING_SEND;
	if (gpadl_create(channel, gpadl, pfns, 2 * pages,
			 2 * pages * HVG_PAGE_SIZE))
		return 0xee;
	return open_on(channel, gpadl, vp, pages);
}

struct hvg_msg_offer open_device(uint32_t version, uint32_t pages)
{
	struct hvg_msg_offer offer = { 0 };

	if (!connect_at(version, 0))
		return offer;
	offer = offers();
	CHECK(!open_rings(offer.channel, 0xe1e10, 1, pages));
	return offer;
}

json_int_t counter(uint32_t channel, const char *name)
{
	json_t *list = guest_part("stats", "channels"), *o;
	json_int_t value = -1;
	size_t i;

	json_array_foreach(list, i, o)
		if (json_integer_value(json_object_get(o, "id")) == channel)
			value = json_integer_value(json_object_get(o, name));
	json_decref(list);
	return value;
}

struct hvg_msg_offer expect_offer(void)
{
	const void *m = expect(HVG_MSG_OFFER_CHANNEL,
			       sizeof(struct hvg_msg_offer));
	struct hvg_msg_offer offer = { 0 };

	if (m)
		memcpy(&offer, m, sizeof(offer));
	return offer;
}

bool idle(void)
{
	return !guest_take();
}
