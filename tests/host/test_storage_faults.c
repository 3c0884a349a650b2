// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the storage service's faults: each happens when it is armed,
 * as often as it is armed for, and then no more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage_bus.h"
#include "test_disk.h"

static void start(void)
{
	disk_add("file=%s,serial=a", disk_file("a", MIB));
	disk_add("file=%s,serial=b", disk_file("b", MIB));
	disk_channel = bus_channel(bus_device(0), 0);
	CHECK(!disk_start(disk_channel, HVG_STOR_VERSION_WIN10));
	disk_clear_attentions();
	disk_lun = 1;
	disk_clear_attentions();
	disk_lun = 0;
}

static uint8_t read_one(void)
{
	return disk_run((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ,
			512);
}

static void test_statuses(void)
{
	start();
	guest_fault("{\"name\": \"srb-status\", \"value\": 9, \"count\": 2, \"disk\": \"a\"}");
	disk_lun = 1;
	CHECK(read_one() == HVG_SRB_SUCCESS);
	disk_lun = 0;
	CHECK(read_one() == HVG_SRB_TIMEOUT && !srb->transfer_length);
	CHECK(disk_answer.packet.status == HVG_NT_IO_TIMEOUT);
	CHECK(read_one() == HVG_SRB_TIMEOUT);
	CHECK(read_one() == HVG_SRB_SUCCESS && srb->transfer_length == 512);

	guest_fault("{\"name\": \"busy\", \"cdb\": 40}");
	CHECK(disk_io(true, 0, 1, 512) == HVG_SRB_SUCCESS);
	CHECK(read_one() == HVG_SRB_ERROR && srb->scsi_status == 0x08);
	guest_fault("{\"name\": \"queue-full\"}");
	CHECK(read_one() == HVG_SRB_ERROR && srb->scsi_status == 0x28);
	guest_fault("{\"name\": \"sense\", \"value\": 263424}");
	CHECK(read_one() == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_SENSE(0x4, 0x05, 0x00)));
	guest_fault("{\"name\": \"short\", \"value\": 100}");
	CHECK(read_one() == HVG_SRB_SUCCESS && srb->transfer_length == 100);
	CHECK(read_one() == HVG_SRB_SUCCESS && srb->transfer_length == 512);
	CHECK(guest_fault_fired("srb-status") == 2);
	CHECK(guest_fault_fired("short") == 1);
}

static void test_lies(void)
{
	start();
	guest_fault("{\"name\": \"sense-length\"}");
	CHECK(read_one() == HVG_SRB_ERROR && srb->sense_length == 255);
	guest_fault("{\"name\": \"transfer-length\", \"value\": 8}");
	CHECK(read_one() == HVG_SRB_SUCCESS && srb->transfer_length == 520);
	guest_fault("{\"name\": \"completion-short\"}");
	disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	CHECK(bus_take(disk_channel, &disk_answer) && disk_answer.bytes == 8);
	CHECK(read_one() == HVG_SRB_SUCCESS &&
	      disk_answer.bytes == sizeof(disk_answer.packet));
}

static void test_bad_sector(void)
{
	start();
	guest_fault("{\"name\": \"bad-sector\"}");
	CHECK(disk_run((uint8_t[10]){ 0x28, [5] = 5, [8] = 4 }, 10,
		       HVG_STOR_READ, 2048) == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_READ_ERROR) && srb->u.sense[0] == 0xf0);
	CHECK(scsi_be32(srb->u.sense + 3) == 8);
	CHECK(read_one() == HVG_SRB_SUCCESS);
}

/* What hosts do differently, and all of them are right. */
static void test_habits(void)
{
	struct storage_controller *ctl;
	struct answer a;
	uint64_t reset;

	start();
	ctl = TAILQ_FIRST(&storage_list);
	guest_fault("{\"name\": \"length-kept\", \"count\": 0}");
	CHECK(read_one() == HVG_SRB_SUCCESS && srb->transfer_length == 512);
	guest_fault("{\"name\": \"sense\", \"value\": 263424}");
	CHECK(read_one() == HVG_SRB_ERROR && srb->transfer_length == 512);
	guest_fault("{\"name\": \"sense-room\"}");
	guest_fault("{\"name\": \"sense\", \"value\": 263424}");
	CHECK(read_one() == HVG_SRB_ERROR && srb->sense_length == 20);
	guest_fault("{\"name\": \"reset-noop\"}");
	guest_fault("{\"name\": \"drop\"}");
	disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	reset = disk_send_operation(HVG_STOR_RESET_BUS, 0);
	CHECK(bus_take(disk_channel, &a) && a.trans_id == reset &&
	      !a.packet.status);
	CHECK(bus_quiet(disk_channel, 20) && ctl->in_flight == 1);
}

