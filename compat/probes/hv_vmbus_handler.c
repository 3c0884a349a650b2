/* feature: hv_setup_vmbus_handler() (5.12) */
/* symbol: mshyperv\.h|hv_setup_vmbus_handler */
/* export: hv_setup_vmbus_handler */
#include <linux/module.h>
#include <asm/mshyperv.h>

void hvg_probe(void (*handler)(void));

void hvg_probe(void (*handler)(void))
{
	hv_setup_vmbus_handler(handler);
}

MODULE_LICENSE("GPL");
