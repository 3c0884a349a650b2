// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the VMBus host's faults: each happens when it is armed, as
 * often as it is armed for, and then no more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "test_client.h"
#include "vmbus_host.h"

/* Arming: counts, places, and what is refused. */
static void test_arming(void)
{
	static const char *const wrong[] = {
		"{\"name\": \"gremlin\"}", "{\"name\": 5}",
		"{\"name\": \"packet-long\", \"count\": -1}",
		"{\"name\": \"packet-long\", \"count\": \"many\"}",
		"{\"name\": \"packet-long\", \"cdb\": 256}",
		"{\"name\": \"packet-long\", \"often\": 1}",
		"{\"name\": \"packet-long\", \"disk\": \"0123456789012345678901234567890123456789\"}",
	};
	const uint8_t read10 = 0x28, write10 = 0x2a;
	struct fault_place place = { .disk = "a", .cdb = &read10 };
	struct fault_place other = { .disk = "b", .cdb = &read10 };
	json_t *result;
	unsigned int i;
	char *error;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK(!guest_command("fault", wrong[i], &error) && error);
		free(error);
	}
	CHECK(!fault_fires(FAULT_PACKET_LONG, place));
	guest_fault("{\"name\": \"packet-long\", \"after\": 1, \"count\": 2, \"disk\": \"a\", \"cdb\": 40}");
	CHECK(!fault_fires(FAULT_PACKET_LONG, other));
	CHECK(!fault_fires(FAULT_PACKET_LONG, FAULT_ANYWHERE));
	CHECK(!fault_fires(FAULT_PACKET_LONG, place));		/* after */
	CHECK(fault_fires(FAULT_PACKET_LONG, place));
	place.cdb = &write10;
	CHECK(!fault_fires(FAULT_PACKET_LONG, place));
	place.cdb = &read10;
	CHECK(fault_fires(FAULT_PACKET_LONG, place));
	CHECK(!fault_fires(FAULT_PACKET_LONG, place));
	CHECK(guest_fault_fired("packet-long") == 2 && guest_events("fault") == 1);

	guest_fault("{\"name\": \"packet-type\", \"count\": 0, \"channel\": 3, \"value\": 7}");
	CHECK(fault_value(FAULT_PACKET_TYPE) == 7);
	other.channel = 3;
	for (i = 0; i < 100; i++)
		CHECK(fault_fires(FAULT_PACKET_TYPE, other));
	result = guest_command("fault", "{\"off\": true}", &error);
	CHECK(json_array_size(json_object_get(result, "faults")) == 2);
	json_decref(result);
	CHECK(!fault_fires(FAULT_PACKET_TYPE, other));
	result = guest_command("fault-list", "{}", &error);
	CHECK(json_array_size(json_object_get(result, "faults")) ==
	      FAULT_COUNT);
	json_decref(result);
}

/* The same seed makes the same faults, another one others. */
static void test_random(void)
{
	bool fires[3][FAULT_RANDOM];
	unsigned int run, f, turn, seeds[] = { 7, 7, 8 }, n = 0;
	char json[80];

	memset(fires, 0, sizeof(fires));
	for (run = 0; run < 3; run++) {
		snprintf(json, sizeof(json),
			 "{\"name\": \"random\", \"value\": %u}", seeds[run]);
		guest_fault(json);
		for (turn = 0; turn < 100; turn++)
			for (f = 0; f < FAULT_RANDOM; f++)
				fires[run][f] |= fault_fires(f, FAULT_ANYWHERE);
		guest_fault("{\"off\": true}");
	}
	CHECK(!memcmp(fires[0], fires[1], sizeof(fires[0])));
	CHECK(memcmp(fires[0], fires[2], sizeof(fires[0])));
	for (f = 0; f < FAULT_RANDOM; f++)
		n += fires[0][f];
	CHECK(n > 3 && guest_fault_fired("random") > n);
}

static void arm(const char *name)
{
	char json[80];

	snprintf(json, sizeof(json), "{\"name\": \"%s\"}", name);
	guest_fault(json);
}

