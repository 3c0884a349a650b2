/* feature: for_each_sg(): scatterlists may be chained (2.6.24) */
/* symbol: for_each_sg|expected */
#include <linux/module.h>
#include <linux/scatterlist.h>

int hvg_probe(struct scatterlist *sgl);

int hvg_probe(struct scatterlist *sgl)
{
	struct scatterlist *sg;
	int i, bytes = 0;

	for_each_sg(sgl, sg, 2, i)
		bytes += sg->length;
	return bytes;
}

MODULE_LICENSE("GPL");
