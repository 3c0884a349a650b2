// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the VMBus host: open channels, their rings and signals, and
 * how they go away.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"

/* Send one packet and do what the ring says about the signal. */
static void send_packet(uint32_t connection, uint64_t trans, const void *data,
			uint32_t bytes)
{
	bool signal;

	CHECK(guest_ring_write(&to_host, HVG_PACKET_INBAND, trans, data,
			       bytes, &signal));
	if (signal)
		CHECK(!guest_signal(connection));
	guest_run_loop();
}

static void test_echo(void)
{
	uint8_t data[900], back[904];
	struct hvg_msg_offer o;
	bool signal;
	uint64_t trans;
	unsigned int i, j;

	o = open_device(HVG_VERSION_IRON, 3);
	echo = true;
	/* Many times round rings of two pages. */
	for (i = 0; i < 500; i++) {
		for (j = 0; j < sizeof(data); j++)
			data[j] = i * 7 + j;
		send_packet(o.connection_id, i, data, 1 + i % 900);
		CHECK(last_trans == i && last_bytes >= 1 + i % 900);
		CHECK(!memcmp(last_data, data, 1 + i % 900));
		CHECK(guest_ring_read(&to_guest, &trans, back, sizeof(back),
				      &signal) > 0 && trans == i);
		CHECK(!memcmp(back, data, 1 + i % 900) && !signal);
	}
	CHECK(got == 500 && masked);
	CHECK(guest_interrupts(1, o.channel) == 500);
	CHECK(counter(o.channel, "signals") == 500);
	CHECK(counter(o.channel, "interrupts") == 500);
	CHECK(counter(o.channel, "packets_in") == 500);
	CHECK(counter(o.channel, "packets_out") == 500);
	CHECK(counter(o.channel, "bytes_in") ==
	      counter(o.channel, "bytes_out"));
	CHECK(!counter(o.channel, "signals_spurious"));
	guest_signal(o.connection_id);
	guest_run_loop();
	CHECK(counter(o.channel, "signals_spurious") == 1);
	CHECK(!to_host.control->interrupt_mask);
}

/* Signals and interrupts come only with empty to non-empty, unmasked. */
static void test_signal_rules(void)
{
	struct hvg_msg_offer o = open_device(HVG_VERSION_IRON, 3);
	uint8_t back[64];
	uint64_t trans;
	bool signal;

	CHECK(!vmbus_write(served[0], HVG_PACKET_INBAND, 1, "x", 1, 0));
	CHECK(!vmbus_write(served[0], HVG_PACKET_INBAND, 2, "x", 1, 0));
	CHECK(guest_interrupts(1, o.channel) == 1);
	guest_ring_read(&to_guest, &trans, back, sizeof(back), &signal);
	guest_ring_read(&to_guest, &trans, back, sizeof(back), &signal);
	to_guest.control->interrupt_mask = 1;
	CHECK(!vmbus_write(served[0], HVG_PACKET_INBAND, 3, "x", 1, 0));
	CHECK(guest_interrupts(1, o.channel) == 0);
	guest_ring_read(&to_guest, &trans, back, sizeof(back), &signal);
	to_guest.control->interrupt_mask = 0;
	CHECK(!vmbus_write(served[0], HVG_PACKET_INBAND, 4, "x", 1, 0));
	CHECK(guest_interrupts(1, o.channel) == 1);
	/* What the service leaves in the ring is not asked for again. */
	hold = true;
	send_packet(o.connection_id, 1, "y", 1);
	CHECK(notified == 1 && !got && !to_host.control->interrupt_mask);
	CHECK(vmbus_write(served[0], HVG_PACKET_INBAND, 4, "x", 0x20000, 0) ==
	      -EMSGSIZE);
}

