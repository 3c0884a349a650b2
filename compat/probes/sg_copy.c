/* feature: sg_copy_from_buffer() (2.6.26) */
/* symbol: sg_copy_from_buffer */
/* export: sg_copy_from_buffer */
#include <linux/module.h>
#include <linux/scatterlist.h>

size_t hvg_probe(struct scatterlist *sgl, void *buf);

size_t hvg_probe(struct scatterlist *sgl, void *buf)
{
	return sg_copy_from_buffer(sgl, 1, buf, 1);
}

MODULE_LICENSE("GPL");
