// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the drives of the emulated IDE controller do: the commands that a
 * driver needs to find a disk, to read and to write it with programmed I/O.
 * Everything else is aborted.
 *
 * vCPU threads, machine lock held.
 */
#include <string.h>

#include "ide.h"

#define LBA28_SECTORS		0x0fffffffull
#define CHS_CYLINDERS		16383u

#define SELECT_HEAD		0x0f
#define POWER_ACTIVE		0xff

enum {
	FEATURE_WRITE_CACHE = 0x02,
	FEATURE_TRANSFER_MODE = 0x03,
	FEATURE_NO_WRITE_CACHE = 0x82,
};

/**
 * struct ata_command
 * @phase: of one that moves data, or syncs
 * @ext: takes 48 bits of address and 16 of a count
 * @multiple: a data block is as long as SET MULTIPLE MODE has said
 */
struct ata_command {
	uint8_t opcode;
	void (*exec)(struct ide_channel *ch, const struct ata_command *cmd);
	enum ide_phase phase;
	bool ext;
	bool multiple;
};

static uint64_t capacity(const struct ide_channel *ch)
{
	return ide_disk(ch, ch->unit)->image->size / IDE_SECTOR;
}

static struct ide_drive *drive_of(struct ide_channel *ch)
{
	return &ch->drives[ch->unit];
}

static uint8_t low(const struct ide_channel *ch, unsigned int reg)
{
	return ch->task[reg];
}

/* The three address registers; @shift 8: what they held before. */
static uint32_t address(const struct ide_channel *ch, unsigned int shift)
{
	return (uint8_t)(ch->task[IDE_LBA_LOW] >> shift) |
	       (uint32_t)(uint8_t)(ch->task[IDE_LBA_MID] >> shift) << 8 |
	       (uint32_t)(uint8_t)(ch->task[IDE_LBA_HIGH] >> shift) << 16;
}

/* Sectors count from 1: sector 0 is far beyond any disk. */
static uint64_t first_sector(struct ide_channel *ch, bool ext)
{
	const struct ide_drive *drive = drive_of(ch);
	uint64_t cylinder;

	if (ext)
		return (uint64_t)address(ch, 8) << 24 | address(ch, 0);
	if (ch->select & IDE_SELECT_LBA)
		return (uint64_t)(ch->select & SELECT_HEAD) << 24 |
		       address(ch, 0);
	cylinder = low(ch, IDE_LBA_MID) | low(ch, IDE_LBA_HIGH) << 8;
	return (cylinder * drive->heads + (ch->select & SELECT_HEAD)) *
	       drive->track + (uint64_t)low(ch, IDE_LBA_LOW) - 1;
}

static uint32_t sector_count(const struct ide_channel *ch, bool ext)
{
	if (ext)
		return ch->task[IDE_COUNT] ? ch->task[IDE_COUNT] : 0x10000;
	return low(ch, IDE_COUNT) ? low(ch, IDE_COUNT) : 0x100;
}

static void transfer(struct ide_channel *ch, const struct ata_command *cmd)
{
	uint32_t block = cmd->multiple ? drive_of(ch)->multiple : 1;
	uint64_t sectors = capacity(ch);

	if (cmd->phase == IDE_VERIFY)
		block = IDE_MULTIPLE_MAX;
	if (!block ||
	    (cmd->phase == IDE_WRITE && ide_disk(ch, ch->unit)->ro)) {
		ide_fail(ch, IDE_ERROR_ABRT);
		return;
	}
	ch->lba = first_sector(ch, cmd->ext);
	ch->left = sector_count(ch, cmd->ext);
	ch->block = block;
	if (ch->lba >= sectors || ch->left > sectors - ch->lba) {
		ide_fail(ch, IDE_ERROR_IDNF);
		return;
	}
	ch->phase = cmd->phase;
	ide_transfer(ch);
}

static void flush(struct ide_channel *ch, const struct ata_command *cmd)
{
	ch->left = 0;
	ch->phase = cmd->phase;
	ide_transfer(ch);
}

