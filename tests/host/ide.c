// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two IDE channels at their traditional ports: registers, interrupts and the
 * movement of data, all of it programmed I/O. What commands do is in
 * ide_command.c.
 *
 * Ports on vCPU threads, the rest on the loop thread, which alone talks to
 * images; with the machine lock held.
 */
#include <string.h>

#include "control.h"
#include "ide.h"
#include "loop.h"
#include "vm_priv.h"

#define PORT_PRIMARY		0x80	/* 0x1f0, 0x3f6; not in 0x170, 0x376 */
#define PORT_CONTROL		0x200

static struct ide_channel channels[STORAGE_IDE_CHANNELS];

/* The disk at a place of a channel, or NULL. There are no emulated DVDs. */
struct scsi_lun *ide_disk(const struct ide_channel *ch, unsigned int unit)
{
	const struct storage_controller *ctl =
		storage_find(STORAGE_IDE, ch->number, unit);
	struct scsi_lun *lun = ctl ? ctl->luns[unit][0] : NULL;

	return lun && lun->kind == SCSI_DISK ? lun : NULL;
}

static void update_line(struct ide_channel *ch)
{
	bool line = ch->interrupt && !(ch->control & IDE_CONTROL_NIEN);

	if (line == ch->line)
		return;
	ch->line = line;
	vm_set_irq(IRQ_IDE + ch->number, line);
}

static void interrupt(struct ide_channel *ch, bool on)
{
	ch->interrupt = on;
	update_line(ch);
}

static unsigned int selected(const struct ide_channel *ch)
{
	return !!(ch->select & IDE_SELECT_UNIT);
}

static bool busy(const struct ide_channel *ch)
{
	return ch->phase != IDE_IDLE;
}

static void set_status(struct ide_channel *ch, uint8_t status)
{
	ch->drives[ch->unit].status = status;
}

void ide_good(struct ide_channel *ch)
{
	ch->phase = IDE_IDLE;
	set_status(ch, IDE_STATUS_READY);
	interrupt(ch, true);
}

void ide_fail(struct ide_channel *ch, uint8_t error)
{
	struct ide_drive *drive = &ch->drives[ch->unit];

	ch->phase = IDE_IDLE;
	drive->error = error;
	drive->errors++;
	set_status(ch, IDE_STATUS_READY | IDE_STATUS_ERR);
	interrupt(ch, true);
}

static void data_phase(struct ide_channel *ch, uint32_t bytes)
{
	ch->at = 0;
	ch->end = bytes;
	set_status(ch, IDE_STATUS_READY | IDE_STATUS_DRQ);
}

void ide_data(struct ide_channel *ch, uint32_t bytes)
{
	data_phase(ch, bytes);
	interrupt(ch, true);
}

/* What both drives say of themselves after a reset, and that they are disks. */
void ide_diagnosed(struct ide_channel *ch)
{
	ch->phase = IDE_IDLE;
	ch->select = 0;
	memset(ch->task, 0, sizeof(ch->task));
	ch->task[IDE_COUNT] = 1;
	ch->task[IDE_LBA_LOW] = 1;
	for (unsigned int unit = 0; unit < STORAGE_TARGETS; unit++) {
		ch->drives[unit].status = IDE_STATUS_READY;
		ch->drives[unit].error = IDE_ERROR_PASSED;
	}
}

static void drive_defaults(struct ide_drive *drive)
{
	drive->multiple = 0;
	drive->heads = 16;
	drive->track = 63;
	drive->write_cache = true;
}

/* Busy until the guest takes the reset back and the image is done. */
static void reset_begin(struct ide_channel *ch)
{
	loop_timer_cancel(ch->begin);
	ch->phase = IDE_RESET;
	for (unsigned int unit = 0; unit < STORAGE_TARGETS; unit++)
		ch->drives[unit].status = IDE_STATUS_BSY;
	interrupt(ch, false);
}

static void reset_end(struct ide_channel *ch)
{
	if (ch->phase != IDE_RESET || (ch->control & IDE_CONTROL_RESET) ||
	    ch->io_busy)
		return;
	for (unsigned int unit = 0; unit < STORAGE_TARGETS; unit++)
		drive_defaults(&ch->drives[unit]);
	ide_diagnosed(ch);
}

