// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control messages to and from the host.
 *
 * Sending may sleep: the host has few buffers and the hypervisor says so.
 * message_interrupt() runs in hard interrupt context and copies each message
 * into a queue of fixed size; a work item hands them on in order. When the
 * queue is full the message stays in its slot, where the host waits with the
 * next one, until the work item has made room: none is lost.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <asm/barrier.h>
#include <hvg/vmbus_wire.h>
#include "connection.h"
#include "log.h"
#include "message.h"
#include "platform.h"
#include "trace.h"

/* Messages; the host's own queue takes over when it is full. */
#define QUEUE_LENGTH		64
#define POST_LIMIT_MS		10000
#define POST_DELAY_MAX_MS	64

struct message_stats message_stats;

/**
 * struct message_queue - messages between the interrupt and the work item
 * @lock: protects @head, @tail, @stalled and the entries between; taken in
 *	hard interrupt context
 * @head: next to be filled; counts on for ever
 * @tail: next to be taken
 * @stalled: CPU whose slot holds a message that found no room, or that has to
 *	tell the end of one, or -1
 * @entry: QUEUE_LENGTH private copies
 */
struct message_queue {
	spinlock_t lock;	/* the interrupt against the work item */
	unsigned int head;
	unsigned int tail;
	int stalled;
	struct hvg_message *entry;
};

static struct message_queue queue;
static message_handler handle;
static struct workqueue_struct *dispatcher;

static void message_work_fn(struct work_struct *work);
static DECLARE_WORK(message_work, message_work_fn);

/* Serialises senders, so that messages leave in the order of the calls. */
static DEFINE_MUTEX(post_lock);
/* Input blocks of the hypercall. Protected by post_lock; by being alone. */
static struct hvg_post_message_input *post_input;
static struct hvg_post_message_input *crash_input;

static void message_fill(struct hvg_post_message_input *input, u32 connection,
			 const void *msg, size_t bytes)
{
	input->connection_id = connection;
	input->reserved = 0;
	input->message_type = HVG_MESSAGE_VMBUS;
	input->payload_size = bytes;
	memcpy(input->payload, msg, bytes);
}

static bool post_status_transient(u64 status)
{
	return status == HVG_STATUS_NO_MEMORY ||
	       status == HVG_STATUS_NO_BUFFERS ||
	       status == HVG_STATUS_INVALID_CONNECTION;
}

/**
 * message_post_to() - send a message on a given connection
 * @connection: connection id
 * @msg: the message, header first
 * @bytes: its length, at most HVG_MESSAGE_PAYLOAD
 * @limit_ms: how long to try while the host has no room, ms
 *
 * HvPostMessage, TLFS; message layouts: hvg/vmbus_wire.h.
 *
 * Context: process, sleeps.
 * Return: 0; -ENXIO: the connection id stayed unknown; -EAGAIN: no room in
 * time; -EIO: refused; -EMSGSIZE.
 */
