// SPDX-License-Identifier: GPL-2.0-only
/*
 * MODE SENSE and MODE SELECT. The one thing that a guest can change is the
 * write cache: without it every write is stable before it completes.
 *
 * Context: loop thread, machine lock held.
 */
#include <string.h>

#include "scsi.h"

#define PAGE_CACHING		0x08
#define PAGE_CONTROL		0x0a
#define PAGE_EXCEPTIONS		0x1c
#define PAGE_CAPABILITIES	0x2a
#define PAGE_ALL		0x3f

#define MODE_BYTES_MAX		256

enum page_control { PC_CURRENT, PC_CHANGEABLE, PC_DEFAULT, PC_SAVED };

static uint32_t page_caching(const struct scsi_lun *lun, enum page_control pc,
			     uint8_t *p)
{
	if (lun->kind != SCSI_DISK)
		return 0;
	p[0] = PAGE_CACHING;
	p[1] = 0x12;
	if (pc != PC_CURRENT || lun->write_cache)
		p[2] = 0x04;			/* WCE */
	return 20;
}

static uint32_t page_control_mode(const struct scsi_lun *lun,
				  enum page_control pc, uint8_t *p)
{
	if (lun->kind != SCSI_DISK)
		return 0;
	p[0] = PAGE_CONTROL;
	p[1] = 0x0a;
	if (pc != PC_CHANGEABLE)
		p[3] = 0x10;			/* unrestricted reordering */
	return 12;
}

static uint32_t page_exceptions(const struct scsi_lun *lun,
				enum page_control pc, uint8_t *p)
{
	(void)lun;
	(void)pc;
	p[0] = PAGE_EXCEPTIONS;
	p[1] = 0x0a;
	return 12;
}

static uint32_t page_capabilities(const struct scsi_lun *lun,
				  enum page_control pc, uint8_t *p)
{
	if (lun->kind != SCSI_CDROM)
		return 0;
	p[0] = PAGE_CAPABILITIES;
	p[1] = 0x12;
	if (pc == PC_CHANGEABLE)
		return 20;
	p[2] = 0x0b;				/* reads CD-R, CD-RW, DVD-ROM */
	p[4] = 0x70;				/* mode 2, multi-session */
	p[6] = 0x29;				/* tray, ejects, can be locked */
	if (lun->removal_prevented)
		p[6] |= 0x02;
	scsi_put16(p + 8, 706);			/* KB/s, obsolete */
	scsi_put16(p + 12, 512);		/* KB of buffer */
	scsi_put16(p + 14, 706);
	return 20;
}

static const struct {
	uint8_t page;
	uint32_t (*fill)(const struct scsi_lun *lun, enum page_control pc,
			 uint8_t *p);
} pages[] = {
	{ PAGE_CACHING,		page_caching },
	{ PAGE_CONTROL,		page_control_mode },
	{ PAGE_EXCEPTIONS,	page_exceptions },
	{ PAGE_CAPABILITIES,	page_capabilities },
};

static uint32_t fill_pages(const struct scsi_lun *lun, uint8_t page,
			   enum page_control pc, uint8_t *p)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (page == PAGE_ALL || page == pages[i].page)
			n += pages[i].fill(lun, pc, p + n);
	return n;
}

static uint32_t block_descriptor(const struct scsi_lun *lun, bool long_lba,
				 uint8_t *p)
{
	uint64_t blocks = scsi_capacity(lun);

	if (lun->kind != SCSI_DISK)
		return 0;
	if (long_lba) {
		scsi_put64(p, blocks);
		scsi_put32(p + 12, lun->sector);
		return 16;
	}
	scsi_put32(p, blocks > UINT32_MAX ? UINT32_MAX : blocks);
	scsi_put32(p + 4, lun->sector);
	p[4] = 0;
	return 8;
}

