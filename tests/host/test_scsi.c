// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the storage service, the commands that move a disk's data: what
 * is in the file, sense, residuals.
 */
#include <string.h>

#include "storage_bus.h"
#include "test_scsi.h"

static uint8_t data[512 * 1024], file_data[1024 * 1024];

static void pattern(uint32_t bytes, uint8_t seed)
{
	for (uint32_t i = 0; i < bytes; i++)
		data[i] = seed + i / 512 + i;
}

/* All forms of READ and WRITE at @lba, for a disk of @sector bytes. */
static void read_write(const char *path, uint32_t lba, uint32_t blocks,
		       uint32_t sector)
{
	static const struct {
		uint8_t read, write;
		unsigned int bytes;
	} forms[] = { { 0x08, 0x0a, 6 }, { 0x28, 0x2a, 10 },
		      { 0xa8, 0xaa, 12 }, { 0x88, 0x8a, 16 } };
	uint32_t bytes = blocks * sector;

	for (unsigned int i = 0; i < 4; i++) {
		uint8_t cdb[16] = { forms[i].write };

		switch (forms[i].bytes) {
		case 6:
			scsi_put32(cdb, lba);
			cdb[4] = blocks;
			break;
		case 10:
			scsi_put32(cdb + 2, lba);
			scsi_put16(cdb + 7, blocks);
			break;
		case 12:
			scsi_put32(cdb + 2, lba);
			scsi_put32(cdb + 6, blocks);
			break;
		default:
			scsi_put64(cdb + 2, lba);
			scsi_put32(cdb + 10, blocks);
			break;
		}
		cdb[0] = forms[i].write;
		if (i)
			cdb[1] = i & 1 ? 0x18 : 0x08;	/* DPO, FUA */
		pattern(bytes, i * 40 + 1);
		disk_buffer_put(data, bytes);
		CHECK(disk_run(cdb, forms[i].bytes, OUT, bytes) == OK);
		CHECK(srb->transfer_length == bytes);
		disk_file_read(path, (uint64_t)lba * sector, file_data, bytes);
		CHECK(!memcmp(data, file_data, bytes));

		disk_file_pattern(path, (uint64_t)lba * sector, bytes,
				  i * 40 + 2);
		disk_file_read(path, (uint64_t)lba * sector, file_data, bytes);
		disk_buffer_fill(0xee);
		cdb[0] = forms[i].read;
		CHECK(disk_run(cdb, forms[i].bytes, IN, bytes) == OK);
		CHECK(srb->transfer_length == bytes);
		disk_buffer_get(data, bytes);
		CHECK(!memcmp(data, file_data, bytes));
	}
}

static void test_read_write(void)
{
	const char *path = disk_file("a", 8 * MIB);

	disk_add("file=%s", path);
	disk_begin();
	read_write(path, 0, 1, 512);
	disk_buffer_offset = 512;
	read_write(path, 1001, 200, 512);
	disk_buffer_offset = 4095;
	read_write(path, 8 * MIB / 512 - 255, 255, 512);
}

static void test_sector_4096(void)
{
	static const uint8_t capacity16[16] = { 0x9e, 0x10, [13] = 32 };
	const char *path = disk_file("a", 8 * MIB);

	disk_add("file=%s,sector=4096", path);
	disk_begin();
	read_write(path, 17, 20, 4096);
	CHECK(disk_run(capacity16, 16, IN, 32) == OK);
	disk_buffer_get(data, 32);
	CHECK(scsi_be64(data) == 8 * MIB / 4096 - 1);
	CHECK(scsi_be32(data + 8) == 4096 && !data[13]);
}

static void put_unmap(uint8_t *list, unsigned int i, uint64_t lba,
		      uint32_t blocks)
{
	scsi_put64(list + 8 + i * 16, lba);
	scsi_put32(list + 16 + i * 16, blocks);
	scsi_put16(list, 6 + (i + 1) * 16);
	scsi_put16(list + 2, (i + 1) * 16);
}

static uint8_t unmap(const uint8_t *list, uint32_t bytes)
{
	uint8_t cdb[10] = { 0x42 };

	scsi_put16(cdb + 7, bytes);
	disk_buffer_put(list, bytes);
	return disk_run(cdb, 10, OUT, bytes);
}

