/* feature: debugfs waits for readers; debugfs_remove_recursive() (4.7) */
/* symbol: debugfs_file_get|debugfs_remove_recursive */
#include <linux/module.h>
#include <linux/debugfs.h>

int hvg_probe(struct dentry *dentry);

int hvg_probe(struct dentry *dentry)
{
	debugfs_remove_recursive(dentry);
	return debugfs_file_get(dentry);
}

MODULE_LICENSE("GPL");
