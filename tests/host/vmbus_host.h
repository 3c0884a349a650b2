/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the VMBus host share among themselves: connection,
 * offers, channels, GPADLs, rings and interrupts. All of it runs with the
 * machine lock held.
 */
#ifndef HVHOST_VMBUS_HOST_H
#define HVHOST_VMBUS_HOST_H

#include <jansson.h>

#include "../../include/hvg/hv_wire.h"
#include "fault.h"
#include "vmbus.h"

/* Results that VMBus messages carry. */
#define VMBUS_STATUS_SUCCESS		0u
#define VMBUS_STATUS_UNSUCCESSFUL	0x8000ffffu
#define VMBUS_STATUS_REFUSED		0xc0000236u

/* Flag 0 of a SINT stands for the interrupt page, ids are its other flags. */
#define VMBUS_MAX_CHANNEL_ID		(HVG_MAX_CHANNELS - 1)
#define VMBUS_VP_NONE			0xffffffffu

/* What the host tells a guest of 5.0 and later to send its messages to. */
#define VMBUS_CONN_ASSIGNED		5u

/**
 * struct vmbus_connection - the guest's connection
 * @version: negotiated version, 0 when disconnected
 * @features: negotiated features of 6.0
 * @message_vp: VP that takes the host's messages
 * @message_connection: connection id that the guest's messages must come on
 * @offers_sent: REQUEST_OFFERS was answered; new devices are offered at once
 * @unloading: UNLOAD waits for channels that are closing
 * @paused: the guest asked for quiet; messages wait for RESUME
 * @interrupt_page: below 2.4, or NULL
 * @monitor_in: guest-to-host monitor page, or NULL
 * @monitor_out: host-to-guest monitor page, or NULL
 */
struct vmbus_connection {
	uint32_t version;
	uint32_t features;
	uint32_t message_vp;
	uint32_t message_connection;
	bool offers_sent;
	bool unloading;
	bool paused;
	void *interrupt_page;
	struct hvg_monitor_page *monitor_in;
	struct hvg_monitor_page *monitor_out;
	struct hvg_guid client_id;
	uint64_t connects;
	uint64_t unloads;
};

extern struct vmbus_connection vmbus_conn;

enum gpadl_state {
	GPADL_COLLECTING,	/* body messages are missing */
	GPADL_WAITING,		/* answered when the channel is closed */
	GPADL_CREATED,
	GPADL_TEARING_DOWN,	/* torn down when the ring on it is closed */
};

/**
 * struct vmbus_gpadl - guest memory that the guest described to us
 * @words: the ranges as they came: {bytes, offset} word, then page numbers
 * @word_count: words that the header announced
 * @have: words that came so far
 * @bytes: guest memory counted against the profile's limit
 * @refused: answer with a failure when the last body is there
 * @in_use: an open channel has its rings here
 */
struct vmbus_gpadl {
	struct vmbus_gpadl *next;
	struct vmbus_channel *chan;
	uint32_t id;
	enum gpadl_state state;
	uint64_t *words;
	uint32_t word_count;
	uint32_t have;
	uint32_t range_count;
	uint32_t next_body;
	uint64_t bytes;
	const char *refused;
	bool in_use;
};

/**
 * struct vmbus_ring - one direction as the host sees it
 * @control: the control page, shared with the guest: nothing in it is trusted
 * @page: data pages
 * @index: the index that the host owns (read: guest-to-host, write: other)
 * @index_lies: a fault has published another one, which stays
 */
struct vmbus_ring {
	struct hvg_ring_control *control;
	uint8_t **page;
	uint32_t size;
	uint32_t index;
	bool index_lies;
};

enum channel_state {
	CHANNEL_ABSENT,		/* the guest does not know it: no id */
	CHANNEL_OFFERED,
	CHANNEL_OPEN,
	CHANNEL_CLOSING,	/* closed, but its requests have not ended */
	CHANNEL_RESCINDED,	/* the id waits for RELID_RELEASED */
};

