// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the VMBus host: the control protocol, from contact to
 * unload.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_client.h"

static uint32_t contact_connection(uint32_t version)
{
	return version >= HVG_VERSION_WIN10_V5 ? HVG_CONN_MESSAGE_V5 :
						 HVG_CONN_MESSAGE;
}

/* Each profile takes its version and those below, and nothing else. */
static void test_versions(void)
{
	const struct hvg_msg_header none = { .type = HVG_MSG_INITIATE_CONTACT };
	struct hvg_msg_version_response r;
	unsigned int i, j;

	for (i = 0; i < VERSIONS; i++) {
		guest_profile.vmbus_version = versions[i];
		for (j = 0; j < VERSIONS; j++) {
			/* Nor do those below 5.0 know its connection. */
			if (versions[i] < HVG_VERSION_WIN10_V5 &&
			    versions[j] >= HVG_VERSION_WIN10_V5) {
				CHECK(guest_post(HVG_CONN_MESSAGE_V5, &none,
						 sizeof(none)) ==
				      HVG_STATUS_INVALID_CONNECTION);
				CHECK(idle());
				continue;
			}
			r = contact(versions[j],
				    contact_connection(versions[j]), 2, 0);
			CHECK(r.supported == (j <= i) && r.state == 0);
			CHECK(vmbus_version() == (j <= i ? versions[j] : 0));
		}
	}
	r = contact(HVG_VERSION(2, 0), HVG_CONN_MESSAGE, 0, 0);
	CHECK(!r.supported);
	r = contact(HVG_VERSION(7, 0), HVG_CONN_MESSAGE_V5, 0, 0);
	CHECK(!r.supported);
	r = contact(0, HVG_CONN_MESSAGE, 0, 0);
	CHECK(!r.supported);
	CHECK(idle());
	r = contact(HVG_VERSION_WIN10, HVG_CONN_MESSAGE, 2, 0);
	CHECK(r.supported && vmbus_version() == HVG_VERSION_WIN10);
}

static void test_contact_connection(void)
{
	struct hvg_msg_version_response r;

	r = contact(HVG_VERSION_IRON, HVG_CONN_MESSAGE, 0, 0);
	CHECK(r.supported == 0);
	r = contact(HVG_VERSION_IRON, HVG_CONN_MESSAGE_V5, 0, 0);
	CHECK(r.supported == 1 && r.version_or_connection);
	/* Later messages must come on the id of the response. */
	msg_conn = HVG_CONN_MESSAGE;
	post_header(HVG_MSG_REQUEST_OFFERS);
	CHECK(idle() && guest_events("bad_message") == 1);
	msg_conn = r.version_or_connection;
	offers();
	CHECK(guest_post(99, &r, sizeof(r)) == HVG_STATUS_INVALID_CONNECTION);
}

static void test_contact_pages(void)
{
	struct hvg_msg_version_response r;
	uint64_t saved = monitor_pfn[1];

	monitor_pfn[1] = 0;
	r = contact(HVG_VERSION_WIN8, HVG_CONN_MESSAGE, 0, 0);
	CHECK(r.supported == 1 && r.state == 2 && !vmbus_version());
	r = contact(HVG_VERSION_WIN7, HVG_CONN_MESSAGE, 0, 0);
	CHECK(r.supported == 0);
	monitor_pfn[1] = GUEST_PAGES;
	r = contact(HVG_VERSION_WIN8, HVG_CONN_MESSAGE, 0, 0);
	CHECK(r.supported == 1 && r.state == 2);
	monitor_pfn[1] = saved;
	interrupt_pfn = GUEST_PAGES + 5;
	r = contact(HVG_VERSION_WIN7, HVG_CONN_MESSAGE, 0, 0);
	CHECK(r.supported == 0);
	r = contact(HVG_VERSION_WIN8_1, HVG_CONN_MESSAGE, GUEST_CPUS, 0);
	CHECK(r.supported == 1 && r.state == 2 && !vmbus_version());
}

