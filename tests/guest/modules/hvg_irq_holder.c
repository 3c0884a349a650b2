// SPDX-License-Identifier: GPL-2.0-only
/* Has interrupts for itself, so that no other driver gets them. Test only. */
#include <linux/interrupt.h>
#include <linux/module.h>

static unsigned int irqs;
module_param(irqs, uint, 0444);
MODULE_PARM_DESC(irqs, "Which ones, a bit each");

static irqreturn_t holder_interrupt(int irq, void *data)
{
	return IRQ_NONE;
}

static void holder_free(unsigned int below)
{
	while (below--)
		if (irqs & 1u << below)
			free_irq(below, &irqs);
}

static int __init holder_init(void)
{
	unsigned int irq;
	int err;

	for (irq = 0; irq < 32; irq++) {
		if (!(irqs & 1u << irq))
			continue;
		err = request_irq(irq, holder_interrupt, 0, KBUILD_MODNAME,
				  &irqs);
		if (err) {
			holder_free(irq);
			return err;
		}
	}
	return 0;
}
module_init(holder_init);

static void __exit holder_exit(void)
{
	holder_free(32);
}
module_exit(holder_exit);

MODULE_LICENSE("GPL");