struct vmbus_channel {
	struct vmbus_channel *next;	/* of the same device */
	struct vmbus_device *dev;
	uint16_t subindex;
	enum channel_state state;
	uint32_t id;
	uint32_t last_id;
	int monitor_id;			/* -1: none */
	void *opaque;

	/* while open */
	struct vmbus_gpadl *gpadl;
	struct vmbus_ring in;		/* guest to host */
	struct vmbus_ring out;		/* host to guest */
	uint32_t target_vp;
	uint32_t connection;
	uint16_t event_flag;
	int event_fd;			/* -1: signals come as hypercalls */
	bool broken;
	bool rescind_told;		/* RESCIND_OFFER was sent */
	bool rescind_after;		/* to be rescinded when closed */
	bool draining;
	bool drain_again;
	bool unread;			/* the service does not look for now */
	bool write_blocked;
	uint32_t write_needs;

	uint64_t signals;
	uint64_t signals_spurious;
	uint64_t interrupts;
	uint64_t packets_in;
	uint64_t packets_out;
	uint64_t bytes_in;
	uint64_t bytes_out;
	uint64_t opens;
};

/**
 * struct vmbus_device - a device that a service offers
 * @channels: the primary channel first, which lives as long as the device;
 *	sub-channels behind it live as long as their id
 * @removed: the service took it away; freed when its last id is released
 * @hidden: rescinded by a control command, stays away until it is reoffered
 * @parked: the guest released the id of its own accord
 */
struct vmbus_device {
	struct vmbus_device *next;
	const struct vmbus_service *service;
	struct hvg_guid instance;
	uint8_t user[HVG_OFFER_USER_BYTES];
	void *opaque;
	struct vmbus_channel *channels;
	bool removed;
	bool hidden;
	bool parked;
};

extern struct vmbus_device *vmbus_devices;

/* vmbus_connection.c */
void vmbus_send(const void *message, size_t bytes);
void vmbus_send_to(uint32_t vp, uint32_t sint, const void *message,
		   size_t bytes);
__attribute__((format(printf, 2, 3)))
void vmbus_reject(uint32_t type, const char *fmt, ...);
bool vmbus_version_known(uint32_t version);
char *vmbus_version_text(uint32_t version, char *buf, size_t bytes);
#define VMBUS_VERSION_TEXT	16

void vmbus_unload_settle(void);

/* vmbus_offer.c */
void vmbus_offers_close(void);
bool vmbus_offers_closing(void);
void vmbus_request_offers(void);
void vmbus_relid_released(const struct hvg_msg_channel *msg);
void vmbus_offers_drop(void);
void vmbus_channel_rescind(struct vmbus_channel *chan);
void vmbus_device_rescind(struct vmbus_device *dev);
bool vmbus_device_reoffer(struct vmbus_device *dev);
void vmbus_subchannels_rescind(struct vmbus_device *dev);
struct vmbus_channel *vmbus_channel_by_id(uint32_t id);
struct vmbus_channel *vmbus_channel_lookup(uint32_t id, uint32_t message);
void vmbus_devices_free(void);

bool vmbus_device_taken(struct vmbus_channel *chan, enum fault fault);
void vmbus_offer_message(const struct vmbus_channel *chan,
			 struct hvg_msg_offer *msg);

/* vmbus_fault.c */
unsigned int vmbus_fault_message(void *message, size_t *bytes);
void vmbus_fault_contact(uint32_t vp, uint32_t sint);
void vmbus_fault_messages(void);
bool vmbus_fault_interrupt(const struct vmbus_channel *chan);
bool vmbus_fault_unread(const struct vmbus_channel *chan, uint32_t *ms);
bool vmbus_fault_event(const struct vmbus_channel *chan, uint32_t *vp,
		       uint16_t *flag);
