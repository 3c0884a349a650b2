// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the storage service: plays a guest's driver against real files.
 * Prints KTAP and ends with 'N passed, N failed'; exit status 1 if any failed.
 */
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "ide.h"
#include "storage_bus.h"
#include "test_disk.h"


static const uint16_t stor_versions[] = {
	HVG_STOR_VERSION_WIN6, HVG_STOR_VERSION_WIN7, HVG_STOR_VERSION_WIN8,
	HVG_STOR_VERSION_WIN8_1, HVG_STOR_VERSION_WIN10,
};
#define STOR_VERSIONS	(sizeof(stor_versions) / sizeof(stor_versions[0]))

static const uint8_t test_unit_ready[6];

static bool event_says(const char *member, const char *text)
{
	const json_t *event = guest_last_event("storage_version");
	const char *value = json_string_value(json_object_get(event, member));

	return value && !strcmp(value, text);
}

static void test_versions(void)
{
	static const char *const text[] = { "2.0", "4.2", "5.1", "6.0", "6.2" };

	disk_add("file=%s", disk_file("a", MIB));
	disk_channel = bus_channel(bus_device(0), 0);
	for (unsigned int i = 0; i < STOR_VERSIONS; i++) {
		CHECK(!disk_start(disk_channel, stor_versions[i]));
		CHECK(event_says("requested", text[i]));
		CHECK(event_says("bus", "scsi"));
		CHECK(json_is_true(json_object_get(
			guest_last_event("storage_version"), "accepted")));
		disk_clear_attentions();
		CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) ==
		      HVG_SRB_SUCCESS);
		bus_close(disk_channel);
	}
}

static void test_version_refused(void)
{
	disk_add("file=%s", disk_file("a", MIB));
	disk_channel = bus_channel(bus_device(0), 0);
	disk_version = 0;
	guest_profile.stor_version = HVG_STOR_VERSION_WIN8;
	CHECK(disk_start(disk_channel, HVG_STOR_VERSION_WIN10) == 0xc0000059);
	CHECK(event_says("requested", "6.2"));
	CHECK(json_is_false(json_object_get(
		guest_last_event("storage_version"), "accepted")));
	/* Downwards until one is taken; what does not exist never is. */
	disk_version = 0;
	CHECK(disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION,
			     HVG_STOR_VERSION(5, 0)) == 0xc0000059);
	CHECK(disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION,
			     HVG_STOR_VERSION_WIN8_1) == 0xc0000059);
	CHECK(disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION,
			     HVG_STOR_VERSION_WIN8) == 0);
	CHECK(disk_operation(HVG_STOR_QUERY_PROPERTIES, 0) == 0);
	CHECK(disk_operation(HVG_STOR_END_INITIALIZATION, 0) == 0);
	CHECK(guest_events("storage_version") == 4);
}

static void test_order(void)
{
	static const uint32_t order[] = {
		HVG_STOR_BEGIN_INITIALIZATION,
		HVG_STOR_QUERY_PROTOCOL_VERSION,
		HVG_STOR_QUERY_PROPERTIES, HVG_STOR_END_INITIALIZATION,
	};

	disk_add("file=%s", disk_file("a", MIB));
	disk_channel = bus_channel(bus_device(0), 0);
	disk_version = 0;
	bus_open(disk_channel);
	for (unsigned int step = 0; step < 4; step++) {
		for (unsigned int other = 0; other < 4; other++)
			if (other != step)
				CHECK(disk_operation(order[other], 0) ==
				      HVG_NT_INVALID_DEVICE_STATE);
		CHECK(disk_operation(HVG_STOR_RESET_BUS, 0) ==
		      HVG_NT_INVALID_DEVICE_STATE);
		CHECK(disk_operation(HVG_STOR_EXECUTE_SRB, 0) ==
		      HVG_NT_INVALID_DEVICE_STATE);
		CHECK(!disk_operation(order[step], HVG_STOR_VERSION_WIN10));
	}
	CHECK(disk_operation(HVG_STOR_BEGIN_INITIALIZATION, 0) ==
	      HVG_NT_INVALID_DEVICE_STATE);
	CHECK(disk_operation(HVG_STOR_FCHBA_DATA, 0) ==
	      HVG_NT_INVALID_DEVICE_REQUEST);
}

static const struct hvg_stor_properties *properties(uint16_t version)
{
	disk_version = 0;
	bus_open(disk_channel);
	CHECK(!disk_operation(HVG_STOR_BEGIN_INITIALIZATION, 0));
	CHECK(!disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION, version));
	CHECK(!disk_operation(HVG_STOR_QUERY_PROPERTIES, 0));
	return &disk_answer.packet.u.properties;
}

