// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals both ways. Guest to host: HvSignalEvent that ends in an eventfd or
 * comes as an exit, the shared connection id with the interrupt page, the
 * monitor page that is polled. Host to guest: event flags, or the interrupt
 * page below 2.4. Runs with the machine lock held: eventfds and the poll on
 * the loop thread, exits on their vCPU thread. Source: PROTOCOL 2.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop.h"
#include "record.h"
#include "vm.h"
#include "vmbus_host.h"

/* The hypervisor polls monitor pages; so do we, this often. */
#define POLL_US			500
#define MONITOR_LATENCY		(POLL_US * 10)	/* in 100 ns */
#define MONITORS	(HVG_MONITOR_GROUPS * HVG_MONITOR_GROUP_BITS)

static bool monitor_used[MONITORS];
static struct loop_timer *poll_timer, *unread_timer;
static bool polling;

/* A host that has not come to it yet. */
static bool is_unread(struct vmbus_channel *chan)
{
	uint32_t ms;

	if (!chan->unread && vmbus_fault_unread(chan, &ms)) {
		chan->unread = true;
		loop_timer_arm(unread_timer, ms * 1000ULL);
	}
	return chan->unread;
}

/*
 * Let the service take what is in the ring, its signals masked meanwhile.
 * After unmasking look again: what the guest wrote before it saw the unmasked
 * ring came without a signal.
 */
void vmbus_channel_drain(struct vmbus_channel *chan)
{
	uint32_t before;

	if (chan->draining) {
		chan->drain_again = true;
		return;
	}
	if (!vmbus_ring_readable(chan) || is_unread(chan))
		return;
	chan->draining = true;
	do {
		chan->drain_again = false;
		before = chan->in.index;
		vmbus_ring_mask(chan, true);
		chan->dev->service->notify(chan);
		if (chan->state != CHANNEL_OPEN || chan->broken)
			break;
		vmbus_ring_mask(chan, false);
	} while (chan->drain_again || (chan->in.index != before &&
				       vmbus_ring_readable(chan)));
	chan->draining = false;
}

/* The guest signalled the channel @count times. */
void vmbus_channel_signalled(struct vmbus_channel *chan, uint64_t count)
{
	bool unblocked;

	chan->signals += count;
	if (chan->broken)
		return;
	/* A reader signals for room, too. */
	unblocked = vmbus_ring_unblocked(chan);
	if (unblocked && chan->dev->service->writable)
		chan->dev->service->writable(chan);
	if (chan->state != CHANNEL_OPEN || chan->broken)
		return;
	if (vmbus_ring_readable(chan))
		vmbus_channel_drain(chan);
	else if (!unblocked && !chan->draining)
		chan->signals_spurious += count;
}

static bool set_flag(uint32_t vp, uint16_t flag)
{
	uint8_t *bits;

	/* Dedicated interrupts of 1.1 are the guest's to send only. */
	if (vmbus_conn.version < HVG_VERSION_WIN8 &&
	    vmbus_conn.interrupt_page) {
		bits = vmbus_conn.interrupt_page;
		__atomic_fetch_or(&bits[flag / 8], 1 << flag % 8,
				  __ATOMIC_SEQ_CST);
		vp = 0;
		flag = 0;
	}
	return synic_signal_event(vp, HVG_VMBUS_SINT, flag);
}

/* Interrupt the guest for this channel. */
void vmbus_channel_interrupt(struct vmbus_channel *chan)
{
	uint32_t vp = chan->target_vp, other_vp;
	uint16_t other;

	if (vp == VMBUS_VP_NONE || vmbus_fault_interrupt(chan))
		return;
	if (vmbus_fault_event(chan, &other_vp, &other))
		set_flag(other_vp, other);
	/* Below 6.0 the flag is the channel's id. */
	if (set_flag(vp, chan->event_flag))
		chan->interrupts++;
	else
		hlog_verbose("vmbus: channel %u: VP %u takes no events",
			     chan->id, vp);
}

static void event_ready(void *opaque, uint32_t events)
{
	struct vmbus_channel *chan;
	uint64_t count;

	(void)events;
	chan = vmbus_channel_by_id((uintptr_t)opaque);
	/* The channel may have been closed since the event was noticed. */
	if (!chan || chan->state != CHANNEL_OPEN || chan->event_fd < 0)
		return;
	if (read(chan->event_fd, &count, sizeof(count)) == sizeof(count))
		vmbus_channel_signalled(chan, count);
}

