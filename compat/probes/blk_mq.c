/* feature: block requests have tags of hardware queues (3.13) */
/* symbol: blk-mq|blk_mq */
#include <linux/module.h>
#include <linux/blk-mq.h>

u32 hvg_probe(struct request *rq);

u32 hvg_probe(struct request *rq)
{
	return blk_mq_unique_tag(rq);
}

MODULE_LICENSE("GPL");