/* The guest waits for room: one interrupt, when it is there. */
static void test_guest_blocked(void)
{
	struct hvg_msg_offer o = open_device(HVG_VERSION_WIN8_1, 2);
	uint8_t data[1000] = { 0 };	/* 1024 with head and trailer */
	unsigned int sent = 0;
	bool signal;

	hold = true;
	while (guest_ring_write(&to_host, HVG_PACKET_INBAND, 1, data,
				sizeof(data), &signal)) {
		CHECK(signal == !sent);
		sent++;
		if (signal)
			guest_signal(o.connection_id);
	}
	guest_run_loop();
	CHECK(sent == 3 && !got);
	to_host.control->pending_send_size = 1024;
	hold = false;
	guest_signal(o.connection_id);
	guest_run_loop();
	CHECK(got == 3 && guest_interrupts(1, o.channel) == 1);
	/* Without the feature bit nobody is waiting. */
	hold = true;
	to_host.control->features = 0;
	while (guest_ring_write(&to_host, HVG_PACKET_INBAND, 1, data,
				sizeof(data), &signal))
		;
	hold = false;
	guest_signal(o.connection_id);
	guest_run_loop();
	CHECK(got == 6 && guest_interrupts(1, o.channel) == 0);
}

/* The host waits for room. */
static void host_blocked(uint32_t version)
{
	struct hvg_msg_offer o = open_device(version, 2);
	unsigned int sent = 0, reads = 0;
	uint8_t data[1000] = { 0 };	/* four would fill the ring */
	uint64_t trans;
	bool signal;
	int ret;

	while (!(ret = vmbus_write(served[0], HVG_PACKET_INBAND, sent, data,
				   sizeof(data), 0)))
		sent++;
	CHECK(ret == -EAGAIN && sent == 3);
	CHECK(to_guest.control->pending_send_size == 1024);
	/* Room for all but one byte is no room. */
	vmbus_signal_event(o.connection_id, 0);
	CHECK(!made_writable);
	while (guest_ring_read(&to_guest, &trans, data, sizeof(data),
			       &signal) >= 0) {
		CHECK(signal == (version >= HVG_VERSION_WIN8 && reads == 0));
		reads++;
		if (signal)
			guest_signal(o.connection_id);
		guest_run_loop();
		if (version < HVG_VERSION_WIN8)
			guest_run_timers();
		CHECK(made_writable == 1);
	}
	CHECK(reads == 3 && !to_guest.control->pending_send_size);
	CHECK(!guest_run_timers());
	made_writable = 0;
}

static void test_host_blocked(void)
{
	host_blocked(HVG_VERSION_IRON);
	host_blocked(HVG_VERSION_WIN8);
	host_blocked(HVG_VERSION_WIN7);
	host_blocked(HVG_VERSION_WS2008);
}

