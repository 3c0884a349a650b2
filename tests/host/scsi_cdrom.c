// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DVD drive: the MMC commands that a guest needs to find and read a disc
 * image of 2048-byte sectors.
 *
 * Context: loop thread, machine lock held.
 */
#include <string.h>

#include "scsi.h"

#define CDROM_PROFILE_CD	0x0008
#define CDROM_PROFILE_DVD	0x0010
/* More than this many sectors cannot be a CD. */
#define CDROM_CD_SECTORS	(80 * 60 * 75)
#define CDROM_LEAD_OUT		0xaa

static uint32_t current_profile(const struct scsi_lun *lun)
{
	if (lun->ejected)
		return 0;
	return scsi_capacity(lun) > CDROM_CD_SECTORS ? CDROM_PROFILE_DVD :
						       CDROM_PROFILE_CD;
}

static void read_capacity(struct scsi_cmd *cmd)
{
	uint64_t last = scsi_capacity(cmd->lun) - 1;
	uint8_t d[8];

	scsi_put32(d, last > UINT32_MAX ? UINT32_MAX : last);
	scsi_put32(d + 4, cmd->lun->sector);
	scsi_reply(cmd, d, sizeof(d), sizeof(d));
}

static void put_address(uint8_t *p, bool msf, uint32_t lba)
{
	if (!msf) {
		scsi_put32(p, lba);
		return;
	}
	lba += 150;
	p[0] = 0;
	p[1] = lba / (75 * 60);
	p[2] = lba / 75 % 60;
	p[3] = lba % 75;
}

static uint32_t toc_track(uint8_t *p, uint8_t track, bool msf, uint32_t lba)
{
	memset(p, 0, 8);
	p[1] = 0x14;				/* data track */
	p[2] = track;
	put_address(p + 4, msf, lba);
	return 8;
}

static void read_toc(struct scsi_cmd *cmd)
{
	bool msf = cmd->cdb[1] & 0x02;
	unsigned int format = cmd->cdb[2] & 0x0f;
	uint8_t track = cmd->cdb[6];
	uint8_t d[20] = { 0 };
	uint32_t n = 4;

	/* Before MMC the format was in the control byte. */
	if (!format)
		format = cmd->cdb[9] >> 6;
	d[2] = 1;
	d[3] = 1;
	switch (format) {
	case 0:
		if (track > 1 && track != CDROM_LEAD_OUT) {
			scsi_invalid_cdb(cmd, 6, -1);
			return;
		}
		if (track <= 1)
			n += toc_track(d + n, 1, msf, 0);
		n += toc_track(d + n, CDROM_LEAD_OUT, msf,
			       scsi_capacity(cmd->lun));
		break;
	case 1:					/* sessions: one */
		n += toc_track(d + n, 1, msf, 0);
		break;
	default:
		scsi_invalid_cdb(cmd, 2, 3);
		return;
	}
	scsi_put16(d, n - 2);
	scsi_reply(cmd, d, n, scsi_be16(cmd->cdb + 7));
}

static uint32_t feature(uint8_t *p, uint32_t code, uint8_t flags,
			const void *data, uint8_t bytes)
{
	scsi_put16(p, code);
	p[2] = flags;
	p[3] = bytes;
	memcpy(p + 4, data, bytes);
	return 4 + bytes;
}

/* Features as MMC numbers them, flags: version << 2, persistent, current. */
static void get_configuration(struct scsi_cmd *cmd)
{
	const struct scsi_lun *lun = cmd->lun;
	uint32_t profile = current_profile(lun);
	uint8_t medium = profile ? 0x01 : 0x00;
	uint8_t profiles[8] = {
		0, CDROM_PROFILE_DVD, profile == CDROM_PROFILE_DVD, 0,
		0, CDROM_PROFILE_CD, profile == CDROM_PROFILE_CD, 0,
	};
	static const uint8_t core[8] = { 0, 0, 0, 0x01, 0x01 };
	static const uint8_t morphing[4] = { 0x02 };
	static const uint8_t removable[4] = { 0x29 };
	static const uint8_t readable[8] = { 0, 0, 0x08, 0, 0, 0x10, 0x01 };
	static const uint8_t cd_read[4] = { 0 };
	const struct {
		uint32_t code;
		uint8_t flags;
		const void *data;
		uint8_t bytes;
	} features[] = {
		{ 0x0000, 0x03, profiles, sizeof(profiles) },
		{ 0x0001, 0x0b, core, sizeof(core) },
		{ 0x0002, 0x07, morphing, sizeof(morphing) },
		{ 0x0003, 0x03, removable, sizeof(removable) },
		{ 0x0010, medium, readable, sizeof(readable) },
		{ 0x001e, profile == CDROM_PROFILE_CD, cd_read,
		  sizeof(cd_read) },
		{ 0x001f, profile == CDROM_PROFILE_DVD, cd_read, 0 },
	};
	uint32_t first = scsi_be16(cmd->cdb + 2);
	unsigned int type = cmd->cdb[1] & 0x03;
	uint8_t d[128] = { 0 };
	uint32_t n = 8;

	if (type == 3) {
		scsi_invalid_cdb(cmd, 1, 1);
		return;
	}
	for (unsigned int i = 0; i < sizeof(features) / sizeof(*features); i++) {
		if (type == 2 ? features[i].code != first :
				features[i].code < first)
			continue;
		if (type == 1 && !(features[i].flags & 0x01))
			continue;
		n += feature(d + n, features[i].code, features[i].flags,
			     features[i].data, features[i].bytes);
	}
	scsi_put32(d, n - 4);
	scsi_put16(d + 6, profile);
	scsi_reply(cmd, d, n, scsi_be16(cmd->cdb + 7));
}

