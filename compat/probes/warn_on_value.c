/* feature: WARN_ON() and WARN_ON_ONCE() have a value (2.6.26, RHEL 5.5) */
/* symbol: void value|WARN_ON|expected expression|value not ignored|invalid */
#include <linux/module.h>
#include <linux/kernel.h>

int hvg_probe(int bad);

int hvg_probe(int bad)
{
	if (WARN_ON(bad))
		return 1;
	return WARN_ON_ONCE(bad);
}

MODULE_LICENSE("GPL");
