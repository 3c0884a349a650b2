/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other side of platform.h: a hypervisor and a host, played by the test.
 *
 * Everything that the driver sends is written down and handed to a script,
 * which answers by fake_host_send(). Messages reach the driver through its
 * own interrupt path.
 */
#ifndef _HVG_KUNIT_FAKE_HOST_H
#define _HVG_KUNIT_FAKE_HOST_H

#include <linux/threads.h>
#include <linux/types.h>
#include <hvg/hv_wire.h>
#include <hvg/vmbus.h>

/* A GPADL of the most pages takes 293 messages. */
#define FAKE_HOST_SENT	512

/**
 * struct fake_host - the host
 * @status: hypercall status of the next post; HVG_STATUS_SUCCESS again after
 *	@failures of them
 * @failures: posts that @status is still for
 * @answer: script, called for each message taken; may be NULL. Process
 *	context, under the driver's post_lock.
 * @sent: messages taken, in order
 * @count: how many
 * @signals: HvSignalEvent calls
 * @signal_connection: connection id of the last one
 * @signalled: what the host does before such a call returns; may be NULL
 * @started: platform_start() without platform_stop()
 * @version: what fake_host_connect() accepts
 * @refuse_gpadl: status of each GPADL_CREATED
 * @no_pages: no CPU has a message page or one of event flags
 * @ends: by CPU, how often the end of a message was told
 */
struct fake_host {
	u64 status;
	unsigned int failures;
	void (*answer)(const struct hvg_post_message_input *msg);
	struct hvg_post_message_input sent[FAKE_HOST_SENT];
	unsigned int count;
	unsigned int signals;
	u32 signal_connection;
	void (*signalled)(void);
	bool started;
	u32 version;
	s32 refuse_gpadl;
	bool no_pages;
	unsigned int ends[NR_CPUS];
};

extern struct fake_host fake_host;

/**
 * struct fake_host_begin - what the next fake_host_connect() starts with
 * @answer: script; NULL: fake_host_answer()
 * @status: of every post
 * @knows_no_v5: the connection id of 5.0 contacts is unknown
 * @predecessor: an earlier kernel has left its connection behind
 * @start_error: what platform_start() fails with
 * @first_vp: virtual processor of CPU 0; others follow
 */
struct fake_host_begin {
	void (*answer)(const struct hvg_post_message_input *msg);
	u64 status;
	bool knows_no_v5;
	bool predecessor;
	int start_error;
	u32 first_vp;
};

extern struct fake_host_begin fake_host_begin;

void fake_host_reset(void);
/* False: the slot is taken, the message was not sent. */
bool fake_host_send(const void *msg, u8 bytes);
/* The same as often as the slot is taken; sleeps. */
void fake_host_deliver(const void *msg, u8 bytes);
/* The slot of a CPU, to be filled with anything. */
struct hvg_message *fake_host_slot(unsigned int cpu);
void fake_host_signal(u32 channel);
struct hvg_channel *fake_host_channel(u32 channel);

/* A host that answers everything; @version is the only one it speaks. */
int fake_host_connect(u32 version);
void fake_host_disconnect(void);
void fake_host_answer(const struct hvg_post_message_input *msg);
/* These return when the driver has done all that it does about them. */
void fake_host_offer(u32 channel, u16 subchannel,
		     const struct hvg_guid *interface);
void fake_host_rescind(u32 channel);
/* How often the host has been given a channel's id back. */
unsigned int fake_host_released(u32 channel);

static inline u32 fake_host_type(const struct hvg_post_message_input *msg)
{
	return ((const struct hvg_msg_header *)msg->payload)->type;
}

#endif /* _HVG_KUNIT_FAKE_HOST_H */
