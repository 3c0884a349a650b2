/* feature: hv_result() (5.13) */
/* symbol: mshyperv\.h|hv_result */
#include <linux/module.h>
#include <asm/mshyperv.h>

int hvg_probe(u64 status);

int hvg_probe(u64 status)
{
	return hv_result(status);
}

MODULE_LICENSE("GPL");
