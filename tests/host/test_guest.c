// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine and the guest of the VMBus host's unit test. One thread, no
 * lock: callbacks run when the test says so.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "loop.h"
#include "main.h"
#include "record.h"
#include "test_guest.h"

struct profile guest_profile;
uint8_t *guest_ram;

#define MESSAGES	4096
static struct guest_message messages[MESSAGES];
static unsigned int message_head, message_tail;

#define BINDINGS	64
static struct { uint32_t connection; int fd; } bindings[BINDINGS];
static bool refuse_eventfds;

static struct { int fd; loop_fd_fn fn; void *opaque; } fds[BINDINGS];

struct loop_timer {
	loop_timer_fn fn;
	void *opaque;
	bool armed;
};
static struct loop_timer timers[4];

static unsigned int interrupts[GUEST_CPUS][HVG_EVENT_FLAGS];

#define EVENTS	8192
static struct { char what[32]; json_t *details; } events[EVENTS];
static unsigned int event_count;

static struct { const char *name; control_fn fn; } commands[16];
static struct {
	const char *command, *key;
	json_t *(*fn)(void);
} parts[16];

static uint32_t next_page;

/* main.h */

int complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	return -1;
}

/* vm.h */

void *vm_ram(uint64_t gpa, size_t len)
{
	uint64_t end = (uint64_t)GUEST_PAGES * HVG_PAGE_SIZE;

	return gpa > end || len > end - gpa ? NULL : guest_ram + gpa;
}

unsigned int vm_cpus(void)
{
	return GUEST_CPUS;
}

const struct profile *vm_profile(void)
{
	return &guest_profile;
}

bool synic_post_message(unsigned int vp, unsigned int sint, uint32_t type,
			const void *payload, size_t len)
{
	struct guest_message *m = &messages[message_tail % MESSAGES];

	if (vp >= GUEST_CPUS || sint >= HVG_SYNIC_SINTS ||
	    type != HVG_MESSAGE_VMBUS || len > sizeof(m->data))
		return false;
	m->vp = vp;
	m->sint = sint;
	m->bytes = len;
	memcpy(m->data, payload, len);
	message_tail++;
	return true;
}

bool synic_signal_event(unsigned int vp, unsigned int sint, uint16_t flag)
{
	if (vp >= GUEST_CPUS || sint != HVG_VMBUS_SINT ||
	    flag >= HVG_EVENT_FLAGS)
		abort();
	interrupts[vp][flag]++;
	return true;
}

int synic_bind_eventfd(uint32_t connection_id, int fd)
{
	unsigned int i, unused = BINDINGS;

	if (refuse_eventfds && fd >= 0)
		return -1;
	for (i = 0; i < BINDINGS; i++) {
		if (bindings[i].connection == connection_id) {
			if (fd >= 0)
				abort();	/* bound twice */
			bindings[i].connection = 0;
			return 0;
		}
		if (!bindings[i].connection && unused == BINDINGS)
			unused = i;
	}
	if (fd < 0 || unused == BINDINGS)
		abort();
	bindings[unused].connection = connection_id;
	bindings[unused].fd = fd;
	return 0;
}

/* loop.h */

int loop_add_fd(int fd, uint32_t epoll_events, loop_fd_fn fn, void *opaque)
{
	unsigned int i;

	(void)epoll_events;
	for (i = 0; i < BINDINGS; i++) {
		if (!fds[i].fn) {
			fds[i].fd = fd;
			fds[i].fn = fn;
			fds[i].opaque = opaque;
			return 0;
		}
	}
	return -1;
}

void loop_del_fd(int fd)
{
	unsigned int i;

	for (i = 0; i < BINDINGS; i++)
		if (fds[i].fn && fds[i].fd == fd)
			fds[i].fn = NULL;
}

struct loop_timer *loop_timer_new(loop_timer_fn fn, void *opaque)
{
	unsigned int i;

	for (i = 0; timers[i].fn; i++)
		;
	timers[i].fn = fn;
	timers[i].opaque = opaque;
	return &timers[i];
}

void loop_timer_arm(struct loop_timer *t, uint64_t delay_us)
{
	(void)delay_us;
	t->armed = true;
}

void loop_timer_cancel(struct loop_timer *t)
{
	t->armed = false;
}

void loop_timer_free(struct loop_timer *t)
{
	t->fn = NULL;
	t->armed = false;
}

