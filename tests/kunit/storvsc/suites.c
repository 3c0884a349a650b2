// SPDX-License-Identifier: GPL-2.0-only
/* The suites of the storage driver. */
#include <kunit/test.h>
#include <linux/module.h>
#include "suites.h"

kunit_test_suites(&judge_suite, &request_suite, &completion_suite,
		  &bounce_suite);

MODULE_DESCRIPTION("KUnit suites of hvg_storvsc");
MODULE_LICENSE("GPL");
