/* SPDX-License-Identifier: GPL-2.0-only */
/* Control messages to and from the host, as bytes in order. */
#ifndef _HVG_VMBUS_MESSAGE_H
#define _HVG_VMBUS_MESSAGE_H

#include <linux/types.h>
#include <hvg/hv_wire.h>

/**
 * struct message_stats - what went over the message connection
 * @sent: messages that the host took
 * @retries: posts repeated because the host had no room
 * @received: channel messages handed on
 * @foreign: messages of other types on our SINT, dropped
 * @unexpected: messages that nobody waits for, or of unknown kind
 * @malformed: messages too short for their type or of impossible size
 * @stalls: times that the receive queue was full
 */
struct message_stats {
	unsigned long sent;
	unsigned long retries;
	unsigned long received;
	unsigned long foreign;
	unsigned long unexpected;
	unsigned long malformed;
	unsigned long stalls;
};

extern struct message_stats message_stats;

/**
 * typedef message_handler - takes one message from the host
 * @msg: private copy, at least a message header long
 * @bytes: its length
 *
 * Process context, one message at a time, in the order of their arrival.
 */
typedef void (*message_handler)(const void *msg, size_t bytes);

int message_init(message_handler handler);
void message_exit(void);
void message_flush(void);

int message_post(const void *msg, size_t bytes);
int message_post_to(u32 connection, const void *msg, size_t bytes,
		    unsigned int limit_ms);
int message_post_crash(const void *msg, size_t bytes);
bool message_poll_crash(u32 type);

void message_interrupt(unsigned int cpu);
void message_malformed(const char *what, size_t expected, size_t got);

#endif /* _HVG_VMBUS_MESSAGE_H */