uint32_t vmbus_fault_payload(const struct vmbus_channel *chan,
			     const void **data, uint32_t bytes);
void vmbus_fault_packet(const struct vmbus_channel *chan,
			struct hvg_packet_header *header,
			struct hvg_packet_trailer *trailer);
uint32_t vmbus_fault_write_index(const struct vmbus_channel *chan,
				 struct vmbus_ring *ring, uint32_t old);
uint32_t vmbus_fault_read_index(const struct vmbus_channel *chan,
				struct vmbus_ring *ring);

/* struct vmbus_word - a word of a control page that is the host's to write */
struct vmbus_word {
	uint32_t *at;
	uint32_t value;
};
#define VMBUS_WORDS_MAX	3
void vmbus_fault_control(const struct vmbus_channel *chan,
			 const struct vmbus_ring *ring,
			 const struct vmbus_word *words, unsigned int count);

/* vmbus_channel.c */
void vmbus_open_channel(const struct hvg_msg_open *msg, bool with_signal);
void vmbus_close_channel(const struct hvg_msg_channel *msg);
void vmbus_modify_channel(const struct hvg_msg_modify_channel *msg);
void vmbus_open_reserved(const struct hvg_msg_open_reserved *msg);
void vmbus_close_reserved(const struct hvg_msg_close_reserved *msg);
void vmbus_channel_shut(struct vmbus_channel *chan, const char *why);
bool vmbus_channel_close_waits(struct vmbus_channel *chan);
void vmbus_channel_broken(struct vmbus_channel *chan, const char *what,
			  uint32_t value);

/* vmbus_gpadl.c */
void vmbus_gpadl_header(const struct hvg_msg_gpadl_header *msg,
			const void *words, uint32_t count);
void vmbus_gpadl_body(const struct hvg_msg_gpadl_body *msg,
		      const void *words, uint32_t count);
void vmbus_gpadl_teardown(const struct hvg_msg_gpadl_teardown *msg);
struct vmbus_gpadl *vmbus_gpadl_find(struct vmbus_channel *chan, uint32_t id);
int vmbus_gpadl_pages(const struct vmbus_gpadl *gpadl, const uint64_t **pfns,
		      uint32_t *count);
void vmbus_gpadl_put(struct vmbus_gpadl *gpadl);
void vmbus_gpadls_release(struct vmbus_channel *chan);
void vmbus_gpadls_rescind(struct vmbus_channel *chan);
void vmbus_gpadls_closed(struct vmbus_channel *chan);
void vmbus_gpadls_drop(void);
uint64_t vmbus_gpadls_bytes(void);

/* vmbus_ring.c */
int vmbus_ring_init(struct vmbus_ring *ring, const uint64_t *pfns,
		    uint32_t pages, bool host_writes);
void vmbus_ring_free(struct vmbus_ring *ring);
bool vmbus_ring_readable(struct vmbus_channel *chan);
void vmbus_ring_mask(struct vmbus_channel *chan, bool on);
bool vmbus_ring_unblocked(struct vmbus_channel *chan);

/* vmbus_interrupt.c */
void vmbus_channel_bind(struct vmbus_channel *chan);
void vmbus_channel_unbind(struct vmbus_channel *chan);
void vmbus_channel_signalled(struct vmbus_channel *chan, uint64_t count);
void vmbus_channel_drain(struct vmbus_channel *chan);
void vmbus_channel_interrupt(struct vmbus_channel *chan);
int vmbus_monitor_allocate(void);
void vmbus_monitor_free(int id);
bool vmbus_monitor_in_use(void);
void vmbus_poll_start(void);
void vmbus_interrupt_init(void);
void vmbus_interrupt_fini(void);

/* vmbus_stats.c */
void vmbus_stats_init(void);
char *vmbus_guid_text(const struct hvg_guid *guid, char *buf);
#define VMBUS_GUID_TEXT		37

#endif
