/* feature: a work function is given its work_struct (2.6.20) */
/* symbol: INIT_WORK|discard|incompatible|argument */
#include <linux/module.h>
#include <linux/workqueue.h>

void hvg_probe(struct work_struct *work);

void hvg_probe(struct work_struct *work)
{
	INIT_WORK(work, hvg_probe);
}

MODULE_LICENSE("GPL");
