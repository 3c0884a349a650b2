/* SPDX-License-Identifier: GPL-2.0-only */
/* The VSTOR service behind the channels of storage controllers. */
#ifndef HVHOST_STORVSP_H
#define HVHOST_STORVSP_H

#include <stdbool.h>
#include <stdint.h>

#include "storage_bus.h"
#include "vmbus.h"

extern const struct vmbus_service storvsp_scsi_service;
extern const struct vmbus_service storvsp_ide_service;

/* Tell the guest to look at the bus again; @op: enum hvg_stor_op. */
void storvsp_notify_bus(struct storage_controller *ctl, uint32_t op);
/* Take requests that had to wait: room, or the end of a pause. */
void storvsp_resume_all(void);
void storvsp_pause(bool on);
/* Forget what the guest negotiated and all its requests. */
void storvsp_reset(struct storage_controller *ctl);

/* Between storvsp.c and storvsp_request.c from here on. */

TAILQ_HEAD(storvsp_request_list, storvsp_request);

/**
 * struct storvsp_channel - an open channel
 * @backlog: packets that the ring had no room for, in order
 * @throttled: packets were left in the ring, although there may be no signal
 */
struct storvsp_channel {
	TAILQ_ENTRY(storvsp_channel) link;
	struct storage_controller *ctl;
	struct vmbus_channel *vmbus;
	struct storvsp_request_list requests;
	struct storvsp_request_list backlog;
	unsigned int pending;
	bool throttled;
	bool busy;
};

/**
 * struct storvsp_request - a packet of the guest's that is owed an answer
 * @chan: NULL once the channel was closed
 * @packet: as it came, then as it goes back
 * @bytes: size of the packet both ways
 * @range_bytes: length of the data range, which may exceed the transfer
 * @iov: memory of @cmd.iov, kept for the next request
 * @reset: what waits for this request to end, or NULL
 * @parked: a fault: it is not executed, and ends when it is aborted
 * @waits_for: of a reset: requests that have to end first
 */
struct storvsp_request {
	TAILQ_ENTRY(storvsp_request) link;
	struct storvsp_channel *chan;
	struct storage_controller *ctl;
	uint16_t type;
	bool wants_completion;
	uint64_t trans_id;
	uint32_t bytes;
	struct hvg_stor_packet packet;
	struct scsi_cmd cmd;
	uint32_t range_bytes;
	struct iovec *iov;
	unsigned int iov_room;
	struct storvsp_request *reset;
	unsigned int waits_for;
	bool parked;
};

static inline bool
storvsp_version_at_least(const struct storage_controller *ctl,
			 uint16_t version)
{
	return ctl->version >= version;
}

struct storvsp_request *storvsp_request_new(void);
void storvsp_request_fini(void);
uint32_t storvsp_packet_bytes(const struct storage_controller *ctl);
bool storvsp_flush_backlog(struct storvsp_channel *chan);
void storvsp_send_packet(struct storvsp_channel *chan,
			 struct storvsp_request *req);
void storvsp_complete(struct storvsp_request *req, uint32_t nt_status);
void storvsp_protocol_error(struct storvsp_channel *chan, const char *what,
			    uint32_t got);
void storvsp_execute_srb(struct storvsp_channel *chan,
			 struct storvsp_request *req,
			 const struct vmbus_packet *pkt);
void storvsp_execute_reset(struct storvsp_channel *chan,
			   struct storvsp_request *reset);
void storvsp_orphan_requests(struct storvsp_channel *chan);
void storvsp_answer_gone(struct storvsp_channel *chan);

/* storvsp_fault.c */
bool storvsp_fault_request(struct storvsp_request *req);
void storvsp_fault_answer(struct storvsp_request *req);
struct storvsp_channel *storvsp_fault_completion(struct storvsp_request *req);
unsigned int storvsp_fault_subchannels(unsigned int count);
void storvsp_fault_properties(struct storvsp_request *req,
			      struct hvg_stor_properties *p);

#endif
