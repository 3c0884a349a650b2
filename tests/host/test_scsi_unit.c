// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the storage service, the commands by which a unit says what it
 * is: INQUIRY and mode pages; and DVD drives.
 */
#include <string.h>

#include "test_scsi.h"

static uint8_t data[8192], file_data[65536];

static void vpd(uint8_t page)
{
	memset(data, 0, 256);
	CHECK(disk_run((uint8_t[6]){ 0x12, 1, page, 0, 255 }, 6, IN, 255) ==
	      OK);
	disk_buffer_get(data, srb->transfer_length);
	CHECK(data[1] == page);
	CHECK(srb->transfer_length == 4 + scsi_be16(data + 2));
}

static void test_inquiry(void)
{
	uint8_t naa[16];

	disk_add("file=%s,serial=S-1234", disk_file("a", MIB));
	disk_begin();
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6, IN, 36) == OK);
	disk_buffer_get(data, 36);
	CHECK(!data[0] && data[2] == 5 && data[3] == 2 && data[4] == 31);
	CHECK(!memcmp(data + 8, "Msft    Virtual Disk    1.0 ", 28));
	vpd(0x00);
	CHECK(!memcmp(data + 4, "\x00\x80\x83\xb0\xb1\xb2", 6));
	vpd(0x80);
	CHECK(data[3] == 6 && !memcmp(data + 4, "S-1234", 6));
	vpd(0x83);
	CHECK(data[4] == 1 && data[5] == 3 && data[7] == 16);
	CHECK(!memcmp(data + 8, "\x60\x02\x24\x80", 4));
	memcpy(naa, data + 8, 16);
	CHECK(!memcmp(data + 28, "Msft    S-1234", 14));
	vpd(0xb0);
	CHECK(data[3] == 0x3c && scsi_be32(data + 8) == 1024);
	CHECK(scsi_be32(data + 20) && scsi_be32(data + 24) == 256);
	CHECK(scsi_be32(data + 28) == 8 && scsi_be64(data + 36));
	vpd(0xb1);
	vpd(0xb2);
	CHECK(data[5] == 0xe4 && data[6] == 2);
	CHECK(disk_run((uint8_t[6]){ 0x12, 1, 0x99, 0, 255 }, 6, IN, 255) ==
	      BAD);
	CHECK(disk_sense_is(SCSI_INVALID_FIELD));
	CHECK(disk_run((uint8_t[6]){ 0x12, 0, 0x80, 0, 255 }, 6, IN, 255) ==
	      BAD);

	/* The identity follows the serial number, not the place. */
	bus_close(disk_channel);
	disk_add("file=%s,serial=S-1234,lun=9", disk_file("b", MIB));
	disk_add("file=%s,lun=10", disk_file("c", MIB));
	disk_begin();
	disk_lun = 9;
	vpd(0x83);
	CHECK(!memcmp(naa, data + 8, 16));
	disk_lun = 10;
	vpd(0x83);
	CHECK(memcmp(naa, data + 8, 16));
	vpd(0x80);
	CHECK(data[3] == 16);

	guest_profile.stor_version = HVG_STOR_VERSION_WIN8;
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6, IN, 36) == OK);
	disk_buffer_get(data, 36);
	CHECK(data[2] == 4);
}

/* Old hosts fail two commands although their data is good. */
static void test_spurious_errors(void)
{
	disk_add("file=%s,serial=S-1", disk_file("a", MIB));
	guest_profile.inquiry_error_quirk = true;
	guest_profile.stor_version = HVG_STOR_VERSION_WIN7;
	CHECK(!disk_start(bus_channel(bus_device(0), 0),
			  HVG_STOR_VERSION_WIN7));
	disk_clear_attentions();
	CHECK(disk_run((uint8_t[6]){ 0x12, 1, 0x80, 0, 255 }, 6, IN, 255) ==
	      BAD);
	CHECK(!(srb->srb_status & HVG_SRB_AUTOSENSE_VALID));
	CHECK(srb->transfer_length == 7);
	disk_buffer_get(data, 7);
	CHECK(!memcmp(data + 4, "S-1", 3));
	CHECK(disk_run((uint8_t[6]){ 0x1a, 0, 0x1c, 0, 64 }, 6, IN, 64) ==
	      BAD);
	CHECK(disk_run((uint8_t[6]){ 0x1a, 0, 0x3f, 0, 64 }, 6, IN, 64) == OK);
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6, IN, 36) == OK);
}

