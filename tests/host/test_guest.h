/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine that is only memory, and a guest on it that is this test: what
 * vm.h, loop.h, record.h and control.h promise is kept here well enough for
 * the VMBus host to run without a hypervisor.
 */
#ifndef HVHOST_TEST_GUEST_H
#define HVHOST_TEST_GUEST_H

#include <jansson.h>

#include "../../include/hvg/hv_wire.h"
#include "profile.h"
#include "vm.h"
#include "vmbus.h"

#define GUEST_PAGES	4096u		/* 16 MiB */
#define GUEST_CPUS	4u

extern struct profile guest_profile;
extern uint8_t *guest_ram;

struct guest_message {
	unsigned int vp;
	unsigned int sint;
	size_t bytes;
	uint8_t data[HVG_MESSAGE_PAYLOAD];
};

void guest_init(void);
void guest_fini(void);

/* Messages: post one, take the oldest answer (NULL: there is none). */
uint64_t guest_post(uint32_t connection, const void *msg, size_t bytes);
const struct guest_message *guest_take(void);
void guest_flush(void);

/* Signal through the hypervisor: eventfd if one is bound, else an exit. */
uint64_t guest_signal(uint32_t connection);
bool guest_connection_bound(uint32_t connection);
void guest_refuse_eventfds(bool on);
/* Let the loop thread run until nothing is ready; timers only if told. */
void guest_run_loop(void);
bool guest_run_timers(void);

/* Interrupts since the last call. */
unsigned int guest_interrupts(unsigned int vp, uint16_t flag);

/* The record: how often @what happened, and the last one's details. */
unsigned int guest_events(const char *what);
const json_t *guest_last_event(const char *what);
void guest_forget_events(void);

json_t *guest_command(const char *name, const char *json, char **error);
/* Arm a fault as on the control socket; how often one has fired. */
void guest_fault(const char *json);
unsigned int guest_fault_fired(const char *name);
json_t *guest_part(const char *command, const char *key);

/* Guest memory: single pages, deliberately not neighbours. */
uint64_t guest_page_alloc(void);
void *guest_page(uint64_t pfn);
void guest_pages_reset(void);

/* The guest's side of a ring. */
struct guest_ring {
	struct hvg_ring_control *control;
	uint8_t *page[64];
	uint32_t size;
};

bool guest_ring_write(struct guest_ring *ring, uint16_t type,
		      uint64_t trans_id, const void *data, uint32_t bytes,
		      bool *signal);
/* -1: empty; otherwise payload bytes; @signal: the host waits for room. */
int guest_ring_read(struct guest_ring *ring, uint64_t *trans_id, void *data,
		    uint32_t max, bool *signal);
/* Bytes as they are, at the write index, which then moves on. */
void guest_ring_raw(struct guest_ring *ring, const void *data, uint32_t bytes);

#endif
