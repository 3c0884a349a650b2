/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A storage driver in its smallest form, for the unit test of the storage
 * service. Files live in a directory of their own and go with it.
 */
#ifndef HVHOST_TEST_DISK_H
#define HVHOST_TEST_DISK_H

#include "../../include/hvg/storvsc_wire.h"
#include "scsi.h"
#include "storage.h"
#include "test.h"
#include "test_disk_bus.h"
#include "test_guest.h"

/* Each ends with an entry that has no function. */
extern const struct test protocol_tests[];
extern const struct test data_tests[];
extern const struct test unit_tests[];
extern const struct test bus_tests[];
extern const struct test fault_tests[];
extern const struct test ide_tests[];

#define KIB	1024ull
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define TIB	(1024 * GIB)

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
/* The first adapter, in the newest version; its LUN 0 is ready. */
void disk_begin(void);
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
