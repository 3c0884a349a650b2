// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMBus interrupt: which channels have something, and is there a message.
 * Hard interrupt context, or interrupts off, on the CPU in question or another.
 * The work is proportional to the flags that are set.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/rcupdate.h>
#include <asm/cmpxchg.h>
#include <asm/sync_bitops.h>
#include "channel.h"
#include "connection.h"
#include "interrupt.h"
#include "message.h"
#include "offer.h"
#include "platform.h"
#include "trace.h"

/* Below 2.4: the one flag that stands for the whole interrupt page. */
#define FLAG_INTERRUPT_PAGE	0

/* Take the bits that are set, a word at a time, up to the largest id. */
static void interrupt_channels(unsigned long *bits)
{
	unsigned int words = offer_highest_id() / BITS_PER_LONG + 1;
	struct hvg_channel *chan;
	unsigned long set;
	unsigned int i;

	for (i = 0; i < words; i++) {
		if (!READ_ONCE(bits[i]))
			continue;
		/* A full barrier: the flag is cleared before the ring is read. */
		set = xchg(&bits[i], 0);
		for (; set; set &= set - 1) {
			chan = offer_channel(i * BITS_PER_LONG + __ffs(set));
			if (chan)
				channel_interrupt(chan);
		}
	}
}

/**
 * interrupt_handle() - SINT 2 fired
 * @cpu: this CPU, or another where the platform has it so
 *
 * From 2.4 on the number of an event flag is the channel's id; before, flag 0
 * refers to the first half of the interrupt page.
 *
 * Context: hard interrupt, or interrupts off.
 */
void interrupt_handle(unsigned int cpu)
{
	unsigned long *flags = platform_event_flags(cpu);

	rcu_read_lock();
	if (flags && connection.version >= HVG_VERSION_WIN8)
		interrupt_channels(flags);
	else if (flags && sync_test_and_clear_bit(FLAG_INTERRUPT_PAGE, flags))
		interrupt_channels(connection.interrupt_page);
	rcu_read_unlock();
	message_interrupt(cpu);
}
