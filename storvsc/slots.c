// SPDX-License-Identifier: GPL-2.0-only
/*
 * Request slots: who owns a request.
 *
 * A slot's state word holds a generation and the bit STORVSC_OWNED. The
 * submitter, whom the queueing has given the slot, writes the packet into the
 * ring, arms the slot (new generation, bit set) and hands the packet to the
 * host. From then on a completion, a rescind and error recovery may all want
 * to finish the command; the one whose cmpxchg clears the bit does, the others
 * leave it alone. The transaction id carries the state word, so that a late or
 * repeated completion finds another generation or a clear bit, whatever the
 * slot is used for by then; so does one that comes too early.
 *
 * Between taking a slot and storvsc_host_done() the finisher is inside an RCU
 * read-side section (interrupt handlers are one); who has seen a slot idle
 * and must also know that the command is with the midlayer again waits for
 * synchronize_rcu().
 *
 * Any context except where said.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include "storvsc.h"

/**
 * storvsc_slots_alloc - make the slots of all queues
 * @a: adapter, with queues and queue_slots set
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int storvsc_slots_alloc(struct storvsc_adapter *a)
{
	a->slots = vzalloc((size_t)a->queues * a->queue_slots *
			   sizeof(*a->slots));
	return a->slots ? 0 : -ENOMEM;
}

/**
 * storvsc_slots_free - the opposite of storvsc_slots_alloc()
 * @a: adapter with all its channels closed
 *
 * Context: process.
 */
void storvsc_slots_free(struct storvsc_adapter *a)
{
	vfree(a->slots);
	a->slots = NULL;
}

/**
 * storvsc_slot_next_id - the transaction id of the request to come
 * @a: adapter
 * @slot: slot of the command, not owned by the host
 *
 * Return: the transaction id.
 */
u64 storvsc_slot_next_id(const struct storvsc_adapter *a,
			 const struct storvsc_slot *slot)
{
	unsigned int state = ((slot->state | STORVSC_OWNED) + 1) |
			     STORVSC_OWNED;

	return (u64)state << 32 | (u32)(slot - a->slots);
}

/**
 * storvsc_slot_arm - give a request to the host
 * @slot: slot of the command, not owned by the host
 * @id: from storvsc_slot_next_id()
 * @scmd: the command; another finishes it, perhaps before this returns
 * @chan: index of the channel it is about to be sent on
 */
void storvsc_slot_arm(struct storvsc_slot *slot, u64 id,
		      struct scsi_cmnd *scmd, u16 chan)
{
	slot->expiries = 0;
	slot->scmd = scmd;
	slot->sdev = scmd->device;
	slot->chan = chan;
	/* Pairs with the cmpxchg in storvsc_slot_take(). */
	smp_store_release(&slot->state, (unsigned int)(id >> 32));
}

/**
 * storvsc_slot_take - take a request back from the host
 * @slot: slot
 * @state: the state word that it was armed with
 *
 * Return: true to the one caller that must now finish the command.
 */
bool storvsc_slot_take(struct storvsc_slot *slot, unsigned int state)
{
	if (!(state & STORVSC_OWNED))
		return false;
	return cmpxchg(&slot->state, state, state & ~STORVSC_OWNED) == state;
}

/**
 * storvsc_slot_find - the slot that a transaction id names
 * @a: adapter
 * @id: transaction id from the host
 *
 * Return: the slot, or NULL if there is none of that number.
 */
struct storvsc_slot *storvsc_slot_find(struct storvsc_adapter *a, u64 id)
{
	u32 index = (u32)id;

	if (!a->slots || index >= a->queues * a->queue_slots)
		return NULL;
	return &a->slots[index];
}

/**
 * storvsc_slots_idle - does the host own nothing any more
 * @a: adapter
 * @sdev: only commands to this LUN, or NULL for all
 *
 * Only true when nobody submits meanwhile, as during error recovery.
 */
bool storvsc_slots_idle(struct storvsc_adapter *a, struct scsi_device *sdev)
{
	struct storvsc_slot *slot;
	bool idle = true;
	unsigned int i;

	for (i = 0; a->slots && i < a->queues * a->queue_slots && idle; i++) {
		slot = &a->slots[i];
		/* Pairs with storvsc_slot_arm(): sdev is that of the state. */
		if (!(smp_load_acquire(&slot->state) & STORVSC_OWNED))
			continue;
		if (!sdev || slot->sdev == sdev)
			idle = false;
	}
	return idle;
}

/**
 * storvsc_slots_on - how much the host owns that went out on one channel
 * @a: adapter
 * @chan: index of the channel
 */
unsigned int storvsc_slots_on(struct storvsc_adapter *a, u16 chan)
{
	unsigned int i, count = 0;

	for (i = 0; a->slots && i < a->queues * a->queue_slots; i++)
		/* Pairs with storvsc_slot_arm(): chan is that of the state. */
		if (smp_load_acquire(&a->slots[i].state) & STORVSC_OWNED &&
		    a->slots[i].chan == chan)
			count++;
	return count;
}

/**
 * storvsc_slots_fail - finish what the host will not answer any more
 * @a: adapter
 * @chan: what went out on the channel of this index
 * @host_byte: DID_* for the commands
 * @waited: for how long the channel was being closed, jiffies: the midlayer is
 *	not to count that, as it gives up on what took longer than all tries
 *
 * The channel is closed, and as far as anybody can know the host owns none of
 * the pages. Commands are with the midlayer when this returns, or with who took
 * them for an answer, and on old kernels at the end of their window.
 *
 * Context: process.
 */
void storvsc_slots_fail(struct storvsc_adapter *a, u16 chan, u8 host_byte,
			unsigned long waited)
{
	struct storvsc_slot *slot;
	struct scsi_cmnd *scmd;
	unsigned int state, i;

	if (!a->slots)
		return;
	for (i = 0; i < a->queues * a->queue_slots; i++) {
		slot = &a->slots[i];
		/* Pairs with storvsc_slot_arm(): chan is that of the state. */
		state = smp_load_acquire(&slot->state);
		if (!(state & STORVSC_OWNED))
			continue;
		if (slot->chan != chan)
			continue;
		rcu_read_lock();
		if (storvsc_slot_take(slot, state)) {
			scmd = slot->scmd;
			scmd->jiffies_at_alloc += waited;
			scmd->result = host_byte << 16;
			scsi_set_resid(scmd, scsi_bufflen(scmd));
			storvsc_host_done(scmd);
		}
		rcu_read_unlock();
		cond_resched();
	}
}
