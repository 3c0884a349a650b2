// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is refused at one place after the other.
 *
 * The allocators ask a function whether to fail (failslab, fail_page_alloc).
 * While armed, breakpoints on those functions answer in their stead: where a
 * function of the drivers is on the stack, the calls from there down to the
 * allocator are a place, and each place fails once. So each run of what
 * allocates gets one step further than the run before, until nothing is left
 * to fail. Test only, for the debug kernel.
 *
 * In debugfs, hvg_failing/: "armed" is how many failures are still to be made,
 * "failed" how many have been, "places" says where, a line each, in the order
 * of their failing: the drivers' functions, then what they called. "spared" is
 * how many places have been met that another part has. Each call in a driver
 * below which memory is allocated belongs to all parts, with the first place
 * that is met below it.
 *
 * Not looked at: what may not fail (__GFP_NOFAIL), what the detectors
 * allocate for themselves, and what a thread allocates that has no function of
 * the drivers on its stack, though it may run for them (a kthread's own start,
 * the asynchronous probe of a disk).
 *
 * The hooks run in the context of whoever allocates, hard interrupts
 * included; the module notifier in process context.
 */
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/jhash.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/thread_info.h>

#ifndef CONFIG_FRAME_POINTER
#error "expected a kernel with frame pointers"
#endif

#define MAX_PLACES	4096
#define MAX_DEPTH	128
#define LISTING_BYTES	(2u << 20)

static unsigned int parts = 1;
module_param(parts, uint, 0444);
MODULE_PARM_DESC(parts, "How many parts the places are divided into by chance, but for the first below each call in a driver (default: 1)");

static unsigned int part;
module_param(part, uint, 0444);
MODULE_PARM_DESC(part, "Which of them fails (default: 0)");

/* Places are told apart by the number of a driver in here. */
static const char * const names[] = {
	"hvg_vmbus", "hvg_storvsc", KBUILD_MODNAME,
};

/*
 * Who allocates for himself amid an allocation. The pages of a slab are no
 * place of their own: what they are for has failed at its own, and whether a
 * slab is full is chance.
 */
static const char * const foreign[] = {
	"kmemleak_", "__create_object", "create_object", "kasan_", "__kasan_",
	"stack_depot_", "__stack_depot_", "___slab_alloc", "new_slab",
	"allocate_slab",
	/*
	 * scsi_alloc_sdev() of 6.1 puts a device that it has not initialised
	 * when this fails: a bug that is not the drivers'.
	 */
	"scsi_realloc_sdev_budget_map",
	/* bus_register() of 6.1 forgets the bus's name when this fails. */
	"kset_register",
};

struct numbers {
	u32 n[MAX_PLACES];
	unsigned int count;
};

/*
 * Protects all that follows. Breakpoints count as non-maskable interrupts, in
 * which lockdep allows no lock that is taken elsewhere as well.
 */
static arch_spinlock_t lock = __ARCH_SPIN_LOCK_UNLOCKED;
static const struct module *drivers[ARRAY_SIZE(names)];
/* Of places that have failed, and of others, which never do. */
static struct numbers places;
/* Of the calls in drivers below which a place has failed. */
static struct numbers sites;
static unsigned long calls[MAX_DEPTH];
static char symbol[KSYM_SYMBOL_LEN];
static char listing_text[LISTING_BYTES];
static struct debugfs_blob_wrapper listing = { .data = listing_text };
static u32 armed;
static u32 failed;
static u32 spared;
/* The hooks' own test goes on. */
static bool testing;

/* What stands for @addr at each loading of its driver; 0: it is in none. */
static u32 driver_place(unsigned long addr)
{
	const struct module *mod;
	unsigned int i;

	if (addr < MODULES_VADDR)
		return 0;
	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		mod = drivers[i];
		if (!mod)
			continue;
		if (within_module_core(addr, mod))
			return (2 * i + 1) << 28 |
			       (addr - (unsigned long)mod->core_layout.base);
		if (within_module_init(addr, mod))
			return (2 * i + 2) << 28 |
			       (addr - (unsigned long)mod->init_layout.base);
	}
	return 0;
}

static bool symbol_is_foreign(unsigned long addr)
{
	unsigned int i;

	sprint_symbol_no_offset(symbol, addr);
	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		if (str_has_prefix(symbol, foreign[i]))
			return true;
	return false;
}

static bool calls_are_foreign(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (symbol_is_foreign(calls[i]))
			return true;
	return false;
}

