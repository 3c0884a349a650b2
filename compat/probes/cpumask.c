/* feature: struct cpumask and the functions on it (2.6.28) */
/* symbol: cpumask|nr_cpu_ids */
#include <linux/module.h>
#include <linux/cpumask.h>

unsigned int hvg_probe(const struct cpumask *mask);

unsigned int hvg_probe(const struct cpumask *mask)
{
	return cpumask_next(cpumask_first(cpu_online_mask), mask) <
	       nr_cpu_ids;
}

MODULE_LICENSE("GPL");
