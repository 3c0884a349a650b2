// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs on purpose, one for each detector of the debug kernel: a detector that
 * has never been seen to find anything proves nothing. Test only.
 */
#include <kunit/test.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static DEFINE_SPINLOCK(outer);
static DEFINE_SPINLOCK(inner);

/* Values that the compiler cannot see through. */
static int zero;
module_param(zero, int, 0444);

/* Out of the array is not out of the object: KASAN has nothing to say. */
static struct {
	int array[4];
	int rest[8];
} fields;

static void trouble_atomic_sleep(struct kunit *test)
{
	void *buf;

	spin_lock(&outer);
	buf = kmalloc(16, GFP_KERNEL);
	spin_unlock(&outer);
	kfree(buf);
}

static void trouble_list_corruption(struct kunit *test)
{
	LIST_HEAD(list);
	struct list_head entry;

	list_add(&entry, &list);
	list.next = &list;
	list_del(&entry);
}

static void trouble_shift(struct kunit *test)
{
	zero = 1 << (zero + 40);
}

static void trouble_bounds(struct kunit *test)
{
	WRITE_ONCE(zero, 0);
	fields.array[READ_ONCE(zero) + 4] = 1;
}

static void trouble_lock_order(struct kunit *test)
{
	spin_lock(&outer);
	spin_lock(&inner);
	spin_unlock(&inner);
	spin_unlock(&outer);

	spin_lock(&inner);
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&inner);
}

static void trouble_out_of_bounds(struct kunit *test)
{
	u8 *volatile buf = kmalloc(40, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, (void *)buf);
	buf[40 + zero] = 1;
	kfree(buf);
}

static void trouble_use_after_free(struct kunit *test)
{
	u8 *volatile buf = kmalloc(40, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, (void *)buf);
	kfree(buf);
	buf[8] = 1;
}

static void trouble_leak(struct kunit *test)
{
	unsigned int i;

	/* More than one: the last may still be on a stack. */
	for (i = 0; i < 8; i++)
		memset(kmalloc(1000 + i, GFP_KERNEL), 0, 1000);
}

static void trouble_expectation(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, zero, zero + 1);
}

/* Lockdep stops at its first report, and at KASAN's: it goes before it. */
static struct kunit_case trouble_cases[] = {
	KUNIT_CASE(trouble_atomic_sleep),
	KUNIT_CASE(trouble_list_corruption),
	KUNIT_CASE(trouble_shift),
	KUNIT_CASE(trouble_bounds),
	KUNIT_CASE(trouble_lock_order),
	KUNIT_CASE(trouble_out_of_bounds),
	KUNIT_CASE(trouble_use_after_free),
	KUNIT_CASE(trouble_expectation),
	KUNIT_CASE(trouble_leak),
	{}
};

static struct kunit_suite trouble_suite = {
	.name = "hvg_trouble",
	.test_cases = trouble_cases,
};

kunit_test_suite(trouble_suite);

MODULE_DESCRIPTION("Bugs for the detectors of the debug kernel to find");
MODULE_LICENSE("GPL");
