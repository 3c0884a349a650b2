/* feature: is_vmalloc_addr() (2.6.25, RHEL 5.3) */
/* symbol: is_vmalloc_addr */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

int hvg_probe(void *p);

int hvg_probe(void *p)
{
	return is_vmalloc_addr(p);
}

MODULE_LICENSE("GPL");