static void event_open(struct vmbus_channel *chan)
{
	int fd;

	/* The shared id needs a look at the interrupt page. */
	if (chan->connection == HVG_CONN_EVENT)
		return;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return;
	if (loop_add_fd(fd, EPOLLIN, event_ready,
			(void *)(uintptr_t)chan->id) < 0) {
		close(fd);
		return;
	}
	if (synic_bind_eventfd(chan->connection, fd) < 0) {
		loop_del_fd(fd);
		close(fd);
		return;
	}
	chan->event_fd = fd;
}

static void event_close(struct vmbus_channel *chan)
{
	uint64_t count;

	if (chan->event_fd < 0)
		return;
	synic_bind_eventfd(chan->connection, -1);
	loop_del_fd(chan->event_fd);
	if (read(chan->event_fd, &count, sizeof(count)) == sizeof(count))
		chan->signals += count;
	close(chan->event_fd);
	chan->event_fd = -1;
}

/*
 * A word of the guest-to-host monitor page: the structure is packed for the
 * wire, the page itself is aligned.
 */
static uint32_t *monitor_word(size_t offset)
{
	return (uint32_t *)((uint8_t *)vmbus_conn.monitor_in + offset);
}

static bool monitored(const struct vmbus_channel *chan)
{
	return chan->monitor_id >= 0 && vmbus_conn.monitor_in;
}

/* What the hypervisor would signal, for guests that show it. */
static void monitor_describe(const struct vmbus_channel *chan, bool on)
{
	struct hvg_monitor_page *page = vmbus_conn.monitor_in;
	unsigned int group = chan->monitor_id / HVG_MONITOR_GROUP_BITS;
	unsigned int bit = chan->monitor_id % HVG_MONITOR_GROUP_BITS;
	struct hvg_monitor_parameter *p = &page->parameter[group][bit];

	p->connection_id = on ? chan->connection : 0;
	p->flag = 0;
	page->latency[group][bit] = on ? MONITOR_LATENCY : 0;
	if (on)
		__atomic_fetch_or(monitor_word(0), 1u << group,
				  __ATOMIC_SEQ_CST);
}

/* The channel opens: from here on the guest can signal it. */
void vmbus_channel_bind(struct vmbus_channel *chan)
{
	event_open(chan);
	if (monitored(chan)) {
		monitor_describe(chan, true);
		vmbus_poll_start();
	}
}

void vmbus_channel_unbind(struct vmbus_channel *chan)
{
	event_close(chan);
	if (monitored(chan))
		monitor_describe(chan, false);
}

/* An id out of 128, or -1: the channel does without. */
int vmbus_monitor_allocate(void)
{
	int id;

	for (id = 0; id < (int)MONITORS; id++) {
		if (!monitor_used[id]) {
			monitor_used[id] = true;
			return id;
		}
	}
	return -1;
}

void vmbus_monitor_free(int id)
{
	if (id >= 0)
		monitor_used[id] = false;
}

/* Call @fn for each open channel; true if it said so for any. */
static bool for_each_open(bool (*fn)(struct vmbus_channel *chan))
{
	struct vmbus_channel *chan;
	struct vmbus_device *dev;
	bool any = false;

	for (dev = vmbus_devices; dev; dev = dev->next)
		for (chan = dev->channels; chan; chan = chan->next)
			if (chan->state == CHANNEL_OPEN)
				any |= fn(chan);
	return any;
}

static bool is_monitored(struct vmbus_channel *chan)
{
	return monitored(chan);
}

bool vmbus_monitor_in_use(void)
{
	return for_each_open(is_monitored);
}

static bool monitor_poll(struct vmbus_channel *chan)
{
	uint32_t group, bit, *pending;

	if (!monitored(chan))
		return false;
	group = chan->monitor_id / HVG_MONITOR_GROUP_BITS;
	bit = 1u << chan->monitor_id % HVG_MONITOR_GROUP_BITS;
	pending = monitor_word(offsetof(struct hvg_monitor_page, group) +
			       group * sizeof(struct hvg_monitor_group));
	if (__atomic_load_n(pending, __ATOMIC_ACQUIRE) & bit) {
		__atomic_fetch_and(pending, ~bit, __ATOMIC_SEQ_CST);
		vmbus_channel_signalled(chan, 1);
	}
	return true;
}

