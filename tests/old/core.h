/* SPDX-License-Identifier: GPL-2.0-only */
/* Types, lists, locks, memory, time and work of 2.6.18; see interfaces.h. */
#ifndef _HVG_OLD_CORE_H
#define _HVG_OLD_CORE_H

#include <stdarg.h>

#ifdef __x86_64__
#define CONFIG_X86_64		1
#define BITS_PER_LONG		64
#else
#define BITS_PER_LONG		32
#define CONFIG_GENERIC_TIME	1
#endif
#define HZ			1000
#define NR_CPUS			255

/* linux/compiler.h */
#define __init
#define __exit
#define __acquire(x)		((void)0)
#define __release(x)		((void)0)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		asm volatile("" : : : "memory")
#define offsetof(type, member)	__builtin_offsetof(type, member)

/* linux/types.h */
#define NULL			((void *)0)
#define false			0
#define true			1
typedef _Bool bool;
typedef signed char s8;
typedef unsigned char u8, __u8;
typedef short s16, __s16;
typedef unsigned short u16, __u16, __le16, __be16, umode_t, mode_t;
typedef int s32, __s32;
typedef unsigned int u32, __u32, __le32, __be32, gfp_t, uint;
typedef long long s64, __s64, loff_t;
typedef unsigned long long u64, __u64, __le64, __be64, dma_addr_t, sector_t;
typedef unsigned long kernel_ulong_t, pgoff_t;
typedef __SIZE_TYPE__ size_t;
typedef long ssize_t;
typedef struct { volatile int counter; } atomic_t;

/* linux/errno.h */
#define EIO			5
#define ENXIO			6
#define EAGAIN			11
#define ENOMEM			12
#define EBUSY			16
#define EEXIST			17
#define ENODEV			19
#define EINVAL			22
#define ENOSPC			28
#define ERANGE			34
#define EPROTO			71
#define EMSGSIZE		90
#define EPROTONOSUPPORT 93
#define EOPNOTSUPP		95
#define ESHUTDOWN		108
#define ETIMEDOUT		110
#define ECONNREFUSED		111
#define EINPROGRESS		115

