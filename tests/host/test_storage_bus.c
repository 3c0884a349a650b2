// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the storage service, the bus: IDE, LUNs that are not there, hot
 * plug, resize, controllers, specifications and statistics.
 */
#include <stdlib.h>
#include <string.h>

#include "test_disk.h"

static const uint8_t test_unit_ready[6];
static const uint8_t report_luns[12] = { 0xa0, [8] = 0x02 };
static const uint8_t inquiry[6] = { 0x12, [4] = 36 };

static void test_ide(void)
{
	static const uint8_t master[16] = { [6] = 0x99, [7] = 0x88 };
	static const uint8_t slave[16] = { 1, [4] = 1, [6] = 0x99, 0x88 };
	char *error = NULL;

	disk_add("file=%s,bus=ide", disk_file("a", MIB));
	disk_add("file=%s,bus=ide,controller=1,target=1",
		 disk_file("b", 2 * MIB));
	CHECK(!memcmp(bus_instance(bus_device(0)), master, 16));
	CHECK(!memcmp(bus_instance(bus_device(1)), slave, 16));
	CHECK(bus_user(bus_device(1))[2] == 1);
	CHECK(bus_user(bus_device(1))[3] == 1);
	CHECK(bus_user(bus_device(1))[8] == 2);

	/* Whatever path a guest says, the channel is the disk's. */
	CHECK(!disk_start(bus_channel(bus_device(1), 0),
			  HVG_STOR_VERSION_WIN10));
	disk_target = 1;
	disk_path = 0;
	disk_clear_attentions();
	CHECK(disk_io(false, 2 * MIB / 512 - 1, 1, 512) == HVG_SRB_SUCCESS);
	disk_path = 7;
	CHECK(disk_io(false, 0, 1, 512) == HVG_SRB_SUCCESS);
	disk_target = 0;
	CHECK(disk_io(false, 0, 1, 512) == HVG_SRB_INVALID_LUN);

	disk_add("file=%s,bus=ide", disk_file("c", MIB));
	disk_add("file=%s,bus=ide", disk_file("d", MIB));
	CHECK(storage_add_spec("file=/dev/zero,bus=ide", false, &error));
	CHECK(error && strstr(error, "no free place on the IDE bus"));
	free(error);
}

static void test_absent_lun(void)
{
	uint8_t data[64];

	disk_add("file=%s,lun=3", disk_file("a", MIB));
	disk_add("file=%s,lun=63", disk_file("b", MIB));
	CHECK(!disk_start(bus_channel(bus_device(0), 0),
			  HVG_STOR_VERSION_WIN10));
	/* A guest scans from LUN 0, which says that it is not there. */
	CHECK(disk_run(inquiry, 6, HVG_STOR_READ, 36) == HVG_SRB_SUCCESS);
	disk_buffer_get(data, 36);
	CHECK(data[0] == 0x7f && srb->transfer_length == 36);
	CHECK(disk_run(report_luns, 12, HVG_STOR_READ, 512) ==
	      HVG_SRB_SUCCESS);
	disk_buffer_get(data, 24);
	CHECK(scsi_be32(data) == 16 && srb->transfer_length == 24);
	CHECK(data[9] == 3 && data[17] == 63);
	CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) ==
	      HVG_SRB_INVALID_LUN);
	CHECK(disk_answer.packet.status == 0xc00000c0);
	CHECK(!(srb->srb_status & HVG_SRB_AUTOSENSE_VALID));

	disk_path = 1;
	CHECK(disk_run(report_luns, 12, HVG_STOR_READ, 512) ==
	      HVG_SRB_SUCCESS);
	CHECK(srb->transfer_length == 8);
	disk_lun = 3;
	CHECK(disk_io(false, 0, 1, 512) == HVG_SRB_INVALID_LUN);
	disk_path = 0;
	disk_target = 200;
	CHECK(disk_io(false, 0, 1, 512) == HVG_SRB_INVALID_LUN);
}

static bool notified(uint32_t operation, uint32_t bytes)
{
	struct answer answer;

	return bus_take(disk_channel, &answer) &&
	       answer.type == HVG_PACKET_INBAND && !answer.trans_id &&
	       answer.packet.operation == operation && answer.bytes == bytes;
}

