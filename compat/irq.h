/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt handlers and tasklets. */
#ifndef _HVG_COMPAT_IRQ_H
#define _HVG_COMPAT_IRQ_H

/* Without it lockdep does not ask which locks an interrupt may take. */
#include <linux/irqflags.h>
#ifndef lockdep_hardirq_threaded
#define lockdep_hardirq_threaded()	do { } while (0)
#endif

#ifndef HVG_HAVE_IRQ_HANDLER_NO_REGS
#include <linux/interrupt.h>

/*
 * A handler of two parameters may be called with three, as they are in
 * registers. That interrupts are off in it had to be asked for.
 */
static inline int hvg_request_irq(unsigned int irq,
				  irqreturn_t (*handler)(int irq, void *data),
				  unsigned long flags, const char *name,
				  void *data)
{
	return request_irq(irq, (irqreturn_t (*)(int, void *,
						 struct pt_regs *))handler,
			   flags | IRQF_DISABLED, name, data);
}
#define request_irq(irq, handler, flags, name, data) \
	hvg_request_irq(irq, handler, flags, name, data)
#endif

/* A tasklet's function had a number as parameter, of a pointer's size. */
#ifndef HVG_HAVE_TASKLET_SETUP
#include <linux/interrupt.h>

static inline void hvg_tasklet_setup(struct tasklet_struct *tasklet,
				     void (*func)(struct tasklet_struct *))
{
	tasklet_init(tasklet, (void (*)(unsigned long))func,
		     (unsigned long)tasklet);
}
#define tasklet_setup(tasklet, func)	hvg_tasklet_setup(tasklet, func)
#endif

#endif /* _HVG_COMPAT_IRQ_H */