static void test_version(void)
{
	struct hvg_msg_version_response r;

	arm("version-silent");
	r = contact(HVG_VERSION_IRON, HVG_CONN_MESSAGE_V5, 0, 0);
	CHECK(r.supported == 0xee && guest_fault_fired("version-silent") == 1);
	arm("version-twice");
	CHECK(connect_at(HVG_VERSION_IRON, 0));
	CHECK(expect(HVG_MSG_VERSION_RESPONSE, HVG_VERSION_RESPONSE_SIZE_V1));
	CHECK(connect_at(HVG_VERSION_IRON, 0) && idle());
	arm("offer-early");
	vmbus_fault_contact(0, HVG_VMBUS_SINT);
	CHECK(expect_offer().channel == 1024 && idle());
	arm("unload-silent");
	post_header(HVG_MSG_UNLOAD);
	CHECK(idle() && !vmbus_version());
	connect_at(HVG_VERSION_IRON, 0);
	post_header(HVG_MSG_UNLOAD);
	expect(HVG_MSG_UNLOAD_COMPLETE, sizeof(struct hvg_msg_header));
}

static void test_offers(void)
{
	struct hvg_msg_offer o;

	connect_at(HVG_VERSION_IRON, 0);
	arm("offers-silent");
	post_header(HVG_MSG_REQUEST_OFFERS);
	expect_offer();
	CHECK(idle() && guest_fault_fired("offers-silent") == 1);

	/* Armed before the offers they come with them, afterwards at once. */
	connect_at(HVG_VERSION_IRON, 0);
	arm("offer-duplicate");
	CHECK(!guest_fault_fired("offer-duplicate"));
	post_header(HVG_MSG_REQUEST_OFFERS);
	o = expect_offer();
	CHECK(o.channel == 1);
	o = expect_offer();
	CHECK(o.channel == 1024 &&
	      !memcmp(&o.instance, &instance, sizeof(instance)));
	expect(HVG_MSG_ALL_OFFERS_DELIVERED, sizeof(struct hvg_msg_header));
	arm("offer-same-id");
	o = expect_offer();
	CHECK(o.channel == 1 &&
	      memcmp(&o.instance, &instance, sizeof(instance)));
	CHECK(idle());
	/* Whatever the guest says of such a channel changes nothing. */
	post(HVG_MSG_RELID_RELEASED, 1024);
	CHECK(idle() && !open_rings(1, 1, 0, 2));
}

static void test_storm(void)
{
	const struct guest_message *m;
	unsigned int offers_seen = 0, rescinds = 0;

	open_device(HVG_VERSION_WIN8, 2);
	guest_fault("{\"name\": \"offer-storm\", \"value\": 30}");
	while ((m = guest_take())) {
		offers_seen += m->data[0] == HVG_MSG_OFFER_CHANNEL;
		rescinds += m->data[0] == HVG_MSG_RESCIND_OFFER;
	}
	CHECK(offers_seen == 30 && rescinds == 30);
	arm("offer-range");
	for (offers_seen = 0; guest_take(); offers_seen++)
		;
	CHECK(offers_seen == 4);
	arm("rescind-nothing");
	for (rescinds = 0; guest_take(); rescinds++)
		;
	CHECK(rescinds == 5);
	arm("message-unknown");
	CHECK(guest_take());
	guest_flush();
	CHECK(vmbus_channel_is_open(served[0]));
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	CHECK(idle());
}

static void test_truncated(void)
{
	const struct guest_message *m;

	connect_at(HVG_VERSION_IRON, 0);
	guest_fault("{\"name\": \"truncated\", \"count\": 2, \"value\": 4}");
	post_header(HVG_MSG_REQUEST_OFFERS);
	m = guest_take();
	CHECK(m && m->bytes == 4);
	m = guest_take();
	CHECK(m && m->bytes == 4 && idle());
	CHECK(!open_rings(1, 1, 0, 2));
}