static void test_hot_plug(void)
{
	static const uint8_t request_sense[6] = { 0x03, [4] = 18 };
	char command[256];
	uint8_t data[64];

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	snprintf(command, sizeof(command),
		 "{\"cmd\": \"disk-add\", \"id\": 7, \"file\": \"%s\", \"lun\": 5, \"ro\": true, \"serial\": \"abc\"}",
		 disk_file("b", 2 * MIB));
	json_decref(disk_command("disk-add", command));
	CHECK(notified(HVG_STOR_ENUMERATE_BUS, 64));
	CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_SENSE(6, 0x3f, 0x0e)));
	CHECK(disk_run(report_luns, 12, HVG_STOR_READ, 64) == HVG_SRB_SUCCESS);
	disk_buffer_get(data, 24);
	CHECK(data[3] == 16 && data[9] == 0 && data[17] == 5);
	disk_lun = 5;
	disk_clear_attentions();
	CHECK(disk_io(false, 0, 1, 512) == HVG_SRB_SUCCESS);
	CHECK(disk_io(true, 0, 1, 512) == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_WRITE_PROTECTED));
	CHECK(disk_command_fails("disk-add", command, "LUN 5 is taken by"));

	/* Gone while something of it is in flight. */
	json_decref(disk_command("disk-fault",
				 "{\"lun\": 5, \"delay_ms\": 30}"));
	disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ, 512);
	json_decref(disk_command("disk-remove", "{\"lun\": 5}"));
	CHECK(notified(HVG_STOR_REMOVE_DEVICE, 64));
	CHECK(bus_take(disk_channel, &disk_answer));
	CHECK(srb->srb_status == HVG_SRB_SUCCESS);
	CHECK(disk_io(false, 0, 1, 512) == HVG_SRB_INVALID_LUN);
	CHECK(disk_command_fails("disk-remove", "{\"lun\": 5}",
				 "there is no disk at scsi controller 0 target 0 LUN 5"));
	disk_lun = 0;
	CHECK(disk_run(request_sense, 6, HVG_STOR_READ, 18) ==
	      HVG_SRB_SUCCESS);
	disk_buffer_get(data, 18);
	CHECK(data[2] == 6 && data[12] == 0x3f && data[13] == 0x0e);
	bus_close(disk_channel);

	/* 2.0 knows no notifications, and 4.2 has short ones. */
	CHECK(!disk_start(disk_channel, HVG_STOR_VERSION_WIN6));
	json_decref(disk_command("disk-add", command));
	CHECK(bus_quiet(disk_channel, 5));
	bus_close(disk_channel);
	CHECK(!disk_start(disk_channel, HVG_STOR_VERSION_WIN7));
	json_decref(disk_command("disk-remove", "{\"lun\": 5}"));
	CHECK(notified(HVG_STOR_REMOVE_DEVICE, 48));
}

static void test_resize(void)
{
	static const uint8_t read_capacity[10] = { 0x25 };
	uint8_t data[8];

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	json_decref(disk_command("disk-resize", "{\"size\": 3145728}"));
	CHECK(disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) == HVG_SRB_ERROR);
	CHECK(disk_sense_is(SCSI_SENSE(6, 0x2a, 0x09)));
	CHECK(disk_run(read_capacity, 10, HVG_STOR_READ, 8) ==
	      HVG_SRB_SUCCESS);
	disk_buffer_get(data, 8);
	CHECK(scsi_be32(data) == 3 * MIB / 512 - 1);
	CHECK(disk_io(true, 3 * MIB / 512 - 1, 1, 512) == HVG_SRB_SUCCESS);
	CHECK(disk_command_fails("disk-resize", "{\"size\": 1000}",
				 "expected a multiple of the sector size 512"));
	CHECK(disk_command_fails("disk-resize", "{\"lun\": 9, \"size\": 512}",
				 "there is no disk at"));
}

static void test_controllers(void)
{
	char *error = NULL;

	CHECK(!storage_controllers(2, &error));
	disk_add("file=%s,controller=3", disk_file("a", MIB));
	CHECK(bus_instance(bus_device(0))->b[0] == 0x1a);
	CHECK(bus_instance(bus_device(1))->b[0] == 0x1b);
	CHECK(bus_instance(bus_device(2))->b[0] == 0x1d);
	json_decref(disk_command("device-add",
				 "{\"type\": \"scsi\", \"controller\": 2}"));
	CHECK(bus_device(3));
	CHECK(disk_command_fails("device-add",
				 "{\"type\": \"scsi\", \"controller\": 2}",
				 "SCSI controller 2 exists already"));
	CHECK(disk_command_fails("device-add", "{\"type\": \"nic\"}",
				 "type: expected scsi"));

	/* Rescinded with requests in flight. */
	CHECK(!disk_start(bus_channel(bus_device(2), 0),
			  HVG_STOR_VERSION_WIN10));
	disk_clear_attentions();
	json_decref(disk_command("disk-fault",
				 "{\"controller\": 3, \"delay_ms\": 3000}"));
	for (int i = 0; i < 300; i++)
		disk_send((uint8_t[10]){ 0x28, [8] = 1 }, 10, HVG_STOR_READ,
			  512);
	CHECK(bus_unread(disk_channel) == 44);
	json_decref(disk_command("device-remove",
				 "{\"type\": \"scsi\", \"controller\": 3}"));
	CHECK(!bus_device(2) && !image_in_flight());
	/* What was begun and what was not read yet, all of it is answered. */
	for (int i = 0; i < 300; i++) {
		CHECK(bus_take(disk_channel, &disk_answer));
		CHECK(srb->srb_status == HVG_SRB_INVALID_LUN);
		CHECK(!srb->transfer_length);
	}
	CHECK(bus_quiet(disk_channel, 5));
	CHECK(disk_command_fails("device-remove",
				 "{\"type\": \"scsi\", \"controller\": 3}",
				 "there is no SCSI controller 3"));
}

