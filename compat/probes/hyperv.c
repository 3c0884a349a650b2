/* feature: Hyper-V support of the kernel's own that serves a VMBus driver (CONFIG_HYPERV, and synthetic timers) */
/* symbol: CONFIG_HYPERV|mshyperv\.h|hyperv_timer\.h|misc_features|hv_stimer */
#include <linux/module.h>
#include <linux/kernel.h>

#if !defined(CONFIG_HYPERV) && !defined(CONFIG_HYPERV_MODULE)
#error no CONFIG_HYPERV
#endif

#include <asm/mshyperv.h>
#include <clocksource/hyperv_timer.h>

unsigned int hvg_probe(void);

unsigned int hvg_probe(void)
{
	hv_stimer_cleanup(0);
	hv_stimer_global_cleanup();
	return ms_hyperv.misc_features;
}

MODULE_LICENSE("GPL");
