/* feature: init_utsname() (2.6.19) */
/* symbol: init_utsname */
#include <linux/module.h>
#include <linux/utsname.h>

const char *hvg_probe(void);

const char *hvg_probe(void)
{
	return init_utsname()->release;
}

MODULE_LICENSE("GPL");