void scsi_mode_sense(struct scsi_cmd *cmd)
{
	const struct scsi_lun *lun = cmd->lun;
	bool ten = cmd->cdb[0] == 0x5a;
	bool long_lba = ten && cmd->cdb[1] & 0x10;
	enum page_control pc = cmd->cdb[2] >> 6;
	uint8_t d[MODE_BYTES_MAX] = { 0 };
	uint32_t header = ten ? 8 : 4;
	uint32_t desc = 0, n;
	uint8_t specific = 0;

	if (pc == PC_SAVED) {
		scsi_check(cmd, SCSI_SAVING_UNSUPPORTED);
		return;
	}
	if (cmd->cdb[3] && cmd->cdb[3] != 0xff) {
		scsi_invalid_cdb(cmd, 3, -1);
		return;
	}
	if (!(cmd->cdb[1] & 0x08))
		desc = block_descriptor(lun, long_lba, d + header);
	n = fill_pages(lun, cmd->cdb[2] & 0x3f, pc, d + header + desc);
	if (!n) {
		scsi_invalid_cdb(cmd, 2, 5);
		return;
	}
	n += header + desc;
	if (lun->kind == SCSI_DISK)
		specific = (lun->ro ? 0x80 : 0) | 0x10;	/* WP, DPO and FUA */
	if (ten) {
		scsi_put16(d, n - 2);
		d[3] = specific;
		d[4] = long_lba;
		scsi_put16(d + 6, desc);
	} else {
		d[0] = n - 1;
		d[2] = specific;
		d[3] = desc;
	}
	scsi_reply(cmd, d, n, ten ? scsi_be16(cmd->cdb + 7) : cmd->cdb[4]);
}

/*
 * Check one page of a parameter list against what is there: only what the
 * changeable mask has may differ. Returns its length, 0 if it is wrong.
 */
static uint32_t check_page(const struct scsi_lun *lun, const uint8_t *page,
			   uint32_t left)
{
	uint8_t now[32] = { 0 }, mask[32] = { 0 };
	uint32_t n;

	if (left < 2 || (page[0] & 0x3f) == PAGE_ALL || page[0] & 0x40)
		return 0;
	n = fill_pages(lun, page[0] & 0x3f, PC_CURRENT, now);
	fill_pages(lun, page[0] & 0x3f, PC_CHANGEABLE, mask);
	if (!n || n > left || page[1] != now[1])
		return 0;
	for (uint32_t i = 2; i < n; i++)
		if ((page[i] ^ now[i]) & ~mask[i])
			return 0;
	return n;
}

void scsi_mode_select(struct scsi_cmd *cmd)
{
	struct scsi_lun *lun = cmd->lun;
	bool ten = cmd->cdb[0] == 0x55;
	uint32_t length = ten ? scsi_be16(cmd->cdb + 7) : cmd->cdb[4];
	uint32_t header = ten ? 8 : 4;
	uint8_t d[MODE_BYTES_MAX];
	bool write_cache = lun->write_cache;
	uint32_t at, n;

	if (!(cmd->cdb[1] & 0x10) || cmd->cdb[1] & 0x01) {
		scsi_invalid_cdb(cmd, 1, cmd->cdb[1] & 0x01 ? 0 : 4);
		return;
	}
	if (!length) {
		scsi_good(cmd);
		return;
	}
	if (length > sizeof(d) || length < header ||
	    scsi_fetch(cmd, d, length) < length) {
		scsi_check(cmd, SCSI_PARAM_LIST_LENGTH);
		return;
	}
	cmd->moved = length;
	at = header + (ten ? scsi_be16(d + 6) : d[3]);
	if (at > length) {
		scsi_check(cmd, SCSI_PARAM_LIST_LENGTH);
		return;
	}
	for (; at < length; at += n) {
		n = check_page(lun, d + at, length - at);
		if (!n) {
			scsi_invalid_param(cmd, at);
			return;
		}
		if ((d[at] & 0x3f) == PAGE_CACHING)
			write_cache = d[at + 2] & 0x04;
	}
	lun->write_cache = write_cache;
	scsi_good(cmd);
}
