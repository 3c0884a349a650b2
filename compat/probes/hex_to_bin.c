/* feature: hex_to_bin() (2.6.35) */
/* symbol: hex_to_bin */
#include <linux/module.h>
#include <linux/kernel.h>
/* Its own header since 6.6, for compilers that know the question. */
#ifdef __has_include
#if __has_include(<linux/hex.h>)
#include <linux/hex.h>
#endif
#endif

int hvg_probe(char digit);

int hvg_probe(char digit)
{
	return hex_to_bin(digit);
}

MODULE_LICENSE("GPL");
