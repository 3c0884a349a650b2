/* feature: kstrtouint() (2.6.39) */
/* symbol: kstrtouint */
#include <linux/module.h>
#include <linux/kernel.h>

int hvg_probe(const char *text, unsigned int *value);

int hvg_probe(const char *text, unsigned int *value)
{
	return kstrtouint(text, 0, value);
}

MODULE_LICENSE("GPL");