static void test_features(void)
{
	struct hvg_msg_version_response r;
	struct hvg_msg_initiate_contact msg = {
		.header.type = HVG_MSG_INITIATE_CONTACT,
		.version = HVG_VERSION_COPPER,
		.interrupt_page = HVG_CONTACT_TARGET(2, 0,
						     HVG_FEATURE_CLIENT_ID),
	};

	r = contact(HVG_VERSION_COPPER, HVG_CONN_MESSAGE_V5, 0, 0xffffffff);
	CHECK(r.features == (HVG_FEATURE_GUEST_SIGNAL_PARAMS |
			     HVG_FEATURE_INTERRUPT_REDIRECTION |
			     HVG_FEATURE_MODIFY_CONNECTION |
			     HVG_FEATURE_CLIENT_ID |
			     HVG_FEATURE_PAUSE_RESUME));
	guest_profile.vmbus_features = HVG_FEATURE_PAUSE_RESUME;
	r = contact(HVG_VERSION_COPPER, HVG_CONN_MESSAGE_V5, 0, 0xff);
	CHECK(r.supported && r.features == HVG_FEATURE_PAUSE_RESUME);
	r = contact(HVG_VERSION_IRON, HVG_CONN_MESSAGE_V5, 0, 0xff);
	CHECK(r.supported && !r.features);
	/* The flag without the id: too short, and no answer. */
	CHECK(!guest_post(HVG_CONN_MESSAGE_V5, &msg, HVG_CONTACT_SIZE_V1));
	CHECK(idle());
	/* Another SINT is refused on that SINT. */
	msg.interrupt_page = HVG_CONTACT_TARGET(3, 0, 0);
	CHECK(!guest_post(HVG_CONN_MESSAGE_V5, &msg, HVG_CONTACT_SIZE_V1));
	CHECK(guest_take() != NULL && idle());
	CHECK(vmbus_version() == HVG_VERSION_IRON);
}

static void test_offer(void)
{
	struct hvg_msg_offer o;
	unsigned int i;

	for (i = 0; i < VERSIONS; i++) {
		connect_at(versions[i], 0);
		o = offers();
		CHECK(o.channel == 1 && !o.subchannel);
		CHECK(!memcmp(&o.instance, &instance, sizeof(instance)));
		CHECK(!memcmp(o.user, "abc", 4));
		CHECK(!o.monitor_flags);
		if (versions[i] >= HVG_VERSION_WIN7) {
			CHECK(o.interrupt_flags ==
			      HVG_OFFER_DEDICATED_INTERRUPT);
			CHECK(o.connection_id == 0x2001);
		}
		post_header(HVG_MSG_REQUEST_OFFERS);
		CHECK(idle());
	}
}

static void test_hot_add(void)
{
	static const struct hvg_guid other = { { 9 } };
	const struct hvg_msg_offer *o;
	const struct hvg_msg_channel *r;
	struct vmbus_device *dev;

	dev = vmbus_device_add(&service, &other, NULL, 0, NULL);
	vmbus_device_remove(dev);
	connect_at(HVG_VERSION_IRON, 0);
	dev = vmbus_device_add(&service, &other, NULL, 0, NULL);
	vmbus_device_remove(dev);
	CHECK(idle());
	offers();
	dev = vmbus_device_add(&service, &other, NULL, 0, NULL);
	o = expect(HVG_MSG_OFFER_CHANNEL, sizeof(*o));
	CHECK(o && o->channel == 2);
	vmbus_device_remove(dev);
	r = expect(HVG_MSG_RESCIND_OFFER, sizeof(*r));
	CHECK(r && r->channel == 2);
	/* The same instance again waits for the release of the old id. */
	dev = vmbus_device_add(&service, &other, NULL, 0, NULL);
	CHECK(idle());
	post(HVG_MSG_RELID_RELEASED, 2);
	o = expect(HVG_MSG_OFFER_CHANNEL, sizeof(*o));
	CHECK(o && o->channel == 3);
	CHECK(!vmbus_device_add(&service, &other, "", 121, NULL));
	/* Known and unused, it may be released, and stays away then. */
	post(HVG_MSG_RELID_RELEASED, 3);
	CHECK(idle());
	connect_at(HVG_VERSION_IRON, 0);
	post_header(HVG_MSG_REQUEST_OFFERS);
	expect(HVG_MSG_OFFER_CHANNEL, sizeof(*o));
	expect(HVG_MSG_OFFER_CHANNEL, sizeof(*o));
	expect(HVG_MSG_ALL_OFFERS_DELIVERED, sizeof(struct hvg_msg_header));
}