static void calls_list(unsigned int count)
{
	unsigned long at = listing.size;

	while (count--) {
		sprint_symbol(symbol, calls[count]);
		at += scnprintf(listing_text + at, LISTING_BYTES - at, "%s%c",
				symbol, count ? ' ' : '\n');
	}
	WRITE_ONCE(listing.size, at);
}

/* Whether @n had to be added. */
static bool number_is_new(struct numbers *numbers, u32 n)
{
	unsigned int i;

	for (i = 0; i < numbers->count; i++)
		if (numbers->n[i] == n)
			return false;
	if (numbers->count == MAX_PLACES)
		return false;
	numbers->n[numbers->count++] = n;
	return true;
}

/*
 * Follow the frame pointers from the start of a hooked function, which has no
 * frame yet. They end where the stack does, at an interrupt, or at another
 * stack: who was interrupted does not allocate.
 */
static unsigned int calls_take(const struct pt_regs *regs)
{
	unsigned long below = regs->sp, frame = regs->bp;
	unsigned int count = 1;

	calls[0] = *(const unsigned long *)regs->sp;
	while (count < MAX_DEPTH && IS_ALIGNED(frame, sizeof(long)) &&
	       frame > below && frame - below < THREAD_SIZE) {
		below = frame;
		calls[count++] = READ_ONCE_NOCHECK(*(unsigned long *)(frame + 8));
		frame = READ_ONCE_NOCHECK(*(unsigned long *)frame);
	}
	return count;
}

/*
 * Leave of the calls those from the allocator to the drivers' functions, and
 * of those as many as call one another. Returns how many; 0: no driver. @site
 * is the call that leads out of the drivers, @key the whole way.
 */
static unsigned int calls_to_driver(unsigned int count, u32 *site, u32 *key)
{
	unsigned int i, first = 0;
	u32 place;

	while (first < count && !driver_place(calls[first]))
		first++;
	if (first == count)
		return 0;
	*site = driver_place(calls[first]);
	*key = jhash(calls, first * sizeof(calls[0]), 0);
	for (i = first; i < count && (place = driver_place(calls[i])); i++)
		*key = jhash_1word(place, *key);
	return i;
}

/* Whether the allocation fails that a hooked function begins with @regs for. */
static bool place_fails(const struct pt_regs *regs)
{
	unsigned int count;
	u32 site, key;

	if (!armed)
		return false;
	count = calls_to_driver(calls_take(regs), &site, &key);
	if (!count || !number_is_new(&places, key) || calls_are_foreign(count))
		return false;
	if (!number_is_new(&sites, site) && !testing && key % parts != part) {
		spared++;
		return false;
	}
	calls_list(count);
	failed++;
	armed--;
	return true;
}

/*
 * The question is answered here, and the function that was called to answer
 * it is not entered: on its first instruction the return address is on top of
 * the stack. 1: the answer has been given.
 */
static int answer(struct pt_regs *regs, gfp_t gfp, long failure)
{
	unsigned long flags;
	bool fails;

	if (gfp & __GFP_NOFAIL || !READ_ONCE(armed))
		return 0;
	raw_local_irq_save(flags);
	arch_spin_lock(&lock);
	fails = place_fails(regs);
	arch_spin_unlock(&lock);
	raw_local_irq_restore(flags);
	if (!fails)
		return 0;
	regs->ax = failure;
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(long);
	return 1;
}

/* int should_failslab(struct kmem_cache *s, gfp_t gfp) */
static int slab_asks(struct kprobe *probe, struct pt_regs *regs)
{
	return answer(regs, regs->si, -ENOMEM);
}

/* bool should_fail_alloc_page(gfp_t gfp, unsigned int order) */
static int page_asks(struct kprobe *probe, struct pt_regs *regs)
{
	return answer(regs, regs->di, true);
}

/*
 * void __percpu *__alloc_percpu(size_t size, size_t align), and the same with
 * a gfp_t: this allocator asks nobody, so it is refused as a whole.
 */
static int percpu_begins(struct kprobe *probe, struct pt_regs *regs)
{
	return answer(regs, 0, 0);
}

/*
 * A breakpoint without one may be made a jump, after which what the hook says
 * is still to be done is done, and nothing else.
 */
static void unused(struct kprobe *probe, struct pt_regs *regs,
		   unsigned long flags)
{
}

static struct kprobe slab_probe = {
	.symbol_name = "should_failslab",
	.pre_handler = slab_asks,
	.post_handler = unused,
};

static struct kprobe page_probe = {
	.symbol_name = "should_fail_alloc_page",
	.pre_handler = page_asks,
	.post_handler = unused,
};

