/* feature: cancel_work_sync() (2.6.22, RHEL 5.6) */
/* symbol: cancel_work_sync */
/* export: cancel_work_sync */
#include <linux/module.h>
#include <linux/workqueue.h>

void hvg_probe(struct work_struct *work);

void hvg_probe(struct work_struct *work)
{
	cancel_work_sync(work);
}

MODULE_LICENSE("GPL");