/* A guest below 2.4 does not signal for room: look for it. */
static bool writer_poll(struct vmbus_channel *chan)
{
	if (!chan->write_blocked)
		return false;
	if (vmbus_ring_unblocked(chan) && chan->dev->service->writable)
		chan->dev->service->writable(chan);
	return chan->write_blocked && !chan->broken;
}

static void poll(void *opaque)
{
	bool again;

	(void)opaque;
	again = for_each_open(monitor_poll);
	if (vmbus_conn.version < HVG_VERSION_WIN8)
		again |= for_each_open(writer_poll);
	polling = again;
	if (again)
		loop_timer_arm(poll_timer, POLL_US);
}

void vmbus_poll_start(void)
{
	if (polling)
		return;
	polling = true;
	loop_timer_arm(poll_timer, POLL_US);
}

/*
 * The shared connection id: the bits in the guest-to-host half of the
 * interrupt page say which channels are meant.
 */
static uint64_t signal_shared(void)
{
	uint64_t *words, bits;
	struct vmbus_channel *chan;
	unsigned int i;
	uint32_t id;

	if (!vmbus_conn.interrupt_page)
		return HVG_STATUS_INVALID_CONNECTION;
	words = (uint64_t *)((uint8_t *)vmbus_conn.interrupt_page +
			     HVG_INTERRUPT_PAGE_HALF);
	for (i = 0; i < HVG_INTERRUPT_PAGE_HALF / sizeof(*words); i++) {
		if (!__atomic_load_n(&words[i], __ATOMIC_ACQUIRE))
			continue;
		bits = __atomic_exchange_n(&words[i], 0, __ATOMIC_SEQ_CST);
		for (; bits; bits &= bits - 1) {
			id = i * 64 + __builtin_ctzll(bits);
			chan = vmbus_channel_by_id(id);
			if (chan && chan->state == CHANNEL_OPEN)
				vmbus_channel_signalled(chan, 1);
			else
				hlog_verbose("vmbus: signal for channel %u, "
					     "which is not open", id);
		}
	}
	return HVG_STATUS_SUCCESS;
}

/**
 * vmbus_signal_event() - the guest signalled a connection
 * @connection_id: of a channel that has no eventfd, or the shared one
 * @flag: 0
 *
 * Context: machine lock held, vCPU thread.
 * Return: HVG_STATUS_* for the hypercall.
 */
uint64_t vmbus_signal_event(uint32_t connection_id, uint16_t flag)
{
	struct vmbus_channel *chan;
	uint32_t id;

	if (!vmbus_conn.version)
		return HVG_STATUS_INVALID_CONNECTION;
	if (flag)
		return HVG_STATUS_INVALID_PARAMETER;
	if (connection_id == HVG_CONN_EVENT &&
	    vmbus_conn.version < HVG_VERSION_WIN8)
		return signal_shared();
	for (id = 1; id <= VMBUS_MAX_CHANNEL_ID; id++) {
		chan = vmbus_channel_by_id(id);
		if (!chan || chan->state != CHANNEL_OPEN ||
		    chan->connection != connection_id)
			continue;
		vmbus_channel_signalled(chan, 1);
		return HVG_STATUS_SUCCESS;
	}
	return HVG_STATUS_INVALID_CONNECTION;
}

static bool unread_end(struct vmbus_channel *chan)
{
	bool was = chan->unread;

	chan->unread = false;
	if (was)
		vmbus_channel_drain(chan);
	return was;
}

static void unread_over(void *opaque)
{
	(void)opaque;
	for_each_open(unread_end);
}

void vmbus_interrupt_init(void)
{
	poll_timer = loop_timer_new(poll, NULL);
	unread_timer = loop_timer_new(unread_over, NULL);
	polling = false;
}

void vmbus_interrupt_fini(void)
{
	loop_timer_free(poll_timer);
	loop_timer_free(unread_timer);
	poll_timer = unread_timer = NULL;
}
