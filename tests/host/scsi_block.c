// SPDX-License-Identifier: GPL-2.0-only
/*
 * Block commands of a disk: READ, WRITE, VERIFY, SYNCHRONIZE CACHE, UNMAP,
 * WRITE SAME, READ CAPACITY. READ is a CD-ROM's as well.
 *
 * Context: loop thread, machine lock held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/hvg/storvsc_wire.h"
#include "profile.h"
#include "scsi.h"
#include "vm.h"

#define UNMAP_HEADER		8
#define UNMAP_DESCRIPTOR	16

bool scsi_can_unmap(const struct scsi_lun *lun)
{
	return lun->kind == SCSI_DISK && lun->discard && !lun->ro &&
	       vm_profile()->unmap;
}

/* LBA and block count of the 6, 10, 12 and 16 byte forms. */
static void decode_extent(struct scsi_cmd *cmd)
{
	const uint8_t *cdb = cmd->cdb;

	switch (cdb[0] >> 5) {
	case 0:
		cmd->lba = scsi_be24(cdb + 1) & 0x1fffff;
		cmd->blocks = cdb[4] ? cdb[4] : 256;
		break;
	case 1:
	case 2:
		cmd->lba = scsi_be32(cdb + 2);
		cmd->blocks = scsi_be16(cdb + 7);
		break;
	case 5:
		cmd->lba = scsi_be32(cdb + 2);
		cmd->blocks = scsi_be32(cdb + 6);
		break;
	default:
		cmd->lba = scsi_be64(cdb + 2);
		cmd->blocks = scsi_be32(cdb + 10);
		break;
	}
}

static bool extent_valid(const struct scsi_lun *lun, uint64_t lba,
			 uint64_t blocks)
{
	uint64_t capacity = scsi_capacity(lun);

	return lba <= capacity && blocks <= capacity - lba &&
	       (blocks || lba < capacity);
}

/* Turn the image's error into sense data. */
static void io_failed(struct scsi_cmd *cmd, uint32_t otherwise)
{
	uint64_t lba = cmd->lba + cmd->io.moved / cmd->lun->sector;

	switch (-cmd->io.result) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		scsi_check(cmd, SCSI_SPACE_ALLOCATION);
		break;
	case EROFS:
	case EPERM:
		scsi_check(cmd, SCSI_WRITE_PROTECTED);
		break;
	default:
		scsi_check_at(cmd, otherwise, lba);
		break;
	}
}

/*
 * What a transfer moves: as much as the command says, but no more than the
 * guest's buffer has. Whole blocks when writing.
 */
static uint64_t transfer_bytes(const struct scsi_cmd *cmd, bool whole_blocks)
{
	uint64_t bytes = (uint64_t)cmd->blocks * cmd->lun->sector;

	if (bytes > cmd->length)
		bytes = cmd->length;
	if (whole_blocks)
		bytes -= bytes % cmd->lun->sector;
	return bytes;
}

static void cut_iov(struct scsi_cmd *cmd, uint64_t bytes)
{
	unsigned int i;

	for (i = 0; i < cmd->iov_count && bytes; i++) {
		if (cmd->iov[i].iov_len > bytes)
			cmd->iov[i].iov_len = bytes;
		bytes -= cmd->iov[i].iov_len;
	}
	cmd->iov_count = i;
}

/* Good, unless the command wanted more than the buffer could take. */
static void transfer_over(struct scsi_cmd *cmd)
{
	if ((uint64_t)cmd->blocks * cmd->lun->sector > cmd->moved)
		scsi_srb_error(cmd, HVG_SRB_DATA_OVERRUN);
	else
		scsi_good(cmd);
}

static void read_step(struct scsi_cmd *cmd)
{
	cmd->moved = cmd->io.moved;
	if (cmd->io.result < 0)
		io_failed(cmd, SCSI_READ_ERROR);
	else
		transfer_over(cmd);
}

static void write_step(struct scsi_cmd *cmd)
{
	cmd->moved = cmd->io.moved;
	if (cmd->io.result < 0)
		io_failed(cmd, SCSI_WRITE_ERROR);
	else
		transfer_over(cmd);
}

/* Checks that READ and WRITE share; false: the command is over. */
static bool transfer_begin(struct scsi_cmd *cmd, enum scsi_direction direction)
{
	decode_extent(cmd);
	/* Protection information does not exist here. */
	if (cmd->cdb[0] >> 5 && cmd->cdb[1] & 0xe0) {
		scsi_invalid_cdb(cmd, 1, 7);
		return false;
	}
	if (!extent_valid(cmd->lun, cmd->lba, cmd->blocks)) {
		scsi_check(cmd, SCSI_LBA_OUT_OF_RANGE);
		return false;
	}
	if (!cmd->blocks) {
		scsi_good(cmd);
		return false;
	}
	if (cmd->length && cmd->direction != direction) {
		scsi_srb_error(cmd, HVG_SRB_INVALID_REQUEST);
		return false;
	}
	return true;
}