static void test_mode(void)
{
	uint8_t select[24] = { 0, 0, 0, 0, 0x08, 0x12 };

	disk_add("file=%s", disk_file("a", MIB));
	disk_add("file=%s,ro=on", disk_file("b", MIB));
	disk_begin();
	CHECK(disk_run((uint8_t[6]){ 0x1a, 0, 0x3f, 0, 255 }, 6, IN, 255) ==
	      OK);
	disk_buffer_get(data, srb->transfer_length);
	CHECK(data[0] == srb->transfer_length - 1 && data[2] == 0x10);
	CHECK(data[3] == 8 && scsi_be32(data + 4) == 2048);
	CHECK(scsi_be32(data + 8) == 512 && data[12] == 0x08);
	CHECK(data[14] == 0x04);
	CHECK(disk_run((uint8_t[10]){ 0x5a, 8, 0x08, [8] = 255 }, 10, IN, 255)
	      == OK);
	disk_buffer_get(data, srb->transfer_length);
	CHECK(srb->transfer_length == 28 && scsi_be16(data) == 26);
	CHECK(data[8] == 0x08 && data[10] == 0x04);
	CHECK(disk_run((uint8_t[10]){ 0x5a, 0x10, 0x0a, [8] = 255 }, 10, IN,
		       255) == OK);
	disk_buffer_get(data, srb->transfer_length);
	CHECK(data[4] == 1 && data[7] == 16 && data[24] == 0x0a);
	CHECK(disk_run((uint8_t[6]){ 0x1a, 0, 0x2a, 0, 255 }, 6, IN, 255) ==
	      BAD);
	CHECK(disk_run((uint8_t[6]){ 0x1a, 0, 0xc8, 0, 255 }, 6, IN, 255) ==
	      BAD);
	CHECK(disk_sense_is(SCSI_SAVING_UNSUPPORTED));

	/* The write cache can be turned off, nothing else. */
	disk_buffer_put(select, 24);
	CHECK(disk_run((uint8_t[6]){ 0x15, 0x10, 0, 0, 24 }, 6, OUT, 24) ==
	      OK);
	CHECK(disk_run((uint8_t[6]){ 0x1a, 8, 0x08, 0, 255 }, 6, IN, 255) ==
	      OK);
	disk_buffer_get(data, 24);
	CHECK(!data[6]);
	CHECK(disk_io(true, 0, 8, 4096) == OK);
	CHECK(disk_run((uint8_t[6]){ 0x1a, 8, 0x48, 0, 255 }, 6, IN, 255) ==
	      OK);
	disk_buffer_get(data, 24);
	CHECK(data[6] == 0x04);
	select[7] = 1;
	disk_buffer_put(select, 24);
	CHECK(disk_run((uint8_t[6]){ 0x15, 0x10, 0, 0, 24 }, 6, OUT, 24) ==
	      BAD);
	CHECK(disk_sense_is(SCSI_INVALID_PARAM));
	CHECK(disk_run((uint8_t[6]){ 0x15, 0x11, 0, 0, 24 }, 6, OUT, 24) ==
	      BAD);
	CHECK(disk_sense_is(SCSI_INVALID_FIELD));
	CHECK(disk_run((uint8_t[6]){ 0x15, 0x10, 0, 0, 20 }, 6, OUT, 20) ==
	      BAD);

	disk_lun = 1;
	disk_clear_attentions();
	CHECK(disk_run((uint8_t[6]){ 0x1a, 0, 0x3f, 0, 255 }, 6, IN, 255) ==
	      OK);
	disk_buffer_get(data, 8);
	CHECK(data[2] == 0x90);
	CHECK(disk_io(true, 0, 8, 4096) == BAD);
	CHECK(disk_sense_is(SCSI_WRITE_PROTECTED));
	CHECK(disk_run((uint8_t[10]){ 0x35 }, 10, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[6]){ 0x1b, [4] = 1 }, 6, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[6]){ 0x1e, [4] = 1 }, 6, NONE, 0) == OK);
}

