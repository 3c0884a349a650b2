/* feature: the local APIC is within a module's reach (until 6.6) */
/* symbol: ack_APIC_irq|apic */
#include <linux/module.h>
#include <asm/apic.h>

void hvg_probe(void);

void hvg_probe(void)
{
	ack_APIC_irq();
}

MODULE_LICENSE("GPL");
