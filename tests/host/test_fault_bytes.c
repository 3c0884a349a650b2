// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the faults that overwrite bytes: what the guest finds is wrong
 * as the record says, the same each time, and the host goes on as if it were
 * right.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "test_client.h"
#include "vmbus_host.h"

#define VALUES	4000u	/* how many of the fault's values are tried */

static void arm(const char *name, uint32_t value)
{
	char json[80];

	snprintf(json, sizeof(json), "{\"name\": \"%s\", \"value\": %u}", name,
		 value);
	guest_fault(json);
}

static json_int_t recorded(const char *key)
{
	return json_integer_value(json_object_get(guest_last_event("bytes"),
						  key));
}

/* Make of @data what the record says; it has up to 64 bytes of it. */
static void replay(uint8_t *data)
{
	const json_t *event = guest_last_event("bytes");
	const char *is = json_string_value(json_object_get(event, "is"));
	json_int_t at = recorded("at");
	unsigned int byte;

	for (; is && *is; is += 2) {
		CHECK(sscanf(is, "%2x", &byte) == 1);
		data[at++] = byte;
	}
}

/* Lengths that have odd ends; what is around them stays. */
static void test_garble(void)
{
	static const size_t lengths[] = { 1, 2, 7, 20, 64 };
	uint8_t was[66], is[66], again[66];
	unsigned int i, cuts = 0, first = 0, last = 0;
	size_t bytes, left;
	uint32_t value;

	for (i = 0; i < sizeof(was); i++)
		was[i] = i * 7;
	for (value = 0; value < VALUES; value++) {
		bytes = lengths[value % 5];
		memcpy(is, was, sizeof(was));
		memcpy(again, was, sizeof(was));
		arm("message-bytes", value);
		left = fault_garble(FAULT_MESSAGE_BYTES, FAULT_ANYWHERE,
				    is + 1, bytes, NULL);
		arm("message-bytes", value);
		CHECK(left == fault_garble(FAULT_MESSAGE_BYTES, FAULT_ANYWHERE,
					   again + 1, bytes, NULL));
		CHECK(!memcmp(is, again, sizeof(is)));
		CHECK(left < bytes || memcmp(is + 1, was + 1, bytes));
		CHECK(left <= bytes && is[0] == was[0] &&
		      is[bytes + 1] == was[bytes + 1]);
		CHECK(recorded("bytes") == (json_int_t)bytes &&
		      recorded("left") == (json_int_t)left &&
		      recorded("value") == value);
		memcpy(again, was, sizeof(was));
		replay(again + 1);
		CHECK(!memcmp(is, again, left + 1));
		cuts += left < bytes;
		first += is[1] != was[1];
		last += left == bytes && is[bytes] != was[bytes];
	}
	CHECK(cuts > VALUES / 20 && first > VALUES / 20 && last > VALUES / 20);
	/* Where the length has to stay. */
	for (value = 0; value < VALUES; value++) {
		memcpy(is, was, sizeof(was));
		arm("slot-bytes", value);
		fault_overwrite(FAULT_SLOT_BYTES, FAULT_ANYWHERE, is, 16, NULL);
		CHECK(memcmp(is, was, 16));
		CHECK(recorded("left") == 16);
	}
	/* Not its time. */
	memcpy(is, was, sizeof(was));
	CHECK(fault_garble(FAULT_MESSAGE_BYTES, FAULT_ANYWHERE, is, 20,
			   NULL) == 20 && !memcmp(is, was, sizeof(is)));
}

/* What is asked of other faults in between makes no difference. */
static void test_occasions(void)
{
	bool fires[2][2000];
	unsigned int run, i, j, n = 0;

	for (run = 0; run < 2; run++) {
		arm("random", 11);
		for (i = 0; i < 2000; i++) {
			for (j = 0; j < run * 3; j++)
				fault_fires(FAULT_MESSAGE_BYTES,
					    FAULT_ANYWHERE);
			fires[run][i] = fault_fires(FAULT_PACKET_BYTES,
						    FAULT_ANYWHERE);
			n += fires[run][i];
		}
		guest_fault("{\"off\": true}");
	}
	CHECK(!memcmp(fires[0], fires[1], sizeof(fires[0])));
	CHECK(n > 20 && n < 200);
}

