/* feature: hv_is_isolation_supported() for modules (5.12) */
/* symbol: mshyperv\.h|hv_is_isolation_supported */
/* export: hv_is_isolation_supported */
#include <linux/module.h>
#include <asm/mshyperv.h>

bool hvg_probe(void);

bool hvg_probe(void)
{
	return hv_is_isolation_supported();
}

MODULE_LICENSE("GPL");