static void test_dvd(void)
{
	const char *path = disk_file("a.iso", MIB);

	disk_file_pattern(path, 0, 65536, 8);
	disk_file_read(path, 0, file_data, 65536);
	disk_add("file=%s", path);
	disk_begin();
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6, IN, 36) == OK);
	disk_buffer_get(data, 36);
	CHECK(data[0] == 5 && data[1] == 0x80);
	CHECK(!memcmp(data + 8, "Msft    Virtual DVD-ROM ", 24));
	CHECK(disk_run((uint8_t[10]){ 0x25 }, 10, IN, 8) == OK);
	disk_buffer_get(data, 8);
	CHECK(scsi_be32(data) == 511 && scsi_be32(data + 4) == 2048);
	CHECK(disk_run((uint8_t[10]){ 0x28, [5] = 2, [8] = 4 }, 10, IN, 8192)
	      == OK);
	disk_buffer_get(data, 8192);
	CHECK(!memcmp(data, file_data + 4096, 8192));
	CHECK(disk_run((uint8_t[12]){ 0xa8, [9] = 4 }, 12, IN, 8192) == OK);
	CHECK(disk_run((uint8_t[12]){ 0xa8, [4] = 2, [9] = 4 }, 12, IN, 8192)
	      == BAD);
	CHECK(disk_sense_is(SCSI_LBA_OUT_OF_RANGE));
	CHECK(disk_run((uint8_t[10]){ 0x2a, [8] = 1 }, 10, OUT, 2048) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_OPCODE));

	CHECK(disk_run((uint8_t[10]){ 0x43, [8] = 64 }, 10, IN, 64) == OK);
	disk_buffer_get(data, 64);
	CHECK(srb->transfer_length == 20 && data[1] == 18 && data[5] == 0x14);
	CHECK(data[14] == 0xaa && scsi_be32(data + 16) == 512);
	CHECK(disk_run((uint8_t[10]){ 0x43, 2, [6] = 0xaa, [8] = 64 }, 10, IN,
		       64) == OK);
	disk_buffer_get(data, 12);
	CHECK(data[9] == 0 && data[10] == 8 && data[11] == 62);
	CHECK(disk_run((uint8_t[10]){ 0x46, [8] = 128 }, 10, IN, 128) == OK);
	disk_buffer_get(data, 128);
	CHECK(scsi_be32(data) == srb->transfer_length - 4 && data[7] == 8);
	CHECK(disk_run((uint8_t[10]){ 0x46, 2, [3] = 0x10, [8] = 128 }, 10, IN,
		       128) == OK);
	disk_buffer_get(data, 20);
	CHECK(srb->transfer_length == 20 && data[9] == 0x10 && data[10] == 1);
	CHECK(disk_run((uint8_t[10]){ 0x4a, 1, [4] = 0x10, [8] = 8 }, 10, IN,
		       8) == OK);
	disk_buffer_get(data, 8);
	CHECK(data[2] == 4 && data[5] == 2);
	CHECK(disk_run((uint8_t[10]){ 0x51, [8] = 34 }, 10, IN, 34) == OK);
	CHECK(disk_run((uint8_t[6]){ 0x1a, 0, 0x2a, 0, 64 }, 6, IN, 64) == OK);
	disk_buffer_get(data, 24);
	CHECK(data[4] == 0x2a && data[6] == 0x0b);

	/* Ejected unless that is prevented, and loaded again. */
	CHECK(disk_run((uint8_t[6]){ 0x1e, [4] = 1 }, 6, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[6]){ 0x1b, [4] = 2 }, 6, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_REMOVAL_PREVENTED));
	CHECK(disk_run((uint8_t[6]){ 0x1e }, 6, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[6]){ 0x1b, [4] = 2 }, 6, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[6]){ 0 }, 6, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_NO_MEDIUM));
	CHECK(disk_run((uint8_t[6]){ 0x1b, [4] = 3 }, 6, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[6]){ 0 }, 6, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_SENSE(6, 0x28, 0)));
	CHECK(disk_run((uint8_t[6]){ 0 }, 6, NONE, 0) == OK);
}

const struct test unit_tests[] = {
	{ "disk: INQUIRY", test_inquiry },
	{ "disk: spurious errors", test_spurious_errors },
	{ "disk: MODE SENSE and SELECT", test_mode },
	{ "dvd", test_dvd },
	{ NULL, NULL }
};