void guest_run_loop(void)
{
	struct pollfd p = { .events = POLLIN };
	unsigned int i;

	for (i = 0; i < BINDINGS; i++) {
		if (!fds[i].fn)
			continue;
		p.fd = fds[i].fd;
		if (poll(&p, 1, 0) == 1)
			fds[i].fn(fds[i].opaque, POLLIN);
	}
}

bool guest_run_timers(void)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < sizeof(timers) / sizeof(*timers); i++) {
		if (!timers[i].armed)
			continue;
		timers[i].armed = false;
		timers[i].fn(timers[i].opaque);
		any = true;
	}
	return any;
}

/* record.h */

void record_event(const char *what, json_t *details)
{
	if (event_count == EVENTS)
		guest_forget_events();
	snprintf(events[event_count].what, sizeof(events[0].what), "%s", what);
	events[event_count++].details = details;
}

void hlog(const char *fmt, ...)
{
	(void)fmt;
}

void hlog_verbose(const char *fmt, ...)
{
	(void)fmt;
}

unsigned int guest_events(const char *what)
{
	unsigned int i, n = 0;

	for (i = 0; i < event_count; i++)
		n += !strcmp(events[i].what, what);
	return n;
}

const json_t *guest_last_event(const char *what)
{
	unsigned int i;

	for (i = event_count; i; i--)
		if (!strcmp(events[i - 1].what, what))
			return events[i - 1].details;
	return NULL;
}

void guest_forget_events(void)
{
	while (event_count)
		json_decref(events[--event_count].details);
}

/* control.h */

void control_register(const char *name, const char *args, const char *help,
		      control_fn fn)
{
	unsigned int i;

	(void)args;
	(void)help;
	for (i = 0; commands[i].name && strcmp(commands[i].name, name); i++)
		;
	commands[i].name = name;
	commands[i].fn = fn;
}

void control_register_part(const char *command, const char *key,
			   json_t *(*fn)(void))
{
	unsigned int i;

	for (i = 0; parts[i].key && strcmp(parts[i].key, key); i++)
		;
	parts[i].command = command;
	parts[i].key = key;
	parts[i].fn = fn;
}

json_t *control_error(char **error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (vasprintf(error, fmt, args) < 0)
		abort();
	va_end(args);
	return NULL;
}

json_t *guest_command(const char *name, const char *json, char **error)
{
	json_t *request = json_loads(json, 0, NULL), *result;
	unsigned int i;

	*error = NULL;
	for (i = 0; strcmp(commands[i].name, name); i++)
		;
	result = commands[i].fn(request, error);
	json_decref(request);
	return result;
}

json_t *guest_part(const char *command, const char *key)
{
	unsigned int i;

	for (i = 0; strcmp(parts[i].key, key) ||
		    strcmp(parts[i].command, command); i++)
		;
	return parts[i].fn();
}

void guest_fault(const char *json)
{
	json_t *result;
	char *error;

	result = guest_command("fault", json, &error);
	if (!result) {
		printf("# fault %s: %s\n", json, error);
		abort();
	}
	json_decref(result);
}

unsigned int guest_fault_fired(const char *name)
{
	json_t *stats = guest_part("stats", "faults");
	unsigned int n = json_integer_value(json_object_get(stats, name));

	json_decref(stats);
	return n;
}

/* The guest */

void guest_init(void)
{
	guest_ram = aligned_alloc(HVG_PAGE_SIZE, GUEST_PAGES * HVG_PAGE_SIZE);
	if (!guest_ram)
		abort();
	guest_pages_reset();
}

void guest_fini(void)
{
	guest_forget_events();
	free(guest_ram);
}

uint64_t guest_post(uint32_t connection, const void *msg, size_t bytes)
{
	return vmbus_post_message(connection, HVG_MESSAGE_VMBUS, msg, bytes);
}

const struct guest_message *guest_take(void)
{
	if (message_head == message_tail)
		return NULL;
	return &messages[message_head++ % MESSAGES];
}

void guest_flush(void)
{
	message_head = message_tail;
	memset(interrupts, 0, sizeof(interrupts));
}

bool guest_connection_bound(uint32_t connection)
{
	unsigned int i;

	for (i = 0; i < BINDINGS; i++)
		if (bindings[i].connection == connection)
			return true;
	return false;
}

