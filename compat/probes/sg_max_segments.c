/* feature: SG_MAX_SEGMENTS: most entries of a scatterlist (4.7) */
/* symbol: SG_MAX_SEGMENTS */
#include <linux/module.h>
#include <linux/scatterlist.h>

int hvg_probe(void);

int hvg_probe(void)
{
	return SG_MAX_SEGMENTS;
}

MODULE_LICENSE("GPL");
