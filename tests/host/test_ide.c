// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the emulated IDE controller: plays its driver, by the ports,
 * on the disks of the IDE accelerator.
 */
#include <string.h>

#include "ide.h"
#include "loop.h"
#include "test_disk.h"
#include "vm_priv.h"

#define BASE		0x1f0
#define CONTROL		0x3f6
#define SECONDARY	0x170
#define WAIT_MS		5000

static bool line[2];
static unsigned int rises[2];

void vm_set_irq(unsigned int gsi, bool level)
{
	CHECK(gsi == 14 || gsi == 15);
	CHECK(line[gsi - 14] != level);
	line[gsi - 14] = level;
	rises[gsi - 14] += level;
}

static uint8_t in(unsigned int reg)
{
	return ide_in(BASE + reg, 1);
}

static void out(unsigned int reg, uint8_t value)
{
	ide_out(BASE + reg, 1, value);
}

static uint8_t alternate(void)
{
	return ide_in(CONTROL, 1);
}

/* Until the drive is not busy; its status, which ends the interrupt. */
static uint8_t wait_status(void)
{
	uint64_t end = now_ms() + WAIT_MS;

	while ((alternate() & IDE_STATUS_BSY) && now_ms() < end) {
		guest_run_timers();
		guest_run_loop();
	}
	return in(IDE_STATUS);
}

static void address(uint64_t lba, uint8_t count)
{
	out(IDE_COUNT, count);
	out(IDE_LBA_LOW, lba);
	out(IDE_LBA_MID, lba >> 8);
	out(IDE_LBA_HIGH, lba >> 16);
	out(IDE_SELECT, 0xe0 | (lba >> 24 & 0xf));
}

static uint8_t command(uint8_t opcode, uint64_t lba, uint8_t count)
{
	address(lba, count);
	out(IDE_COMMAND, opcode);
	return wait_status();
}

static void data_in(void *data, uint32_t bytes)
{
	uint8_t *p = data;
	uint32_t value;

	for (; bytes; bytes -= 2, p += 2) {
		value = ide_in(BASE, 2);
		memcpy(p, &value, 2);
	}
}

static void data_out(const void *data, uint32_t bytes)
{
	const uint8_t *p = data;
	uint32_t value;

	for (; bytes; bytes -= 4, p += 4) {
		memcpy(&value, p, 4);
		ide_out(BASE, 4, value);
	}
}

static const char *start(void)
{
	const char *file = disk_file("ide", MIB);

	disk_file_pattern(file, 0, MIB, 7);
	disk_add("file=%s,bus=ide,serial=an IDE disk", file);
	memset(line, 0, sizeof(line));
	memset(rises, 0, sizeof(rises));
	return file;
}

static int64_t counter(const char *name)
{
	json_t *list = guest_part("stats", "emulated_ide");
	int64_t n = json_integer_value(json_object_get(
		json_array_get(list, 0), name));

	CHECK(json_array_size(list) == 1);
	json_decref(list);
	return n;
}

static void test_presence(void)
{
	CHECK(in(IDE_STATUS) == 0xff && in(IDE_COUNT) == 0xff);
	out(IDE_COMMAND, 0xec);			/* nobody listens */
	start();
	CHECK(in(IDE_STATUS) == IDE_STATUS_READY);
	CHECK(in(IDE_ERROR) == 1 && in(IDE_COUNT) == 1 && in(IDE_LBA_LOW) == 1);
	CHECK(!in(IDE_LBA_MID) && !in(IDE_LBA_HIGH));
	out(IDE_COUNT, 0x55);
	CHECK(in(IDE_COUNT) == 0x55);
	out(IDE_SELECT, 0xf0);			/* the slave is not there */
	CHECK(in(IDE_SELECT) == 0xf0 && !in(IDE_STATUS));
	out(IDE_COMMAND, 0xec);
	CHECK(!in(IDE_STATUS) && !line[0]);
	CHECK(ide_in(SECONDARY + IDE_STATUS, 1) == 0xffffffff);
}

static uint16_t word(const uint8_t *id, unsigned int n)
{
	return id[2 * n] | id[2 * n + 1] << 8;
}