static void get_event_status(struct scsi_cmd *cmd)
{
	struct scsi_lun *lun = cmd->lun;
	uint8_t d[8] = { 0 };
	uint32_t n = 4;

	if (!(cmd->cdb[1] & 0x01)) {		/* polled only */
		scsi_invalid_cdb(cmd, 1, 0);
		return;
	}
	d[3] = 0x10;				/* media events exist */
	if (cmd->cdb[4] & 0x10) {
		d[2] = 0x04;
		/* One event for what the attention says, then no change. */
		d[4] = lun->attention & SCSI_UA_MEDIUM ? 0x02 : 0x00;
		d[5] = lun->ejected ? 0x01 : 0x02;
		n = 8;
	} else {
		d[2] = 0x80;			/* no such class */
	}
	scsi_put16(d, n - 2);
	scsi_reply(cmd, d, n, scsi_be16(cmd->cdb + 7));
}

static void read_disc_information(struct scsi_cmd *cmd)
{
	uint8_t d[34] = { 0 };

	if (cmd->cdb[1] & 0x07) {
		scsi_invalid_cdb(cmd, 1, 2);
		return;
	}
	scsi_put16(d, sizeof(d) - 2);
	d[2] = 0x0e;				/* complete, last session too */
	d[3] = 1;
	d[4] = 1;
	d[5] = 1;
	d[6] = 1;
	d[7] = 0x20;				/* unrestricted use */
	memset(d + 16, 0xff, 8);
	scsi_reply(cmd, d, sizeof(d), scsi_be16(cmd->cdb + 7));
}

static void start_stop_unit(struct scsi_cmd *cmd)
{
	struct scsi_lun *lun = cmd->lun;
	bool load_eject = cmd->cdb[4] & 0x02;
	bool start = cmd->cdb[4] & 0x01;

	if (load_eject && !start && lun->removal_prevented) {
		scsi_check(cmd, SCSI_REMOVAL_PREVENTED);
		return;
	}
	if (load_eject) {
		if (start && lun->ejected)
			lun->attention |= SCSI_UA_MEDIUM;
		lun->ejected = !start;
	}
	scsi_good(cmd);
}

const struct scsi_opcode scsi_cdrom_opcodes[] = {
	{ 0x00, SCSI_OP_MEDIUM,		scsi_test_unit_ready },
	{ 0x03, SCSI_OP_NO_ATTENTION,	scsi_request_sense },
	{ 0x08, SCSI_OP_MEDIUM,		scsi_read },
	{ 0x12, SCSI_OP_NO_ATTENTION,	scsi_inquiry },
	{ 0x15, 0,			scsi_mode_select },
	{ 0x1a, 0,			scsi_mode_sense },
	{ 0x1b, 0,			start_stop_unit },
	{ 0x1e, 0,			scsi_prevent_removal },
	{ 0x25, SCSI_OP_MEDIUM,		read_capacity },
	{ 0x28, SCSI_OP_MEDIUM,		scsi_read },
	{ 0x35, SCSI_OP_MEDIUM,		scsi_synchronize_cache },
	{ 0x43, SCSI_OP_MEDIUM,		read_toc },
	{ 0x46, SCSI_OP_NO_ATTENTION,	get_configuration },
	{ 0x4a, SCSI_OP_NO_ATTENTION,	get_event_status },
	{ 0x51, SCSI_OP_MEDIUM,		read_disc_information },
	{ 0x55, 0,			scsi_mode_select },
	{ 0x5a, 0,			scsi_mode_sense },
	{ 0xa8, SCSI_OP_MEDIUM,		scsi_read },
	{ 0, 0, NULL }
};
