/* feature: rdmsrq() and wrmsrq() (6.16) */
/* symbol: wrmsrq|rdmsrq */
#include <linux/module.h>
#include <asm/msr.h>

void hvg_probe(u64 value);

void hvg_probe(u64 value)
{
	rdmsrq(0x40000080, value);
	wrmsrq(0x40000080, value);
}

MODULE_LICENSE("GPL");