static void spec_fails(const char *spec, const char *why)
{
	char *error = NULL;

	CHECK(storage_add_spec(spec, false, &error));
	if (!error || !strstr(error, why) || strchr(error, '\n')) {
		printf("# %s: expected \"%s\", got \"%s\"\n", spec, why,
		       error ? error : "no error");
		failed = true;
	}
	free(error);
}

static void test_specs(void)
{
	const char *odd = disk_file("odd,name", 1000);
	char spec[256], *error = NULL;
	json_t *disks;

	spec_fails("", "no file= given");
	spec_fails("file=/nowhere/a", "/nowhere/a: cannot open for reading and writing: No such file");
	spec_fails("file=/dev/null", "/dev/null: not a regular file or block device");
	spec_fails("file=/x,size=3", "unknown key size");
	spec_fails("file=/x,ro", "ro: expected key=value");
	spec_fails("file=/x,ro=yes", "ro=yes: expected on or off");
	spec_fails("file=/x,bus=sata", "bus=sata: expected scsi or ide");
	spec_fails("file=/x,lun=255", "lun=255: expected a number from 0 to 254");
	spec_fails("file=/x,sector=520", "sector=520: expected 512 or 4096");
	spec_fails("file=/x,bus=ide,controller=2", "controller=2: expected 0 to 1");
	spec_fails("file=/x,serial=123456789012345678901", "expected at most 20");
	snprintf(spec, sizeof(spec), "file=%.*s,,name", (int)strlen(odd) - 5,
		 odd);
	spec_fails(spec, "1000 bytes are not a multiple of the sector size 512");
	spec_fails("file=,bus=scsi", "no file= given");

	disk_file("odd,name", 0);
	spec_fails(spec, "is empty");
	disk_file("odd,name", 8192);
	CHECK(!storage_add_spec(spec, false, &error));
	CHECK(!storage_add_spec(spec, false, &error));
	strcat(spec, ",lun=1");
	spec_fails(spec, "scsi controller 0 target 0 LUN 1 is taken by");
	disks = disk_command("disk-list", "{}");
	CHECK(json_array_size(json_object_get(disks, "disks")) == 2);
	json_decref(disks);
	CHECK(storage_add_spec("file=/x,sector=512", true, &error));
	CHECK(error && strstr(error, "a DVD has 2048"));
	free(error);
}

static void test_statistics(void)
{
	json_t *list, *s, *disks;

	disk_add("file=%s", disk_file("a", MIB));
	disk_begin();
	disk_io(true, 0, 4, 2048);
	disk_io(false, 0, 2, 1024);
	disk_io(false, 1ull << 40, 2, 1024);
	list = guest_part("stats", "storage");
	s = json_array_get(list, 0);
#define NUMBER(o, name)	json_integer_value(json_object_get(o, name))
	CHECK(!strcmp(json_string_value(json_object_get(s, "version")), "6.2"));
	CHECK(NUMBER(s, "writes") == 1 && NUMBER(s, "bytes_written") == 2048);
	CHECK(NUMBER(s, "reads") == 2 && NUMBER(s, "bytes_read") == 1024);
	CHECK(NUMBER(s, "errors") == 1);	/* out of range */
	CHECK(NUMBER(s, "requests") == 5 && !NUMBER(s, "in_flight"));
	CHECK(!NUMBER(s, "ranges_bytes_unaligned"));
	CHECK(!NUMBER(s, "protocol_errors"));
	disks = disk_command("disk-list", "{}");
	s = json_array_get(json_object_get(disks, "disks"), 0);
	CHECK(NUMBER(s, "reads") == 2 && NUMBER(s, "size") == MIB);
	json_decref(disks);
	json_decref(list);
}

const struct test bus_tests[] = {
	{ "bus: IDE", test_ide },
	{ "bus: absent LUNs", test_absent_lun },
	{ "bus: hot plug", test_hot_plug },
	{ "bus: resize", test_resize },
	{ "bus: controllers", test_controllers },
	{ "bus: specifications", test_specs },
	{ "bus: statistics", test_statistics },
	{ NULL, NULL }
};