static void test_identify(void)
{
	uint8_t id[512];

	start();
	CHECK(command(0xec, 0, 0) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	CHECK(rises[0] == 1 && !line[0]);
	data_in(id, sizeof(id));
	CHECK(in(IDE_STATUS) == IDE_STATUS_READY);
	CHECK(ide_in(BASE, 2) == 0);		/* no more of it */
	CHECK(word(id, 0) == 0x40 && word(id, 49) == 0x0a00);
	CHECK(!memcmp(id + 20, "naI EDd si k        ", 20));
	CHECK(!memcmp(id + 54, "iVtrau lDH", 10));
	CHECK(word(id, 60) == 2048 && !word(id, 61) && word(id, 100) == 2048);
	CHECK(word(id, 1) == 2 && word(id, 3) == 16 && word(id, 6) == 63);
	CHECK(word(id, 57) == 2 * 16 * 63 && !word(id, 59));
	CHECK(word(id, 85) == 0x20);

	out(IDE_FEATURE, 0x82);
	CHECK(command(0xef, 0, 0) == IDE_STATUS_READY);
	CHECK(command(0xc6, 0, 8) == IDE_STATUS_READY);
	out(IDE_COUNT, 32);
	out(IDE_SELECT, 0xe7);
	out(IDE_COMMAND, 0x91);
	CHECK(wait_status() == IDE_STATUS_READY);
	command(0xec, 0, 0);
	data_in(id, sizeof(id));
	CHECK(!word(id, 85) && word(id, 59) == 0x108);
	CHECK(word(id, 54) == 8 && word(id, 55) == 8 && word(id, 56) == 32);
}

static void test_read(void)
{
	const char *file = start();
	uint8_t data[16 * 512], expected[16 * 512];

	disk_file_read(file, 100 * 512, expected, sizeof(expected));
	CHECK(command(0x20, 100, 16) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	for (int i = 0; i < 16; i++) {
		data_in(data + i * 512, 512);
		if (i < 15)
			CHECK(wait_status() ==
			      (IDE_STATUS_READY | IDE_STATUS_DRQ));
	}
	CHECK(alternate() == IDE_STATUS_READY);
	CHECK(!memcmp(data, expected, sizeof(data)));
	CHECK(rises[0] == 16 && !line[0]);

	/* One block for all of it, and one that is not full. */
	CHECK(command(0xc6, 0, 16) == IDE_STATUS_READY);
	CHECK(command(0xc4, 100, 16) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	data_in(data, sizeof(data));
	CHECK(alternate() == IDE_STATUS_READY);
	CHECK(!memcmp(data, expected, sizeof(data)));
	rises[0] = 0;
	memset(data, 0, sizeof(data));
	CHECK(command(0xc4, 96, 20) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	data_in(data, 8192);
	CHECK(wait_status() == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	data_in(data, 2048);
	CHECK(alternate() == IDE_STATUS_READY && rises[0] == 2);
	CHECK(!memcmp(data, expected + 12 * 512, 2048));
	CHECK(counter("sectors_read") == 16 + 16 + 20);
}

static void test_addresses(void)
{
	const char *file = start();
	uint8_t data[512], expected[512];

	/* 48 bits: the upper half of each register is written first. */
	disk_file_read(file, 2047 * 512, expected, 512);
	address(0, 0);
	CHECK(command(0x24, 2047, 1) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	data_in(data, 512);
	CHECK(!memcmp(data, expected, 512));
	out(IDE_LBA_LOW, 0x12);
	out(IDE_LBA_LOW, 0x34);
	ide_out(CONTROL, 1, IDE_CONTROL_HOB);
	CHECK(in(IDE_LBA_LOW) == 0x12);
	out(IDE_LBA_MID, 0);
	CHECK(in(IDE_LBA_LOW) == 0x34);

	/* Cylinder 1, head 2, sector 3 of 16 heads and 63 sectors. */
	disk_file_read(file, ((16 + 2) * 63 + 2) * 512, expected, 512);
	out(IDE_COUNT, 1);
	out(IDE_LBA_LOW, 3);
	out(IDE_LBA_MID, 1);
	out(IDE_LBA_HIGH, 0);
	out(IDE_SELECT, 0xa2);
	out(IDE_COMMAND, 0x20);
	CHECK(wait_status() == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	data_in(data, 512);
	CHECK(!memcmp(data, expected, 512));

	/* Beyond the end, by one and by far; sector 0 is none. */
	CHECK(command(0x20, 2047, 2) == (IDE_STATUS_READY | IDE_STATUS_ERR));
	CHECK(in(IDE_ERROR) == IDE_ERROR_IDNF);
	CHECK(command(0x20, 2048, 1) & IDE_STATUS_ERR);
	CHECK(command(0x30, 0xfffffff, 0) & IDE_STATUS_ERR);
	address(0xffffff, 0xff);
	CHECK(command(0x24, 0xffffff, 0xff) & IDE_STATUS_ERR);
	out(IDE_COUNT, 1);
	out(IDE_LBA_LOW, 0);
	out(IDE_LBA_MID, 0);
	out(IDE_SELECT, 0xa0);
	out(IDE_COMMAND, 0x20);
	CHECK(wait_status() & IDE_STATUS_ERR);
	CHECK(command(0x40, 0, 0) == IDE_STATUS_READY);	/* 256 sectors */
	CHECK(command(0x40, 1793, 0) & IDE_STATUS_ERR);
	CHECK(counter("errors") == 6);
}

static void test_write(void)
{
	const char *file = start();
	uint8_t data[20 * 512], got[20 * 512];

	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = i * 31;
	/* The first block is taken without an interrupt. */
	CHECK(command(0x30, 5, 2) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	CHECK(!rises[0]);
	data_out(data, 512);
	CHECK(wait_status() == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	CHECK(rises[0] == 1);
	data_out(data + 512, 512);
	CHECK(wait_status() == IDE_STATUS_READY && rises[0] == 2);
	disk_file_read(file, 5 * 512, got, 1024);
	CHECK(!memcmp(data, got, 1024));

	CHECK(command(0xc5, 0, 1) & IDE_STATUS_ERR);	/* not set */
	CHECK(command(0xc6, 0, 16) == IDE_STATUS_READY);
	address(0, 0);
	CHECK(command(0x39, 64, 20) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	data_out(data, 8192);
	CHECK(wait_status() == (IDE_STATUS_READY | IDE_STATUS_DRQ));
	data_out(data + 8192, 2048);
	CHECK(wait_status() == IDE_STATUS_READY);
	disk_file_read(file, 64 * 512, got, sizeof(got));
	CHECK(!memcmp(data, got, sizeof(got)));
	CHECK(command(0xe7, 0, 0) == IDE_STATUS_READY);
	CHECK(command(0xea, 0, 0) == IDE_STATUS_READY);
	CHECK(counter("sectors_written") == 22);
}

static void test_refusals(void)
{
	static const uint8_t unknown[] = {
		0x00, 0x08, 0x25, 0x35, 0xa1, 0xb0, 0xc8, 0xca, 0xf8, 0xff,
	};

	start();
	for (unsigned int i = 0; i < sizeof(unknown); i++) {
		CHECK(command(unknown[i], 0, 1) ==
		      (IDE_STATUS_READY | IDE_STATUS_ERR));
		CHECK(in(IDE_ERROR) == IDE_ERROR_ABRT);
	}
	CHECK(command(0xc6, 0, 3) & IDE_STATUS_ERR);
	CHECK(command(0xc6, 0, 32) & IDE_STATUS_ERR);
	CHECK(command(0x91, 0, 0) & IDE_STATUS_ERR);
	out(IDE_FEATURE, 0x03);
	CHECK(command(0xef, 0, 0x0c) == IDE_STATUS_READY);
	CHECK(command(0xef, 0, 0x42) & IDE_STATUS_ERR);
	out(IDE_FEATURE, 0x99);
	CHECK(command(0xef, 0, 0) & IDE_STATUS_ERR);
	CHECK(command(0xe5, 0, 0) == IDE_STATUS_READY);
	CHECK(in(IDE_COUNT) == 0xff);
	CHECK(command(0x10, 0, 0) == IDE_STATUS_READY);
}

static void test_read_only(void)
{
	disk_add("file=%s,bus=ide,ro=on", disk_file("ro", MIB));
	CHECK(command(0x30, 0, 1) == (IDE_STATUS_READY | IDE_STATUS_ERR));
	CHECK(in(IDE_ERROR) == IDE_ERROR_ABRT);
	CHECK(command(0x20, 0, 1) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
}

static void test_interrupt(void)
{
	start();
	ide_out(CONTROL, 1, IDE_CONTROL_NIEN);
	address(0, 1);
	out(IDE_COMMAND, 0xec);
	CHECK(alternate() & IDE_STATUS_DRQ);
	CHECK(!line[0]);
	ide_out(CONTROL, 1, 0);
	CHECK(line[0]);
	alternate();
	CHECK(line[0]);
	in(IDE_STATUS);
	CHECK(!line[0]);
}

static void soft_reset(void)
{
	ide_out(CONTROL, 1, IDE_CONTROL_RESET);
	CHECK(alternate() == IDE_STATUS_BSY);
	guest_run_timers();
	guest_run_loop();
	CHECK(alternate() == IDE_STATUS_BSY);
	ide_out(CONTROL, 1, 0);
}

static void test_reset(void)
{
	uint8_t data[512] = { 0 }, expected[512];
	const char *file = start();

	/* Amid a block, with one queued, and while the image reads. */
	CHECK(command(0x30, 0, 4) & IDE_STATUS_DRQ);
	data_out(data, 16);
	soft_reset();
	CHECK(wait_status() == IDE_STATUS_READY && in(IDE_COUNT) == 1);
	address(0, 4);
	out(IDE_COMMAND, 0x20);
	CHECK(alternate() & IDE_STATUS_BSY);
	out(IDE_COMMAND, 0xec);			/* not now */
	soft_reset();
	CHECK(wait_status() == IDE_STATUS_READY && in(IDE_ERROR) == 1);

	json_decref(disk_command("disk-fault", "{\"bus\": \"ide\", \"delay_ms\": 100}"));
	address(9, 4);
	out(IDE_COMMAND, 0x20);
	guest_run_timers();
	soft_reset();
	CHECK(alternate() == IDE_STATUS_BSY);	/* the image is not done */
	CHECK(wait_status() == IDE_STATUS_READY && in(IDE_LBA_LOW) == 1);
	CHECK(!line[0]);
	json_decref(disk_command("disk-fault", "{\"bus\": \"ide\", \"delay_ms\": 0}"));
	disk_file_read(file, 77 * 512, expected, 512);
	CHECK(command(0x20, 77, 1) & IDE_STATUS_DRQ);
	data_in(data, 512);
	CHECK(!memcmp(data, expected, 512));
	CHECK(command(0x90, 0, 0) == IDE_STATUS_READY && in(IDE_ERROR) == 1);
}

static void test_trouble(void)
{
	start();
	json_decref(disk_command("disk-fault", "{\"bus\": \"ide\", \"error\": \"EIO\", \"op\": \"read\"}"));
	CHECK(command(0x20, 0, 1) == (IDE_STATUS_READY | IDE_STATUS_ERR));
	CHECK(in(IDE_ERROR) == IDE_ERROR_UNC && rises[0] == 1);
	json_decref(disk_command("disk-fault", "{\"bus\": \"ide\", \"error\": \"ENOSPC\", \"op\": \"write\"}"));
	CHECK(command(0x30, 0, 1) & IDE_STATUS_DRQ);
	data_out((uint8_t[512]){ 1 }, 512);
	CHECK(wait_status() == (IDE_STATUS_READY | IDE_STATUS_ERR));
	CHECK(in(IDE_ERROR) == IDE_ERROR_ABRT);

	/* The disk goes amid a write: nobody is there any more. */
	CHECK(command(0x30, 0, 2) & IDE_STATUS_DRQ);
	json_decref(disk_command("disk-remove", "{\"bus\": \"ide\"}"));
	data_out((uint8_t[512]){ 1 }, 512);
	guest_run_timers();
	guest_run_loop();
	CHECK(in(IDE_STATUS) == 0xff);
	/* In the middle of an operation as well. */
	disk_add("file=%s,bus=ide", disk_file("other", MIB));
	soft_reset();
	CHECK(command(0x20, 0, 2) & IDE_STATUS_DRQ);
	data_in((uint8_t[512]){ 0 }, 512);
	guest_run_timers();
	json_decref(disk_command("disk-remove", "{\"bus\": \"ide\"}"));
	storage_reset();
	ide_reset();
	CHECK(in(IDE_STATUS) == 0xff);
}

/* Whatever is written to whatever port: the sanitizers look on. */
static void test_odd_accesses(void)
{
	static const uint16_t bases[] = { 0x1f0, 0x170 };
	unsigned int size;
	uint32_t random = 1;
	uint16_t port;

	start();
	disk_add("file=%s,bus=ide", disk_file("slave", 64 * KIB));
	for (unsigned int i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		port = bases[random >> 31] + (random >> 8 & 7);
		size = 1 << (random >> 16) % 3;
		if ((random >> 20 & 31) == 0)
			port = random >> 31 ? 0x376 : 0x3f6;
		if (random >> 25 & 1)
			ide_in(port, size);
		else
			ide_out(port, size, random >> 4 ^ random);
		if ((random >> 26 & 15) == 0) {
			guest_run_timers();
			guest_run_loop();
		}
	}
	ide_out(CONTROL, 1, IDE_CONTROL_RESET);
	ide_out(CONTROL, 1, 0);
	out(IDE_SELECT, 0xe0);
	CHECK(wait_status() == IDE_STATUS_READY);
	CHECK(command(0xec, 0, 0) == (IDE_STATUS_READY | IDE_STATUS_DRQ));
}

const struct test ide_tests[] = {
	{ "ide: who is there", test_presence },
	{ "ide: identify", test_identify },
	{ "ide: reads", test_read },
	{ "ide: addresses", test_addresses },
	{ "ide: writes", test_write },
	{ "ide: what is aborted", test_refusals },
	{ "ide: a read-only disk", test_read_only },
	{ "ide: interrupts", test_interrupt },
	{ "ide: resets", test_reset },
	{ "ide: disks that fail and go", test_trouble },
	{ "ide: odd accesses", test_odd_accesses },
	{ NULL, NULL }
};