static void test_big(void)
{
	uint8_t list[24] = { 0 };
	static const uint8_t capacity10[10] = { 0x25 };
	static const uint8_t capacity16[16] = { 0x9e, 0x10, [13] = 32 };
	const char *path = disk_file("a", 5 * TIB);

	disk_add("file=%s", path);
	disk_begin();
	CHECK(disk_run(capacity10, 10, IN, 8) == OK);
	disk_buffer_get(data, 8);
	CHECK(scsi_be32(data) == UINT32_MAX && scsi_be32(data + 4) == 512);
	CHECK(disk_run(capacity16, 16, IN, 32) == OK);
	disk_buffer_get(data, 32);
	CHECK(scsi_be64(data) == 5 * TIB / 512 - 1);
	CHECK(data[13] == 3 && data[14] == 0xc0);

	pattern(4096, 5);
	disk_buffer_put(data, 4096);
	CHECK(disk_io(true, 5 * TIB / 512 - 8, 8, 4096) == OK);
	disk_file_read(path, 5 * TIB - 4096, file_data, 4096);
	CHECK(!memcmp(data, file_data, 4096));
	CHECK(disk_io(false, 5 * TIB / 512 - 7, 8, 4096) == BAD);
	CHECK(disk_sense_is(SCSI_LBA_OUT_OF_RANGE));
	CHECK(!srb->transfer_length);
	CHECK(disk_io(false, UINT64_MAX, 8, 4096) == BAD);
	CHECK(disk_sense_is(SCSI_LBA_OUT_OF_RANGE));
	CHECK(disk_io(false, 5 * TIB / 512, 1, 512) == BAD);

	/* As much as the limits page says in one go, and no more. */
	put_unmap(list, 0, 4 * TIB / 512, SCSI_UNMAP_BLOCKS);
	CHECK(unmap(list, sizeof(list)) == OK);
	put_unmap(list, 0, 4 * TIB / 512, SCSI_UNMAP_BLOCKS + 1);
	CHECK(unmap(list, sizeof(list)) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_PARAM));
}

static void test_residuals(void)
{
	const char *path = disk_file("a", MIB);

	disk_add("file=%s", path);
	disk_begin();
	disk_file_pattern(path, 0, 8192, 9);
	disk_file_read(path, 0, file_data, 8192);
	/* A buffer longer than the command moves: what was moved is said. */
	disk_buffer_fill(0xee);
	CHECK(disk_io(false, 0, 2, 4096) == OK);
	CHECK(srb->transfer_length == 1024);
	disk_buffer_get(data, 4096);
	CHECK(!memcmp(data, file_data, 1024) && data[1024] == 0xee);
	/* And shorter. */
	CHECK(disk_io(false, 0, 8, 1024) == HVG_SRB_DATA_OVERRUN);
	CHECK(srb->transfer_length == 1024);
	CHECK(disk_io(true, 8, 8, 1000) == HVG_SRB_DATA_OVERRUN);
	CHECK(srb->transfer_length == 512);
	CHECK(disk_io(true, 8, 8, 0) == HVG_SRB_DATA_OVERRUN);
	CHECK(!srb->transfer_length);
	CHECK(disk_io(false, 0, 0, 0) == OK);
	/* The wrong way round. */
	CHECK(disk_run((uint8_t[10]){ 0x28, [8] = 1 }, 10, OUT, 512) ==
	      HVG_SRB_INVALID_REQUEST);
	CHECK(disk_run((uint8_t[10]){ 0x25 }, 10, OUT, 8) ==
	      HVG_SRB_INVALID_REQUEST);
	/* Short answers are as long as they are. */
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 255 }, 6, IN, 255) == OK);
	CHECK(srb->transfer_length == 36);
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 5 }, 6, IN, 255) == OK);
	CHECK(srb->transfer_length == 5);
}

