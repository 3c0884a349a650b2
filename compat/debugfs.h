/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs. Where it does not wait for the readers of a file that is removed, a
 * reader is kept out from then on: by a lock of each source file that has some.
 */
#ifndef _HVG_COMPAT_DEBUGFS_H
#define _HVG_COMPAT_DEBUGFS_H

#ifndef HVG_HAVE_DEBUGFS_FULL
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

static inline struct mutex *hvg_debugfs_lock(void)
{
	static DEFINE_MUTEX(lock);

	return &lock;
}

static inline int hvg_debugfs_show(struct seq_file *m,
				   int (*show)(struct seq_file *m, void *v))
{
	struct file *file = m->private;
	int err = -ENODEV;

	mutex_lock(hvg_debugfs_lock());
	if (!d_unhashed(file->f_dentry)) {
		m->private = file->f_dentry->d_inode->i_private;
		err = show(m, NULL);
		m->private = file;
	}
	mutex_unlock(hvg_debugfs_lock());
	return err;
}

#undef DEFINE_SHOW_ATTRIBUTE
#define DEFINE_SHOW_ATTRIBUTE(name)					\
static int hvg_##name##_show(struct seq_file *m, void *v)		\
{									\
	return hvg_debugfs_show(m, name##_show);			\
}									\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return single_open(file, hvg_##name##_show, file);		\
}									\
static const struct file_operations name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = name##_open,						\
	.read = seq_read,						\
	.llseek = seq_lseek,						\
	.release = single_release,					\
}

/* An error is a pointer, and what is below it is the same error. */
static inline struct dentry *
hvg_debugfs_create_file(const char *name, umode_t mode, struct dentry *parent,
			void *data, const struct file_operations *fops)
{
	struct dentry *dentry;

	if (IS_ERR(parent))
		return parent;
	dentry = debugfs_create_file(name, mode, parent, data, fops);
	return dentry ? dentry : ERR_PTR(-ENOMEM);
}

static inline struct dentry *hvg_debugfs_create_dir(const char *name,
						    struct dentry *parent)
{
	struct dentry *dentry;

	if (IS_ERR(parent))
		return parent;
	dentry = debugfs_create_dir(name, parent);
	return dentry ? dentry : ERR_PTR(-ENOMEM);
}

static inline void hvg_debugfs_remove(struct dentry *dentry)
{
	if (!dentry || IS_ERR(dentry))
		return;
	dget(dentry);
	mutex_lock(hvg_debugfs_lock());
	debugfs_remove(dentry);
	/* That of RHEL 5.2 leaves it in its place while somebody has it open. */
	if (!d_unhashed(dentry))
		d_drop(dentry);
	mutex_unlock(hvg_debugfs_lock());
	dput(dentry);
}

/* Any one thing in a directory, with a reference. */
static inline struct dentry *hvg_debugfs_child(struct dentry *dir)
{
	struct dentry *child, *found = NULL;

	spin_lock(&dcache_lock);
	list_for_each_entry(child, &dir->d_subdirs, d_u.d_child) {
		if (!child->d_inode || d_unhashed(child))
			continue;
		found = dget_locked(child);
		break;
	}
	spin_unlock(&dcache_lock);
	return found;
}

/* The lowest first. */
static inline void hvg_debugfs_remove_recursive(struct dentry *top)
{
	struct dentry *at, *child;
	bool last;

	if (!top || IS_ERR(top))
		return;
	do {
		at = dget(top);
		while ((child = hvg_debugfs_child(at))) {
			dput(at);
			at = child;
		}
		last = at == top;
		hvg_debugfs_remove(at);
		dput(at);
	} while (!last);
}

#define debugfs_create_file(name, mode, parent, data, fops) \
	hvg_debugfs_create_file(name, mode, parent, data, fops)
#define debugfs_create_dir(name, parent) hvg_debugfs_create_dir(name, parent)
#define debugfs_remove(dentry)		hvg_debugfs_remove(dentry)
#undef debugfs_remove_recursive
#define debugfs_remove_recursive(top)	hvg_debugfs_remove_recursive(top)
#endif

#endif /* _HVG_COMPAT_DEBUGFS_H */
