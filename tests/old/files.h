/* SPDX-License-Identifier: GPL-2.0-only */
/* Files, debugfs and sysfs of 2.6.18; see interfaces.h. */
#ifndef _HVG_OLD_FILES_H
#define _HVG_OLD_FILES_H

/* linux/fs.h, linux/dcache.h */
struct file;

struct inode {
	void *i_private;
};

struct dentry {
	struct inode *d_inode;
	union {
		struct list_head d_child;
	} d_u;
	struct list_head d_subdirs;
};

struct file {
	struct dentry *f_dentry;
};

struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *file, loff_t at, int whence);
	ssize_t (*read)(struct file *file, char *buf, size_t bytes, loff_t *at);
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
};

extern spinlock_t dcache_lock;
struct dentry *dget(struct dentry *dentry);
struct dentry *dget_locked(struct dentry *dentry);
void dput(struct dentry *dentry);
void d_drop(struct dentry *dentry);
int d_unhashed(struct dentry *dentry);

/* linux/seq_file.h */
struct seq_file {
	void *private;
};

int seq_printf(struct seq_file *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int seq_putc(struct seq_file *m, char c);
ssize_t seq_read(struct file *file, char *buf, size_t bytes, loff_t *at);
loff_t seq_lseek(struct file *file, loff_t at, int whence);
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v),
		void *data);
int single_release(struct inode *inode, struct file *file);

/* linux/debugfs.h */
struct dentry *debugfs_create_file(const char *name, mode_t mode,
				   struct dentry *parent, void *data,
				   const struct file_operations *fops);
struct dentry *debugfs_create_dir(const char *name, struct dentry *parent);
void debugfs_remove(struct dentry *dentry);

/* linux/sysfs.h, linux/kobject.h: no is_visible(), no groups */
struct attribute {
	const char *name;
	struct module *owner;
	mode_t mode;
};

#define __ATTR(name_, mode_, show_, store_) \
	{ { .name = #name_, .mode = mode_ }, show_, store_ }

struct attribute_group {
	const char *name;
	struct attribute **attrs;
};

struct kref {
	atomic_t refcount;
};

struct kobject {
	struct kref kref;
	struct kobject *parent;
	struct kobj_type *ktype;
};

struct sysfs_ops {
	ssize_t (*show)(struct kobject *kobj, struct attribute *attr,
			char *buf);
	ssize_t (*store)(struct kobject *kobj, struct attribute *attr,
			 const char *buf, size_t bytes);
};

struct kobj_type {
	void (*release)(struct kobject *kobj);
	struct sysfs_ops *sysfs_ops;
	struct attribute **default_attrs;
};

int sysfs_create_file(struct kobject *kobj, const struct attribute *attr);
int kobject_set_name(struct kobject *kobj, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void kobject_init(struct kobject *kobj);
int kobject_add(struct kobject *kobj);
void kobject_del(struct kobject *kobj);
struct kobject *kobject_get(struct kobject *kobj);
void kobject_put(struct kobject *kobj);
int add_uevent_var(char **envp, int max, int *index, char *buf, int bytes,
		   int *used, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

#endif /* _HVG_OLD_FILES_H */