static void test_gpadl(void)
{
	static const uint32_t counts[] = { 1, 26, 27, 54, 55, 300 };
	uint64_t pfns[300];
	unsigned int i;

	connect_at(HVG_VERSION_IRON, 0);
	offers();
	for (i = 0; i < 300; i++)
		pfns[i] = guest_page_alloc();
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		CHECK(!gpadl_create(1, 100 + i, pfns, counts[i],
				    counts[i] * HVG_PAGE_SIZE));
	/* Fewer pages than bytes, no bytes, pages that are not RAM. */
	CHECK(gpadl_create(1, 200, pfns, 2, 2 * HVG_PAGE_SIZE + 1));
	CHECK(gpadl_create(1, 200, pfns, 60, 61 * HVG_PAGE_SIZE));
	CHECK(gpadl_create(1, 200, pfns, 2, 0));
	pfns[1] = GUEST_PAGES;
	CHECK(gpadl_create(1, 200, pfns, 2, 2 * HVG_PAGE_SIZE));
	pfns[1] = ~0ull;
	CHECK(gpadl_create(1, 200, pfns, 2, 2 * HVG_PAGE_SIZE) == 0x8000ffff);
	teardown(1, 100);
	expect(HVG_MSG_GPADL_TORNDOWN, sizeof(struct hvg_msg_gpadl_torndown));
	teardown(1, 100);
	teardown(7, 101);
	CHECK(idle());
	/* A 1 MiB limit that the 300 pages have used up. */
	guest_profile.max_gpadl_mib = 1;
	CHECK(gpadl_create(1, 200, pfns, 1, HVG_PAGE_SIZE) == 0x8000ffff);
	teardown(1, 105);
	expect(HVG_MSG_GPADL_TORNDOWN, sizeof(struct hvg_msg_gpadl_torndown));
	CHECK(!gpadl_create(1, 200, pfns, 1, HVG_PAGE_SIZE));
}