int message_post_to(u32 connection, const void *msg, size_t bytes,
		    unsigned int limit_ms)
{
	unsigned int delay = 1, waited = 0;
	u64 status;

	if (bytes > HVG_MESSAGE_PAYLOAD)
		return -EMSGSIZE;

	mutex_lock(&post_lock);
	message_fill(post_input, connection, msg, bytes);
	for (;;) {
		status = platform_post_message(post_input);
		if (!post_status_transient(status) || waited >= limit_ms)
			break;
		message_stats.retries++;
		msleep(delay);
		waited += delay;
		if (delay < POST_DELAY_MAX_MS)
			delay *= 2;
	}
	if (!status)
		message_stats.sent++;
	mutex_unlock(&post_lock);

	trace_hvg_message_sent(msg, bytes, status);
	switch (status) {
	case HVG_STATUS_SUCCESS:
		return 0;
	case HVG_STATUS_INVALID_CONNECTION:
		return -ENXIO;
	case HVG_STATUS_NO_MEMORY:
	case HVG_STATUS_NO_BUFFERS:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

/**
 * message_post() - send a message on the connection
 * @msg: the message, header first
 * @bytes: its length, at most HVG_MESSAGE_PAYLOAD
 *
 * Context: process, sleeps up to 10 s while the host has no room.
 * Return: as message_post_to(), having logged the error.
 */
int message_post(const void *msg, size_t bytes)
{
	const struct hvg_msg_header *header = msg;
	int err;

	err = message_post_to(connection.message_connection, msg, bytes,
			      POST_LIMIT_MS);
	if (err)
		vmbus_warn_host("message type %u not sent on connection %#x: %d\n",
				header->type, connection.message_connection,
				err);
	return err;
}

/**
 * message_post_crash() - send a message from a dying kernel
 * @msg: the message, header first
 * @bytes: its length, at most HVG_MESSAGE_PAYLOAD
 *
 * Context: any; the only caller there is. Busy-waits up to 1 s.
 * Return: 0 or -EIO.
 */
int message_post_crash(const void *msg, size_t bytes)
{
	unsigned int tries;
	u64 status;

	message_fill(crash_input, connection.message_connection, msg, bytes);
	for (tries = 0; tries < 100; tries++) {
		status = platform_post_message(crash_input);
		if (!post_status_transient(status))
			break;
		mdelay(10);
	}
	return status ? -EIO : 0;
}

/* Empty a slot. True: the next message waits for the end of this one. */
static bool message_release(struct hvg_message *slot)
{
	WRITE_ONCE(slot->type, HVG_MESSAGE_NONE);
	/*
	 * The type must be seen as empty before the pending flag is read: a
	 * message that came in between sets the flag or finds the slot free.
	 * Pairs with the hypervisor's order.
	 */
	virt_mb();
	return READ_ONCE(slot->flags) & HVG_MESSAGE_FLAG_PENDING;
}

/* False: no room, and the slot's CPU is noted. */
static bool message_enqueue(const struct hvg_message *slot, unsigned int cpu)
{
	lockdep_assert_held(&queue.lock);
	if (queue.head - queue.tail >= QUEUE_LENGTH) {
		queue.stalled = cpu;
		message_stats.stalls++;
		return false;
	}
	memcpy(&queue.entry[queue.head % QUEUE_LENGTH], slot, sizeof(*slot));
	queue.head++;
	return true;
}

/* The end of a message is told by its own CPU, later if that is another. */
static void message_end(unsigned int cpu)
{
	lockdep_assert_held(&queue.lock);
	if (cpu == smp_processor_id()) {
		platform_end_of_message();
	} else {
		queue.stalled = cpu;
		queue_work(dispatcher, &message_work);
	}
}

/**
 * message_interrupt() - take the message in a CPU's slot, if there is one
 * @cpu: this CPU, or another where the platform has it so
 *
 * Timer messages are not ours to expect: without direct-mode timers the
 * kernel keeps to the local APIC's.
 *
 * Context: hard interrupt or interrupts off.
 */
void message_interrupt(unsigned int cpu)
{
	struct hvg_message *slot = platform_message_slot(cpu);
	bool taken = true;
	u32 type;

	if (!slot || READ_ONCE(slot->type) == HVG_MESSAGE_NONE)
		return;
	/* One CPU takes it, whoever is first. */
	spin_lock(&queue.lock);
	/* Pairs with the hypervisor's write of the type after the payload. */
	type = virt_load_acquire(&slot->type);
	if (type == HVG_MESSAGE_VMBUS) {
		taken = message_enqueue(slot, cpu);
		if (taken)
			queue_work(dispatcher, &message_work);
	} else if (type != HVG_MESSAGE_NONE) {
		message_stats.foreign++;
	}
	if (type != HVG_MESSAGE_NONE && taken && message_release(slot))
		message_end(cpu);
	spin_unlock(&queue.lock);
}

static bool message_dequeue(struct hvg_message *msg)
{
	bool found;

	spin_lock_irq(&queue.lock);
	found = queue.head != queue.tail;
	if (found) {
		*msg = queue.entry[queue.tail % QUEUE_LENGTH];
		queue.tail++;
	}
	spin_unlock_irq(&queue.lock);
	return found;
}

/* On the CPU whose slot is full, or was emptied by another CPU. */
static void message_unstall(void *unused)
{
	lockdep_hardirq_threaded();	/* see platform_interrupt() */
	message_interrupt(smp_processor_id());
	platform_end_of_message();
}

static void message_work_fn(struct work_struct *work)
{
	static struct hvg_message msg;
	int stalled;

	while (message_dequeue(&msg)) {
		if (msg.payload_size < sizeof(struct hvg_msg_header) ||
		    msg.payload_size > HVG_MESSAGE_PAYLOAD) {
			message_malformed("any message",
					  sizeof(struct hvg_msg_header),
					  msg.payload_size);
			continue;
		}
		message_stats.received++;
		trace_hvg_message_received(msg.payload, msg.payload_size, 0);
		handle(msg.payload, msg.payload_size);
		/* The host can send without end. */
		cond_resched();
	}

	spin_lock_irq(&queue.lock);
	stalled = queue.stalled;
	queue.stalled = -1;
	spin_unlock_irq(&queue.lock);
	if (stalled >= 0)
		smp_call_function_single(stalled, message_unstall, NULL, 1);
}

/**
 * message_malformed() - count and log a message that breaks the protocol
 * @what: which message, for the log
 * @expected: bytes, at least
 * @got: bytes
 *
 * Context: any.
 */
void message_malformed(const char *what, size_t expected, size_t got)
{
	message_stats.malformed++;
	vmbus_warn_host("bad message dropped: %s, expected %zu bytes, got %zu\n",
			what, expected, got);
}

/**
 * message_poll_crash() - look for a message without interrupts
 * @type: enum hvg_msg_type
 *
 * Takes and drops whatever else is in the slots of all CPUs. The end of
 * message can be told for this CPU only, which is where the panic is or the
 * one that VMBus messages go to; the host repeats the others.
 *
 * Context: a dying kernel, one CPU, interrupts off.
 * Return: true if it was there.
 */
bool message_poll_crash(u32 type)
{
	const struct hvg_msg_header *header;
	struct hvg_message *slot;
	bool found = false;
	unsigned int cpu;
	u32 kind;

	for_each_possible_cpu(cpu) {
		slot = platform_message_slot(cpu);
		if (!slot)
			continue;
		/* Pairs with the hypervisor's write after the payload. */
		kind = virt_load_acquire(&slot->type);
		if (kind == HVG_MESSAGE_NONE)
			continue;
		header = (const struct hvg_msg_header *)slot->payload;
		if (kind == HVG_MESSAGE_VMBUS &&
		    READ_ONCE(header->type) == type)
			found = true;
		if (message_release(slot))
			platform_end_of_message();
	}
	return found;
}

/**
 * message_flush() - wait until all that has come is dispatched
 *
 * Context: process; not from a message handler.
 */
void message_flush(void)
{
	flush_workqueue(dispatcher);
}

/**
 * message_init() - prepare sending and receiving
 * @handler: takes the messages
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int message_init(message_handler handler)
{
	handle = handler;
	memset(&message_stats, 0, sizeof(message_stats));
	spin_lock_init(&queue.lock);
	queue.head = 0;
	queue.tail = 0;
	queue.stalled = -1;
	queue.entry = vmalloc(QUEUE_LENGTH * sizeof(*queue.entry));
	post_input = (void *)get_zeroed_page(GFP_KERNEL);
	crash_input = (void *)get_zeroed_page(GFP_KERNEL);
	/* A disk that memory is written to may wait for what comes here. */
	dispatcher = alloc_ordered_workqueue("hvg_vmbus_msg", WQ_MEM_RECLAIM);
	if (queue.entry && post_input && crash_input && dispatcher)
		return 0;
	message_exit();
	return -ENOMEM;
}

/**
 * message_exit() - undo message_init()
 *
 * Context: process; no interrupt comes any more.
 */
void message_exit(void)
{
	if (dispatcher)
		destroy_workqueue(dispatcher);
	dispatcher = NULL;
	free_page((unsigned long)crash_input);
	free_page((unsigned long)post_input);
	crash_input = NULL;
	post_input = NULL;
	vfree(queue.entry);
	queue.entry = NULL;
}