void scsi_read(struct scsi_cmd *cmd)
{
	uint64_t bytes;

	cmd->class = SCSI_CLASS_READ;
	if (!transfer_begin(cmd, SCSI_DIR_IN))
		return;
	bytes = transfer_bytes(cmd, false);
	if (!bytes) {
		transfer_over(cmd);
		return;
	}
	cut_iov(cmd, bytes);
	scsi_io_init(cmd, read_step);
	image_read(&cmd->io, cmd->lun->image, cmd->lba * cmd->lun->sector,
		   bytes, cmd->iov, cmd->iov_count);
}

static void write_blocks(struct scsi_cmd *cmd)
{
	bool fua = cmd->cdb[0] >> 5 && cmd->cdb[1] & 0x08;
	uint64_t bytes;

	cmd->class = SCSI_CLASS_WRITE;
	if (!transfer_begin(cmd, SCSI_DIR_OUT))
		return;
	bytes = transfer_bytes(cmd, true);
	if (!bytes) {
		transfer_over(cmd);
		return;
	}
	cut_iov(cmd, bytes);
	scsi_io_init(cmd, write_step);
	image_write(&cmd->io, cmd->lun->image, cmd->lba * cmd->lun->sector,
		    bytes, cmd->iov, cmd->iov_count,
		    fua || !cmd->lun->write_cache);
}

/* The medium's data is in @cmd->buffer, the guest's in its iov. */
static void verify_step(struct scsi_cmd *cmd)
{
	const uint8_t *medium = cmd->buffer;

	if (cmd->io.result < 0) {
		io_failed(cmd, SCSI_READ_ERROR);
		return;
	}
	for (unsigned int i = 0; i < cmd->iov_count; i++) {
		const uint8_t *guest = cmd->iov[i].iov_base;

		for (size_t at = 0; at < cmd->iov[i].iov_len; at++) {
			if (guest[at] == medium[at])
				continue;
			/* SBC: the offset of the first difference. */
			scsi_check_at(cmd, SCSI_MISCOMPARE,
				      medium + at - cmd->buffer);
			return;
		}
		medium += cmd->iov[i].iov_len;
	}
	cmd->moved = medium - cmd->buffer;
	transfer_over(cmd);
}

static void verify(struct scsi_cmd *cmd)
{
	unsigned int bytchk = cmd->cdb[1] >> 1 & 0x3;
	uint64_t bytes;

	if (bytchk > 1) {
		scsi_invalid_cdb(cmd, 1, 2);
		return;
	}
	if (!bytchk) {
		decode_extent(cmd);
		if (extent_valid(cmd->lun, cmd->lba, cmd->blocks))
			scsi_good(cmd);
		else
			scsi_check(cmd, SCSI_LBA_OUT_OF_RANGE);
		return;
	}
	if (!transfer_begin(cmd, SCSI_DIR_OUT))
		return;
	bytes = transfer_bytes(cmd, true);
	/* Zeroed for valgrind, which does not see the ring write to it. */
	cmd->buffer = bytes ? calloc(1, bytes) : NULL;
	if (!cmd->buffer) {
		transfer_over(cmd);
		return;
	}
	cut_iov(cmd, bytes);
	cmd->buffer_iov.iov_base = cmd->buffer;
	cmd->buffer_iov.iov_len = bytes;
	scsi_io_init(cmd, verify_step);
	image_read(&cmd->io, cmd->lun->image, cmd->lba * cmd->lun->sector,
		   bytes, &cmd->buffer_iov, 1);
}

static void flush_step(struct scsi_cmd *cmd)
{
	if (cmd->io.result < 0)
		io_failed(cmd, SCSI_WRITE_ERROR);
	else
		scsi_good(cmd);
}

void scsi_synchronize_cache(struct scsi_cmd *cmd)
{
	cmd->class = SCSI_CLASS_FLUSH;
	decode_extent(cmd);
	/* A count of 0 means up to the end. */
	if (cmd->lba > scsi_capacity(cmd->lun) ||
	    cmd->blocks > scsi_capacity(cmd->lun) - cmd->lba) {
		scsi_check(cmd, SCSI_LBA_OUT_OF_RANGE);
		return;
	}
	if (cmd->lun->ro) {
		scsi_good(cmd);
		return;
	}
	scsi_io_init(cmd, flush_step);
	image_sync(&cmd->io, cmd->lun->image);
}