static void test_gpadl_malformed(void)
{
	uint64_t buf[HVG_MESSAGE_PAYLOAD / 8] = { 0 };
	struct hvg_msg_gpadl_header *h = (void *)buf;
	struct hvg_msg_gpadl_body *b = (void *)buf;
	struct hvg_gpa_range range = { .bytes = HVG_PAGE_SIZE };
	uint64_t pfn = 5;
	uint8_t *words = (uint8_t *)(h + 1);

	connect_at(HVG_VERSION_IRON, 0);
	offers();
	h->header.type = HVG_MSG_GPADL_HEADER;
	h->channel = 1;
	h->gpadl = 7;
	h->range_bytes = 32;
	h->range_count = 2;
	memcpy(words, &range, 8);
	memcpy(words + 8, &pfn, 8);
	memcpy(words + 16, &range, 8);
	memcpy(words + 24, &pfn, 8);
	/* Two ranges, and a message of full length as some clients send. */
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	expect(HVG_MSG_GPADL_CREATED, 20);
	CHECK(open_on(1, 7, 0, 1) == 0x8000ffff);
	/* The same id again is ignored. */
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	CHECK(idle());
	/* Three ranges announced, words for two. */
	h->gpadl = 8;
	h->range_count = 3;
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	CHECK(((const struct hvg_msg_gpadl_created *)
	       expect(HVG_MSG_GPADL_CREATED, 20))->status < 0);
	h->range_count = 0;
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	CHECK(((const struct hvg_msg_gpadl_created *)
	       expect(HVG_MSG_GPADL_CREATED, 20))->status < 0);
	h->range_bytes = 0;
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	CHECK(((const struct hvg_msg_gpadl_created *)
	       expect(HVG_MSG_GPADL_CREATED, 20))->status < 0);
	/* A header that only begins, then rescind: refused at its end. */
	h->range_count = 1;
	h->range_bytes = 400;
	range.bytes = 49 * HVG_PAGE_SIZE;
	memcpy(words, &range, 8);
	CHECK(!guest_post(msg_conn, buf, 20 + 8));
	CHECK(idle());
	vmbus_device_remove(device);
	expect(HVG_MSG_RESCIND_OFFER, 12);
	memset(buf, 0, sizeof(buf));
	b->header.type = HVG_MSG_GPADL_BODY;
	b->gpadl = 8;
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	CHECK(((const struct hvg_msg_gpadl_created *)
	       expect(HVG_MSG_GPADL_CREATED, 20))->status < 0);
	/* A body that nothing waits for. */
	CHECK(!guest_post(msg_conn, buf, sizeof(buf)));
	teardown(1, 7);
	expect(HVG_MSG_GPADL_TORNDOWN, 12);
	post(HVG_MSG_RELID_RELEASED, 1);
	CHECK(idle());
}

static void test_open_close(void)
{
	struct hvg_msg_offer o;
	unsigned int i;

	for (i = 0; i < VERSIONS; i++) {
		o = open_device(versions[i], 3);
		CHECK(opened == i + 1);
		CHECK(guest_connection_bound(0x2001) ==
		      (versions[i] >= HVG_VERSION_WIN7));
		CHECK(to_guest.control->features ==
		      (versions[i] >= HVG_VERSION_WIN8 ?
		       HVG_RING_FEATURE_PENDING_SEND : 0));
		/* Torn down under the open ring: answered at the close. */
		teardown(o.channel, 0xe1e10);
		CHECK(idle());
		post(HVG_MSG_RELID_RELEASED, o.channel);
		post(HVG_MSG_CLOSE_CHANNEL, o.channel);
		CHECK(closed == i + 1);
		CHECK(!guest_connection_bound(0x2001));
		expect(HVG_MSG_GPADL_TORNDOWN, 12);
		post(HVG_MSG_CLOSE_CHANNEL, o.channel);
		CHECK(!open_rings(o.channel, 9, 0, 2));
		post(HVG_MSG_CLOSE_CHANNEL, o.channel);
		teardown(o.channel, 9);
		expect(HVG_MSG_GPADL_TORNDOWN, 12);
		CHECK(idle());
		opened--;
		closed--;
	}
}