static void test_sense(void)
{
	static const uint8_t unknown[6] = { 0xff };
	static const uint8_t request_sense[6] = { 0x03, [4] = 18 };

	disk_add("file=%s", disk_file("a", MIB));
	CHECK(!disk_start(bus_channel(bus_device(0), 0),
			  HVG_STOR_VERSION_WIN10));
	/* INQUIRY and REPORT LUNS leave the attention for others. */
	CHECK(disk_run((uint8_t[6]){ 0x12, [4] = 36 }, 6, IN, 36) == OK);
	CHECK(disk_run((uint8_t[12]){ 0xa0, [9] = 64 }, 12, IN, 64) == OK);
	CHECK(disk_run(unknown, 6, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_SENSE(6, 0x29, 0)));
	CHECK(disk_run(unknown, 6, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_OPCODE));
	/* The field pointer names byte and bit. */
	CHECK(disk_run((uint8_t[10]){ 0x28, 0x20, [8] = 1 }, 10, IN, 512) ==
	      BAD);
	CHECK(disk_sense_is(SCSI_INVALID_FIELD));
	CHECK(srb->u.sense[15] == 0xcf && srb->u.sense[17] == 1);

	/* The guest's room decides, then the version. */
	disk_sense_length = 14;
	CHECK(disk_run(unknown, 6, NONE, 0) == BAD);
	CHECK(srb->srb_status & HVG_SRB_AUTOSENSE_VALID);
	CHECK(srb->sense_length == 14 && srb->u.sense[12] == 0x20);
	disk_sense_length = 255;
	CHECK(disk_run(unknown, 6, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_OPCODE));

	/* Without autosense it waits for REQUEST SENSE. */
	disk_srb_flags = HVG_SRB_NO_AUTOSENSE;
	CHECK(disk_run(unknown, 6, NONE, 0) == BAD);
	CHECK(!(srb->srb_status & HVG_SRB_AUTOSENSE_VALID));
	CHECK(!srb->sense_length && srb->scsi_status == 2);
	disk_srb_flags = 0;
	CHECK(disk_run(request_sense, 6, IN, 18) == OK);
	disk_buffer_get(data, 18);
	CHECK(data[2] == 5 && data[12] == 0x20);
	CHECK(disk_run(request_sense, 6, IN, 18) == OK);
	disk_buffer_get(data, 18);
	CHECK(!data[2] && !data[12]);
	bus_close(disk_channel);

	CHECK(!disk_start(disk_channel, HVG_STOR_VERSION_WIN7));
	disk_sense_length = 255;
	CHECK(disk_run(unknown, 6, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_OPCODE));
}

static void test_file_errors(void)
{
	const char *path = disk_file("a", MIB);
	uint8_t unmap[24] = { 0, 22, 0, 16, [15] = 8, [19] = 8 };

	disk_add("file=%s", path);
	disk_begin();
	json_decref(disk_command("disk-fault",
				 "{\"op\": \"read\", \"error\": \"EIO\"}"));
	CHECK(disk_io(false, 77, 8, 4096) == BAD);
	CHECK(disk_sense_is(SCSI_READ_ERROR));
	CHECK(srb->u.sense[0] == 0xf0 && scsi_be32(srb->u.sense + 3) == 77);
	CHECK(!srb->transfer_length);
	CHECK(disk_io(false, 77, 8, 4096) == OK);
	json_decref(disk_command("disk-fault",
				 "{\"op\": \"write\", \"error\": \"EIO\"}"));
	CHECK(disk_io(true, 78, 8, 4096) == BAD);
	CHECK(disk_sense_is(SCSI_WRITE_ERROR));
	CHECK(scsi_be32(srb->u.sense + 3) == 78);
	json_decref(disk_command("disk-fault",
				 "{\"op\": \"write\", \"error\": \"ENOSPC\"}"));
	CHECK(disk_io(true, 78, 8, 4096) == BAD);
	CHECK(disk_sense_is(SCSI_SPACE_ALLOCATION));
	json_decref(disk_command("disk-fault",
				 "{\"op\": \"flush\", \"error\": \"EIO\"}"));
	CHECK(disk_run((uint8_t[10]){ 0x35 }, 10, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_WRITE_ERROR));
	json_decref(disk_command("disk-fault",
				 "{\"op\": \"unmap\", \"error\": \"EIO\"}"));
	disk_buffer_put(unmap, sizeof(unmap));
	CHECK(disk_run((uint8_t[10]){ 0x42, [8] = 24 }, 10, OUT, 24) == BAD);
	CHECK(disk_sense_is(SCSI_WRITE_ERROR));
	CHECK(disk_command_fails("disk-fault",
				 "{\"op\": \"read\", \"error\": \"ENOENT\"}",
				 "error=ENOENT: expected EIO or ENOSPC"));

	/* The file is shorter than the disk: read up to its end, then fail. */
	disk_file("a", 512 * 1024 + 4096);
	CHECK(disk_io(false, 1024, 16, 8192) == BAD);
	CHECK(disk_sense_is(SCSI_READ_ERROR));
	CHECK(srb->transfer_length == 4096);
	CHECK(scsi_be32(srb->u.sense + 3) == 1024 + 8);
}