static void put16(struct ide_channel *ch, unsigned int word, uint16_t value)
{
	ch->buffer[2 * word] = value;
	ch->buffer[2 * word + 1] = value >> 8;
}

static void put64(struct ide_channel *ch, unsigned int word,
		  unsigned int words, uint64_t value)
{
	for (; words--; value >>= 16)
		put16(ch, word++, value);
}

/* Texts have the first of two characters in the upper byte. */
static void put_text(struct ide_channel *ch, unsigned int word,
		     unsigned int words, const char *text)
{
	for (unsigned int i = 0; i < 2 * words; i++)
		ch->buffer[2 * word + (i ^ 1)] = *text ? *text++ : ' ';
}

static uint32_t cylinders(const struct ide_drive *drive, uint64_t sectors)
{
	uint64_t n = sectors / (drive->heads * drive->track);

	return n < CHS_CYLINDERS ? n : CHS_CYLINDERS;
}

static void put_geometry(struct ide_channel *ch, uint64_t sectors)
{
	static const struct ide_drive native = { .heads = 16, .track = 63 };
	const struct ide_drive *now = drive_of(ch);

	put16(ch, 1, cylinders(&native, sectors));
	put16(ch, 3, native.heads);
	put16(ch, 6, native.track);
	put16(ch, 53, 0x3);			/* 54-58 and 64-70 are valid */
	put16(ch, 54, cylinders(now, sectors));
	put16(ch, 55, now->heads);
	put16(ch, 56, now->track);
	put64(ch, 57, 2, (uint64_t)cylinders(now, sectors) * now->heads *
			 now->track);
}

static void identify(struct ide_channel *ch, const struct ata_command *cmd)
{
	const struct ide_drive *drive = drive_of(ch);
	uint64_t sectors = capacity(ch);
	uint16_t cache = drive->write_cache ? 0x0020 : 0;

	memset(ch->buffer, 0, IDE_SECTOR);
	put16(ch, 0, 0x0040);			/* a fixed disk */
	put_geometry(ch, sectors);
	put_text(ch, 10, 10, ide_disk(ch, ch->unit)->serial);
	put_text(ch, 23, 4, "1.1.0");
	put_text(ch, 27, 20, "Virtual HD");
	put16(ch, 47, 0x8000 | IDE_MULTIPLE_MAX);
	put16(ch, 49, 0x0a00);			/* LBA, IORDY; no DMA */
	put16(ch, 50, 0x4000);
	put16(ch, 51, 0x0200);			/* PIO mode 2 */
	if (drive->multiple)
		put16(ch, 59, 0x0100 | drive->multiple);
	put64(ch, 60, 2, sectors < LBA28_SECTORS ? sectors : LBA28_SECTORS);
	put16(ch, 64, 0x3);			/* PIO modes 3 and 4 */
	put16(ch, 67, 120);			/* ns of a cycle */
	put16(ch, 68, 120);
	put16(ch, 80, 0x0070);			/* ATA-4 to ATA-6 */
	put16(ch, 82, 0x0020);			/* write cache */
	put16(ch, 83, 0x7400);			/* FLUSH CACHE, EXT; 48 bits */
	put16(ch, 84, 0x4000);
	put16(ch, 85, cache);
	put16(ch, 86, 0x3400);
	put16(ch, 87, 0x4000);
	put64(ch, 100, 4, sectors);
	ch->phase = cmd->phase;
	ide_data(ch, IDE_SECTOR);
}

static void set_features(struct ide_channel *ch,
			 const struct ata_command *cmd)
{
	(void)cmd;
	switch (low(ch, IDE_FEATURE)) {
	case FEATURE_WRITE_CACHE:
		drive_of(ch)->write_cache = true;
		break;
	case FEATURE_NO_WRITE_CACHE:
		drive_of(ch)->write_cache = false;
		break;
	case FEATURE_TRANSFER_MODE:
		if (low(ch, IDE_COUNT) < 0x10)	/* PIO */
			break;
		/* fall through */
	default:
		ide_fail(ch, IDE_ERROR_ABRT);
		return;
	}
	ide_good(ch);
}