/* One descriptor after the other; @cmd->buffer holds the list. */
static void unmap_next(struct scsi_cmd *cmd)
{
	const struct scsi_lun *lun = cmd->lun;

	while (cmd->index < cmd->count) {
		const uint8_t *d = cmd->buffer + UNMAP_HEADER +
				   cmd->index++ * UNMAP_DESCRIPTOR;
		uint32_t blocks = scsi_be32(d + 8);

		cmd->lba = scsi_be64(d);
		if (!blocks)
			continue;
		scsi_io_init(cmd, cmd->step);
		image_discard(&cmd->io, lun->image, cmd->lba * lun->sector,
			      (uint64_t)blocks * lun->sector);
		return;
	}
	scsi_good(cmd);
}

static void unmap_step(struct scsi_cmd *cmd)
{
	if (cmd->io.result < 0)
		io_failed(cmd, SCSI_WRITE_ERROR);
	else
		unmap_next(cmd);
}

static void unmap(struct scsi_cmd *cmd)
{
	uint32_t length = scsi_be16(cmd->cdb + 7);
	uint64_t total = 0;
	uint32_t have, used;

	cmd->class = SCSI_CLASS_UNMAP;
	if (!scsi_can_unmap(cmd->lun)) {
		scsi_check(cmd, SCSI_INVALID_OPCODE);
		return;
	}
	if (cmd->cdb[1] & 0x01) {
		scsi_invalid_cdb(cmd, 1, 0);	/* ANCHOR */
		return;
	}
	if (!length) {
		scsi_good(cmd);
		return;
	}
	if (length < UNMAP_HEADER) {
		scsi_check(cmd, SCSI_PARAM_LIST_LENGTH);
		return;
	}
	cmd->buffer = malloc(length);
	if (!cmd->buffer)
		abort();
	have = scsi_fetch(cmd, cmd->buffer, length);
	if (have < length) {
		scsi_srb_error(cmd, HVG_SRB_DATA_OVERRUN);
		return;
	}
	cmd->moved = have;
	used = scsi_be16(cmd->buffer + 2);
	if (used > length - UNMAP_HEADER)
		used = length - UNMAP_HEADER;
	cmd->count = used / UNMAP_DESCRIPTOR;
	if (cmd->count > SCSI_UNMAP_DESCRIPTORS) {
		scsi_invalid_param(cmd, 2);
		return;
	}
	/* All of the list is checked before any of it is done. */
	for (unsigned int i = 0; i < cmd->count; i++) {
		const uint8_t *d = cmd->buffer + UNMAP_HEADER +
				   i * UNMAP_DESCRIPTOR;

		total += scsi_be32(d + 8);
		if (total > SCSI_UNMAP_BLOCKS) {
			scsi_invalid_param(cmd, d + 8 - cmd->buffer);
			return;
		}
		if (!extent_valid(cmd->lun, scsi_be64(d), scsi_be32(d + 8))) {
			scsi_check(cmd, SCSI_LBA_OUT_OF_RANGE);
			return;
		}
	}
	cmd->step = unmap_step;
	unmap_next(cmd);
}

static void write_same_step(struct scsi_cmd *cmd)
{
	if (cmd->io.result < 0)
		io_failed(cmd, SCSI_WRITE_ERROR);
	else
		scsi_good(cmd);
}

static void write_same_start(struct scsi_cmd *cmd, const uint8_t *block)
{
	struct scsi_lun *lun = cmd->lun;
	uint64_t offset = cmd->lba * lun->sector;
	uint64_t bytes = (uint64_t)cmd->blocks * lun->sector;
	bool zero = !block[0] && !memcmp(block, block + 1, lun->sector - 1);

	scsi_io_init(cmd, write_same_step);
	/* Unmapped blocks read as zeroes: other data has to be written. */
	if (cmd->cdb[1] & 0x08 && zero)
		image_discard(&cmd->io, lun->image, offset, bytes);
	else
		image_fill(&cmd->io, lun->image, offset, bytes, block,
			   lun->sector, !lun->write_cache);
}