/* A signal when no eventfd could be had. */
static void test_signal_exit(void)
{
	struct hvg_msg_offer o;

	guest_refuse_eventfds(true);
	o = open_device(HVG_VERSION_WIN10, 2);
	CHECK(!guest_connection_bound(o.connection_id));
	send_packet(o.connection_id, 3, "abc", 3);
	CHECK(got == 1 && last_trans == 3);
	CHECK(vmbus_signal_event(o.connection_id, 1) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(vmbus_signal_event(0x2777, 0) == HVG_STATUS_INVALID_CONNECTION);
	CHECK(vmbus_signal_event(HVG_CONN_EVENT, 0) ==
	      HVG_STATUS_INVALID_CONNECTION);
}

/* 0.13 and 1.1: the interrupt page. */
static void test_interrupt_page(void)
{
	uint8_t *page = guest_page(interrupt_pfn);
	struct hvg_msg_offer o;

	o = open_device(HVG_VERSION_WS2008, 2);
	echo = true;
	send_packet(HVG_CONN_EVENT, 1, "x", 1);
	CHECK(!got);	/* the bit was not set */
	page[HVG_INTERRUPT_PAGE_HALF + o.channel / 8] |= 1 << o.channel % 8;
	page[HVG_PAGE_SIZE - 1] = 0x80;		/* no such channel */
	CHECK(!guest_signal(HVG_CONN_EVENT));
	CHECK(got == 1 && !page[HVG_INTERRUPT_PAGE_HALF] &&
	      !page[HVG_PAGE_SIZE - 1]);
	CHECK(page[0] == 1 << o.channel);
	CHECK(guest_interrupts(0, 0) == 1);
	page[0] = 0;
	o = open_device(HVG_VERSION_WIN7, 2);
	send_packet(o.connection_id, 1, "x", 1);
	CHECK(got == 2 && page[0] == 1 << o.channel);
	CHECK(guest_interrupts(0, 0) == 1);
}

static void test_monitor(void)
{
	struct hvg_monitor_page *page = guest_page(monitor_pfn[1]);
	struct hvg_msg_modify_connection modify = {
		.header.type = HVG_MSG_MODIFY_CONNECTION,
	};
	const struct hvg_msg_modify_connection_response *m;
	struct hvg_msg_offer o;
	bool signal;

	service.offer_flags = HVG_OFFER_MONITORED;
	o = open_device(HVG_VERSION_IRON, 2);
	CHECK(o.monitor_flags == HVG_OFFER_MONITOR_ALLOCATED &&
	      o.monitor_id == 0);
	CHECK(page->parameter[0][0].connection_id == o.connection_id);
	CHECK(guest_run_timers() && !got);
	guest_ring_write(&to_host, HVG_PACKET_INBAND, 5, "x", 1, &signal);
	page->group[0].pending |= 1;
	CHECK(guest_run_timers() && got == 1 && !page->group[0].pending);
	CHECK(counter(o.channel, "signals") == 1);
	post(HVG_MSG_CLOSE_CHANNEL, o.channel);
	CHECK(guest_run_timers() && !guest_run_timers());

	connect_at(HVG_VERSION_COPPER, HVG_FEATURE_MODIFY_CONNECTION);
	offers();
	CHECK(!open_rings(1, 2, 0, 2));
	CHECK(!guest_post(msg_conn, &modify, sizeof(modify)));
	m = expect(HVG_MSG_MODIFY_CONNECTION_RESPONSE, sizeof(*m));
	CHECK(m && m->state == 2);
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	CHECK(!guest_post(msg_conn, &modify, sizeof(modify)));
	m = expect(HVG_MSG_MODIFY_CONNECTION_RESPONSE, sizeof(*m));
	CHECK(m && m->state == 0);
	guest_profile.monitor = false;
	connect_at(HVG_VERSION_IRON, 0);
	o = offers();
	CHECK(!o.monitor_flags);
}

/* Each way to break the ring stops the channel, and only says so once. */
static void test_broken_ring(void)
{
	static const struct hvg_packet_header bad[] = {
		{ .type = 6, .offset8 = 2, .length8 = 1 },
		{ .type = 6, .offset8 = 2, .length8 = 0xffff },
		{ .type = 6, .offset8 = 2, .length8 = 3 },
		{ .type = 6, .offset8 = 1, .length8 = 2 },
		{ .type = 6, .offset8 = 3, .length8 = 2 },
		{ .type = 4, .offset8 = 2, .length8 = 2 },
		{ .type = 9, .offset8 = 2, .length8 = 2 },
	};
	const struct hvg_packet_trailer t = { 0 };
	const uint64_t range_head[] = { 0x300030009ull, 0, 99ull << 32, 0 };
	struct hvg_msg_offer o;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad) + 4; i++) {
		guest_forget_events();
		o = open_device(HVG_VERSION_IRON, 2);
		if (i < sizeof(bad) / sizeof(*bad)) {
			guest_ring_raw(&to_host, &bad[i], sizeof(bad[i]));
			guest_ring_raw(&to_host, &t, sizeof(t));
		} else if (i % 4 == 0) {
			to_host.control->write_index = HVG_PAGE_SIZE;
		} else if (i % 4 == 1) {
			to_host.control->write_index = 4;
		} else if (i % 4 == 2) {
			guest_ring_raw(&to_host, &t, 8);
		} else {
			/* 99 ranges in no room */
			guest_ring_raw(&to_host, range_head,
				       sizeof(range_head));
		}
		read_result = 0;
		guest_signal(o.connection_id);
		guest_run_loop();
		guest_signal(o.connection_id);
		guest_run_loop();
		CHECK(guest_events("ring_broken") == 1);
		CHECK(!got && vmbus_read(served[0], &(struct vmbus_packet){}) ==
		      -EPROTO);
		CHECK(vmbus_write(served[0], HVG_PACKET_INBAND, 1, "x", 1,
				  0) == -ENOTCONN);
	}
	open_device(HVG_VERSION_IRON, 2);
	to_guest.control->read_index = 0xfffffff8;
	CHECK(vmbus_write(served[0], HVG_PACKET_INBAND, 1, "x", 1, 0) ==
	      -ENOTCONN);
	guest_forget_events();
	/* All of it closes and opens again. */
	open_device(HVG_VERSION_IRON, 2);
	CHECK(!vmbus_write(served[0], HVG_PACKET_INBAND, 1, "x", 1, 0));
}


