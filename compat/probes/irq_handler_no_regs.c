/* feature: an interrupt handler has two parameters, interrupts are off in it (2.6.36) */
/* symbol: incompatible|request_irq */
#include <linux/module.h>
#include <linux/interrupt.h>

irqreturn_t hvg_probe(int irq, void *data);

irqreturn_t hvg_probe(int irq, void *data)
{
	return request_irq(irq, hvg_probe, 0, "probe", data) ?
		IRQ_NONE : IRQ_HANDLED;
}

MODULE_LICENSE("GPL");
