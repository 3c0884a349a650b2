/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's half of VMBus, in the smallest form that the unit test needs,
 * and a service that counts what it is asked for.
 */
#ifndef HVHOST_TEST_CLIENT_H
#define HVHOST_TEST_CLIENT_H

#include "test.h"
#include "test_guest.h"

/*
 * The service: @hold leaves packets where they are, @echo answers each with
 * a completion of the same payload, @open_status fails an open, @masked says
 * whether signals were masked when it was last called, @busy makes a close wait
 * where closes do.
 */
extern struct vmbus_service service;
extern struct vmbus_channel *served[8];
extern unsigned int opened, closed, notified, got, made_writable;
extern uint64_t last_trans;
extern uint32_t last_bytes;
extern uint8_t last_data[VMBUS_PACKET_MAX];
extern struct vmbus_packet packet;
extern int read_result, open_status, echo_result;
extern bool echo, hold, masked, busy;

extern struct vmbus_device *device;
extern const struct hvg_guid instance;

/* Each ends with an entry that has no function. */
extern const struct test control_message_tests[];
extern const struct test channel_tests[];
extern const struct test fault_tests[];
extern const struct test fault_bytes_tests[];

/* All versions there are, lowest first. */
#define VERSIONS	11
extern const uint32_t versions[VERSIONS];

/* The connection. */
extern uint32_t msg_conn;
extern struct guest_ring to_host, to_guest;
extern uint64_t interrupt_pfn, monitor_pfn[2];

/* The next message must be this one; NULL and a failed test if not. */
const void *expect(uint32_t type, size_t bytes);
struct hvg_msg_offer expect_offer(void);
bool idle(void);
void post(uint32_t type, uint32_t word);
void post_header(uint32_t type);

struct hvg_msg_version_response contact(uint32_t version, uint32_t connection,
					uint32_t vp, uint32_t features);
bool connect_at(uint32_t version, uint32_t features);
/* REQUEST_OFFERS; the offer of the one device. */
struct hvg_msg_offer offers(void);
/* One range of pages, with bodies as needed. */
void gpadl_post(uint32_t channel, uint32_t id, const uint64_t *pfns,
		uint32_t count, uint32_t bytes);
/* The same; the status that came back. */
uint32_t gpadl_create(uint32_t channel, uint32_t id, const uint64_t *pfns,
		      uint32_t count, uint32_t bytes);
void teardown(uint32_t channel, uint32_t id);
void ring_attach(struct guest_ring *ring, const uint64_t *pfns,
		 uint32_t pages);
uint32_t open_on(uint32_t channel, uint32_t gpadl, uint32_t vp,
		 uint32_t pages);
/* Rings of @pages pages each in a new GPADL, opened; the status. */
uint32_t open_rings(uint32_t channel, uint32_t gpadl, uint32_t vp,
		    uint32_t pages);
/* All of it: connected, the device's channel open on VP 1. */
struct hvg_msg_offer open_device(uint32_t version, uint32_t pages);
json_int_t counter(uint32_t channel, const char *name);

#endif