/* One range over two pages that are neighbours and one that is not. */
static void test_ranges(void)
{
	struct { struct hvg_packet_header h; struct hvg_gpa_header g;
		 struct hvg_gpa_range r0; uint64_t p0[3];
		 struct hvg_gpa_range r1; uint64_t p1[1];
		 uint8_t data[16]; } pkt = {
		.h = { .type = HVG_PACKET_GPA_DIRECT, .length8 = 11 + 0,
		       .trans_id = 42 },
		.g = { .range_count = 2 },
		.r0 = { .bytes = 9000, .offset = 100 },
		.p0 = { 100, 101, 200 },
		.r1 = { .bytes = 10, .offset = 4095 },
		.p1 = { 300 },
		.data = "payload",
	};
	const struct hvg_packet_trailer t = { 0 };
	struct hvg_msg_offer o;
	struct iovec iov[4];

	pkt.h.offset8 = offsetof(typeof(pkt), data) / 8;
	pkt.h.length8 = sizeof(pkt) / 8;
	o = open_device(HVG_VERSION_IRON, 2);
	guest_ring_raw(&to_host, &pkt, sizeof(pkt));
	guest_ring_raw(&to_host, &t, sizeof(t));
	guest_signal(o.connection_id);
	guest_run_loop();
	CHECK(got == 1 && last_trans == 42 && last_bytes == 16);
	CHECK(!strcmp((char *)last_data, "payload"));
	CHECK(packet.range_count == 2);
	CHECK(vmbus_range_bytes(&packet, 0) == 9000);
	CHECK(vmbus_range_iov(&packet, 0, iov, 4) == 2);
	CHECK(iov[0].iov_base == (uint8_t *)guest_page(100) + 100 &&
	      iov[0].iov_len == 2 * HVG_PAGE_SIZE - 100);
	CHECK(iov[1].iov_base == guest_page(200) &&
	      iov[1].iov_len == 9000 - iov[0].iov_len);
	CHECK(vmbus_range_iov(&packet, 0, iov, 1) == -E2BIG);
	/* The second needs two pages and has one. */
	CHECK(vmbus_range_bytes(&packet, 1) == -EPROTO);
	CHECK(vmbus_range_iov(&packet, 1, iov, 4) == -EPROTO);
	CHECK(vmbus_range_bytes(&packet, 2) == -EPROTO);
	/* Not RAM; an offset beyond the page. */
	pkt.p0[2] = GUEST_PAGES;
	pkt.r1.offset = HVG_PAGE_SIZE;
	guest_ring_raw(&to_host, &pkt, sizeof(pkt));
	guest_ring_raw(&to_host, &t, sizeof(t));
	guest_signal(o.connection_id);
	guest_run_loop();
	CHECK(vmbus_range_iov(&packet, 0, iov, 4) == -EFAULT);
	CHECK(vmbus_range_bytes(&packet, 1) == -EPROTO);
	guest_ring_raw(&to_host, "", 0);
}

static void test_rescind(void)
{
	const struct hvg_msg_channel *m;
	struct hvg_msg_offer o;
	json_t *result;
	char *error;

	o = open_device(HVG_VERSION_IRON, 2);
	result = guest_command("rescind", "{\"channel\": 1}", &error);
	CHECK(result && !error);
	json_decref(result);
	CHECK(closed == 1);
	m = expect(HVG_MSG_RESCIND_OFFER, sizeof(*m));
	CHECK(m && m->channel == 1);
	CHECK(!guest_command("rescind", "{\"channel\": 1}", &error) && error);
	free(error);
	CHECK(!guest_command("rescind", "{\"channel\": 9}", &error) && error);
	free(error);
	CHECK(!guest_command("reoffer", "{}", &error) && error);
	free(error);
	/* The guest's messages that cross the rescind. */
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	teardown(1, 0xe1e10);
	expect(HVG_MSG_GPADL_TORNDOWN, 12);
	CHECK(idle());
	post(HVG_MSG_RELID_RELEASED, 1);
	post(HVG_MSG_RELID_RELEASED, 1);
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	CHECK(idle());
	/* It stays away over a new connection, until it is offered again. */
	connect_at(HVG_VERSION_IRON, 0);
	post_header(HVG_MSG_REQUEST_OFFERS);
	expect(HVG_MSG_ALL_OFFERS_DELIVERED, 8);
	result = guest_command("reoffer", "{\"channel\": 1}", &error);
	CHECK(result && !error);
	json_decref(result);
	expect(HVG_MSG_OFFER_CHANNEL, sizeof(o));
	CHECK(!open_rings(1, 1, 0, 2));
	result = guest_command("reoffer", "{\"channel\": 1}", &error);
	CHECK(result && !error);
	json_decref(result);
	expect(HVG_MSG_RESCIND_OFFER, sizeof(*m));
	CHECK(idle());
	post(HVG_MSG_RELID_RELEASED, 1);
	o = expect_offer();
	CHECK(o.channel == 2);
	CHECK(!open_rings(2, 1, 0, 2));
	result = guest_command("channels", "{}", &error);
	CHECK(json_array_size(json_object_get(result, "channels")) == 1);
	json_decref(result);
	result = guest_part("status", "vmbus");
	CHECK(!strcmp(json_string_value(json_object_get(result, "version")),
		      "5.3"));
	json_decref(result);
}