static void test_unmap(void)
{
	const char *path = disk_file("a", 4 * MIB);
	static uint8_t list[8 + 16 * 300];
	uint64_t before;

	for (unsigned int i = 0; i < 16; i++)
		disk_file_pattern(path, i * 256 * KIB, 256 * KIB, 3);
	disk_add("file=%s", path);
	disk_begin();
	before = disk_file_allocated(path);
	put_unmap(list, 0, 2048, 2048);
	put_unmap(list, 1, 0, 0);
	put_unmap(list, 2, 6144, 2048);
	CHECK(unmap(list, 56) == OK);
	CHECK(srb->transfer_length == 56);
	CHECK(disk_file_allocated(path) <= before - 2 * MIB);
	CHECK(disk_io(false, 2048, 512, 256 * KIB) == OK);
	disk_buffer_get(data, 256 * KIB);
	CHECK(!data[0] && !memcmp(data, data + 1, 256 * KIB - 1));
	disk_file_read(path, MIB - 512, file_data, 1024);
	CHECK(file_data[511] && !file_data[512]);

	/* Where the file cannot have holes, zeroes are written. */
	storage_lun(STORAGE_SCSI, 0, 0, 0, NULL)->image->no_punch = true;
	put_unmap(list, 0, 1001, 5);
	put_unmap(list, 1, 4096, 1000);
	CHECK(unmap(list, 40) == OK);
	disk_file_read(path, 1000 * 512, file_data, 7 * 512);
	CHECK(file_data[1] && file_data[6 * 512 + 1]);
	CHECK(!file_data[512] &&
	      !memcmp(file_data + 512, file_data + 513, 5 * 512 - 1));
	disk_file_read(path, 4096 * 512, file_data, 1001 * 512);
	CHECK(!file_data[0] && !memcmp(file_data, file_data + 1, 511999));
	CHECK(file_data[512001]);

	/* Nothing of a list with a fault in it is done. */
	put_unmap(list, 0, 0, 8);
	put_unmap(list, 1, 8192, 1);
	CHECK(unmap(list, 40) == BAD);
	CHECK(disk_sense_is(SCSI_LBA_OUT_OF_RANGE));
	disk_file_read(path, 0, file_data, 512);
	CHECK(file_data[1]);
	for (unsigned int i = 0; i < 257; i++)
		put_unmap(list, i, 0, 0);
	CHECK(unmap(list, 8 + 257 * 16) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_PARAM));
	CHECK(unmap(list, 8 + 256 * 16) == OK);
	CHECK(unmap(list, 4) == BAD);
	CHECK(disk_sense_is(SCSI_PARAM_LIST_LENGTH));
	CHECK(unmap(list, 0) == OK);
	CHECK(disk_run((uint8_t[10]){ 0x42, 0x01, [8] = 24 }, 10, OUT, 24) ==
	      BAD);
	CHECK(disk_sense_is(SCSI_INVALID_FIELD));
	bus_close(disk_channel);

	/* Hosts that have no UNMAP do not speak of it either. */
	guest_profile.unmap = false;
	disk_begin();
	CHECK(unmap(list, 24) == BAD && disk_sense_is(SCSI_INVALID_OPCODE));
	CHECK(disk_run((uint8_t[6]){ 0x12, 1, 0xb2, 0, 64 }, 6, IN, 64) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_FIELD));
	CHECK(disk_run((uint8_t[16]){ 0x9e, 0x10, [13] = 32 }, 16, IN, 32) ==
	      OK);
	disk_buffer_get(data, 32);
	CHECK(!data[14]);
}