static void test_messages(void)
{
	const struct guest_message *m;
	struct hvg_msg_channel end = {
		.header.type = HVG_MSG_ALL_OFFERS_DELIVERED,
	};
	uint32_t value;

	for (value = 0; value < 50; value++) {
		connect_at(HVG_VERSION_IRON, 0);
		guest_fault("{\"name\": \"message-bytes\", \"after\": 1}");
		post_header(HVG_MSG_REQUEST_OFFERS);
		CHECK(expect_offer().channel == 1);
		m = guest_take();
		CHECK(m && (m->bytes < sizeof(end.header) ||
			    memcmp(m->data, &end, sizeof(end.header))));
		CHECK(idle() && guest_events("bytes") == value + 1);
		CHECK(!open_rings(1, 1, 0, 2));
	}
}

/* A message that may take a channel away with the host still at it. */
static bool becomes_rescind(uint32_t value)
{
	struct hvg_msg_open_result msg = {
		.header.type = HVG_MSG_OPEN_RESULT, .channel = 1,
		.open_id = 77,
	};
	struct hvg_msg_channel is;
	size_t bytes = sizeof(msg);

	arm("message-bytes", value);
	CHECK(vmbus_fault_message(&msg, &bytes) == 1);
	memcpy(&is, &msg, sizeof(is));
	return bytes >= sizeof(is) && is.header.type == HVG_MSG_RESCIND_OFFER &&
	       is.channel == 1;
}

static void test_rescind_believed(void)
{
	uint32_t value, n = 0;

	for (value = 0; value < 20000; value++)
		n += becomes_rescind(value);
	CHECK(n > 0);
	open_device(HVG_VERSION_IRON, 2);
	for (value = 0; value < 20000; value++)
		CHECK(!becomes_rescind(value));
}

static int write_packet(void)
{
	return vmbus_write(served[0], HVG_PACKET_INBAND, 5, "abcdefgh", 8, 0);
}

/* From @at on in the ring: head, payload and trailer of the true packet? */
static bool packet_true(uint32_t at)
{
	struct {
		struct hvg_packet_header header;
		char payload[8];
		struct hvg_packet_trailer trailer;
	} is, was = {
		.header = { .type = HVG_PACKET_INBAND, .offset8 = 2,
			    .length8 = 3, .trans_id = 5 },
		.trailer.packet_start = at,
	};

	memcpy(was.payload, "abcdefgh", 8);
	memcpy(&is, to_guest.page[0] + at, sizeof(is));
	return !memcmp(&is, &was, sizeof(is));
}

static void test_payload(void)
{
	uint32_t value, at, cut, cuts = 0;

	for (value = 0; value < 200; value++) {
		open_device(HVG_VERSION_IRON, 2);
		arm("packet-bytes", value);
		CHECK(!write_packet() && !packet_true(0));
		at = to_guest.control->write_index;
		cut = recorded("left");
		/* What is left is a good packet all the same. */
		CHECK(at == 16 + (cut + 7) / 8 * 8 + 8);
		CHECK(!write_packet() && packet_true(at));
		cuts += cut < 8;
	}
	CHECK(cuts && cuts < 100);
}

static void test_frame(void)
{
	struct hvg_packet_header h;
	uint32_t value, ids = 0, trailers = 0, i;

	for (value = 0; value < 400; value++) {
		open_device(HVG_VERSION_IRON, 2);
		arm("head-bytes", value);
		CHECK(!write_packet() && !packet_true(0));
		memcpy(&h, to_guest.page[0], sizeof(h));
		CHECK(h.trans_id == 5 || h.trans_id >> 48);
		ids += h.trans_id != 5;
		trailers += recorded("at") >= 16;
		CHECK(!memcmp(to_guest.page[0] + sizeof(h), "abcdefgh", 8));
		for (i = 1; i < 4; i++)
			CHECK(!write_packet() && packet_true(i * 32));
		CHECK(to_guest.control->write_index == 4 * 32);
	}
	CHECK(ids && trailers);
}