static void test_open_refused(void)
{
	uint64_t pfns[4];
	unsigned int i;

	connect_at(HVG_VERSION_IRON, 0);
	offers();
	for (i = 0; i < 4; i++)
		pfns[i] = guest_page_alloc();
	CHECK(open_on(1, 5, 0, 2) == 0x8000ffff);
	CHECK(!gpadl_create(1, 5, pfns, 4, 4 * HVG_PAGE_SIZE));
	CHECK(open_on(1, 5, 0, 0));
	CHECK(open_on(1, 5, 0, 1));
	CHECK(open_on(1, 5, 0, 3));
	CHECK(open_on(1, 5, 0, 4));
	CHECK(open_on(1, 5, 0, 0xffffffff));
	CHECK(open_on(1, 5, GUEST_CPUS, 2));
	open_status = (int)0xc0000001;
	CHECK(open_on(1, 5, 0, 2) == 0xc0000001);
	open_status = 0;
	/* Nothing holds on to the GPADL. */
	teardown(1, 5);
	expect(HVG_MSG_GPADL_TORNDOWN, sizeof(struct hvg_msg_gpadl_torndown));
	CHECK(!gpadl_create(1, 5, pfns, 4, 4 * HVG_PAGE_SIZE));
	/* Indices that the guest left out of range. */
	*(uint32_t *)guest_page(pfns[0]) = HVG_PAGE_SIZE;
	CHECK(open_on(1, 5, 0, 2));
	*(uint32_t *)guest_page(pfns[0]) = 0;
	((uint32_t *)guest_page(pfns[2]))[1] = 4;
	CHECK(open_on(1, 5, 0, 2));
	((uint32_t *)guest_page(pfns[2]))[1] = 0;
	CHECK(!gpadl_create(1, 6, pfns, 4, 4 * HVG_PAGE_SIZE - 8));
	CHECK(open_on(1, 6, 0, 2));
	CHECK(!opened);
	CHECK(!open_on(1, 5, 0xffffffff, 2));
	post(HVG_MSG_OPEN_CHANNEL, 1);
	CHECK(opened == 1 && guest_events("bad_message") == 1);
}

static void test_unload(void)
{
	struct hvg_msg_version_response r;
	const struct guest_message *m;
	unsigned int i;

	for (i = 0; i < VERSIONS; i++) {
		open_device(versions[i], 2);
		post_header(HVG_MSG_UNLOAD);
		CHECK(!served[0] && !vmbus_version());
		if (versions[i] >= HVG_VERSION_WIN7)
			expect(HVG_MSG_UNLOAD_COMPLETE, 8);
		CHECK(idle());
		post_header(HVG_MSG_UNLOAD);
		post_header(HVG_MSG_REQUEST_OFFERS);
		CHECK(idle());
	}
	/* The answer goes to the VP of the contact. */
	r = contact(HVG_VERSION_IRON, HVG_CONN_MESSAGE_V5, 3, 0);
	CHECK(r.supported);
	post_header(HVG_MSG_UNLOAD);
	m = guest_take();
	CHECK(m && m->vp == 3);
	/* With a teardown that waits for the close: only one answer. */
	open_device(HVG_VERSION_IRON, 2);
	teardown(1, 0xe1e10);
	post_header(HVG_MSG_UNLOAD);
	expect(HVG_MSG_UNLOAD_COMPLETE, 8);
	CHECK(idle());
	open_device(HVG_VERSION_IRON, 2);
	vmbus_reset();
	CHECK(!served[0] && !vmbus_version() && idle());
	guest_forget_events();
	post(HVG_MSG_RELID_RELEASED, 1);
	CHECK(!guest_events("bad_message"));
	open_device(HVG_VERSION_WIN10, 2);
}

static void test_pause(void)
{
	connect_at(HVG_VERSION_COPPER, 0);
	post_header(HVG_MSG_PAUSE);
	CHECK(idle());
	connect_at(HVG_VERSION_COPPER, HVG_FEATURE_PAUSE_RESUME);
	post_header(HVG_MSG_PAUSE);
	expect(HVG_MSG_PAUSE_RESPONSE, 8);
	post_header(HVG_MSG_REQUEST_OFFERS);
	post_header(HVG_MSG_PAUSE);
	CHECK(idle());
	post_header(HVG_MSG_RESUME);
	expect(HVG_MSG_OFFER_CHANNEL, sizeof(struct hvg_msg_offer));
	expect(HVG_MSG_ALL_OFFERS_DELIVERED, 8);
	post_header(HVG_MSG_RESUME);
	post_header(HVG_MSG_PAUSE);
	expect(HVG_MSG_PAUSE_RESPONSE, 8);
	vmbus_device_remove(device);
	post_header(HVG_MSG_UNLOAD);
	expect(HVG_MSG_UNLOAD_COMPLETE, 8);
	CHECK(idle());
}

