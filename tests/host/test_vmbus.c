// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the VMBus host: plays a guest on a machine that is only
 * memory. Prints KTAP and ends with 'N passed, N failed'; exit status 1 if
 * any failed.
 */
#include <stdio.h>

#include "fault.h"
#include "test_client.h"

static void set_up(void)
{
	guest_profile = (struct profile) {
		.name = "test",
		.vmbus_version = HVG_VERSION_COPPER,
		.vmbus_features = 0xff,
		.max_gpadl_mib = 1280,
		.monitor = true,
	};
	guest_pages_reset();
	interrupt_pfn = guest_page_alloc();
	monitor_pfn[0] = guest_page_alloc();
	monitor_pfn[1] = guest_page_alloc();
	opened = closed = notified = got = made_writable = 0;
	read_result = open_status = echo_result = 0;
	echo = hold = failed = false;
	service.offer_flags = 0;
	guest_refuse_eventfds(false);
	guest_forget_events();
	guest_flush();
	fault_init(NULL);
	vmbus_init();
	device = vmbus_device_add(&service, &instance, "abc", 3, &device);
}

static unsigned int run, bad;

static void run_tests(const struct test *tests)
{
	for (; tests->fn; tests++) {
		set_up();
		tests->fn();
		vmbus_fini();
		CHECK(opened == closed);
		bad += failed;
		printf("%sok %u %s\n", failed ? "not " : "", ++run,
		       tests->name);
	}
}

static unsigned int count(const struct test *tests)
{
	unsigned int n = 0;

	while (tests[n].fn)
		n++;
	return n;
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	guest_init();
	printf("KTAP version 1\n1..%u\n",
	       count(control_message_tests) + count(channel_tests) +
	       count(fault_tests));
	run_tests(control_message_tests);
	run_tests(channel_tests);
	run_tests(fault_tests);
	guest_fini();
	printf("%u passed, %u failed\n", run - bad, bad);
	return bad ? 1 : 0;
}
