/* feature: sysfs_emit() and sysfs_emit_at() (5.10) */
/* symbol: sysfs_emit */
#include <linux/module.h>
#include <linux/sysfs.h>

int hvg_probe(char *buf);

int hvg_probe(char *buf)
{
	return sysfs_emit_at(buf, sysfs_emit(buf, "a\n"), "b\n");
}

MODULE_LICENSE("GPL");