/* linux/kernel.h */
#define KERN_ERR		"<3>"
#define KERN_WARNING		"<4>"
#define KERN_INFO		"<6>"
#define KERN_DEBUG		"<7>"
#define INT_MAX			((int)(~0U >> 1))
#define UINT_MAX		(~0U)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define BUILD_BUG_ON(condition)	((void)sizeof(char[1 - 2 * !!(condition)]))
#define container_of(p, type, member) ({				\
	const typeof(((type *)0)->member) *member_ = (p);		\
	(type *)((char *)member_ - offsetof(type, member));		\
})
#define min(x, y) ({							\
	typeof(x) x_ = (x);						\
	typeof(y) y_ = (y);						\
	(void)(&x_ == &y_);						\
	x_ < y_ ? x_ : y_;						\
})
#define max(x, y) ({							\
	typeof(x) x_ = (x);						\
	typeof(y) y_ = (y);						\
	(void)(&x_ == &y_);						\
	x_ > y_ ? x_ : y_;						\
})
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
int printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int snprintf(char *buf, size_t bytes, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int scnprintf(char *buf, size_t bytes, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int sprintf(char *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int sscanf(const char *buf, const char *fmt, ...)
	__attribute__((format(scanf, 2, 3)));
void dump_stack(void);
unsigned long long simple_strtoull(const char *text, char **end,
				   unsigned int base);
extern struct atomic_notifier_head panic_notifier_list;

/* linux/string.h */
void *memset(void *to, int c, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);

/* asm/bug.h: neither has a value */
#define WARN_ON(condition)	do { if (condition) dump_stack(); } while (0)
#define WARN_ON_ONCE(condition)	WARN_ON(condition)

/* linux/err.h */
#define IS_ERR(p)		((unsigned long)(p) >= -4095UL)
#define PTR_ERR(p)		((long)(p))
#define ERR_PTR(error)		((void *)(long)(error))

/* linux/list.h */
struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node;
#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)
void INIT_LIST_HEAD(struct list_head *list);
void list_add(struct list_head *entry, struct list_head *head);
void list_add_tail(struct list_head *entry, struct list_head *head);
void list_del(struct list_head *entry);
void list_del_init(struct list_head *entry);
int list_empty(const struct list_head *head);
#define list_entry(p, type, member) container_of(p, type, member)
#define list_for_each_entry(at, head, member)				\
	for (at = list_entry((head)->next, typeof(*at), member);	\
	     &at->member != (head);					\
	     at = list_entry(at->member.next, typeof(*at), member))
#define list_for_each_entry_safe(at, n, head, member)			\
	for (at = list_entry((head)->next, typeof(*at), member),	\
		n = list_entry(at->member.next, typeof(*at), member);	\
	     &at->member != (head);					\
	     at = n, n = list_entry(n->member.next, typeof(*n), member))

/* linux/bitops.h, linux/bitmap.h */
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
void set_bit(int nr, volatile unsigned long *addr);
void clear_bit(int nr, volatile unsigned long *addr);
void __set_bit(int nr, volatile unsigned long *addr);
void __clear_bit(int nr, volatile unsigned long *addr);
int test_bit(int nr, const volatile unsigned long *addr);
int test_and_clear_bit(int nr, volatile unsigned long *addr);
int __test_and_clear_bit(int nr, volatile unsigned long *addr);
unsigned long __ffs(unsigned long word);
void bitmap_zero(unsigned long *map, int bits);
int bitmap_find_free_region(unsigned long *map, int bits, int order);
void bitmap_release_region(unsigned long *map, int pos, int order);

/* asm/atomic.h, asm/system.h */
#define ATOMIC_INIT(i)		{ (i) }
int atomic_read(const atomic_t *v);
void atomic_set(atomic_t *v, int i);
void atomic_inc(atomic_t *v);
int atomic_inc_return(atomic_t *v);
int atomic_dec_and_test(atomic_t *v);
#define cmpxchg(p, old, new) \
	((typeof(*(p)))__sync_val_compare_and_swap(p, old, new))
#define xchg(p, new)		((typeof(*(p)))__sync_lock_test_and_set(p, new))
#define mb()			barrier()
#define smp_rmb()		barrier()
#define smp_wmb()		barrier()
unsigned long irq_flags(void);
#define local_irq_save(flags)	((flags) = irq_flags())
void local_irq_restore(unsigned long flags);
void local_irq_enable(void);
void local_irq_disable(void);
void local_bh_enable(void);
void local_bh_disable(void);
int irqs_disabled_flags(unsigned long flags);
int in_interrupt(void);

/* linux/spinlock.h, linux/mutex.h, asm/semaphore.h */
typedef struct { unsigned int slock; } spinlock_t;
#define DEFINE_SPINLOCK(name)	spinlock_t name = { 1 }
void spin_lock_init(spinlock_t *lock);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void spin_lock_irq(spinlock_t *lock);
void spin_unlock_irq(spinlock_t *lock);
#define spin_lock_irqsave(lock, flags) \
	(spin_lock(lock), (flags) = irq_flags())
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);

struct mutex {
	atomic_t count;
};

#define DEFINE_MUTEX(name)	struct mutex name = { ATOMIC_INIT(1) }
void mutex_init(struct mutex *lock);
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

struct semaphore {
	atomic_t count;
};

void down(struct semaphore *sem);
void up(struct semaphore *sem);

/* linux/wait.h, linux/completion.h, linux/sched.h */
typedef struct { spinlock_t lock; } wait_queue_head_t;
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = { { 1 } }
void init_waitqueue_head(wait_queue_head_t *head);
void wake_up(wait_queue_head_t *head);
void wake_up_all(wait_queue_head_t *head);
void schedule(void);
#define wait_event(head, condition) \
	do { (void)&(head); schedule(); } while (!(condition))

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};

#define INIT_COMPLETION(x)	((x).done = 0)
void init_completion(struct completion *done);
#define DECLARE_COMPLETION(name) struct completion name
void wait_for_completion(struct completion *done);
unsigned long wait_for_completion_timeout(struct completion *done,
					  unsigned long ticks);
void complete(struct completion *done);
void complete_all(struct completion *done);

#define PF_MEMALLOC		0x00000800
int cond_resched(void);
unsigned long msecs_to_jiffies(unsigned int ms);
extern unsigned long volatile jiffies;
#define time_after(a, b)	((long)((b) - (a)) < 0)
void msleep(unsigned int ms);
void mdelay(unsigned long ms);
void udelay(unsigned long us);
void touch_nmi_watchdog(void);

/* linux/rcupdate.h */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);
void rcu_barrier(void);
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
#define rcu_dereference(p)	(p)
#define rcu_assign_pointer(p, value) ((p) = (value))

/* linux/timer.h, linux/workqueue.h: the work has a timer, three parameters */
struct timer_list {
	void (*function)(unsigned long data);
	unsigned long data;
};

struct work_struct {
	unsigned long pending;
	struct list_head entry;
	void (*func)(void *data);
	void *data;
	void *wq_data;
	struct timer_list timer;
};

struct workqueue_struct;
#define __WORK_INITIALIZER(name, f, d) \
	{ .entry = LIST_HEAD_INIT((name).entry), .func = (f), .data = (d) }