/* Answers for what this host does not have. */
static void test_refusals(void)
{
	struct hvg_msg_open_reserved open = {
		.header.type = HVG_MSG_OPEN_RESERVED_CHANNEL,
		.channel = 1, .target_vp = 1, .target_sint = 5,
	};
	struct hvg_msg_close_reserved close = {
		.header.type = HVG_MSG_CLOSE_RESERVED_CHANNEL,
		.channel = 1, .target_vp = 1, .target_sint = 5,
	};
	struct hvg_msg_tl_connect tl = {
		.header.type = HVG_MSG_TL_CONNECT_REQUEST,
		.endpoint = instance,
	};
	const struct hvg_msg_tl_connect_result *m;
	const struct guest_message *g;

	/* Crash-time code may not know whether there is a connection. */
	CHECK(!guest_post(HVG_CONN_MESSAGE, &close, sizeof(close)));
	g = guest_take();
	CHECK(g && g->vp == 1 && g->sint == 5 && g->bytes == 12);
	connect_at(HVG_VERSION_WIN8_1, 0);
	CHECK(!guest_post(msg_conn, &open, sizeof(open)));
	CHECK(!guest_post(msg_conn, &close, sizeof(close)));
	CHECK(!guest_post(msg_conn, &tl, sizeof(tl)));
	CHECK(idle());
	connect_at(HVG_VERSION_WIN10, 0);
	CHECK(!guest_post(msg_conn, &tl, HVG_TL_CONNECT_SIZE_V1));
	CHECK(idle());
	CHECK(!guest_post(msg_conn, &open, sizeof(open)));
	g = guest_take();
	CHECK(g && g->vp == 1 && g->sint == 5 && g->bytes == 20 &&
	      ((const struct hvg_msg_open_result *)g->data)->status ==
	      0x8000ffff);
	open.target_vp = 99;
	CHECK(!guest_post(msg_conn, &open, sizeof(open)));
	close.target_sint = 16;
	CHECK(!guest_post(msg_conn, &close, sizeof(close)));
	CHECK(idle());
	connect_at(HVG_VERSION_IRON, 0);
	CHECK(!guest_post(msg_conn, &tl, HVG_TL_CONNECT_SIZE_V1));
	m = expect(HVG_MSG_TL_CONNECT_RESULT, sizeof(*m));
	CHECK(m && (uint32_t)m->status == 0xc0000236 &&
	      !memcmp(&m->endpoint, &instance, sizeof(instance)));
}

/* Every type at every length, connected or not: nothing but a record. */
static void test_lengths(void)
{
	uint64_t buf[HVG_MESSAGE_PAYLOAD / 8] = { 0 };
	struct hvg_msg_header *h = (void *)buf;
	uint32_t type, len, round;

	CHECK(vmbus_post_message(1, 1, buf, 241) ==
	      HVG_STATUS_INVALID_PARAMETER);
	for (round = 0; round < 2; round++) {
		for (type = 0; type < 40; type++) {
			for (len = 0; len <= sizeof(buf); len += 4) {
				if (round)
					open_device(HVG_VERSION_IRON, 2);
				h->type = type;
				CHECK(!guest_post(round ? msg_conn : 1, buf,
						  len));
				guest_flush();
			}
			vmbus_reset();
		}
	}
	CHECK(vmbus_post_message(1, 2, buf, 40) == HVG_STATUS_SUCCESS);
	CHECK(idle());
}

const struct test control_message_tests[] = {
	{ "versions", test_versions },
	{ "contact connection", test_contact_connection },
	{ "contact pages", test_contact_pages },
	{ "features", test_features },
	{ "offer", test_offer },
	{ "hot add", test_hot_add },
	{ "gpadl", test_gpadl },
	{ "gpadl malformed", test_gpadl_malformed },
	{ "open close", test_open_close },
	{ "open refused", test_open_refused },
	{ "unload", test_unload },
	{ "pause", test_pause },
	{ "refusals", test_refusals },
	{ "lengths", test_lengths },
	{ NULL, NULL },
};
