/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated IDE controller of a generation 1 virtual machine: what is
 * behind its ports. Its drives are the disks of the IDE accelerator. With the
 * machine lock held.
 */
#ifndef HVHOST_IDE_H
#define HVHOST_IDE_H

#include "storage_bus.h"

#define IDE_SECTOR		512u
#define IDE_MULTIPLE_MAX	16u	/* sectors of one data block */

/* The registers of a channel, by their offset. */
enum {
	IDE_DATA, IDE_FEATURE, IDE_COUNT, IDE_LBA_LOW, IDE_LBA_MID,
	IDE_LBA_HIGH, IDE_SELECT, IDE_COMMAND, IDE_REGISTERS,
	IDE_ERROR = IDE_FEATURE, IDE_STATUS = IDE_COMMAND,
};

#define IDE_STATUS_ERR		0x01
#define IDE_STATUS_DRQ		0x08
#define IDE_STATUS_DSC		0x10
#define IDE_STATUS_DRDY		0x40
#define IDE_STATUS_BSY		0x80
#define IDE_STATUS_READY	(IDE_STATUS_DRDY | IDE_STATUS_DSC)

#define IDE_ERROR_ABRT		0x04
#define IDE_ERROR_IDNF		0x10
#define IDE_ERROR_UNC		0x40
#define IDE_ERROR_PASSED	0x01	/* after a reset or a diagnosis */

#define IDE_SELECT_UNIT		0x10
#define IDE_SELECT_LBA		0x40

#define IDE_CONTROL_NIEN	0x02
#define IDE_CONTROL_RESET	0x04
#define IDE_CONTROL_HOB		0x80

/* What a channel is doing. */
enum ide_phase {
	IDE_IDLE,
	IDE_RESET,
	IDE_IDENTIFY,
	IDE_READ,
	IDE_WRITE,
	IDE_VERIFY,
	IDE_FLUSH,
};

/**
 * struct ide_drive
 * @multiple: sectors of a block of READ and WRITE MULTIPLE; 0: not set
 * @heads, @track: the geometry that the guest has set
 */
struct ide_drive {
	uint8_t status, error;
	unsigned int multiple;
	unsigned int heads, track;
	bool write_cache;
	uint64_t commands, sectors_read, sectors_written, errors;
};

/**
 * struct ide_channel
 * @task: the registers that the guest wrote, with what they held before
 * @interrupt: a drive wants one; @line: level of its wire
 * @unit: the drive that executes a command
 * @lba, @left: what is still to be moved, in sectors
 * @block: sectors of a data block
 * @buffer: the data block, its bytes from @at to @end are still to come
 * @begin: hands the next operation to the loop thread
 * @io_busy: the image has not let go of @buffer
 */
struct ide_channel {
	unsigned int number;
	struct ide_drive drives[STORAGE_TARGETS];
	uint16_t task[IDE_REGISTERS];
	uint8_t select, control;
	bool interrupt, line;

	enum ide_phase phase;
	unsigned int unit;
	uint64_t lba;
	uint32_t left;
	uint32_t block;
	uint8_t buffer[IDE_MULTIPLE_MAX * IDE_SECTOR];
	uint32_t at, end;
	struct loop_timer *begin;
	struct image_io io;
	struct iovec iov;
	bool io_busy;
};

/* ide.c */
void ide_init(void);		/* once; registers a part of the statistics */
void ide_fini(void);
void ide_reset(void);		/* the machine was reset */
/* @port as on a PC, @size 1, 2 or 4 */
uint32_t ide_in(uint16_t port, unsigned int size);
void ide_out(uint16_t port, unsigned int size, uint32_t value);

/* For the commands: each ends in, or goes on with, exactly one of these. */
void ide_good(struct ide_channel *ch);
void ide_fail(struct ide_channel *ch, uint8_t error);
void ide_data(struct ide_channel *ch, uint32_t bytes);	/* to the guest */
void ide_transfer(struct ide_channel *ch);	/* phase, lba, left, block */
void ide_diagnosed(struct ide_channel *ch);
struct scsi_lun *ide_disk(const struct ide_channel *ch, unsigned int unit);

/* ide_command.c */
void ide_execute(struct ide_channel *ch, uint8_t opcode);

#endif
