/* feature: sg_phys(): the address of a scatterlist entry (2.6.24) */
/* symbol: sg_phys */
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <asm/io.h>

dma_addr_t hvg_probe(struct scatterlist *sg);

dma_addr_t hvg_probe(struct scatterlist *sg)
{
	return sg_phys(sg);
}

MODULE_LICENSE("GPL");
