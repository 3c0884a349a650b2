/* feature: alloc_workqueue() and alloc_ordered_workqueue() (2.6.36) */
/* symbol: alloc_workqueue|alloc_ordered_workqueue|WQ_ */
#include <linux/module.h>
#include <linux/workqueue.h>

struct workqueue_struct *hvg_probe(bool ordered);

struct workqueue_struct *hvg_probe(bool ordered)
{
	if (ordered)
		return alloc_ordered_workqueue("probe", 0);
	return alloc_workqueue("probe", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
}

MODULE_LICENSE("GPL");
