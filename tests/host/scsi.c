// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCSI logical units: life, dispatch of commands, sense data, unit
 * attentions, and the commands that every device type has.
 *
 * Context: loop thread, machine lock held.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../include/hvg/storvsc_wire.h"
#include "fault.h"
#include "profile.h"
#include "scsi.h"
#include "vm.h"

static const struct {
	enum scsi_attention bit;
	uint32_t sense;
} attentions[] = {
	{ SCSI_UA_POWER_ON,	SCSI_SENSE(0x6, 0x29, 0x00) },
	{ SCSI_UA_BUS_RESET,	SCSI_SENSE(0x6, 0x29, 0x02) },
	{ SCSI_UA_DEVICE_RESET,	SCSI_SENSE(0x6, 0x29, 0x03) },
	{ SCSI_UA_MEDIUM,	SCSI_SENSE(0x6, 0x28, 0x00) },
	{ SCSI_UA_CAPACITY,	SCSI_SENSE(0x6, 0x2a, 0x09) },
	{ SCSI_UA_LUNS,		SCSI_SENSE(0x6, 0x3f, 0x0e) },
};

static uint64_t fnv1a(const char *text, uint64_t hash)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
	return hash;
}

/*
 * NAA 6, IEEE registered extended, with the company id 00-22-48 that hosts
 * use. The rest follows from what identifies the disk, so that it is the same
 * after a restart.
 */
static void make_identity(struct scsi_lun *lun, const char *serial)
{
	char *path = realpath(lun->image->path, NULL);
	const char *text = serial && *serial ? serial :
			   path ? path : lun->image->path;
	uint64_t a = fnv1a(text, 0xcbf29ce484222325ull);
	uint64_t b = fnv1a(text, a ^ 0x9e3779b97f4a7c15ull);

	lun->naa[0] = 0x60;
	lun->naa[1] = 0x02;
	lun->naa[2] = 0x24;
	lun->naa[3] = 0x80;
	scsi_put64(lun->naa + 4, a);
	scsi_put32(lun->naa + 12, b >> 32);
	if (serial && *serial) {
		memcpy(lun->serial, serial, strnlen(serial, SCSI_SERIAL_MAX));
	} else {
		for (unsigned int i = 0; i < 16; i++)
			lun->serial[i] = "0123456789abcdef"[a >> (60 - 4 * i) &
							    15];
	}
	free(path);
}

/**
 * scsi_lun_new - a logical unit on an image
 * @image: takes over the caller's reference
 * @sector: bytes of a logical block
 * @serial: unit serial number, NULL or empty: made from the file's path
 */
struct scsi_lun *scsi_lun_new(enum scsi_kind kind, struct image *image,
			      uint32_t sector, bool discard,
			      const char *serial)
{
	struct scsi_lun *lun = calloc(1, sizeof(*lun));

	if (!lun)
		abort();
	lun->refs = 1;
	lun->kind = kind;
	lun->image = image;
	lun->sector = sector;
	lun->ro = image->ro || kind == SCSI_CDROM;
	lun->discard = discard;
	/* VHDX, from Windows Server 2012 on, has physical 4 KiB sectors. */
	if (kind == SCSI_DISK && sector == 512 &&
	    vm_profile()->stor_version >= HVG_STOR_VERSION_WIN8)
		lun->physical_exponent = 3;
	make_identity(lun, serial);
	scsi_lun_reset(lun, SCSI_UA_POWER_ON);
	return lun;
}

struct scsi_lun *scsi_lun_get(struct scsi_lun *lun)
{
	lun->refs++;
	return lun;
}

void scsi_lun_put(struct scsi_lun *lun)
{
	if (!lun || --lun->refs)
		return;
	image_put(lun->image);
	free(lun);
}

void scsi_lun_reset(struct scsi_lun *lun, enum scsi_attention why)
{
	/* A reset replaces what was pending from before it. */
	lun->attention = why;
	lun->sense_kept = false;
	lun->write_cache = true;
	lun->removal_prevented = false;
}

void scsi_lun_capacity_changed(struct scsi_lun *lun)
{
	lun->attention |= SCSI_UA_CAPACITY;
}

void scsi_build_sense(uint8_t *sense, uint32_t code)
{
	memset(sense, 0, SCSI_SENSE_BYTES);
	sense[0] = 0x70;
	sense[2] = code >> 16 & 0xf;
	sense[7] = SCSI_SENSE_BYTES - 8;
	sense[12] = code >> 8;
	sense[13] = code;
}

static void finish(struct scsi_cmd *cmd)
{
	free(cmd->buffer);
	cmd->buffer = NULL;
	cmd->done(cmd);
}

void scsi_good(struct scsi_cmd *cmd)
{
	cmd->status = SCSI_GOOD;
	cmd->srb_status = HVG_SRB_SUCCESS;
	finish(cmd);
}