static uint32_t block_sectors(const struct ide_channel *ch)
{
	return ch->left < ch->block ? ch->left : ch->block;
}

static void block_moved(struct ide_channel *ch)
{
	uint32_t sectors = block_sectors(ch);

	ch->lba += sectors;
	ch->left -= sectors;
}

/* The next operation on the image; the loop thread begins it. */
static void io_queue(struct ide_channel *ch)
{
	set_status(ch, IDE_STATUS_READY | IDE_STATUS_BSY);
	loop_timer_arm(ch->begin, 0);
}

static void io_begin(void *opaque)
{
	struct ide_channel *ch = opaque;
	struct scsi_lun *lun = ide_disk(ch, ch->unit);
	uint32_t bytes = block_sectors(ch) * IDE_SECTOR;
	uint64_t offset = ch->lba * IDE_SECTOR;

	if (!lun) {
		ide_fail(ch, IDE_ERROR_ABRT);
		return;
	}
	ch->io_busy = true;
	ch->iov.iov_base = ch->buffer;
	ch->iov.iov_len = bytes;
	if (ch->phase == IDE_FLUSH)
		image_sync(&ch->io, lun->image);
	else if (ch->phase == IDE_WRITE)
		image_write(&ch->io, lun->image, offset, bytes, &ch->iov, 1,
			    !ch->drives[ch->unit].write_cache);
	else
		image_read(&ch->io, lun->image, offset, bytes, &ch->iov, 1);
	image_kick();
}

static void io_failed(struct ide_channel *ch)
{
	ide_fail(ch, ch->phase == IDE_READ || ch->phase == IDE_VERIFY ?
		     IDE_ERROR_UNC : IDE_ERROR_ABRT);
}

static void io_done(struct image_io *io)
{
	struct ide_channel *ch = (void *)io->owner;
	struct ide_drive *drive = &ch->drives[ch->unit];

	ch->io_busy = false;
	if (ch->phase == IDE_RESET) {
		reset_end(ch);
		return;
	}
	if (io->result < 0) {
		io_failed(ch);
		return;
	}
	switch (ch->phase) {
	case IDE_READ:
		drive->sectors_read += block_sectors(ch);
		ide_data(ch, block_sectors(ch) * IDE_SECTOR);
		return;
	case IDE_WRITE:
		drive->sectors_written += block_sectors(ch);
		block_moved(ch);
		if (ch->left) {
			ide_data(ch, block_sectors(ch) * IDE_SECTOR);
			return;
		}
		break;
	case IDE_VERIFY:
		block_moved(ch);
		if (ch->left) {
			io_queue(ch);
			return;
		}
		break;
	default:
		break;
	}
	ide_good(ch);
}

void ide_transfer(struct ide_channel *ch)
{
	/* No interrupt for the first block of a write: the drive is ready. */
	if (ch->phase == IDE_WRITE)
		data_phase(ch, block_sectors(ch) * IDE_SECTOR);
	else
		io_queue(ch);
}

/* The guest has moved all of a data block. */
static void block_over(struct ide_channel *ch)
{
	if (ch->phase == IDE_WRITE) {
		io_queue(ch);
		return;
	}
	if (ch->phase == IDE_READ)
		block_moved(ch);
	if (ch->phase == IDE_READ && ch->left) {
		io_queue(ch);
		return;
	}
	ch->phase = IDE_IDLE;
	set_status(ch, IDE_STATUS_READY);
}

/* Part of a data block; what the guest wants beyond its end is nothing. */
static uint32_t data_part(const struct ide_channel *ch, unsigned int size)
{
	if (!(ch->drives[ch->unit].status & IDE_STATUS_DRQ))
		return 0;
	return ch->end - ch->at < size ? ch->end - ch->at : size;
}

static uint32_t data_in(struct ide_channel *ch, unsigned int size)
{
	uint32_t value = 0, bytes = data_part(ch, size);

	if (!bytes || ch->phase == IDE_WRITE)
		return 0;
	memcpy(&value, ch->buffer + ch->at, bytes);
	ch->at += bytes;
	if (ch->at == ch->end)
		block_over(ch);
	return value;
}

static void data_out(struct ide_channel *ch, unsigned int size,
		     uint32_t value)
{
	uint32_t bytes = data_part(ch, size);

	if (!bytes || ch->phase != IDE_WRITE)
		return;
	memcpy(ch->buffer + ch->at, &value, bytes);
	ch->at += bytes;
	if (ch->at == ch->end)
		block_over(ch);
}

