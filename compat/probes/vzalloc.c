/* feature: vzalloc() (2.6.37, RHEL 5.7) */
/* symbol: vzalloc */
#include <linux/module.h>
#include <linux/vmalloc.h>

void *hvg_probe(void);

void *hvg_probe(void)
{
	return vzalloc(1);
}

MODULE_LICENSE("GPL");
