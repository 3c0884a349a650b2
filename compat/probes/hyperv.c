/* feature: the kernel's own Hyper-V support (CONFIG_HYPERV) */
/* symbol: CONFIG_HYPERV */
#include <linux/module.h>
#include <linux/kernel.h>

#if !defined(CONFIG_HYPERV) && !defined(CONFIG_HYPERV_MODULE)
#error no CONFIG_HYPERV
#endif

MODULE_LICENSE("GPL");