static void test_properties(void)
{
	const struct hvg_stor_properties *p;

	disk_add("file=%s", disk_file("a", MIB));
	disk_add("file=%s,bus=ide", disk_file("b", MIB));
	disk_channel = bus_channel(bus_device(0), 0);
	p = properties(HVG_STOR_VERSION_WIN7);
	CHECK(!p->max_subchannels && !p->flags);
	CHECK(p->max_transfer_bytes == guest_profile.max_transfer_bytes);
	bus_close(disk_channel);

	p = properties(HVG_STOR_VERSION_WIN8);
	CHECK(p->max_subchannels == GUEST_CPUS - 1);
	CHECK(p->flags == HVG_STOR_PROPERTY_MULTICHANNEL);
	bus_close(disk_channel);

	guest_profile.stor_subchannels = 2;
	p = properties(HVG_STOR_VERSION_WIN10);
	CHECK(p->max_subchannels == 2);
	bus_close(disk_channel);

	disk_channel = bus_channel(bus_device(1), 0);
	p = properties(HVG_STOR_VERSION_WIN10);
	CHECK(!p->max_subchannels && !p->flags);
}

static void test_subchannels(void)
{
	struct vmbus_device *dev;
	struct vmbus_channel *primary, *sub;
	struct answer answer;

	disk_add("file=%s", disk_file("a", MIB));
	dev = bus_device(0);
	primary = bus_channel(dev, 0);
	CHECK(!disk_start(primary, HVG_STOR_VERSION_WIN10));
	CHECK(disk_operation(HVG_STOR_CREATE_SUB_CHANNELS, GUEST_CPUS) ==
	      HVG_NT_INVALID_PARAMETER);
	CHECK(!disk_operation(HVG_STOR_CREATE_SUB_CHANNELS, 2));
	CHECK(bus_subchannels(dev) == 2);
	disk_clear_attentions();

	/* An answer comes on the channel that the question came on. */
	sub = bus_channel(dev, 2);
	bus_open(bus_channel(dev, 1));
	bus_open(sub);
	disk_channel = sub;
	CHECK(disk_io(false, 0, 8, 4096) == HVG_SRB_SUCCESS);
	CHECK(bus_quiet(primary, 5) && bus_quiet(bus_channel(dev, 1), 5));
	CHECK(disk_operation(HVG_STOR_BEGIN_INITIALIZATION, 0) ==
	      HVG_NT_INVALID_DEVICE_STATE);

	/* A reset on one channel ends what was sent on another. */
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 3000}"));
	disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	disk_channel = primary;
	disk_operation(HVG_STOR_RESET_BUS, 0);
	CHECK(!disk_answer.packet.status);
	CHECK(bus_take(sub, &answer));
	CHECK(answer.packet.u.request.srb_status == HVG_SRB_ABORTED);
}

static uint8_t raw_srb(uint16_t type, uint32_t transfer, uint32_t range,
		       uint32_t count, uint64_t pfn, uint8_t cdb_length)
{
	struct hvg_stor_packet packet = {
		.operation = HVG_STOR_EXECUTE_SRB,
		.u.request = {
			.length = sizeof(struct hvg_stor_request),
			.cdb_length = cdb_length, .direction = HVG_STOR_READ,
			.transfer_length = transfer,
			.u.cdb = { 0x28, [8] = 1 },
		},
	};
	uint64_t ranges[4] = { range, pfn, range, pfn };

	bus_send(disk_channel, type, &packet, sizeof(packet), ranges,
		 count * 16, count);
	CHECK(bus_take(disk_channel, &disk_answer));
	return srb->srb_status;
}

static void test_malformed(void)
{
	struct storage_controller *ctl;
	uint8_t longer[80] = { HVG_STOR_EXECUTE_SRB };

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	ctl = storage_find(STORAGE_SCSI, 0, 0);
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 512, 512, 1, 1, 10) ==
	      HVG_SRB_SUCCESS);
	CHECK(!ctl->protocol_errors);
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 512, 512, 2, 1, 10) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 512, 512, 0, 1, 10) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 1024, 512, 1, 1, 10) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 512, 512, 1, 1ull << 40, 10) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 8192, 8192, 1, 1, 10) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(raw_srb(HVG_PACKET_INBAND, 512, 0, 0, 0, 10) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 512, 512, 1, 1, 17) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(disk_answer.packet.status == HVG_NT_INVALID_PARAMETER);
	CHECK(ctl->protocol_errors == 7);
	/* Room for more than is to be moved is no fault. */
	CHECK(raw_srb(HVG_PACKET_GPA_DIRECT, 512, 4096, 1, 1, 10) ==
	      HVG_SRB_SUCCESS);
	CHECK(ctl->protocol_errors == 7);

	/* Too short, of an unknown type, longer than any. */
	bus_send(disk_channel, HVG_PACKET_INBAND, longer, 8, NULL, 0, 0);
	bus_send(disk_channel, HVG_PACKET_COMPLETION, longer, 64, NULL, 0, 0);
	CHECK(bus_quiet(disk_channel, 5));
	bus_send(disk_channel, HVG_PACKET_INBAND, longer, 48, NULL, 0, 0);
	CHECK(bus_take(disk_channel, &disk_answer));
	CHECK(disk_answer.packet.status == HVG_NT_INVALID_PARAMETER);
	bus_send(disk_channel, HVG_PACKET_INBAND, longer, 80, NULL, 0, 0);
	CHECK(bus_take(disk_channel, &disk_answer));
	CHECK(disk_answer.bytes == 64);
}