/* The GPADL of two rings of two pages, without a look at the answer. */
static void post_gpadl(uint32_t channel, uint32_t id)
{
	struct {
		struct hvg_msg_gpadl_header msg;
		struct hvg_gpa_range range;
		uint64_t pfns[4];
	} __attribute__((packed)) gpadl = {
		.msg.header.type = HVG_MSG_GPADL_HEADER,
		.msg.channel = channel, .msg.gpadl = id,
		.msg.range_bytes = 8 + 4 * 8, .msg.range_count = 1,
		.range.bytes = 4 * HVG_PAGE_SIZE,
	};
	uint64_t pfns[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		pfns[i] = guest_page_alloc();
		memset(guest_page(pfns[i]), 0, HVG_PAGE_SIZE);
	}
	memcpy(gpadl.pfns, pfns, sizeof(pfns));
	ring_attach(&to_host, pfns, 2);
	ring_attach(&to_guest, pfns + 2, 2);
	CHECK(!guest_post(msg_conn, &gpadl, sizeof(gpadl)));
}

static void post_open(uint32_t channel, uint32_t gpadl)
{
	struct hvg_msg_open msg = {
		.header.type = HVG_MSG_OPEN_CHANNEL, .channel = channel,
		.open_id = 77, .gpadl = gpadl, .downstream_page = 2,
		.user = { 0x5a },
	};

	CHECK(!guest_post(msg_conn, &msg, HVG_OPEN_SIZE_V1));
}

/* The word at @offset of the next message, which must be of @type. */
static uint32_t take_word(uint32_t type, size_t offset)
{
	const struct guest_message *m = guest_take();
	uint32_t word = 0;

	CHECK(m && m->data[0] == type);
	if (m)
		memcpy(&word, m->data + offset, sizeof(word));
	return word;
}

/* Answers to a GPADL and to an open: wrong, twice, never. */
static void test_answers(void)
{
	connect_at(HVG_VERSION_IRON, 0);
	offers();
	arm("gpadl-handle");
	post_gpadl(1, 7);
	CHECK(take_word(HVG_MSG_GPADL_CREATED, 12) == (7 ^ 0x1000));
	arm("gpadl-channel");
	post_gpadl(1, 8);
	CHECK(take_word(HVG_MSG_GPADL_CREATED, 8) == (1 ^ 0x400));
	arm("gpadl-silent");
	post_gpadl(1, 9);
	CHECK(idle());
	guest_fault("{\"name\": \"open-silent\", \"channel\": 2}");
	post_open(1, 7);
	CHECK(take_word(HVG_MSG_OPEN_RESULT, 8) == 1 && idle());
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	guest_fault("{\"name\": \"open-silent\", \"channel\": 1}");
	post_open(1, 7);
	CHECK(idle() && opened == 2);
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	arm("open-id");
	post_open(1, 7);
	CHECK(take_word(HVG_MSG_OPEN_RESULT, 12) == (77 ^ 0x1000));
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	arm("open-channel");
	post_open(1, 7);
	CHECK(take_word(HVG_MSG_OPEN_RESULT, 8) == (1 ^ 0x400));
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	arm("open-twice");
	post_open(1, 7);
	CHECK(take_word(HVG_MSG_OPEN_RESULT, 8) == 1);
	CHECK(take_word(HVG_MSG_OPEN_RESULT, 8) == 1 && idle());
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	arm("torndown-handle");
	teardown(1, 7);
	CHECK(take_word(HVG_MSG_GPADL_TORNDOWN, 8) == (7 ^ 0x1000));
	arm("torndown-silent");
	teardown(1, 8);
	CHECK(idle());
	teardown(1, 9);
	CHECK(take_word(HVG_MSG_GPADL_TORNDOWN, 8) == 9);
	CHECK(!open_rings(1, 7, 0, 2) && idle());
}

