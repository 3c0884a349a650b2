/* SPDX-License-Identifier: GPL-2.0-only */
/* Named faults: ways in which the host can be told to misbehave. */
#ifndef HVHOST_FAULT_H
#define HVHOST_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault {
	/* storage that fails as storage does */
	FAULT_SRB_STATUS,
	FAULT_SENSE,
	FAULT_BAD_SECTOR,
	FAULT_BUSY,
	FAULT_QUEUE_FULL,
	FAULT_SHORT,
	FAULT_DROP,
	FAULT_DROP_RESET,
	FAULT_INTERRUPT_LOST,
	/* what hosts do differently */
	FAULT_CLOSE_WAITS,
	FAULT_RESET_NOOP,
	FAULT_RESCIND_FIRST,
	FAULT_LENGTH_KEPT,
	FAULT_SENSE_ROOM,
	FAULT_RING_UNREAD,
	FAULT_VERSION_BRIEF,
	/* storage that breaks the protocol */
	FAULT_SENSE_LENGTH,
	FAULT_TRANSFER_LENGTH,
	FAULT_COMPLETION_SHORT,
	FAULT_COMPLETION_UNKNOWN,
	FAULT_COMPLETION_AGAIN,
	FAULT_COMPLETION_CHANNEL,
	FAULT_COMPLETION_FOREIGN,
	FAULT_NOTIFICATION,
	FAULT_TRANSFER_LIMIT,
	FAULT_SUBCHANNEL_COUNT,
	FAULT_SUBCHANNEL_MORE,
	FAULT_SUBCHANNEL_NONE,
	FAULT_START_SILENT,
	/* rings */
	FAULT_PACKET_SHORT,
	FAULT_PACKET_LONG,
	FAULT_PACKET_OFFSET,
	FAULT_PACKET_OFFSET_LONG,
	FAULT_PACKET_TYPE,
	FAULT_PACKET_TRAILER,
	FAULT_WRITE_INDEX,
	FAULT_WRITE_INDEX_ODD,
	FAULT_WRITE_INDEX_BACK,
	FAULT_READ_INDEX,
	FAULT_READ_INDEX_BACK,
	/* control messages */
	FAULT_VERSION_SILENT,
	FAULT_VERSION_TWICE,
	FAULT_OFFER_EARLY,
	FAULT_OFFERS_SILENT,
	FAULT_OPEN_SILENT,
	FAULT_OPEN_TWICE,
	FAULT_OPEN_ID,
	FAULT_OPEN_CHANNEL,
	FAULT_GPADL_SILENT,
	FAULT_GPADL_HANDLE,
	FAULT_GPADL_CHANNEL,
	FAULT_TORNDOWN_SILENT,
	FAULT_TORNDOWN_HANDLE,
	FAULT_UNLOAD_SILENT,
	FAULT_TRUNCATED,
	FAULT_OFFER_DUPLICATE,
	FAULT_OFFER_SAME_ID,
	FAULT_OFFER_RANGE,
	FAULT_OFFER_STORM,
	FAULT_RESCIND_NOTHING,
	FAULT_RESCIND_OPEN,
	FAULT_RESCIND_GPADL,
	FAULT_MESSAGE_UNKNOWN,
	/* the message page */
	FAULT_SLOT_SIZE,
	FAULT_SLOT_SCRIBBLE,
	/* all that is written to the guest, some bytes of it overwritten */
	FAULT_MESSAGE_BYTES,
	FAULT_SLOT_BYTES,
	FAULT_HEAD_BYTES,
	FAULT_PACKET_BYTES,
	FAULT_PROTOCOL_BYTES,
	FAULT_DATA_BYTES,
	FAULT_CONTROL_BYTES,
	FAULT_EVENT_FLAG,
	/* any of those that no honest host commits */
	FAULT_RANDOM,
	FAULT_COUNT
};

/*
 * struct fault_place - where a fault could fire now
 * @disk: serial number of the disk concerned, or NULL
 * @cdb: the SCSI command concerned, or NULL
 * @channel: id of the channel concerned, or 0
 * @spared: nothing happens here at random
 */
struct fault_place {
	const char *disk;
	const uint8_t *cdb;
	uint32_t channel;
	bool spared;
};
#define FAULT_ANYWHERE	((struct fault_place){ .channel = 0 })

/*
 * Registers the control commands and disarms everything. @spec NULL, or
 * NAME[,KEY=VALUE]... to be armed. Complains and returns -1 if it is wrong.
 */
int fault_init(const char *spec);
/* What "random" begins with if it is not given a value. */
void fault_seed(uint32_t seed);
/* Print every fault and what it does. */
void fault_print(void);
/* Call @fn whenever a fault was armed. */
void fault_on_arm(void (*fn)(void));
/* Is it the time and place for this fault? Counts it if so. */
bool fault_fires(enum fault fault, struct fault_place place);
const char *fault_name(enum fault fault);
/* The number that the fault was armed with, or its own. */
uint32_t fault_value(enum fault fault);
/* The next number of a sequence that begins with any @state. */
uint32_t fault_random(uint64_t *state);

/*
 * A lie that a guest cannot but believe, as @is would be in the place of @was:
 * what follows from it is no fault of the guest.
 */
typedef bool (*fault_believed)(const void *was, size_t was_bytes,
			       const void *is, size_t bytes);

/*
 * Is it the time and place for this fault? Then some of the @bytes at @data
 * are overwritten, as its value has it. @data is what goes to the guest, and
 * nothing that the host looks at again. @believed may be NULL.
 */
void fault_overwrite(enum fault fault, struct fault_place place, void *data,
		     size_t bytes, fault_believed believed);
/* The same, or the end is cut off; returns how many bytes are left. */
size_t fault_garble(enum fault fault, struct fault_place place, void *data,
		    size_t bytes, fault_believed believed);

#endif