static void test_queue_depth(void)
{
	static const uint8_t read10[10] = { 0x28, [8] = 8 };
	struct storage_controller *ctl;
	struct answer answer;
	unsigned int i;

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	ctl = storage_find(STORAGE_SCSI, 0, 0);
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 100}"));
	for (i = 0; i < 600; i++)
		disk_send(read10, 10, HVG_STOR_READ, 4096);
	/* More than the service takes at a time waits in the ring. */
	CHECK(ctl->in_flight == 256);
	CHECK(bus_unread(disk_channel) == 600 - 256);
	for (i = 0; i < 600 && bus_take(disk_channel, &answer); i++)
		CHECK(answer.packet.u.request.srb_status == HVG_SRB_SUCCESS);
	CHECK(i == 600);
	CHECK(!ctl->in_flight && ctl->queue_depth_max == 256);
	CHECK(ctl->stats.reads == 600 && ctl->stats.bytes_read == 600 * 4096);
}

static void test_out_of_order(void)
{
	static const uint8_t read10[10] = { 0x28, [8] = 8 };
	struct answer answer;
	uint64_t slow, fast;

	disk_add("file=%s", disk_file("a", MIB));
	disk_add("file=%s", disk_file("b", MIB));
	disk_begin();
	disk_lun = 1;
	disk_clear_attentions();
	json_decref(disk_command("disk-fault",
				 "{\"lun\": 0, \"delay_ms\": 50}"));
	disk_lun = 0;
	slow = disk_send(read10, 10, HVG_STOR_READ, 4096);
	disk_lun = 1;
	fast = disk_send(read10, 10, HVG_STOR_READ, 4096);
	CHECK(bus_take(disk_channel, &answer) && answer.trans_id == fast);
	CHECK(bus_take(disk_channel, &answer) && answer.trans_id == slow);
}

static void test_backlog(void)
{
	struct answer answer;
	uint64_t first = 0, id;

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	bus_room(disk_channel, 1);
	for (int i = 0; i < 400; i++) {
		id = disk_send(test_unit_ready, 6, HVG_STOR_NONE, 0);
		first = first ? first : id;
	}
	for (int i = 0; i < 400; i++) {
		CHECK(bus_take(disk_channel, &answer));
		CHECK(answer.trans_id == first + i);
	}
	CHECK(bus_quiet(disk_channel, 5));
}

static void test_reset_aborts(void)
{
	static const uint8_t read10[10] = { 0x28, [8] = 8 };
	struct answer answer;
	uint64_t ids[8], reset;

	disk_add("file=%s", disk_file("a", MIB));
	disk_add("file=%s", disk_file("b", MIB));
	disk_begin();
	disk_lun = 1;
	disk_clear_attentions();
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 3000}"));
	disk_lun = 0;
	for (int i = 0; i < 8; i++)
		ids[i] = disk_send(read10, 10, HVG_STOR_READ, 4096);
	reset = disk_send_operation(HVG_STOR_RESET_LUN, 0);
	for (int i = 0; i < 8; i++) {
		CHECK(bus_take(disk_channel, &answer));
		CHECK(answer.trans_id == ids[i]);
		CHECK(answer.packet.u.request.srb_status == HVG_SRB_ABORTED);
		CHECK(answer.packet.status == HVG_NT_CANCELLED);
		CHECK(!answer.packet.u.request.transfer_length);
	}
	/* Its own answer is the last. */
	CHECK(bus_take(disk_channel, &answer) && answer.trans_id == reset);
	CHECK(!answer.packet.status);

	/* The unit says what happened to it, the other had nothing. */
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 0}"));
	CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_SENSE(6, 0x29, 0x03)));
	disk_lun = 1;
	CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) ==
	      HVG_SRB_SUCCESS);
	CHECK(!disk_operation(HVG_STOR_RESET_ADAPTER, 0));
	CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_SENSE(6, 0x29, 0x02)));
}