static void set_multiple(struct ide_channel *ch,
			 const struct ata_command *cmd)
{
	uint8_t n = low(ch, IDE_COUNT);

	(void)cmd;
	if (n > IDE_MULTIPLE_MAX || (n & (n - 1))) {
		ide_fail(ch, IDE_ERROR_ABRT);
		return;
	}
	drive_of(ch)->multiple = n;
	ide_good(ch);
}

static void set_geometry(struct ide_channel *ch,
			 const struct ata_command *cmd)
{
	(void)cmd;
	if (!low(ch, IDE_COUNT)) {
		ide_fail(ch, IDE_ERROR_ABRT);
		return;
	}
	drive_of(ch)->heads = (ch->select & SELECT_HEAD) + 1;
	drive_of(ch)->track = low(ch, IDE_COUNT);
	ide_good(ch);
}

static void check_power(struct ide_channel *ch,
			const struct ata_command *cmd)
{
	(void)cmd;
	ch->task[IDE_COUNT] = POWER_ACTIVE;
	ide_good(ch);
}

/* There is no arm to be moved, and nothing that turns. */
static void nothing(struct ide_channel *ch, const struct ata_command *cmd)
{
	(void)cmd;
	ide_good(ch);
}

static const struct ata_command commands[] = {
	{ .opcode = 0x10, .exec = nothing },		/* RECALIBRATE */
	{ .opcode = 0x20, .exec = transfer, .phase = IDE_READ },
	{ .opcode = 0x21, .exec = transfer, .phase = IDE_READ },
	{ .opcode = 0x24, .exec = transfer, .phase = IDE_READ, .ext = true },
	{ .opcode = 0x29, .exec = transfer, .phase = IDE_READ, .ext = true,
	  .multiple = true },
	{ .opcode = 0x30, .exec = transfer, .phase = IDE_WRITE },
	{ .opcode = 0x31, .exec = transfer, .phase = IDE_WRITE },
	{ .opcode = 0x34, .exec = transfer, .phase = IDE_WRITE, .ext = true },
	{ .opcode = 0x39, .exec = transfer, .phase = IDE_WRITE, .ext = true,
	  .multiple = true },
	{ .opcode = 0x40, .exec = transfer, .phase = IDE_VERIFY },
	{ .opcode = 0x41, .exec = transfer, .phase = IDE_VERIFY },
	{ .opcode = 0x42, .exec = transfer, .phase = IDE_VERIFY, .ext = true },
	{ .opcode = 0x91, .exec = set_geometry },
	{ .opcode = 0xc4, .exec = transfer, .phase = IDE_READ,
	  .multiple = true },
	{ .opcode = 0xc5, .exec = transfer, .phase = IDE_WRITE,
	  .multiple = true },
	{ .opcode = 0xc6, .exec = set_multiple },
	{ .opcode = 0xe0, .exec = nothing },		/* STANDBY IMMEDIATE */
	{ .opcode = 0xe1, .exec = nothing },		/* IDLE IMMEDIATE */
	{ .opcode = 0xe5, .exec = check_power },
	{ .opcode = 0xe7, .exec = flush, .phase = IDE_FLUSH },
	{ .opcode = 0xea, .exec = flush, .phase = IDE_FLUSH },
	{ .opcode = 0xec, .exec = identify, .phase = IDE_IDENTIFY },
	{ .opcode = 0xef, .exec = set_features },
};

#define EXECUTE_DIAGNOSTIC	0x90	/* both drives do, whichever is meant */

void ide_execute(struct ide_channel *ch, uint8_t opcode)
{
	struct ide_drive *drive = drive_of(ch);

	if (opcode == EXECUTE_DIAGNOSTIC) {
		ide_diagnosed(ch);
		ch->unit = 0;
		ide_good(ch);
		return;
	}
	if (!ide_disk(ch, ch->unit))
		return;
	drive->commands++;
	drive->error = 0;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].opcode != opcode)
			continue;
		commands[i].exec(ch, &commands[i]);
		return;
	}
	ide_fail(ch, IDE_ERROR_ABRT);
}