void guest_refuse_eventfds(bool on)
{
	refuse_eventfds = on;
}

uint64_t guest_signal(uint32_t connection)
{
	const uint64_t one = 1;
	unsigned int i;

	for (i = 0; i < BINDINGS; i++) {
		if (bindings[i].connection != connection)
			continue;
		if (write(bindings[i].fd, &one, sizeof(one)) != sizeof(one))
			abort();
		return HVG_STATUS_SUCCESS;
	}
	return vmbus_signal_event(connection, 0);
}

unsigned int guest_interrupts(unsigned int vp, uint16_t flag)
{
	unsigned int n = interrupts[vp][flag];

	interrupts[vp][flag] = 0;
	return n;
}

/* Steps of three, so that neighbours in a list are none in memory. */
uint64_t guest_page_alloc(void)
{
	uint32_t pfn = next_page;

	next_page += 3;
	if (next_page >= GUEST_PAGES)
		next_page = next_page % 3 + 1;
	return pfn;
}

void *guest_page(uint64_t pfn)
{
	return guest_ram + pfn * HVG_PAGE_SIZE;
}

void guest_pages_reset(void)
{
	memset(guest_ram, 0, GUEST_PAGES * HVG_PAGE_SIZE);
	next_page = 1;
}

static uint32_t put(struct guest_ring *ring, uint32_t index, const void *data,
		    uint32_t bytes)
{
	const uint8_t *p = data;

	for (; bytes; bytes--) {
		ring->page[index / HVG_PAGE_SIZE][index % HVG_PAGE_SIZE] = *p++;
		index = (index + 1) % ring->size;
	}
	return index;
}

static uint32_t get(struct guest_ring *ring, uint32_t index, void *data,
		    uint32_t bytes)
{
	uint8_t *p = data;

	for (; bytes; bytes--) {
		*p++ = ring->page[index / HVG_PAGE_SIZE][index % HVG_PAGE_SIZE];
		index = (index + 1) % ring->size;
	}
	return index;
}

static uint32_t ring_free(const struct guest_ring *ring)
{
	uint32_t w = ring->control->write_index, r = ring->control->read_index;

	return r > w ? r - w : ring->size - w + r;
}

void guest_ring_raw(struct guest_ring *ring, const void *data, uint32_t bytes)
{
	ring->control->write_index = put(ring, ring->control->write_index,
					 data, bytes);
}

bool guest_ring_write(struct guest_ring *ring, uint16_t type,
		      uint64_t trans_id, const void *data, uint32_t bytes,
		      bool *signal)
{
	struct hvg_packet_header h = {
		.type = type, .offset8 = 2,
		.length8 = (sizeof(h) + bytes + 7) / 8, .trans_id = trans_id,
	};
	uint32_t old = ring->control->write_index, index;
	struct hvg_packet_trailer t = { .packet_start = old };

	if (ring_free(ring) <= h.length8 * 8u + sizeof(t))
		return false;
	index = put(ring, old, &h, sizeof(h));
	index = put(ring, index, data, bytes);
	index = (index + h.length8 * 8u - sizeof(h) - bytes) % ring->size;
	index = put(ring, index, &t, sizeof(t));
	ring->control->write_index = index;
	*signal = !ring->control->interrupt_mask &&
		  ring->control->read_index == old;
	return true;
}

int guest_ring_read(struct guest_ring *ring, uint64_t *trans_id, void *data,
		    uint32_t max, bool *signal)
{
	uint32_t r = ring->control->read_index, before = ring_free(ring), bytes;
	uint32_t pending = ring->control->pending_send_size;
	struct hvg_packet_header h;
	struct hvg_packet_trailer t;

	*signal = false;
	if (r == ring->control->write_index)
		return -1;
	get(ring, r, &h, sizeof(h));
	bytes = (h.length8 - h.offset8) * 8u;
	if (bytes > max)
		abort();
	get(ring, (r + h.offset8 * 8u) % ring->size, data, bytes);
	r = get(ring, (r + h.length8 * 8u) % ring->size, &t, sizeof(t));
	if (t.packet_start != ring->control->read_index)
		abort();
	*trans_id = h.trans_id;
	ring->control->read_index = r;
	*signal = (ring->control->features & HVG_RING_FEATURE_PENDING_SEND) &&
		  pending && before <= pending && ring_free(ring) > pending;
	return bytes;
}
