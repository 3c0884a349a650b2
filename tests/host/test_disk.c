// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's storage driver in its smallest form, and the files that its disks
 * are in.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_disk.h"

struct vmbus_channel *disk_channel;
uint16_t disk_version;
uint8_t disk_lun, disk_target, disk_path, disk_sense_length;
uint32_t disk_srb_flags;
struct answer disk_answer;
const struct hvg_stor_request *const srb = &disk_answer.packet.u.request;
uint32_t disk_buffer_offset;
static uint64_t buffer_pfn[DISK_BUFFER_PAGES];

static void buffer_copy(void *data, uint32_t bytes, bool put)
{
	uint32_t page = 0, at = disk_buffer_offset, part;
	uint8_t *p = data;

	for (; bytes; bytes -= part, p += part, page++, at = 0) {
		uint8_t *memory = guest_page(buffer_pfn[page]);

		part = HVG_PAGE_SIZE - at < bytes ? HVG_PAGE_SIZE - at : bytes;
		if (put)
			memcpy(memory + at, p, part);
		else
			memcpy(p, memory + at, part);
	}
}

void disk_buffer_put(const void *data, uint32_t bytes)
{
	buffer_copy((void *)data, bytes, true);
}

void disk_buffer_get(void *data, uint32_t bytes)
{
	buffer_copy(data, bytes, false);
}

void disk_buffer_fill(uint8_t byte)
{
	for (unsigned int i = 0; i < DISK_BUFFER_PAGES; i++)
		memset(guest_page(buffer_pfn[i]), byte, HVG_PAGE_SIZE);
}

static uint32_t packet_size(void)
{
	return disk_version && disk_version < HVG_STOR_VERSION_WIN8 ?
	       HVG_STOR_PACKET_WIN6 : sizeof(struct hvg_stor_packet);
}

uint64_t disk_send_operation(uint32_t operation, uint16_t argument)
{
	struct hvg_stor_packet packet = {
		.operation = operation, .flags = HVG_STOR_FLAG_COMPLETION,
	};

	packet.u.version.version = argument;
	return bus_send(disk_channel, HVG_PACKET_INBAND, &packet,
			packet_size(), NULL, 0, 0);
}

uint32_t disk_operation(uint32_t operation, uint16_t argument)
{
	uint64_t id = disk_send_operation(operation, argument);

	CHECK(bus_take(disk_channel, &disk_answer));
	CHECK(disk_answer.trans_id == id);
	CHECK(disk_answer.type == HVG_PACKET_COMPLETION);
	CHECK(disk_answer.bytes == packet_size());
	CHECK(disk_answer.packet.operation == HVG_STOR_COMPLETE_IO);
	return disk_answer.packet.status;
}

uint32_t disk_start(struct vmbus_channel *chan, uint16_t version)
{
	uint32_t status;

	disk_channel = chan;
	disk_version = 0;
	disk_path = disk_target = disk_lun = 0;
	disk_srb_flags = 0;
	disk_buffer_offset = 0;
	for (unsigned int i = 0; i < DISK_BUFFER_PAGES; i++)
		if (!buffer_pfn[i])
			buffer_pfn[i] = guest_page_alloc();
	bus_open(chan);
	status = disk_operation(HVG_STOR_BEGIN_INITIALIZATION, 0);
	if (!status)
		status = disk_operation(HVG_STOR_QUERY_PROTOCOL_VERSION,
					version);
	if (!status)
		status = disk_operation(HVG_STOR_QUERY_PROPERTIES, 0);
	if (!status)
		status = disk_operation(HVG_STOR_END_INITIALIZATION, 0);
	disk_version = version;
	disk_sense_length = version < HVG_STOR_VERSION_WIN8 ?
			    HVG_STOR_SENSE_WIN6 : HVG_STOR_SENSE_WIN8;
	return status;
}

uint64_t disk_send(const void *cdb, unsigned int cdb_length,
		   uint8_t direction, uint32_t bytes)
{
	bool win8 = disk_version >= HVG_STOR_VERSION_WIN8;
	struct hvg_stor_packet packet = {
		.operation = HVG_STOR_EXECUTE_SRB,
		.flags = HVG_STOR_FLAG_COMPLETION,
		.u.request = {
			.length = win8 ? sizeof(struct hvg_stor_request) :
					 HVG_STOR_REQUEST_WIN6,
			.path = disk_path, .target = disk_target,
			.lun = disk_lun, .cdb_length = cdb_length,
			.sense_length = disk_sense_length,
			.direction = direction, .transfer_length = bytes,
		},
	};
	uint64_t ranges[1 + DISK_BUFFER_PAGES];
	uint32_t pages = (disk_buffer_offset + bytes + HVG_PAGE_SIZE - 1) /
			 HVG_PAGE_SIZE;

	if (win8)
		packet.u.request.srb_flags = disk_srb_flags;
	memcpy(packet.u.request.u.cdb, cdb, cdb_length);
	if (!bytes)
		return bus_send(disk_channel, HVG_PACKET_INBAND, &packet,
				packet_size(), NULL, 0, 0);
	ranges[0] = (uint64_t)disk_buffer_offset << 32 | bytes;
	memcpy(ranges + 1, buffer_pfn, pages * sizeof(*ranges));
	return bus_send(disk_channel, HVG_PACKET_GPA_DIRECT, &packet,
			packet_size(), ranges, (1 + pages) * sizeof(*ranges),
			1);
}