/* A device that goes just when the guest wants it, and comes back. */
static void test_rescind(void)
{
	connect_at(HVG_VERSION_IRON, 0);
	offers();
	arm("rescind-gpadl");
	post_gpadl(1, 7);
	CHECK(take_word(HVG_MSG_RESCIND_OFFER, 8) == 1 && idle());
	post(HVG_MSG_RELID_RELEASED, 1);
	CHECK(expect_offer().channel == 2);
	arm("rescind-open");
	post_gpadl(2, 7);
	CHECK(!take_word(HVG_MSG_GPADL_CREATED, 16));
	post_open(2, 7);
	CHECK(take_word(HVG_MSG_RESCIND_OFFER, 8) == 2 && !opened && idle());
	post(HVG_MSG_RELID_RELEASED, 2);
	CHECK(expect_offer().channel == 3);
	CHECK(!open_rings(3, 7, 0, 2));
}

static int write_packet(void)
{
	return vmbus_write(served[0], HVG_PACKET_INBAND, 5, "abcdefgh", 8, 0);
}

/* What is in the ring at @at, as the guest finds it. */
static struct hvg_packet_header head_at(uint32_t at)
{
	struct hvg_packet_header h;

	memcpy(&h, to_guest.page[0] + at, sizeof(h));
	return h;
}

static void test_packets(void)
{
	const uint32_t packet = 32;	/* head, payload and trailer */
	uint32_t start;

	open_device(HVG_VERSION_IRON, 2);
	CHECK(!write_packet() && head_at(0).length8 == 3);
	arm("packet-short");
	CHECK(!write_packet() && head_at(packet).length8 == 1);
	arm("packet-long");
	CHECK(!write_packet() && head_at(2 * packet).length8 == 0xffff);
	arm("packet-offset");
	CHECK(!write_packet() && head_at(3 * packet).offset8 == 0);
	arm("packet-offset-long");
	CHECK(!write_packet() && head_at(4 * packet).offset8 == 0xffff);
	arm("packet-type");
	CHECK(!write_packet() && head_at(5 * packet).type == 0x55);
	arm("packet-trailer");
	CHECK(!write_packet());
	memcpy(&start, to_guest.page[0] + 7 * packet - 4, sizeof(start));
	CHECK(start == 0xfffffff0);
	CHECK(!write_packet() && head_at(7 * packet).length8 == 3 &&
	      head_at(7 * packet).offset8 == 2);
	CHECK(to_guest.control->write_index == 8 * packet);
}

static void write_index(const char *name, uint32_t lie)
{
	open_device(HVG_VERSION_IRON, 2);
	CHECK(!write_packet());
	arm(name);
	CHECK(to_guest.control->write_index == 32);
	CHECK(!write_packet() && to_guest.control->write_index == lie);
	CHECK(!write_packet() && to_guest.control->write_index == lie);
	open_device(HVG_VERSION_IRON, 2);
	CHECK(!write_packet() && to_guest.control->write_index == 32);
}

/* The read index that is there once one packet has been read. */
static void read_index(const char *name, uint32_t lie)
{
	struct hvg_msg_offer o = open_device(HVG_VERSION_IRON, 2);
	unsigned int before = got;
	bool signal;

	arm(name);
	guest_ring_write(&to_host, HVG_PACKET_INBAND, 1, "x", 1, &signal);
	guest_signal(o.connection_id);
	guest_run_loop();
	CHECK(got == before + 1 && to_host.control->read_index == lie);
}

static void test_indices(void)
{
	write_index("write-index", HVG_PAGE_SIZE + 8);
	write_index("write-index-odd", 64 + 4);
	write_index("write-index-back", HVG_PAGE_SIZE - 32);

	read_index("read-index", HVG_PAGE_SIZE + 8);
	read_index("read-index-back", HVG_PAGE_SIZE - 64);
	/* Elsewhere it does not happen. */
	open_device(HVG_VERSION_IRON, 2);
	guest_fault("{\"name\": \"packet-type\", \"channel\": 9}");
	CHECK(!write_packet() && head_at(0).type == HVG_PACKET_INBAND);
}

static void command(const char *name, const char *json)
{
	char *error;
	json_t *result = guest_command(name, json, &error);

	CHECK(result && !error);
	json_decref(result);
}