static void test_lost(void)
{
	struct storage_controller *ctl;
	uint64_t id, reset;
	struct answer a;

	start();
	ctl = TAILQ_FIRST(&storage_list);
	guest_fault("{\"name\": \"drop\"}");
	id = disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	CHECK(bus_quiet(disk_channel, 20) && ctl->in_flight == 1);
	guest_fault("{\"name\": \"drop-reset\"}");
	disk_send_operation(HVG_STOR_RESET_BUS, 0);
	CHECK(bus_quiet(disk_channel, 20) && ctl->in_flight == 1);
	reset = disk_send_operation(HVG_STOR_RESET_BUS, 0);
	CHECK(bus_take(disk_channel, &a) && a.trans_id == id &&
	      a.packet.u.request.srb_status == HVG_SRB_ABORTED);
	CHECK(bus_take(disk_channel, &a) && a.trans_id == reset);
	CHECK(!ctl->in_flight);
	disk_clear_attentions();
	CHECK(read_one() == HVG_SRB_SUCCESS);
	/* One that is lost still when the channel closes. */
	guest_fault("{\"name\": \"drop\"}");
	disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	CHECK(bus_quiet(disk_channel, 20) && ctl->in_flight == 1);
	bus_close(disk_channel);
	CHECK(!ctl->in_flight);
}

static void test_completions(void)
{
	struct vmbus_channel *second, *foreign;
	struct answer first, again;
	unsigned int i;
	uint64_t id;

	start();
	disk_add("file=%s,controller=1", disk_file("c", MIB));
	foreign = bus_channel(bus_device(1), 0);
	disk_channel = foreign;
	CHECK(!disk_start(foreign, HVG_STOR_VERSION_WIN10));
	disk_channel = bus_channel(bus_device(0), 0);
	CHECK(!disk_operation(HVG_STOR_CREATE_SUB_CHANNELS, 1));
	second = bus_channel(bus_device(0), 1);
	bus_open(second);

	guest_fault("{\"name\": \"completion-again\"}");
	id = disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	CHECK(bus_take(disk_channel, &first) && bus_take(disk_channel, &again));
	CHECK(first.trans_id == id && again.trans_id == id);
	guest_fault("{\"name\": \"completion-unknown\"}");
	id = disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	for (i = 0; i < 4; i++)
		CHECK(bus_take(disk_channel, &first) && first.trans_id != id);
	CHECK(bus_take(disk_channel, &first) && first.trans_id == id);
	guest_fault("{\"name\": \"notification\"}");
	id = disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	CHECK(bus_take(disk_channel, &first) &&
	      first.type == HVG_PACKET_INBAND && first.packet.operation == 99);
	CHECK(bus_take(disk_channel, &first) && first.trans_id == id);
	guest_fault("{\"name\": \"completion-channel\"}");
	id = disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	CHECK(bus_take(second, &first) && first.trans_id == id);
	CHECK(bus_quiet(disk_channel, 5));
	guest_fault("{\"name\": \"completion-foreign\"}");
	id = disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	CHECK(bus_take(foreign, &again) && again.trans_id == id);
	CHECK(bus_take(disk_channel, &first) && first.trans_id == id);
	CHECK(read_one() == HVG_SRB_SUCCESS);
	CHECK(bus_quiet(foreign, 5) && bus_quiet(second, 5));
}

static const struct hvg_stor_properties *properties(void)
{
	bus_close(disk_channel);
	disk_version = 0;
	bus_open(disk_channel);
	CHECK(!disk_operation(HVG_STOR_BEGIN_INITIALIZATION, 0));
	CHECK(!disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION,
			      HVG_STOR_VERSION_WIN10));
	CHECK(!disk_operation(HVG_STOR_QUERY_PROPERTIES, 0));
	return &disk_answer.packet.u.properties;
}

static void limit_transfers(uint32_t channel)
{
	char json[80];

	snprintf(json, sizeof(json),
		 "{\"name\": \"transfer-limit\", \"channel\": %u}", channel);
	guest_fault(json);
}