/* A close takes the data path with it, and the next open starts afresh. */
static void test_close_in_flight(void)
{
	static const uint8_t write10[10] = { 0x2a, [8] = 128 };
	static const uint8_t read10[10] = { 0x28, [8] = 128 };
	struct storage_controller *ctl;

	disk_add("file=%s", disk_file("a", 16 * MIB));
	ctl = storage_find(STORAGE_SCSI, 0, 0);
	for (unsigned int delay = 0; delay < 2; delay++) {
		disk_begin();
		json_decref(disk_command("disk-fault", delay ?
					 "{\"delay_ms\": 3000}" :
					 "{\"delay_ms\": 0}"));
		for (int i = 0; i < 100; i++) {
			disk_send(write10, 10, HVG_STOR_WRITE, 65536);
			disk_send(read10, 10, HVG_STOR_READ, 65536);
		}
		disk_send_operation(HVG_STOR_RESET_BUS, 0);
		bus_close(disk_channel);
		/* The kernel has let go: nothing moves any more. */
		CHECK(!image_in_flight());
		guest_run_loop();
		CHECK(!ctl->in_flight);
	}
}

static void test_pause(void)
{
	struct answer answer;

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	storage_pause(true);
	disk_send(test_unit_ready, 6, HVG_STOR_NONE, 0);
	CHECK(bus_quiet(disk_channel, 30));
	CHECK(bus_unread(disk_channel) == 1);
	storage_pause(false);
	CHECK(bus_take(disk_channel, &answer));
	CHECK(bus_take(disk_channel, &answer));
}

/* A disk that is slow does what it holds when told to, or never. */
static void test_held(void)
{
	static const uint8_t read10[10] = { 0x28, [8] = 1 };
	struct answer answer;
	uint64_t id;

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 30000}"));
	id = disk_send(read10, 10, HVG_STOR_READ, 512);
	CHECK(bus_quiet(disk_channel, 20));
	json_decref(disk_command("disk-fault", "{\"release\": true}"));
	CHECK(bus_take(disk_channel, &answer) && answer.trans_id == id);
	CHECK(answer.packet.u.request.srb_status == HVG_SRB_SUCCESS);
	CHECK(answer.packet.u.request.transfer_length == 512);

	id = disk_send(read10, 10, HVG_STOR_READ, 512);
	CHECK(bus_quiet(disk_channel, 20));
	json_decref(disk_command("disk-fault", "{\"drop\": true}"));
	CHECK(bus_take(disk_channel, &answer) && answer.trans_id == id);
	CHECK(answer.packet.u.request.srb_status != HVG_SRB_SUCCESS);
	CHECK(!answer.packet.u.request.transfer_length);
	CHECK(!image_in_flight());
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 0}"));
}

static void test_guest_reset(void)
{
	static const uint8_t read10[10] = { 0x28, [8] = 8 };

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 3000}"));
	for (int i = 0; i < 50; i++)
		disk_send(read10, 10, HVG_STOR_READ, 4096);
	storage_reset();
	CHECK(!image_in_flight());
	bus_close(disk_channel);
	json_decref(disk_command("disk-fault", "{\"delay_ms\": 0}"));
	CHECK(!disk_start(disk_channel, HVG_STOR_VERSION_WIN8));
	CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_SENSE(6, 0x29, 0x00)));
	CHECK(bus_quiet(disk_channel, 5));
}

const struct test protocol_tests[] = {
	{ "protocol: every version", test_versions },
	{ "protocol: a version is refused", test_version_refused },
	{ "protocol: initialization in order", test_order },
	{ "protocol: properties", test_properties },
	{ "protocol: sub-channels", test_subchannels },
	{ "protocol: malformed packets", test_malformed },
	{ "protocol: queue depth", test_queue_depth },
	{ "protocol: completions out of order", test_out_of_order },
	{ "protocol: no room for completions", test_backlog },
	{ "protocol: resets abort", test_reset_aborts },
	{ "protocol: close with I/O in flight", test_close_in_flight },
	{ "protocol: pause", test_pause },
	{ "protocol: what a slow disk holds", test_held },
	{ "protocol: guest reset", test_guest_reset },
	{ NULL, NULL }
};

static void set_up(void)
{
	guest_profile = (struct profile) {
		.name = "test",
		.vmbus_version = HVG_VERSION_COPPER,
		.stor_version = HVG_STOR_VERSION_WIN10,
		.stor_subchannels = 64,
		.write_same = true,
		.unmap = true,
		.max_transfer_bytes = 512 * KIB,
	};
	guest_forget_events();
	fault_init(NULL);
	CHECK(!storage_init());
	ide_init();
}

static void tear_down(void)
{
	bus_free();
	storage_fini();
	ide_fini();
}

int main(void)
{
	const struct test *const lists[] = {
		protocol_tests, bus_tests, data_tests, unit_tests,
		fault_tests, ide_tests, NULL
	};
	int status;

	guest_init();
	status = test_run(lists, set_up, tear_down);
	disk_files_remove();
	guest_fini();
	return status;
}