static void write_same(struct scsi_cmd *cmd)
{
	static uint8_t block[4096];
	struct scsi_lun *lun = cmd->lun;
	bool no_data = cmd->cdb[0] == 0x93 && cmd->cdb[1] & 0x01;

	cmd->class = SCSI_CLASS_WRITE;
	if (!vm_profile()->write_same) {
		scsi_check(cmd, SCSI_INVALID_OPCODE);
		return;
	}
	decode_extent(cmd);
	if (cmd->cdb[1] & 0xe0) {
		scsi_invalid_cdb(cmd, 1, 7);
		return;
	}
	/* ANCHOR is not known; UNMAP needs thin provisioning. */
	if (cmd->cdb[1] & 0x10 ||
	    (cmd->cdb[1] & 0x08 && !scsi_can_unmap(lun))) {
		scsi_invalid_cdb(cmd, 1, cmd->cdb[1] & 0x10 ? 4 : 3);
		return;
	}
	if (!cmd->blocks || cmd->blocks > SCSI_WRITE_SAME_BLOCKS) {
		scsi_invalid_cdb(cmd, cmd->cdb[0] == 0x93 ? 10 : 7, -1);
		return;
	}
	if (!extent_valid(lun, cmd->lba, cmd->blocks)) {
		scsi_check(cmd, SCSI_LBA_OUT_OF_RANGE);
		return;
	}
	if (no_data) {
		memset(block, 0, sizeof(block));
	} else {
		if (scsi_fetch(cmd, block, lun->sector) < lun->sector) {
			scsi_srb_error(cmd, HVG_SRB_DATA_OVERRUN);
			return;
		}
		cmd->moved = lun->sector;
	}
	write_same_start(cmd, block);
}

void scsi_test_unit_ready(struct scsi_cmd *cmd)
{
	scsi_good(cmd);
}

static void read_capacity10(struct scsi_cmd *cmd)
{
	uint64_t last = scsi_capacity(cmd->lun) - 1;
	uint8_t d[8];

	if (!(cmd->cdb[8] & 0x01) && scsi_be32(cmd->cdb + 2)) {
		scsi_invalid_cdb(cmd, 2, -1);
		return;
	}
	scsi_put32(d, last > UINT32_MAX ? UINT32_MAX : last);
	scsi_put32(d + 4, cmd->lun->sector);
	scsi_reply(cmd, d, sizeof(d), sizeof(d));
}

static void service_action_in(struct scsi_cmd *cmd)
{
	uint8_t d[32] = { 0 };

	if ((cmd->cdb[1] & 0x1f) != 0x10) {	/* READ CAPACITY (16) */
		scsi_invalid_cdb(cmd, 1, 4);
		return;
	}
	scsi_put64(d, scsi_capacity(cmd->lun) - 1);
	scsi_put32(d + 8, cmd->lun->sector);
	d[13] = cmd->lun->physical_exponent;
	if (scsi_can_unmap(cmd->lun))
		d[14] = 0xc0;			/* LBPME, LBPRZ */
	scsi_reply(cmd, d, sizeof(d), scsi_be32(cmd->cdb + 10));
}

/* The virtual spindle always turns. */
static void start_stop_unit(struct scsi_cmd *cmd)
{
	scsi_good(cmd);
}

const struct scsi_opcode scsi_disk_opcodes[] = {
	{ 0x00, 0,			scsi_test_unit_ready },
	{ 0x03, SCSI_OP_NO_ATTENTION,	scsi_request_sense },
	{ 0x08, 0,			scsi_read },
	{ 0x0a, SCSI_OP_WRITES,		write_blocks },
	{ 0x12, SCSI_OP_NO_ATTENTION,	scsi_inquiry },
	{ 0x15, 0,			scsi_mode_select },
	{ 0x1a, 0,			scsi_mode_sense },
	{ 0x1b, 0,			start_stop_unit },
	{ 0x1e, 0,			scsi_prevent_removal },
	{ 0x25, 0,			read_capacity10 },
	{ 0x28, 0,			scsi_read },
	{ 0x2a, SCSI_OP_WRITES,		write_blocks },
	{ 0x2f, 0,			verify },
	{ 0x35, 0,			scsi_synchronize_cache },
	{ 0x41, SCSI_OP_WRITES,		write_same },
	{ 0x42, SCSI_OP_WRITES,		unmap },
	{ 0x55, 0,			scsi_mode_select },
	{ 0x5a, 0,			scsi_mode_sense },
	{ 0x88, 0,			scsi_read },
	{ 0x8a, SCSI_OP_WRITES,		write_blocks },
	{ 0x8f, 0,			verify },
	{ 0x91, 0,			scsi_synchronize_cache },
	{ 0x93, SCSI_OP_WRITES,		write_same },
	{ 0x9e, 0,			service_action_in },
	{ 0xa8, 0,			scsi_read },
	{ 0xaa, SCSI_OP_WRITES,		write_blocks },
	{ 0, 0, NULL }
};
