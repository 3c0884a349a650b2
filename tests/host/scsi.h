/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCSI logical units: commands in, status and sense out. Knows nothing of
 * VMBus. Everything runs on the loop thread with the machine lock held.
 */
#ifndef HVHOST_SCSI_H
#define HVHOST_SCSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include "image.h"

#define SCSI_CDB_MAX		16
#define SCSI_SENSE_BYTES	18	/* fixed format */
#define SCSI_SERIAL_MAX		20

enum scsi_status {
	SCSI_GOOD		= 0x00,
	SCSI_CHECK_CONDITION	= 0x02,
};

/* Sense key, additional code and qualifier as one number. */
#define SCSI_SENSE(key, asc, ascq)	((uint32_t)(key) << 16 | (asc) << 8 | (ascq))
#define SCSI_SENSE_NONE			SCSI_SENSE(0x0, 0x00, 0x00)
#define SCSI_NO_MEDIUM			SCSI_SENSE(0x2, 0x3a, 0x00)
#define SCSI_WRITE_ERROR		SCSI_SENSE(0x3, 0x0c, 0x00)
#define SCSI_READ_ERROR			SCSI_SENSE(0x3, 0x11, 0x00)
#define SCSI_PARAM_LIST_LENGTH		SCSI_SENSE(0x5, 0x1a, 0x00)
#define SCSI_INVALID_OPCODE		SCSI_SENSE(0x5, 0x20, 0x00)
#define SCSI_LBA_OUT_OF_RANGE		SCSI_SENSE(0x5, 0x21, 0x00)
#define SCSI_INVALID_FIELD		SCSI_SENSE(0x5, 0x24, 0x00)
#define SCSI_INVALID_PARAM		SCSI_SENSE(0x5, 0x26, 0x00)
#define SCSI_SAVING_UNSUPPORTED		SCSI_SENSE(0x5, 0x39, 0x00)
#define SCSI_REMOVAL_PREVENTED		SCSI_SENSE(0x5, 0x53, 0x02)
#define SCSI_WRITE_PROTECTED		SCSI_SENSE(0x7, 0x27, 0x00)
#define SCSI_SPACE_ALLOCATION		SCSI_SENSE(0x7, 0x27, 0x07)
#define SCSI_MISCOMPARE			SCSI_SENSE(0xe, 0x1d, 0x00)

/* Unit attentions, the one to report first has the lowest bit. */
enum scsi_attention {
	SCSI_UA_POWER_ON	= 1 << 0,	/* 29/00 */
	SCSI_UA_BUS_RESET	= 1 << 1,	/* 29/02 */
	SCSI_UA_DEVICE_RESET	= 1 << 2,	/* 29/03 */
	SCSI_UA_MEDIUM		= 1 << 3,	/* 28/00 */
	SCSI_UA_CAPACITY	= 1 << 4,	/* 2A/09 */
	SCSI_UA_LUNS		= 1 << 5,	/* 3F/0E */
};

enum scsi_kind { SCSI_DISK, SCSI_CDROM };

/* What a command was, for the statistics. */
enum scsi_class {
	SCSI_CLASS_OTHER,
	SCSI_CLASS_READ,
	SCSI_CLASS_WRITE,
	SCSI_CLASS_UNMAP,
	SCSI_CLASS_FLUSH,
};

struct scsi_stats {
	uint64_t requests;
	uint64_t reads;
	uint64_t writes;
	uint64_t bytes_read;
	uint64_t bytes_written;
	uint64_t unmaps;
	uint64_t flushes;
	uint64_t errors;
};

/**
 * struct scsi_lun - a logical unit
 * @refs: the bus holds one, each command in flight another
 * @physical_exponent: logical blocks per physical block, as a power of two
 * @attention: unit attentions not yet reported, enum scsi_attention
 * @sense: kept for REQUEST SENSE where autosense could not carry it
 */
struct scsi_lun {
	unsigned int refs;
	enum scsi_kind kind;
	struct image *image;
	uint32_t sector;
	unsigned int physical_exponent;
	bool ro;
	bool discard;
	char serial[SCSI_SERIAL_MAX + 1];
	uint8_t naa[16];

	bool write_cache;
	bool ejected;
	bool removal_prevented;
	unsigned int attention;
	uint8_t sense[SCSI_SENSE_BYTES];
	bool sense_kept;
	struct scsi_stats stats;
};

enum scsi_direction { SCSI_DIR_OUT = 0, SCSI_DIR_IN = 1, SCSI_DIR_NONE = 2 };

/**
 * struct scsi_cmd - a command being executed
 * @done: called once, possibly from inside scsi_execute()
 * @owner: what its I/O is drained by
 * @iov: data buffer, @length bytes in all; used up by I/O
 * @srb_status: enum hvg_srb_status without the flags
 * @moved: data bytes really moved
 * @aborted: a reset or a close asked for the end: do no more
 * @step: continues the command when an image operation ended
 *
 * Fields from @io on are for the code that executes the command.
 */
struct scsi_cmd {
	void (*done)(struct scsi_cmd *cmd);
	const void *owner;
	struct scsi_lun *lun;
	uint8_t cdb[SCSI_CDB_MAX];
	uint8_t cdb_length;
	enum scsi_direction direction;
	struct iovec *iov;
	unsigned int iov_count;
	uint32_t length;
	bool aborted;