static void test_write_same(void)
{
	const char *path = disk_file("a", 64 * MIB);
	uint8_t cdb[16] = { 0x93 };
	uint64_t before;

	disk_add("file=%s", path);
	disk_begin();
	/* 40 MiB and a bit, from an odd place. */
	scsi_put64(cdb + 2, 3);
	scsi_put32(cdb + 10, 81921);
	pattern(512, 7);
	disk_buffer_put(data, 512);
	CHECK(disk_run(cdb, 16, OUT, 512) == OK);
	CHECK(srb->transfer_length == 512);
	for (uint64_t block = 2; block <= 81924; block += 17) {
		bool in = block >= 3 && block < 81924;

		disk_file_read(path, block * 512, file_data, 512);
		CHECK(in ? !memcmp(data, file_data, 512) : !file_data[9]);
	}
	disk_file_read(path, 81923 * 512, file_data, 1024);
	CHECK(!memcmp(data, file_data, 512) && !file_data[512 + 9]);

	/* UNMAP of zeroes makes a hole, of other data writes. */
	before = disk_file_allocated(path);
	cdb[1] = 0x08;
	memset(data, 0, 512);
	disk_buffer_put(data, 512);
	CHECK(disk_run(cdb, 16, OUT, 512) == OK);
	CHECK(disk_file_allocated(path) < before - 30 * MIB);
	data[511] = 1;
	disk_buffer_put(data, 512);
	scsi_put32(cdb + 10, 4);
	CHECK(disk_run(cdb, 16, OUT, 512) == OK);
	disk_file_read(path, 6 * 512, file_data, 512);
	CHECK(!memcmp(data, file_data, 512));
	cdb[1] = 0x01;				/* no data-out buffer */
	CHECK(disk_run(cdb, 16, NONE, 0) == OK);
	disk_file_read(path, 6 * 512, file_data, 512);
	CHECK(!file_data[511]);

	CHECK(disk_run((uint8_t[10]){ 0x41, [5] = 9, [8] = 2 }, 10, OUT, 512)
	      == OK);
	disk_file_read(path, 10 * 512, file_data, 512);
	CHECK(!memcmp(data, file_data, 512));
	CHECK(disk_run((uint8_t[10]){ 0x41, [8] = 0 }, 10, OUT, 512) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_FIELD));
	CHECK(disk_run((uint8_t[10]){ 0x41, [8] = 2 }, 10, OUT, 100) ==
	      HVG_SRB_DATA_OVERRUN);
	guest_profile.write_same = false;
	CHECK(disk_run((uint8_t[10]){ 0x41, [8] = 2 }, 10, OUT, 512) == BAD);
	CHECK(disk_sense_is(SCSI_INVALID_OPCODE));
}

static void test_flush_verify(void)
{
	const char *path = disk_file("a", MIB);

	disk_add("file=%s", path);
	disk_begin();
	CHECK(disk_run((uint8_t[10]){ 0x35 }, 10, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[16]){ 0x91 }, 16, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[10]){ 0x35, [4] = 9 }, 10, NONE, 0) == BAD);
	CHECK(disk_sense_is(SCSI_LBA_OUT_OF_RANGE));

	CHECK(disk_run((uint8_t[10]){ 0x2f, [8] = 8 }, 10, NONE, 0) == OK);
	CHECK(disk_run((uint8_t[16]){ 0x8f, [12] = 8, [13] = 1 }, 16, NONE, 0)
	      == BAD);
	CHECK(disk_sense_is(SCSI_LBA_OUT_OF_RANGE));
	disk_file_pattern(path, 0, 8192, 4);
	disk_file_read(path, 0, data, 8192);
	disk_buffer_put(data, 8192);
	CHECK(disk_run((uint8_t[10]){ 0x2f, 2, [8] = 16 }, 10, OUT, 8192) ==
	      OK);
	CHECK(srb->transfer_length == 8192);
	data[5000] ^= 1;
	disk_buffer_put(data, 8192);
	CHECK(disk_run((uint8_t[10]){ 0x2f, 2, [8] = 16 }, 10, OUT, 8192) ==
	      BAD);
	CHECK(disk_sense_is(SCSI_MISCOMPARE));
	CHECK(scsi_be32(srb->u.sense + 3) == 5000);
	CHECK(disk_run((uint8_t[10]){ 0x2f, 4, [8] = 1 }, 10, NONE, 0) == BAD);
}

const struct test data_tests[] = {
	{ "disk: READ and WRITE", test_read_write },
	{ "disk: sectors of 4096 bytes", test_sector_4096 },
	{ "disk: more than 2 TiB", test_big },
	{ "disk: residuals", test_residuals },
	{ "disk: sense data", test_sense },
	{ "disk: errors of the file", test_file_errors },
	{ "disk: UNMAP", test_unmap },
	{ "disk: WRITE SAME", test_write_same },
	{ "disk: SYNCHRONIZE CACHE and VERIFY", test_flush_verify },
	{ NULL, NULL }
};
