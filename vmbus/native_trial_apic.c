// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a vector, found out by an interrupt that a CPU sends to
 * itself through its local APIC.
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <asm/apic.h>
#include "native.h"

#define TRIAL_US	1000

/* End what is in service, which nobody else will: no handler is running here. */
static bool trial_end(unsigned int vector)
{
	if (!(apic_read(APIC_ISR + vector / 32 * 0x10) & 1u << vector % 32))
		return false;
	ack_APIC_irq();
	return true;
}

static void trial_send(unsigned int vector)
{
	unsigned long flags;

	local_irq_save(flags);
	apic_wait_icr_idle();
	apic_write(APIC_ICR, APIC_DEST_SELF | APIC_DM_FIXED | vector);
	local_irq_restore(flags);
}

/**
 * native_trial() - see what becomes of a vector
 * @vector: leads to a handler that sets @came
 * @came: a flag for that
 *
 * Context: process, interrupts on.
 * Return: what is known of it.
 */
enum native_trial native_trial(unsigned int vector, bool *came)
{
	unsigned int us;
	bool kept;

	WRITE_ONCE(*came, false);
	preempt_disable();
	/* That of a kernel that died in it would be in the way. */
	trial_end(vector);
	trial_send(vector);
	for (us = 0; us < TRIAL_US && !READ_ONCE(*came); us++)
		udelay(1);
	kept = trial_end(vector);
	preempt_enable();
	if (!READ_ONCE(*came))
		return NATIVE_TRIAL_LOST;
	return kept ? NATIVE_TRIAL_KEPT : NATIVE_TRIAL_ENDED;
}