uint8_t disk_run(const void *cdb, unsigned int cdb_length, uint8_t direction,
		 uint32_t bytes)
{
	uint64_t id = disk_send(cdb, cdb_length, direction, bytes);

	memset(&disk_answer, 0, sizeof(disk_answer));
	CHECK(bus_take(disk_channel, &disk_answer));
	CHECK(disk_answer.trans_id == id);
	CHECK(disk_answer.bytes == packet_size());
	CHECK(disk_answer.packet.operation == HVG_STOR_COMPLETE_IO);
	CHECK(srb->length == (disk_version < HVG_STOR_VERSION_WIN8 ? 36 : 52));
	CHECK(!disk_answer.packet.status ==
	      ((srb->srb_status & HVG_SRB_STATUS_MASK) == HVG_SRB_SUCCESS));
	return srb->srb_status & HVG_SRB_STATUS_MASK;
}

bool disk_sense_is(uint32_t sense)
{
	return srb->scsi_status == SCSI_CHECK_CONDITION &&
	       srb->srb_status == (HVG_SRB_ERROR | HVG_SRB_AUTOSENSE_VALID) &&
	       srb->sense_length == SCSI_SENSE_BYTES &&
	       (srb->u.sense[0] & 0x7f) == 0x70 && srb->u.sense[7] == 10 &&
	       SCSI_SENSE(srb->u.sense[2], srb->u.sense[12],
			  srb->u.sense[13]) == sense;
}

void disk_clear_attentions(void)
{
	static const uint8_t test_unit_ready[6];

	for (int i = 0; i < 8; i++)
		if (disk_run(test_unit_ready, 6, HVG_STOR_NONE, 0) ==
		    HVG_SRB_SUCCESS)
			return;
	CHECK(!"attentions end");
}

void disk_begin(void)
{
	CHECK(!disk_start(bus_channel(bus_device(0), 0),
			  HVG_STOR_VERSION_WIN10));
	disk_clear_attentions();
}

uint8_t disk_io(bool write, uint64_t lba, uint32_t blocks, uint32_t bytes)
{
	uint8_t cdb[16] = { write ? 0x8a : 0x88 };

	scsi_put64(cdb + 2, lba);
	scsi_put32(cdb + 10, blocks);
	return disk_run(cdb, sizeof(cdb), write ? HVG_STOR_WRITE :
						  HVG_STOR_READ, bytes);
}

/* Files */

static char directory[64];

const char *disk_file(const char *name, uint64_t bytes)
{
	static char path[4][128];
	static unsigned int turn;
	char *p = path[turn++ % 4];
	int fd;

	if (!*directory) {
		snprintf(directory, sizeof(directory),
			 "%s/hvhost-test-XXXXXX",
			 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
		if (!mkdtemp(directory))
			abort();
	}
	snprintf(p, sizeof(path[0]), "%s/%s", directory, name);
	fd = open(p, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, bytes))
		abort();
	close(fd);
	return p;
}

void disk_file_pattern(const char *path, uint64_t offset, uint32_t bytes,
		       uint8_t seed)
{
	uint8_t *data = malloc(bytes);
	int fd = open(path, O_RDWR);

	for (uint32_t i = 0; i < bytes; i++)
		data[i] = seed + i / 512 + i;
	if (pwrite(fd, data, bytes, offset) != (ssize_t)bytes)
		abort();
	close(fd);
	free(data);
}

void disk_file_read(const char *path, uint64_t offset, void *data,
		    uint32_t bytes)
{
	int fd = open(path, O_RDONLY);

	if (pread(fd, data, bytes, offset) != (ssize_t)bytes)
		abort();
	close(fd);
}

uint64_t disk_file_allocated(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		abort();
	return st.st_blocks * 512ull;
}

void disk_files_remove(void)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;

	if (!*directory)
		return;
	dir = opendir(directory);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", directory,
			 entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(directory);
	*directory = '\0';
}

void disk_add(const char *format, ...)
{
	char spec[512], *error = NULL;
	va_list args;

	va_start(args, format);
	vsnprintf(spec, sizeof(spec), format, args);
	va_end(args);
	if (storage_add_spec(spec, strstr(spec, ".iso"), &error)) {
		printf("# %s: %s\n", spec, error);
		failed = true;
	}
	free(error);
}

json_t *disk_command(const char *name, const char *json)
{
	char *error = NULL;
	json_t *result = guest_command(name, json, &error);

	if (!result) {
		printf("# %s %s: %s\n", name, json, error);
		failed = true;
	}
	free(error);
	return result;
}

bool disk_command_fails(const char *name, const char *json, const char *why)
{
	char *error = NULL;
	json_t *result = guest_command(name, json, &error);
	bool as_said = !result && error && strstr(error, why);

	if (!as_said)
		printf("# %s %s: expected \"%s\", got \"%s\"\n", name, json,
		       why, error ? error : "no error");
	json_decref(result);
	free(error);
	return as_said;
}