static struct kprobe percpu_probe = {
	.symbol_name = "__alloc_percpu",
	.pre_handler = percpu_begins,
	.post_handler = unused,
};

static struct kprobe percpu_gfp_probe = {
	.symbol_name = "__alloc_percpu_gfp",
	.pre_handler = percpu_begins,
	.post_handler = unused,
};

static struct kprobe *probes[] = {
	&slab_probe, &page_probe, &percpu_probe, &percpu_gfp_probe,
};

/* @mod: NULL: the driver called @name is no more. */
static void driver_set(const char *name, const struct module *mod)
{
	unsigned long flags;
	unsigned int i;

	raw_local_irq_save(flags);
	arch_spin_lock(&lock);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			drivers[i] = mod;
	arch_spin_unlock(&lock);
	raw_local_irq_restore(flags);
}

static int module_changes(struct notifier_block *nb, unsigned long state,
			  void *data)
{
	const struct module *mod = data;

	if (state == MODULE_STATE_COMING)
		driver_set(mod->name, mod);
	else if (state == MODULE_STATE_GOING)
		driver_set(mod->name, NULL);
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = module_changes };

/*
 * The hooks' own test: of two allocations at one place the first must fail and
 * the second must not.
 */
struct trial {
	const char *name;
	bool (*alloc)(void);
};

static noinline bool trial_slab(void)
{
	void *p = kmalloc(64, GFP_ATOMIC);

	kfree(p);
	return p;
}

static noinline bool trial_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page)
		__free_page(page);
	return page;
}

static noinline bool trial_percpu(void)
{
	u64 __percpu *p = alloc_percpu(u64);

	free_percpu(p);
	return p;
}

static bool interrupt_got;

static void trial_irq_fn(struct irq_work *work)
{
	interrupt_got = trial_slab();
}

static noinline bool trial_interrupt(void)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(trial_irq_fn);

	irq_work_queue(&work);
	irq_work_sync(&work);
	return interrupt_got;
}

static const struct trial trials[] = {
	{ "slab", trial_slab },
	{ "page", trial_page },
	{ "percpu", trial_percpu },
	{ "slab in an interrupt", trial_interrupt },
};

static int failing_try(const struct trial *trial)
{
	unsigned int i, times = 2;
	u32 before = failed;
	bool got[2];

	/* Unrolled, they would be two places. */
	OPTIMIZER_HIDE_VAR(times);
	for (i = 0; i < times; i++)
		got[i] = trial->alloc();
	if (!got[0] && got[1] && failed == before + 1)
		return 0;
	pr_err("%s: expected one refusal and then memory, got %smemory, %smemory and %u refusals counted\n",
	       trial->name, got[0] ? "" : "no ", got[1] ? "" : "no ",
	       failed - before);
	return -EIO;
}

static int failing_self_test(void)
{
	unsigned int i;
	int err = 0;

	testing = true;
	driver_set(KBUILD_MODNAME, THIS_MODULE);
	WRITE_ONCE(armed, ARRAY_SIZE(trials));
	for (i = 0; i < ARRAY_SIZE(trials) && !err; i++)
		err = failing_try(&trials[i]);
	WRITE_ONCE(armed, 0);
	driver_set(KBUILD_MODNAME, NULL);
	testing = false;
	failed = 0;
	listing.size = 0;
	return err;
}

static struct dentry *folder;

static int __init failing_init(void)
{
	int err;

	if (part >= parts) {
		pr_err("part=%u of parts=%u: expected less\n", part, parts);
		return -EINVAL;
	}
	err = register_module_notifier(&notifier);
	if (err)
		return err;
	err = register_kprobes(probes, ARRAY_SIZE(probes));
	if (err)
		goto notifier;
	err = failing_self_test();
	if (err)
		goto probes;
	folder = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_u32("armed", 0600, folder, &armed);
	debugfs_create_u32("failed", 0400, folder, &failed);
	debugfs_create_u32("spared", 0400, folder, &spared);
	debugfs_create_blob("places", 0400, folder, &listing);
	return 0;

probes:
	unregister_kprobes(probes, ARRAY_SIZE(probes));
notifier:
	unregister_module_notifier(&notifier);
	return err;
}

static void __exit failing_exit(void)
{
	debugfs_remove(folder);
	unregister_kprobes(probes, ARRAY_SIZE(probes));
	unregister_module_notifier(&notifier);
}

module_init(failing_init);
module_exit(failing_exit);
MODULE_DESCRIPTION("Refuses the drivers memory, at one place after the other");
MODULE_LICENSE("GPL");