static void test_start(void)
{
	struct vmbus_device *dev;

	start();
	dev = bus_device(0);
	limit_transfers(vmbus_channel_id(disk_channel) + 1);
	CHECK(properties()->max_transfer_bytes != 512);
	limit_transfers(vmbus_channel_id(disk_channel));
	CHECK(properties()->max_transfer_bytes == 512);
	guest_fault("{\"name\": \"subchannel-count\"}");
	CHECK(properties()->max_subchannels == 65535);
	CHECK(properties()->max_subchannels == GUEST_CPUS - 1);
	CHECK(!disk_operation(HVG_STOR_END_INITIALIZATION, 0));
	guest_fault("{\"name\": \"subchannel-none\"}");
	CHECK(!disk_operation(HVG_STOR_CREATE_SUB_CHANNELS, 2));
	CHECK(!bus_subchannels(dev));
	guest_fault("{\"name\": \"subchannel-more\"}");
	CHECK(!disk_operation(HVG_STOR_CREATE_SUB_CHANNELS, 2));
	CHECK(bus_subchannels(dev) == 7);

	guest_fault("{\"name\": \"start-silent\"}");
	bus_close(disk_channel);
	bus_open(disk_channel);
	CHECK(!disk_operation(HVG_STOR_BEGIN_INITIALIZATION, 0));
	CHECK(!disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION,
			      HVG_STOR_VERSION_WIN10));
	disk_send_operation(HVG_STOR_QUERY_PROPERTIES, 0);
	CHECK(bus_quiet(disk_channel, 20));
}

/* What a command returns may be wrong, but never what was on the disk. */
static void test_data_bytes(void)
{
	uint8_t was[36], is[36];
	unsigned int i;

	start();
	disk_file_pattern(disk_file("a", MIB), 0, 4096, 3);
	disk_buffer_fill(0);
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6, HVG_STOR_READ, 36) ==
	      HVG_SRB_SUCCESS);
	disk_buffer_get(was, sizeof(was));
	for (i = 0; i < 100; i++) {
		char json[80];

		snprintf(json, sizeof(json),
			 "{\"name\": \"data-bytes\", \"value\": %u}", i);
		guest_fault(json);
		CHECK(read_one() == HVG_SRB_SUCCESS &&
		      guest_fault_fired("data-bytes") == i);
		disk_buffer_fill(0);
		CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6,
			       HVG_STOR_READ, 36) == HVG_SRB_SUCCESS);
		disk_buffer_get(is, sizeof(is));
		CHECK(memcmp(was, is, sizeof(was)) && srb->transfer_length <= 36);
		CHECK(guest_fault_fired("data-bytes") == i + 1);
	}
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6, HVG_STOR_READ, 36) ==
	      HVG_SRB_SUCCESS && srb->transfer_length == 36);
	disk_buffer_get(is, sizeof(is));
	CHECK(!memcmp(was, is, sizeof(was)));
}

/* The start goes on: it is only the answer that was wrong. */
static void test_protocol_bytes(void)
{
	struct hvg_stor_packet was = { .operation = HVG_STOR_COMPLETE_IO };
	unsigned int i;
	char json[80];

	start();
	for (i = 0; i < 100; i++) {
		bus_close(disk_channel);
		disk_version = 0;
		bus_open(disk_channel);
		snprintf(json, sizeof(json),
			 "{\"name\": \"protocol-bytes\", \"value\": %u}", i);
		guest_fault(json);
		disk_send_operation(HVG_STOR_BEGIN_INITIALIZATION, 0);
		CHECK(bus_take(disk_channel, &disk_answer));
		CHECK(disk_answer.bytes < sizeof(was) ||
		      memcmp(&disk_answer.packet, &was, sizeof(was)));
		CHECK(!disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION,
				      HVG_STOR_VERSION_WIN10));
		CHECK(!disk_operation(HVG_STOR_QUERY_PROPERTIES, 0));
		CHECK(!disk_operation(HVG_STOR_END_INITIALIZATION, 0));
	}
	CHECK(guest_fault_fired("protocol-bytes") == 100);
}

const struct test fault_tests[] = {
	{ "fault: statuses", test_statuses },
	{ "fault: lengths that lie", test_lies },
	{ "fault: a bad sector", test_bad_sector },
	{ "fault: habits of hosts", test_habits },
	{ "fault: lost requests and resets", test_lost },
	{ "fault: completions", test_completions },
	{ "fault: initialization and sub-channels", test_start },
	{ "fault: bytes of data", test_data_bytes },
	{ "fault: bytes of the protocol's answers", test_protocol_bytes },
	{ NULL, NULL }
};