	uint8_t status;
	uint8_t srb_status;
	uint8_t sense[SCSI_SENSE_BYTES];
	uint8_t sense_length;
	uint32_t moved;
	enum scsi_class class;

	struct image_io io;
	bool io_busy;
	void (*step)(struct scsi_cmd *cmd);
	uint64_t lba;
	uint32_t blocks;
	uint8_t *buffer;
	struct iovec buffer_iov;
	unsigned int index;
	unsigned int count;
};

/* scsi.c */
struct scsi_lun *scsi_lun_new(enum scsi_kind kind, struct image *image,
			      uint32_t sector, bool discard,
			      const char *serial);
struct scsi_lun *scsi_lun_get(struct scsi_lun *lun);
void scsi_lun_put(struct scsi_lun *lun);
/* Back to how it is after power on. */
void scsi_lun_reset(struct scsi_lun *lun, enum scsi_attention why);
void scsi_lun_capacity_changed(struct scsi_lun *lun);
void scsi_execute(struct scsi_cmd *cmd);
void scsi_abort(struct scsi_cmd *cmd);
/* The two commands that a target answers without a logical unit. */
void scsi_report_luns(struct scsi_cmd *cmd, const uint8_t *luns,
		      unsigned int count);
void scsi_absent(struct scsi_cmd *cmd);
void scsi_account(struct scsi_stats *stats, const struct scsi_cmd *cmd);

/* For the command files: each command ends in exactly one of these. */
void scsi_good(struct scsi_cmd *cmd);
void scsi_check(struct scsi_cmd *cmd, uint32_t sense);
/* The same with the information field saying which block. */
void scsi_check_at(struct scsi_cmd *cmd, uint32_t sense, uint64_t lba);
/* ILLEGAL REQUEST, INVALID FIELD, pointing at a byte (and bit, or -1). */
void scsi_invalid_cdb(struct scsi_cmd *cmd, unsigned int byte, int bit);
void scsi_invalid_param(struct scsi_cmd *cmd, unsigned int byte);
void scsi_srb_error(struct scsi_cmd *cmd, uint8_t srb_status);
/*
 * Data in of a command that made its answer in memory, then good. The longest
 * is that of REPORT LUNS.
 */
#define SCSI_REPLY_MAX	(8 + 256 * 8)
void scsi_reply(struct scsi_cmd *cmd, const void *data, uint32_t bytes,
		uint32_t allocation);
/* Copy the first bytes of the data-out buffer; returns how many. */
uint32_t scsi_fetch(const struct scsi_cmd *cmd, void *data, uint32_t bytes);
void scsi_build_sense(uint8_t *sense, uint32_t code);
void scsi_io_init(struct scsi_cmd *cmd, void (*step)(struct scsi_cmd *cmd));

static inline uint64_t scsi_capacity(const struct scsi_lun *lun)
{
	return lun->image->size / lun->sector;
}

/**
 * struct scsi_opcode - an entry of a command table
 * @opcode: first byte of the CDB
 * @flags: SCSI_OP_*
 */
struct scsi_opcode {
	uint8_t opcode;
	uint8_t flags;
	void (*exec)(struct scsi_cmd *cmd);
};
#define SCSI_OP_NO_ATTENTION	0x1	/* runs with an attention pending */
#define SCSI_OP_MEDIUM		0x2	/* needs a medium */
#define SCSI_OP_WRITES		0x4	/* refused by a read-only unit */

extern const struct scsi_opcode scsi_disk_opcodes[];
extern const struct scsi_opcode scsi_cdrom_opcodes[];

/* scsi_inquiry.c */
void scsi_inquiry(struct scsi_cmd *cmd);
void scsi_inquiry_absent(struct scsi_cmd *cmd);

/* scsi_block.c: also what a CD-ROM shares with a disk */
#define SCSI_UNMAP_DESCRIPTORS	256
#define SCSI_UNMAP_BLOCKS	0x400000u
#define SCSI_WRITE_SAME_BLOCKS	0x200000u
void scsi_read(struct scsi_cmd *cmd);
void scsi_test_unit_ready(struct scsi_cmd *cmd);
void scsi_synchronize_cache(struct scsi_cmd *cmd);
bool scsi_can_unmap(const struct scsi_lun *lun);

/* scsi_mode.c */
void scsi_mode_sense(struct scsi_cmd *cmd);
void scsi_mode_select(struct scsi_cmd *cmd);

/* scsi.c, shared opcodes */
void scsi_request_sense(struct scsi_cmd *cmd);
void scsi_prevent_removal(struct scsi_cmd *cmd);

static inline uint32_t scsi_be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t scsi_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | scsi_be16(p + 1);
}

static inline uint32_t scsi_be32(const uint8_t *p)
{
	return scsi_be16(p) << 16 | scsi_be16(p + 2);
}

static inline uint64_t scsi_be64(const uint8_t *p)
{
	return (uint64_t)scsi_be32(p) << 32 | scsi_be32(p + 4);
}

static inline void scsi_put16(uint8_t *p, uint32_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void scsi_put32(uint8_t *p, uint32_t v)
{
	scsi_put16(p, v >> 16);
	scsi_put16(p + 2, v);
}

static inline void scsi_put64(uint8_t *p, uint64_t v)
{
	scsi_put32(p, v >> 32);
	scsi_put32(p + 4, v);
}

#endif
