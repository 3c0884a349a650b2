/* feature: sg_page(): the page of a scatterlist entry (2.6.24) */
/* symbol: sg_page */
#include <linux/module.h>
#include <linux/scatterlist.h>

struct page *hvg_probe(struct scatterlist *sg);

struct page *hvg_probe(struct scatterlist *sg)
{
	return sg_page(sg);
}

MODULE_LICENSE("GPL");
