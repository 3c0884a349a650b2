// SPDX-License-Identifier: GPL-2.0-only
/*
 * INQUIRY: standard data and the vital product data pages, as the virtual
 * disks and DVD drives of Hyper-V present them.
 *
 * Context: loop thread, machine lock held.
 */
#include <string.h>

#include "../../include/hvg/storvsc_wire.h"
#include "profile.h"
#include "scsi.h"
#include "vm.h"

#define INQUIRY_BYTES		36
#define INQUIRY_VENDOR		"Msft    "

#define VERSION_SPC2		4
#define VERSION_SPC3		5

static uint8_t device_type(const struct scsi_lun *lun)
{
	return lun->kind == SCSI_CDROM ? 0x05 : 0x00;
}

static void standard_data(uint8_t *d, const char *product)
{
	memset(d, 0, INQUIRY_BYTES);
	/*
	 * Releases before Windows Server 2016 claim SPC-2 although they have
	 * the later VPD pages.
	 */
	d[2] = vm_profile()->stor_version >= HVG_STOR_VERSION_WIN10 ?
	       VERSION_SPC3 : VERSION_SPC2;
	d[3] = 0x02;				/* response data format */
	d[4] = INQUIRY_BYTES - 5;
	d[7] = 0x02;				/* command queuing */
	memcpy(d + 8, INQUIRY_VENDOR, 8);
	memcpy(d + 16, product, 16);
	memcpy(d + 32, "1.0 ", 4);
}

static uint32_t page_supported(const struct scsi_lun *lun, uint8_t *d)
{
	static const uint8_t disk[] = { 0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2 };
	uint32_t n = sizeof(disk);

	if (lun->kind == SCSI_CDROM)
		n = 3;
	else if (!scsi_can_unmap(lun))
		n = 5;
	memcpy(d + 4, disk, n);
	return n;
}

static uint32_t page_serial(const struct scsi_lun *lun, uint8_t *d)
{
	uint32_t n = strlen(lun->serial);

	memcpy(d + 4, lun->serial, n);
	return n;
}

static uint32_t page_identification(const struct scsi_lun *lun, uint8_t *d)
{
	uint8_t *p = d + 4;
	uint32_t n = strlen(lun->serial);

	p[0] = 0x01;				/* binary */
	p[1] = 0x03;				/* NAA, of the logical unit */
	p[3] = sizeof(lun->naa);
	memcpy(p + 4, lun->naa, sizeof(lun->naa));
	p += 4 + sizeof(lun->naa);

	p[0] = 0x02;				/* ASCII */
	p[1] = 0x01;				/* T10 vendor identification */
	p[3] = 8 + n;
	memcpy(p + 4, INQUIRY_VENDOR, 8);
	memcpy(p + 12, lun->serial, n);
	return 4 + sizeof(lun->naa) + 12 + n;
}

static uint32_t page_limits(const struct scsi_lun *lun, uint8_t *d)
{
	const struct profile *profile = vm_profile();
	uint32_t granularity = 1u << lun->physical_exponent;

	d[4] = 0x01;				/* WRITE SAME wants a count */
	scsi_put16(d + 6, granularity);
	scsi_put32(d + 8, profile->max_transfer_bytes / lun->sector);
	if (scsi_can_unmap(lun)) {
		scsi_put32(d + 20, SCSI_UNMAP_BLOCKS);
		scsi_put32(d + 24, SCSI_UNMAP_DESCRIPTORS);
		scsi_put32(d + 28, granularity);
		scsi_put32(d + 32, 0x80000000);	/* alignment 0 is valid */
	}
	if (profile->write_same)
		scsi_put64(d + 36, SCSI_WRITE_SAME_BLOCKS);
	return 0x3c;
}

static uint32_t page_characteristics(const struct scsi_lun *lun, uint8_t *d)
{
	(void)lun;
	(void)d;				/* rotation rate not reported */
	return 0x3c;
}

static uint32_t page_provisioning(const struct scsi_lun *lun, uint8_t *d)
{
	(void)lun;
	d[5] = 0x80 | 0x04;			/* UNMAP, reads back zeroes */
	if (vm_profile()->write_same)
		d[5] |= 0x60;			/* WRITE SAME (16) and (10) */
	d[6] = 0x02;				/* thin */
	return 4;
}

static const struct {
	uint8_t page;
	bool disk_only;
	uint32_t (*fill)(const struct scsi_lun *lun, uint8_t *d);
} pages[] = {
	{ 0x00, false,	page_supported },
	{ 0x80, false,	page_serial },
	{ 0x83, false,	page_identification },
	{ 0xb0, true,	page_limits },
	{ 0xb1, true,	page_characteristics },
	{ 0xb2, true,	page_provisioning },
};

static void inquiry_page(struct scsi_cmd *cmd)
{
	const struct scsi_lun *lun = cmd->lun;
	uint8_t d[128] = { 0 };

	for (unsigned int i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (pages[i].page != cmd->cdb[2])
			continue;
		if (pages[i].disk_only && lun->kind != SCSI_DISK)
			break;
		if (pages[i].page == 0xb2 && !scsi_can_unmap(lun))
			break;
		d[0] = device_type(lun);
		d[1] = cmd->cdb[2];
		scsi_put16(d + 2, pages[i].fill(lun, d));
		scsi_reply(cmd, d, 4 + scsi_be16(d + 2),
			   scsi_be16(cmd->cdb + 3));
		return;
	}
	scsi_invalid_cdb(cmd, 2, -1);
}

void scsi_inquiry(struct scsi_cmd *cmd)
{
	bool cdrom = cmd->lun->kind == SCSI_CDROM;
	uint8_t d[INQUIRY_BYTES];

	if (cmd->cdb[1] & 0x01) {
		inquiry_page(cmd);
		return;
	}
	if (cmd->cdb[2]) {
		scsi_invalid_cdb(cmd, 2, -1);
		return;
	}
	standard_data(d, cdrom ? "Virtual DVD-ROM " : "Virtual Disk    ");
	d[0] = device_type(cmd->lun);
	if (cdrom)
		d[1] = 0x80;			/* removable */
	scsi_reply(cmd, d, sizeof(d), scsi_be16(cmd->cdb + 3));
}

void scsi_inquiry_absent(struct scsi_cmd *cmd)
{
	uint8_t d[INQUIRY_BYTES];

	if (cmd->cdb[1] & 0x01 || cmd->cdb[2]) {
		scsi_invalid_cdb(cmd, 2, -1);
		return;
	}
	standard_data(d, "Virtual Disk    ");
	d[0] = 0x7f;				/* no such unit can be here */
	scsi_reply(cmd, d, sizeof(d), scsi_be16(cmd->cdb + 3));
}