static void no_more_requests(struct vmbus_channel *chan)
{
	busy = false;
	vmbus_channel_idle(chan);
}

/* A host that cancels nothing: the end of a close and of UNLOAD is late. */
static void test_close_waits(void)
{
	const struct hvg_msg_gpadl_torndown *t;
	const struct hvg_msg_gpadl_created *c;
	struct vmbus_channel *chan;
	uint32_t packets;

	open_device(HVG_VERSION_IRON, 2);
	chan = served[0];
	busy = true;
	guest_fault("{\"name\": \"close-waits\", \"count\": 0}");
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	teardown(1, 0xe1e10);
	packets = to_guest.control->write_index;
	CHECK(write_packet() == -ENOTCONN);
	CHECK(idle() && !closed && packets == to_guest.control->write_index);
	/* It is not opened, nor is memory taken for that. */
	gpadl_post(1, 0xe1e11, (uint64_t[]){ 500, 501 }, 2, 8192);
	post(HVG_MSG_RELID_RELEASED, 1);
	CHECK(idle() && !closed);
	vmbus_channel_idle(chan);
	CHECK(idle() && !closed);
	no_more_requests(chan);
	CHECK(closed == 1);
	t = expect(HVG_MSG_GPADL_TORNDOWN, sizeof(*t));
	CHECK(t && t->gpadl == 0xe1e10);
	c = expect(HVG_MSG_GPADL_CREATED, sizeof(*c));
	CHECK(c && c->gpadl == 0xe1e11 && !c->status);
	CHECK(idle());

	open_device(HVG_VERSION_IRON, 2);
	chan = served[0];
	busy = true;
	post_header(HVG_MSG_UNLOAD);
	CHECK(idle() && closed == 1 && vmbus_version());
	no_more_requests(chan);
	CHECK(closed == 2 && !vmbus_version());
	expect(HVG_MSG_UNLOAD_COMPLETE, 8);

	/* Without requests there is nothing to wait for. */
	open_device(HVG_VERSION_IRON, 2);
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	CHECK(closed == 3);
}

/* The guest hears of it while requests are still being done. */
static void test_rescind_first(void)
{
	const struct hvg_msg_channel *m;
	struct vmbus_channel *chan;

	open_device(HVG_VERSION_IRON, 2);
	chan = served[0];
	busy = true;
	guest_fault("{\"name\": \"rescind-first\", \"count\": 0}");
	command("rescind", "{\"channel\": 1}");
	m = expect(HVG_MSG_RESCIND_OFFER, sizeof(*m));
	CHECK(m && m->channel == 1 && !closed);
	CHECK(!write_packet());
	no_more_requests(chan);
	CHECK(closed == 1 && idle());
	post(HVG_MSG_RELID_RELEASED, 1);
	CHECK(idle());

	/* One that does not wait. */
	command("reoffer", "{\"channel\": 1}");
	CHECK(expect_offer().channel == 2);
	CHECK(!open_rings(2, 1, 0, 2));
	chan = served[0];
	busy = true;
	command("rescind", "{\"channel\": 2}");
	expect(HVG_MSG_RESCIND_OFFER, sizeof(*m));
	post(HVG_MSG_RELID_RELEASED, 2);
	CHECK(closed == 2 && idle());
	/* Its requests end after it. */
	no_more_requests(chan);
	CHECK(closed == 2 && idle());
}

const struct test fault_tests[] = {
	{ "fault: arming", test_arming },
	{ "fault: random", test_random },
	{ "fault: versions and unload", test_version },
	{ "fault: offers", test_offers },
	{ "fault: messages nobody asked for", test_storm },
	{ "fault: truncated messages", test_truncated },
	{ "fault: answers to GPADL and open", test_answers },
	{ "fault: rescind amid an open", test_rescind },
	{ "fault: packets", test_packets },
	{ "fault: ring indices", test_indices },
	{ "fault: a close that waits", test_close_waits },
	{ "fault: a rescind that does not", test_rescind_first },
	{ NULL, NULL }
};