static void check_prepare(struct scsi_cmd *cmd, uint32_t sense)
{
	cmd->status = SCSI_CHECK_CONDITION;
	cmd->srb_status = HVG_SRB_ERROR;
	scsi_build_sense(cmd->sense, sense);
	cmd->sense_length = SCSI_SENSE_BYTES;
}

void scsi_check(struct scsi_cmd *cmd, uint32_t sense)
{
	check_prepare(cmd, sense);
	finish(cmd);
}

void scsi_check_at(struct scsi_cmd *cmd, uint32_t sense, uint64_t lba)
{
	check_prepare(cmd, sense);
	/* Fixed format has 32 bits; beyond them VALID stays clear. */
	if (lba <= UINT32_MAX) {
		cmd->sense[0] |= 0x80;
		scsi_put32(cmd->sense + 3, lba);
	}
	finish(cmd);
}

void scsi_invalid_cdb(struct scsi_cmd *cmd, unsigned int byte, int bit)
{
	check_prepare(cmd, SCSI_INVALID_FIELD);
	cmd->sense[15] = 0xc0 | (bit >= 0 ? 0x08 | bit : 0);
	scsi_put16(cmd->sense + 16, byte);
	finish(cmd);
}

void scsi_invalid_param(struct scsi_cmd *cmd, unsigned int byte)
{
	check_prepare(cmd, SCSI_INVALID_PARAM);
	cmd->sense[15] = 0x80;
	scsi_put16(cmd->sense + 16, byte);
	finish(cmd);
}

void scsi_srb_error(struct scsi_cmd *cmd, uint8_t srb_status)
{
	cmd->status = SCSI_GOOD;
	cmd->srb_status = srb_status;
	cmd->sense_length = 0;
	finish(cmd);
}

void scsi_reply(struct scsi_cmd *cmd, const void *data, uint32_t bytes,
		uint32_t allocation)
{
	static uint8_t copy[SCSI_REPLY_MAX];
	const struct fault_place place = {
		.disk = cmd->lun ? cmd->lun->serial : NULL, .cdb = cmd->cdb,
	};
	const uint8_t *from = copy;
	uint32_t left;

	if (bytes > allocation)
		bytes = allocation;
	if (bytes > cmd->length)
		bytes = cmd->length;
	if (bytes && cmd->direction != SCSI_DIR_IN) {
		scsi_srb_error(cmd, HVG_SRB_INVALID_REQUEST);
		return;
	}
	memcpy(copy, data, bytes);
	bytes = fault_garble(FAULT_DATA_BYTES, place, copy, bytes, NULL);
	left = bytes;
	for (unsigned int i = 0; left; i++) {
		uint32_t part = cmd->iov[i].iov_len < left ?
				cmd->iov[i].iov_len : left;

		memcpy(cmd->iov[i].iov_base, from, part);
		from += part;
		left -= part;
	}
	cmd->moved = bytes;
	scsi_good(cmd);
}

uint32_t scsi_fetch(const struct scsi_cmd *cmd, void *data, uint32_t bytes)
{
	uint8_t *to = data;
	uint32_t left;

	if (cmd->direction != SCSI_DIR_OUT)
		return 0;
	if (bytes > cmd->length)
		bytes = cmd->length;
	left = bytes;
	for (unsigned int i = 0; left; i++) {
		uint32_t part = cmd->iov[i].iov_len < left ?
				cmd->iov[i].iov_len : left;

		memcpy(to, cmd->iov[i].iov_base, part);
		to += part;
		left -= part;
	}
	return bytes;
}

static void io_done(struct image_io *io)
{
	struct scsi_cmd *cmd = (struct scsi_cmd *)
		((char *)io - offsetof(struct scsi_cmd, io));

	cmd->io_busy = false;
	if (cmd->aborted)
		scsi_srb_error(cmd, HVG_SRB_ABORTED);
	else
		cmd->step(cmd);
}

/* Get @cmd->io ready to be started; @step runs when it ended. */
void scsi_io_init(struct scsi_cmd *cmd, void (*step)(struct scsi_cmd *cmd))
{
	cmd->step = step;
	cmd->io.done = io_done;
	cmd->io.owner = cmd->owner;
	cmd->io_busy = true;
}

/**
 * scsi_abort - end a command early
 *
 * It ends through @cmd->done, from the loop, as soon as the kernel has let go
 * of its memory.
 */
void scsi_abort(struct scsi_cmd *cmd)
{
	if (cmd->aborted)
		return;
	cmd->aborted = true;
	if (cmd->io_busy)
		image_cancel(&cmd->io);
}

static bool report_attention(struct scsi_cmd *cmd)
{
	struct scsi_lun *lun = cmd->lun;
	unsigned int i;

	if (!lun->attention)
		return false;
	i = ffs(lun->attention) - 1;
	lun->attention &= ~attentions[i].bit;
	scsi_check(cmd, attentions[i].sense);
	return true;
}

