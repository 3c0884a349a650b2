// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of what a guest says to the hypervisor: hypercalls and crash
 * reports.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../include/hvg/hv_wire.h"
#include "profile.h"
#include "test_machine.h"
#include "vm_priv.h"

/* What VMBus is to the machine: the last message or signal that reached it. */
static uint32_t posted_connection, posted_len;
static uint8_t posted[HVG_MESSAGE_PAYLOAD];
static uint16_t signalled_flag;

uint64_t vmbus_post_message(uint32_t connection_id, uint32_t type,
			    const void *payload, uint32_t len)
{
	(void)type;
	posted_connection = connection_id;
	posted_len = len;
	memcpy(posted, payload, len);
	return HVG_STATUS_SUCCESS;
}

uint64_t vmbus_signal_event(uint32_t connection_id, uint16_t flag)
{
	posted_connection = connection_id;
	signalled_flag = flag;
	return HVG_STATUS_SUCCESS;
}

static uint64_t hypercall(uint64_t input, uint64_t param)
{
	struct kvm_run run = { .exit_reason = KVM_EXIT_HYPERV };
	struct vcpu v = { .fd = -1, .run = &run };

	run.hyperv.u.hcall.input = input;
	run.hyperv.u.hcall.params[0] = param;
	return synic_hypercall(&v);
}

/* KVM takes every interrupt route. */
int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (request == KVM_SET_GSI_ROUTING || request == KVM_IRQFD)
		return 0;
	return __real_ioctl(fd, request, arg);
}

static void messages_at(uint64_t gpa)
{
	struct kvm_run run = { .exit_reason = KVM_EXIT_HYPERV };
	struct vcpu v = { .fd = -1, .run = &run };

	run.hyperv.u.synic.control = HVG_SYNIC_ENABLE;
	run.hyperv.u.synic.msg_page = gpa | HVG_SYNIC_ENABLE;
	synic_page_change(&v);
}

/* The head of a message's slot may be wrong, the next one is right. */
static void test_slot_bytes(void)
{
	struct hvg_message *slot, was = { .type = 1, .payload_size = 8 };
	int fd = connect_to("control"), bytes;
	unsigned int value, types = 0;
	char request[1024];

	spin(5);
	memcpy(was.payload, "abcdefgh", 8);
	CHECK(!synic_setup());
	slot = (struct hvg_message *)vm_ram(0x20000, 4096) + HVG_VMBUS_SINT;
	messages_at(0x20000);
	for (value = 0; value < 50; value++) {
		memset(slot, 0, sizeof(*slot));
		bytes = snprintf(request, sizeof(request),
				 "{\"cmd\":\"fault\",\"name\":\"slot-bytes\",\"value\":%u}\n",
				 value);
		CHECK(write(fd, request, bytes) == bytes);
		spin(5);
		CHECK(take(fd, request, sizeof(request)));
		CHECK(synic_post_message(0, HVG_VMBUS_SINT, 1, "abcdefgh", 8));
		CHECK(memcmp(slot, &was, 16));
		CHECK(!memcmp(slot->payload, was.payload, 8));
		types += slot->type != 1;
		memset(slot, 0, sizeof(*slot));
		CHECK(synic_post_message(0, HVG_VMBUS_SINT, 1, "abcdefgh", 8));
		CHECK(!memcmp(slot, &was, sizeof(was)));
	}
	CHECK(types);
	synic_teardown();
	close(fd);
	spin(5);
}

static void test_hypercalls(void)
{
	struct hvg_post_message_input *in = vm_ram(0x10000, sizeof(*in));

	memset(in, 0, sizeof(*in));
	in->connection_id = 4;
	in->message_type = 1;
	in->payload_size = 240;
	in->payload[239] = 7;
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10000) ==
	      HVG_STATUS_SUCCESS);
	CHECK(posted_connection == 4 && posted_len == 240 && posted[239] == 7);
	in->payload_size = 241;
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10000) ==
	      HVG_STATUS_INVALID_PARAMETER);
	in->payload_size = 1;
	in->message_type = 0x80000001;
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10000) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10004) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10f08) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, vm.ram_size) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_SIGNAL_EVENT | HVG_HVCALL_FAST,
			0x000500002001ull) == HVG_STATUS_SUCCESS);
	CHECK(posted_connection == 0x2001 && signalled_flag == 5);
	CHECK(hypercall(0x7777, 0) == HVG_STATUS_INVALID_CODE);
}

static void report_crash(void)
{
	struct vcpu v = { .fd = -1 };
	unsigned int i;

	strcpy(vm_ram(0x10000, 16), "Oops\x01\n");
	for (i = 0; i < 3; i++)
		CHECK(crash_msr_write(&v, HVG_MSR_CRASH_P0 + i, i));
	CHECK(crash_msr_write(&v, HVG_MSR_CRASH_P0 + 3, 0x10000));
	CHECK(crash_msr_write(&v, HVG_MSR_CRASH_P0 + 4, 16));
	CHECK(crash_msr_write(&v, HVG_MSR_CRASH_CTL,
			      HVG_CRASH_CTL_NOTIFY | HVG_CRASH_CTL_MESSAGE));
}

static void test_crash(void)
{
	struct vcpu v = { .fd = -1 };
	json_t *status;
	uint64_t value;

	options.profile = profile_find("ws2008");
	CHECK(!crash_msr_read(HVG_MSR_CRASH_CTL, &value));
	CHECK(!crash_msr_write(&v, HVG_MSR_CRASH_CTL, HVG_CRASH_CTL_NOTIFY));
	CHECK(!vm.crashed);

	options.profile = profile_find("ws2012");
	CHECK(crash_msr_read(HVG_MSR_CRASH_CTL, &value) &&
	      value == HVG_CRASH_CTL_NOTIFY);
	report_crash();
	status = crash_status();
	CHECK(vm.crashed && json_is_null(json_object_get(status, "message")));
	json_decref(status);

	options.profile = profile_find("ws2022");
	report_crash();
	status = crash_status();
	CHECK(!strcmp(json_string_value(json_object_get(status, "message")),
		      "Oops?\n"));
	CHECK(!strcmp(json_string_value(json_array_get(
		      json_object_get(status, "parameters"), 2)), "0x2"));
	json_decref(status);
}

const struct test hypervisor_tests[] = {
	{ "hypercalls", test_hypercalls },
	{ "fault: bytes of a slot", test_slot_bytes },
	{ "crash report", test_crash },
	{ NULL, NULL }
};