static void test_subchannels(void)
{
	struct hvg_msg_offer sub;
	unsigned int i;

	open_device(HVG_VERSION_WIN7, 2);
	CHECK(!vmbus_offer_subchannels(device, 3));
	open_device(HVG_VERSION_WIN8, 2);
	CHECK(vmbus_offer_subchannels(device, 3) == 3);
	for (i = 1; i <= 3; i++) {
		sub = expect_offer();
		CHECK(sub.channel == 1 + i && sub.subchannel == i);
	}
	for (i = 1; i <= 3; i++) {
		CHECK(!open_rings(1 + i, 50 + i, i, 2));
		CHECK(served[i] && vmbus_channel_device(served[i]) == device);
	}
	CHECK(!vmbus_offer_subchannels(device, 2));
	send_packet(sub.connection_id, 8, "s", 1);
	CHECK(last_trans == 8);
	/* The primary closes and takes them along. */
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	for (i = 1; i <= 3; i++)
		expect(HVG_MSG_RESCIND_OFFER, 12);
	CHECK(!served[0] && !served[1] && !served[2] && !served[3]);
	CHECK(!vmbus_offer_subchannels(device, 1));
	post(HVG_MSG_RELID_RELEASED, 3);
	CHECK(!open_rings(1, 60, 0, 2));
	CHECK(vmbus_offer_subchannels(device, 2) == 2);
	expect(HVG_MSG_OFFER_CHANNEL, sizeof(sub));
	sub = expect_offer();
	CHECK(sub.channel == 6);
	/* Released unused, and gone with a device that is removed. */
	post(HVG_MSG_RELID_RELEASED, 6);
	vmbus_device_remove(device);
	expect(HVG_MSG_RESCIND_OFFER, 12);
	expect(HVG_MSG_RESCIND_OFFER, 12);
	for (i = 1; i <= 6; i++)
		post(HVG_MSG_RELID_RELEASED, i);
	CHECK(idle());
}

static void test_modify_channel(void)
{
	struct hvg_msg_modify_channel msg = {
		.header.type = HVG_MSG_MODIFY_CHANNEL,
		.channel = 1, .target_vp = 2,
	};
	const struct hvg_msg_modify_channel_response *m;

	open_device(HVG_VERSION_WIN10, 2);
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	vmbus_write(served[0], HVG_PACKET_INBAND, 1, "x", 1, 0);
	CHECK(guest_interrupts(1, 1) == 1);
	open_device(HVG_VERSION_WIN10_V4_1, 2);
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	CHECK(idle());
	vmbus_write(served[0], HVG_PACKET_INBAND, 1, "x", 1, 0);
	CHECK(guest_interrupts(2, 1) == 1);
	open_device(HVG_VERSION_IRON, 2);
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	m = expect(HVG_MSG_MODIFY_CHANNEL_RESPONSE, sizeof(*m));
	CHECK(m && !m->status && m->channel == 1);
	msg.target_vp = GUEST_CPUS;
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	m = expect(HVG_MSG_MODIFY_CHANNEL_RESPONSE, sizeof(*m));
	CHECK(m && m->status < 0);
	msg.target_vp = 0xffffffff;
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	m = expect(HVG_MSG_MODIFY_CHANNEL_RESPONSE, sizeof(*m));
	vmbus_write(served[0], HVG_PACKET_INBAND, 1, "x", 1, 0);
	CHECK(m && !m->status && !counter(1, "interrupts") == 0);
	msg.channel = 5;
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	m = expect(HVG_MSG_MODIFY_CHANNEL_RESPONSE, sizeof(*m));
	CHECK(m && m->status < 0);
}

