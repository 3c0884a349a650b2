/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A storage driver in its smallest form, for the unit test of the storage
 * service: a VMBus host that is two queues a channel, requests in, answers
 * out. Files live in a directory of their own and go with it.
 */
#ifndef HVHOST_TEST_DISK_H
#define HVHOST_TEST_DISK_H

#include "../../include/hvg/storvsc_wire.h"
#include "scsi.h"
#include "storage.h"
#include "test.h"
#include "test_guest.h"

/* Each ends with an entry that has no function. */
extern const struct test protocol_tests[];
extern const struct test command_tests[];
extern const struct test bus_tests[];
extern const struct test fault_tests[];
extern const struct test ide_tests[];

#define KIB	1024ull
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define TIB	(1024 * GIB)

struct answer {
	uint16_t type;
	uint64_t trans_id;
	uint32_t bytes;
	struct hvg_stor_packet packet;
};

/* Devices in the order they were added; NULL past the end. */
struct vmbus_device *bus_device(unsigned int index);
struct vmbus_channel *bus_channel(struct vmbus_device *dev, unsigned int sub);
const struct hvg_guid *bus_instance(const struct vmbus_device *dev);
const uint8_t *bus_user(const struct vmbus_device *dev);
unsigned int bus_subchannels(const struct vmbus_device *dev);
void bus_open(struct vmbus_channel *chan);
void bus_close(struct vmbus_channel *chan);
/* Let the host write no more than @answers before some are taken. */
void bus_room(struct vmbus_channel *chan, unsigned int answers);
unsigned int bus_unread(const struct vmbus_channel *chan);
/* A packet to the host; @ranges as in a GPA-direct packet. Returns its id. */
uint64_t bus_send(struct vmbus_channel *chan, uint16_t type,
		  const void *data, uint32_t bytes, const void *ranges,
		  uint32_t ranges_bytes, uint32_t range_count);
/* The oldest answer; waits up to 5 s. False: there is none. */
bool bus_take(struct vmbus_channel *chan, struct answer *answer);
bool bus_quiet(struct vmbus_channel *chan, unsigned int ms);
void bus_free(void);

/* The channel that the helpers below use, and what they send. */
extern struct vmbus_channel *disk_channel;
extern uint16_t disk_version;
extern uint8_t disk_lun, disk_target, disk_path, disk_sense_length;
extern uint32_t disk_srb_flags;
extern struct answer disk_answer;
extern const struct hvg_stor_request *const srb;

/* Guest memory that holds data of a request: pages that are no neighbours. */
#define DISK_BUFFER_PAGES	64
void disk_buffer_put(const void *data, uint32_t bytes);
void disk_buffer_get(void *data, uint32_t bytes);
void disk_buffer_fill(uint8_t byte);
extern uint32_t disk_buffer_offset;

/* An operation that is no request; its id, or the status of its answer. */
uint64_t disk_send_operation(uint32_t operation, uint16_t argument);
uint32_t disk_operation(uint32_t operation, uint16_t argument);
/* Initialization; the status of the first step that was refused, or 0. */
uint32_t disk_start(struct vmbus_channel *chan, uint16_t version);

/* Send a command; its id. */
uint64_t disk_send(const void *cdb, unsigned int cdb_length,
		   uint8_t direction, uint32_t bytes);
/* Send it and wait for its answer: the SRB status without flags. */
uint8_t disk_run(const void *cdb, unsigned int cdb_length,
		 uint8_t direction, uint32_t bytes);
/* The last answer is CHECK CONDITION with this SCSI_SENSE(). */
bool disk_sense_is(uint32_t sense);
void disk_clear_attentions(void);
uint8_t disk_io(bool write, uint64_t lba, uint32_t blocks, uint32_t bytes);

/* A file of the test's own; made of a size, with a pattern. */
const char *disk_file(const char *name, uint64_t bytes);
void disk_file_pattern(const char *path, uint64_t offset, uint32_t bytes,
		       uint8_t seed);
void disk_file_read(const char *path, uint64_t offset, void *data,
		    uint32_t bytes);
uint64_t disk_file_allocated(const char *path);
void disk_files_remove(void);
/* --disk with @format's arguments; an error line is a failed test. */
__attribute__((format(printf, 1, 2)))
void disk_add(const char *format, ...);
/* A control command that must work, or (expected) must not. */
json_t *disk_command(const char *name, const char *json);
bool disk_command_fails(const char *name, const char *json, const char *why);

#endif
