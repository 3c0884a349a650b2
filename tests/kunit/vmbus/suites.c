// SPDX-License-Identifier: GPL-2.0-only
/* The suites of the bus, in the order in which they run. */
#include <kunit/test.h>
#include <linux/module.h>
#include "suites.h"

kunit_test_suites(&ring_suite, &ring_hostile_suite, &gpadl_suite,
		  &version_suite, &connection_suite, &guid_suite, &packet_suite,
		  &event_suite, &message_suite, &offer_suite, &channel_suite,
		  &memory_suite);

MODULE_DESCRIPTION("KUnit suites of hvg_vmbus");
MODULE_LICENSE("GPL");
