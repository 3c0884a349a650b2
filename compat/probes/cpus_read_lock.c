/* feature: cpus_read_lock() (4.13) */
/* symbol: cpus_read_lock|cpus_read_unlock */
#include <linux/module.h>
#include <linux/cpu.h>

void hvg_probe(void);

void hvg_probe(void)
{
	cpus_read_lock();
	cpus_read_unlock();
}

MODULE_LICENSE("GPL");
