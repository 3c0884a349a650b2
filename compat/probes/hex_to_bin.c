/* feature: hex_to_bin() (2.6.35) */
/* symbol: hex_to_bin */
#include <linux/module.h>
#include <linux/kernel.h>

int hvg_probe(char digit);

int hvg_probe(char digit)
{
	return hex_to_bin(digit);
}

MODULE_LICENSE("GPL");