/* 6.0: the guest chooses event flag and connection id. */
static void test_signal_params(void)
{
	struct hvg_msg_open msg = {
		.header.type = HVG_MSG_OPEN_CHANNEL,
		.channel = 1, .gpadl = 9, .target_vp = 3,
		.downstream_page = 2, .user = { 0x5a },
		.connection_id = 0x9999, .event_flag = 700,
	};
	const struct hvg_msg_open_result *r;
	uint64_t pfns[4];
	unsigned int i;

	connect_at(HVG_VERSION_COPPER, HVG_FEATURE_GUEST_SIGNAL_PARAMS);
	offers();
	for (i = 0; i < 4; i++)
		pfns[i] = guest_page_alloc();
	ring_attach(&to_host, pfns, 2);
	ring_attach(&to_guest, pfns + 2, 2);
	CHECK(!gpadl_create(1, 9, pfns, 4, 4 * HVG_PAGE_SIZE));
	msg.event_flag = HVG_EVENT_FLAGS;
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	r = expect(HVG_MSG_OPEN_RESULT, sizeof(*r));
	CHECK(r && r->status);
	msg.event_flag = 700;
	CHECK(!guest_post(msg_conn, &msg, sizeof(msg)));
	r = expect(HVG_MSG_OPEN_RESULT, sizeof(*r));
	CHECK(r && !r->status);
	echo = true;
	CHECK(guest_connection_bound(0x9999));
	send_packet(0x9999, 1, "x", 1);
	CHECK(got == 1 && guest_interrupts(3, 700) == 1);
	post(HVG_MSG_CLOSE_CHANNEL, 1);
	CHECK(!guest_connection_bound(0x9999));
}

static uint32_t noise(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* A guest that writes anything anywhere. What breaks, the sanitizers say. */
static void test_noise(void)
{
	uint64_t buf[HVG_MESSAGE_PAYLOAD / 8];
	struct hvg_msg_header *h = (void *)buf;
	uint32_t *words = (void *)buf;
	unsigned int i, j;

	echo = true;
	service.offer_flags = HVG_OFFER_MONITORED;
	for (i = 0; i < 20000; i++) {
		if (i % 50 == 0) {
			guest_flush();
			vmbus_reset();
			open_device(versions[noise() % VERSIONS], 2);
			vmbus_offer_subchannels(device, noise() % 3);
		}
		for (j = 0; j < sizeof(buf) / 4; j++)
			words[j] = noise() % 8 ? noise() % 16 : noise();
		h->type = noise() % 31;
		if (h->type == HVG_MSG_INITIATE_CONTACT && noise() % 16)
			h->type = HVG_MSG_GPADL_HEADER;
		guest_post(msg_conn, buf, noise() % (sizeof(buf) + 1));
		for (j = 0; j < 16; j++)
			to_host.page[0][noise() % HVG_PAGE_SIZE] =
				noise() % 4 ? noise() % 8 : noise();
		to_host.control->write_index = noise() % 2 * 8 *
					       (noise() % 512);
		to_guest.control->read_index = noise() % 64 ? 0 : noise();
		to_host.control->pending_send_size = noise() % 4096;
		guest_signal(0x2001);
		guest_run_loop();
		guest_run_timers();
		guest_flush();
	}
	vmbus_reset();
	opened = closed = 0;
}

const struct test channel_tests[] = {
	{ "echo", test_echo },
	{ "signal rules", test_signal_rules },
	{ "guest blocked", test_guest_blocked },
	{ "host blocked", test_host_blocked },
	{ "signal exit", test_signal_exit },
	{ "interrupt page", test_interrupt_page },
	{ "monitor", test_monitor },
	{ "broken ring", test_broken_ring },
	{ "ranges", test_ranges },
	{ "rescind", test_rescind },
	{ "subchannels", test_subchannels },
	{ "modify channel", test_modify_channel },
	{ "signal params", test_signal_params },
	{ "noise", test_noise },
	{ NULL, NULL },
};