static const struct scsi_opcode *find_opcode(const struct scsi_lun *lun,
					     uint8_t opcode)
{
	const struct scsi_opcode *op = lun->kind == SCSI_CDROM ?
				       scsi_cdrom_opcodes : scsi_disk_opcodes;

	for (; op->exec; op++)
		if (op->opcode == opcode)
			return op;
	return NULL;
}

/**
 * scsi_execute - run a command on its logical unit
 * @cmd: up to @aborted filled in, the rest zero
 *
 * @cmd->done is called once, now or later.
 */
void scsi_execute(struct scsi_cmd *cmd)
{
	const struct scsi_opcode *op = find_opcode(cmd->lun, cmd->cdb[0]);
	struct scsi_lun *lun = cmd->lun;

	if (!op || !(op->flags & SCSI_OP_NO_ATTENTION)) {
		if (report_attention(cmd))
			return;
	}
	if (cmd->cdb[0] != 0x03)
		lun->sense_kept = false;
	if (!op)
		scsi_check(cmd, SCSI_INVALID_OPCODE);
	else if (op->flags & SCSI_OP_MEDIUM && lun->ejected)
		scsi_check(cmd, SCSI_NO_MEDIUM);
	else if (op->flags & SCSI_OP_WRITES && lun->ro)
		scsi_check(cmd, SCSI_WRITE_PROTECTED);
	else
		op->exec(cmd);
}

/* REQUEST SENSE: what autosense could not carry, else an attention. */
void scsi_request_sense(struct scsi_cmd *cmd)
{
	struct scsi_lun *lun = cmd->lun;
	uint8_t sense[SCSI_SENSE_BYTES];

	if (cmd->cdb[1] & 0x01) {
		scsi_invalid_cdb(cmd, 1, 0);	/* descriptor format */
		return;
	}
	scsi_build_sense(sense, SCSI_SENSE_NONE);
	if (lun->sense_kept) {
		memcpy(sense, lun->sense, sizeof(sense));
		lun->sense_kept = false;
	} else if (lun->attention) {
		unsigned int i = ffs(lun->attention) - 1;

		lun->attention &= ~attentions[i].bit;
		scsi_build_sense(sense, attentions[i].sense);
	} else if (lun->ejected) {
		scsi_build_sense(sense, SCSI_NO_MEDIUM);
	}
	scsi_reply(cmd, sense, sizeof(sense), cmd->cdb[4]);
}

void scsi_prevent_removal(struct scsi_cmd *cmd)
{
	cmd->lun->removal_prevented = cmd->cdb[4] & 0x01;
	scsi_good(cmd);
}

/**
 * scsi_report_luns - answer for a target
 * @luns: numbers, ascending
 * @count: how many
 */
void scsi_report_luns(struct scsi_cmd *cmd, const uint8_t *luns,
		      unsigned int count)
{
	static uint8_t list[SCSI_REPLY_MAX];
	uint32_t allocation = scsi_be32(cmd->cdb + 6);

	memset(list, 0, sizeof(list));
	if (cmd->cdb[2] > 2) {
		scsi_invalid_cdb(cmd, 2, -1);
		return;
	}
	/* 1: well-known logical units, of which there is none. */
	if (cmd->cdb[2] == 1)
		count = 0;
	scsi_put32(list, count * 8);
	for (unsigned int i = 0; i < count; i++)
		list[8 + i * 8 + 1] = luns[i];
	scsi_reply(cmd, list, 8 + count * 8, allocation);
}

/*
 * A command for a LUN that is not there. INQUIRY is answered, with the
 * qualifier that says so: guests scan a target by its LUN 0.
 */
void scsi_absent(struct scsi_cmd *cmd)
{
	if (cmd->cdb[0] == 0x12) {
		scsi_inquiry_absent(cmd);
		return;
	}
	cmd->status = SCSI_CHECK_CONDITION;
	cmd->srb_status = HVG_SRB_INVALID_LUN;
	finish(cmd);
}

void scsi_account(struct scsi_stats *stats, const struct scsi_cmd *cmd)
{
	stats->requests++;
	switch (cmd->class) {
	case SCSI_CLASS_READ:
		stats->reads++;
		stats->bytes_read += cmd->moved;
		break;
	case SCSI_CLASS_WRITE:
		stats->writes++;
		stats->bytes_written += cmd->moved;
		break;
	case SCSI_CLASS_UNMAP:
		stats->unmaps++;
		break;
	case SCSI_CLASS_FLUSH:
		stats->flushes++;
		break;
	case SCSI_CLASS_OTHER:
		break;
	}
	/* An attention is news, not an error. */
	if (cmd->srb_status != HVG_SRB_SUCCESS &&
	    !(cmd->sense_length && (cmd->sense[2] & 0xf) == 0x6))
		stats->errors++;
}