static void test_control_page(void)
{
	struct hvg_ring_control *c;
	uint32_t value, index = 0, pending = 0, features = 0;

	for (value = 0; value < 200; value++) {
		open_device(HVG_VERSION_IRON, 2);
		c = to_guest.control;
		arm("control-bytes", value);
		CHECK(!write_packet());
		CHECK(c->write_index != 32 || c->pending_send_size ||
		      c->features != HVG_RING_FEATURE_PENDING_SEND);
		index += c->write_index != 32;
		pending += c->pending_send_size != 0;
		features += c->features != HVG_RING_FEATURE_PENDING_SEND;
		CHECK(!c->read_index && !c->interrupt_mask);
		CHECK(!write_packet() && c->write_index == 64 &&
		      packet_true(32));
	}
	CHECK(index && pending && features);
}

static void test_control_page_in(void)
{
	uint32_t value, index = 0, mask = 0;
	struct hvg_msg_offer o;
	bool signal;

	for (value = 0; value < 200; value++) {
		o = open_device(HVG_VERSION_IRON, 2);
		got = 0;
		/* Only the last time that the host writes them. */
		guest_ring_write(&to_host, HVG_PACKET_INBAND, 1, "x", 1,
				 &signal);
		snprintf((char *)last_data, sizeof(last_data),
			 "{\"name\": \"control-bytes\", \"value\": %u, \"after\": 1}",
			 value);
		guest_fault((char *)last_data);
		guest_signal(o.connection_id);
		guest_run_loop();
		CHECK(got == 1);
		CHECK(to_host.control->read_index != 32 ||
		      to_host.control->interrupt_mask);
		index += to_host.control->read_index != 32;
		mask += to_host.control->interrupt_mask != 0;
		CHECK(to_host.control->write_index == 32);
		/* This guest would see no room. */
		to_host.control->read_index = 32;
		CHECK(guest_ring_write(&to_host, HVG_PACKET_INBAND, 1, "x", 1,
				       &signal));
		guest_signal(o.connection_id);
		guest_run_loop();
		CHECK(got == 2 && to_host.control->read_index == 64 &&
		      !to_host.control->interrupt_mask);
	}
	CHECK(index && mask);
}

static void test_event_flag(void)
{
	const uint8_t *page = guest_page(interrupt_pfn);

	open_device(HVG_VERSION_IRON, 2);
	guest_interrupts(1, 1);
	arm("event-flag", 3 << 16 | 1234);
	CHECK(!write_packet());
	CHECK(guest_interrupts(3, 1234) == 1 && guest_interrupts(1, 1) == 1);
	/* Old guests have them in their interrupt page. */
	open_device(HVG_VERSION_WIN7, 2);
	guest_interrupts(0, 0);
	arm("event-flag", 3 << 16 | 1234);
	CHECK(!write_packet());
	CHECK(page[1234 / 8] == 1 << 1234 % 8 && page[0] == 1 << 1);
	CHECK(guest_interrupts(0, 0) == 2);
}

const struct test fault_bytes_tests[] = {
	{ "bytes: what becomes of them", test_garble },
	{ "bytes: when", test_occasions },
	{ "bytes: messages", test_messages },
	{ "bytes: no rescind that must be believed", test_rescind_believed },
	{ "bytes: payload of packets", test_payload },
	{ "bytes: descriptors and trailers", test_frame },
	{ "bytes: control page, host to guest", test_control_page },
	{ "bytes: control page, guest to host", test_control_page_in },
	{ "bytes: event flags", test_event_flag },
	{ NULL, NULL }
};
