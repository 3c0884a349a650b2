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
	busy = false;
	opened = closed = notified = got = made_writable = 0;
	read_result = open_status = echo_result = 0;
	echo = hold = false;
	service.offer_flags = 0;
	guest_refuse_eventfds(false);
	guest_forget_events();
	guest_flush();
	fault_init(NULL);
	vmbus_init();
	device = vmbus_device_add(&service, &instance, "abc", 3, &device);
}

static void tear_down(void)
{
	vmbus_fini();
	CHECK(opened == closed);
}

int main(void)
{
	const struct test *const lists[] = {
		control_message_tests, channel_tests, fault_tests,
		fault_bytes_tests, NULL
	};
	int status;

	guest_init();
	status = test_run(lists, set_up, tear_down);
	guest_fini();
	return status;
}
