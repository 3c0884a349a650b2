/* feature: smp_call_function_single() and on_each_cpu() without retry (2.6.27) */
/* symbol: smp_call_function_single|on_each_cpu */
#include <linux/module.h>
#include <linux/smp.h>

void hvg_probe(void *info);

void hvg_probe(void *info)
{
	smp_call_function_single(0, hvg_probe, NULL, 1);
	on_each_cpu(hvg_probe, NULL, 1);
}

MODULE_LICENSE("GPL");