#define DECLARE_WORK(name, f, d) \
	struct work_struct name = __WORK_INITIALIZER(name, f, d)
#define INIT_WORK(work, f, d) \
	do { (work)->func = (f); (work)->data = (d); } while (0)
struct workqueue_struct *create_workqueue(const char *name);
struct workqueue_struct *create_singlethread_workqueue(const char *name);
void destroy_workqueue(struct workqueue_struct *wq);
int queue_work(struct workqueue_struct *wq, struct work_struct *work);
int schedule_work(struct work_struct *work);
void flush_workqueue(struct workqueue_struct *wq);
void flush_scheduled_work(void);

/* linux/notifier.h */
struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long event,
			     void *data);
	struct notifier_block *next;
	int priority;
};

struct atomic_notifier_head;
#define NOTIFY_DONE		0x0000
#define NOTIFY_OK		0x0001
#define NOTIFY_BAD		0x8002
int atomic_notifier_chain_register(struct atomic_notifier_head *head,
				   struct notifier_block *nb);
int atomic_notifier_chain_unregister(struct atomic_notifier_head *head,
				     struct notifier_block *nb);

/* linux/gfp.h, linux/slab.h, linux/vmalloc.h, linux/mm.h, asm/page.h */
struct page;
#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_ALIGN(addr)	ALIGN(addr, PAGE_SIZE)
#define GFP_KERNEL		0xd0u
#define GFP_NOIO		0x10u
#define __GFP_IO		0x40u
#define __GFP_ZERO		0x8000u
#define __GFP_HIGHMEM		0x02u
#define VM_MAP			4
#define VMALLOC_START		(~0UL - 0x3ffffff)
#define VMALLOC_END		(~0UL - 0xffffff)
typedef struct { unsigned long pgprot; } pgprot_t;
#define PAGE_KERNEL		((pgprot_t){ 0x163 })
void *kmalloc(size_t bytes, gfp_t gfp);
void *kzalloc(size_t bytes, gfp_t gfp);
void *kcalloc(size_t count, size_t bytes, gfp_t gfp);
void kfree(const void *p);
void *vmalloc(unsigned long bytes);
void *__vmalloc(unsigned long bytes, gfp_t gfp, pgprot_t prot);
void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot);
void vunmap(void *p);
void vfree(void *p);
struct page *vmalloc_to_page(void *p);
struct page *virt_to_page(const void *p);
struct page *alloc_page(gfp_t gfp);
void __free_page(struct page *page);
unsigned long get_zeroed_page(gfp_t gfp);
void free_page(unsigned long addr);
unsigned long page_to_pfn(struct page *page);
unsigned long virt_to_phys(volatile void *p);
int get_order(unsigned long bytes);

/* linux/module.h, linux/moduleparam.h */
struct module;
#define THIS_MODULE		((struct module *)0)
void __module_get(struct module *module);
#define MODULE_INFO(text)	struct module
#define MODULE_LICENSE(text)	MODULE_INFO(text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(text)
#define MODULE_ALIAS(text)	MODULE_INFO(text)
#define MODULE_PARM_DESC(name, text) MODULE_INFO(text)
#define MODULE_DEVICE_TABLE(bus, name) struct module
#define EXPORT_SYMBOL_GPL(name)	struct module
#define module_init(f)		int init_module(void) __attribute__((alias(#f)))
#define module_exit(f)		void cleanup_module(void) __attribute__((alias(#f)))
int try_module_get(struct module *module);
void module_put(struct module *module);
void *__symbol_get(const char *name);
void __symbol_put(const char *name);

struct kernel_param {
	int (*set)(const char *text, struct kernel_param *param);
	int (*get)(char *text, struct kernel_param *param);
	void *arg;
};

#define HVG_OLD_PARAM(name)						\
	int param_set_##name(const char *text, struct kernel_param *p);	\
	int param_get_##name(char *text, struct kernel_param *p)
HVG_OLD_PARAM(bool);
HVG_OLD_PARAM(charp);
HVG_OLD_PARAM(int);
HVG_OLD_PARAM(uint);
#define __param_check(name, p, type) \
	static inline type *check_##name(void) { return (p); }
#define param_check_bool(name, p) __param_check(name, p, int)
#define param_check_charp(name, p) __param_check(name, p, char *)
#define param_check_int(name, p) __param_check(name, p, int)
#define param_check_uint(name, p) __param_check(name, p, unsigned int)
#define module_param_named(name, value, type, perm)			\
	param_check_##type(name, &(value))				\
	struct kernel_param param_##name = {				\
		param_set_##type, param_get_##type, &(value)		\
	}
#define module_param(name, type, perm) \
	module_param_named(name, name, type, perm)

#endif /* _HVG_OLD_CORE_H */
