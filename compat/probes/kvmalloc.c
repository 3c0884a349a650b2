/* feature: kvmalloc() and its kin (4.12) */
/* symbol: kvmalloc|kvfree|kvcalloc */
#include <linux/module.h>
#include <linux/mm.h>
#include <linux/slab.h>

void hvg_probe(void);

void hvg_probe(void)
{
	kvfree(kvmalloc(1, GFP_KERNEL));
	kvfree(kvmalloc_array(1, 1, GFP_KERNEL));
	kvfree(kvcalloc(1, 1, GFP_KERNEL));
}

MODULE_LICENSE("GPL");