/* A drive answers for the other one that is not there, with nothing. */
static uint8_t status(const struct ide_channel *ch)
{
	return ide_disk(ch, selected(ch)) ? ch->drives[selected(ch)].status :
					    0;
}

static struct ide_channel *channel_of(uint16_t port)
{
	return &channels[!(port & PORT_PRIMARY)];
}

uint32_t ide_in(uint16_t port, unsigned int size)
{
	struct ide_channel *ch = channel_of(port);
	unsigned int reg = port & (IDE_REGISTERS - 1);

	if (!ide_disk(ch, 0) && !ide_disk(ch, 1))
		return 0xffffffff;	/* nothing drives the wires */
	if (port & PORT_CONTROL)
		return status(ch);
	switch (reg) {
	case IDE_DATA:
		return data_in(ch, size);
	case IDE_ERROR:
		return ch->drives[selected(ch)].error;
	case IDE_SELECT:
		return ch->select;
	case IDE_STATUS:
		interrupt(ch, false);
		return status(ch);
	default:
		return ch->control & IDE_CONTROL_HOB ? ch->task[reg] >> 8 :
						       ch->task[reg] & 0xff;
	}
}

static void control_out(struct ide_channel *ch, uint8_t value)
{
	ch->control = value;
	if (value & IDE_CONTROL_RESET)
		reset_begin(ch);
	else
		reset_end(ch);
	update_line(ch);
}

static void command_out(struct ide_channel *ch, uint8_t opcode)
{
	if (busy(ch))
		return;
	interrupt(ch, false);
	ch->unit = selected(ch);
	ide_execute(ch, opcode);
}

void ide_out(uint16_t port, unsigned int size, uint32_t value)
{
	struct ide_channel *ch = channel_of(port);
	unsigned int reg = port & (IDE_REGISTERS - 1);

	if (port & PORT_CONTROL) {
		control_out(ch, value);
		return;
	}
	switch (reg) {
	case IDE_DATA:
		data_out(ch, size, value);
		return;
	case IDE_SELECT:
		ch->select = value;
		break;
	case IDE_COMMAND:
		command_out(ch, value);
		break;
	default:
		ch->task[reg] = ch->task[reg] << 8 | (value & 0xff);
		break;
	}
	ch->control &= ~IDE_CONTROL_HOB;
}

static json_t *drive_json(const struct ide_channel *ch, unsigned int unit)
{
	const struct ide_drive *drive = &ch->drives[unit];

	return json_pack("{s:i, s:i, s:I, s:I, s:I, s:I}",
			 "controller", (int)ch->number,
			 "target", (int)unit,
			 "commands", (json_int_t)drive->commands,
			 "sectors_read", (json_int_t)drive->sectors_read,
			 "sectors_written", (json_int_t)drive->sectors_written,
			 "errors", (json_int_t)drive->errors);
}

static json_t *ide_stats(void)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < STORAGE_IDE_CHANNELS; i++)
		for (unsigned int unit = 0; unit < STORAGE_TARGETS; unit++)
			if (ide_disk(&channels[i], unit))
				json_array_append_new(list,
					drive_json(&channels[i], unit));
	return list;
}

void ide_reset(void)
{
	for (unsigned int i = 0; i < STORAGE_IDE_CHANNELS; i++) {
		struct ide_channel *ch = &channels[i];

		ch->control = 0;
		ch->line = false;
		ch->interrupt = false;
		reset_begin(ch);
		reset_end(ch);
	}
}

void ide_init(void)
{
	for (unsigned int i = 0; i < STORAGE_IDE_CHANNELS; i++) {
		struct ide_channel *ch = &channels[i];

		memset(ch, 0, sizeof(*ch));
		ch->number = i;
		ch->begin = loop_timer_new(io_begin, ch);
		ch->io.done = io_done;
		ch->io.owner = ch;
	}
	ide_reset();
	control_register_part("stats", "emulated_ide", ide_stats);
}

void ide_fini(void)
{
	for (unsigned int i = 0; i < STORAGE_IDE_CHANNELS; i++) {
		if (channels[i].begin)
			loop_timer_free(channels[i].begin);
		channels[i].begin = NULL;
	}
}
