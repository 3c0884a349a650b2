// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMBus connection: messages from the guest are checked and handed to
 * the part that serves them; contact, unload, pause and the like are served
 * here. Runs with the machine lock held, on the vCPU thread that posted the
 * message. Source: PROTOCOL 3.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "record.h"
#include "vm.h"
#include "vmbus_host.h"

struct vmbus_connection vmbus_conn;

/* A message that waits for RESUME. */
struct queued_message {
	struct queued_message *next;
	size_t bytes;
	uint8_t data[HVG_MESSAGE_PAYLOAD];
};

static struct queued_message *queue_head;
static struct queued_message **queue_tail = &queue_head;

static const uint32_t known_versions[] = {
	HVG_VERSION_WS2008, HVG_VERSION_WIN7, HVG_VERSION_WIN8,
	HVG_VERSION_WIN8_1, HVG_VERSION_WIN10, HVG_VERSION_WIN10_V4_1,
	HVG_VERSION_WIN10_V5, HVG_VERSION_WIN10_V5_1, HVG_VERSION_WIN10_V5_2,
	HVG_VERSION_IRON, HVG_VERSION_COPPER,
};

/* Confidential channels need isolation; server pages need host memory. */
#define FEATURES_HERE							\
	(HVG_FEATURE_GUEST_SIGNAL_PARAMS |				\
	 HVG_FEATURE_INTERRUPT_REDIRECTION |				\
	 HVG_FEATURE_MODIFY_CONNECTION | HVG_FEATURE_CLIENT_ID |	\
	 HVG_FEATURE_PAUSE_RESUME)

enum { STATE_SUCCESSFUL, STATE_LOW_RESOURCES, STATE_FAILED };

/**
 * vmbus_version() - the negotiated protocol version
 *
 * Return: HVG_VERSION() value, 0 when not connected.
 */
uint32_t vmbus_version(void)
{
	return vmbus_conn.version;
}

bool vmbus_version_known(uint32_t version)
{
	size_t i;

	for (i = 0; i < sizeof(known_versions) / sizeof(*known_versions); i++)
		if (known_versions[i] == version)
			return true;
	return false;
}

char *vmbus_version_text(uint32_t version, char *buf, size_t bytes)
{
	snprintf(buf, bytes, "%u.%u", HVG_VERSION_MAJOR(version),
		 HVG_VERSION_MINOR(version));
	return buf;
}

/* Note a message that the protocol does not allow; the guest hears nothing. */
void vmbus_reject(uint32_t type, const char *fmt, ...)
{
	char text[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	hlog("vmbus: message %u ignored: %s", type, text);
	record_event("bad_message", json_pack("{s:i, s:s}", "type", (int)type,
					      "why", text));
}

/* Send past the pause, to any VP and SINT. */
void vmbus_send_to(uint32_t vp, uint32_t sint, const void *message,
		   size_t bytes)
{
	uint8_t copy[HVG_MESSAGE_PAYLOAD];
	struct hvg_msg_header header;
	unsigned int times;
	bool taken = true;

	memcpy(copy, message, bytes);
	for (times = vmbus_fault_message(copy, &bytes); times; times--)
		taken = synic_post_message(vp, sint, HVG_MESSAGE_VMBUS, copy,
					   bytes);
	if (taken)
		return;
	memcpy(&header, message, sizeof(header));
	hlog("vmbus: message %u lost: the guest has %u VPs, target was %u",
	     header.type, vm_cpus(), vp);
	record_event("message_lost", json_pack("{s:i, s:I}",
					       "type", (int)header.type,
					       "vp", (json_int_t)vp));
}

/* Send to the VP of the contact, after what a pause holds back. */
void vmbus_send(const void *message, size_t bytes)
{
	struct queued_message *m;

	/* While it disconnects the guest wants to hear of nothing else. */
	if (!vmbus_conn.version)
		return;
	if (!vmbus_conn.paused) {
		vmbus_send_to(vmbus_conn.message_vp, HVG_VMBUS_SINT, message,
			      bytes);
		return;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		abort();
	m->bytes = bytes;
	memcpy(m->data, message, bytes);
	*queue_tail = m;
	queue_tail = &m->next;
}

static void queue_clear(bool deliver)
{
	struct queued_message *m;

	vmbus_conn.paused = false;
	while ((m = queue_head)) {
		queue_head = m->next;
		if (deliver)
			vmbus_send(m->data, m->bytes);
		free(m);
	}
	queue_tail = &queue_head;
}

/* Close every channel, forget every GPADL and id. The guest hears nothing. */
static void disconnect(void)
{
	vmbus_conn.version = 0;
	vmbus_conn.unloading = false;
	queue_clear(false);
	vmbus_offers_drop();
	vmbus_gpadls_drop();
	vmbus_conn.features = 0;
	vmbus_conn.message_connection = 0;
	vmbus_conn.offers_sent = false;
	vmbus_conn.interrupt_page = NULL;
	vmbus_conn.monitor_in = NULL;
	vmbus_conn.monitor_out = NULL;
	memset(&vmbus_conn.client_id, 0, sizeof(vmbus_conn.client_id));
}

/*
 * Below 2.4 the response has no way to say "I know the version, but": a
 * failure is a refusal there.
 */
static void send_version_response(uint32_t vp, uint32_t sint, uint32_t version,
				  uint8_t state, uint32_t features)
{
	struct hvg_msg_version_response msg = {
		.header.type = HVG_MSG_VERSION_RESPONSE,
	};
	size_t bytes = HVG_VERSION_RESPONSE_SIZE_V1;

	if (version && (state == STATE_SUCCESSFUL ||
			version >= HVG_VERSION_WIN8)) {
		msg.supported = 1;
		msg.state = state;
		msg.version_or_connection = version >= HVG_VERSION_WIN10_V5 ?
					    VMBUS_CONN_ASSIGNED : version;
		if (version >= HVG_VERSION_COPPER) {
			msg.features = features;
			bytes = HVG_VERSION_RESPONSE_SIZE_V6;
		}
	}
	if (vm_profile()->vmbus_version < HVG_VERSION_WIN8 &&
	    fault_fires(FAULT_VERSION_BRIEF, FAULT_ANYWHERE)) {
		msg.state = 0x55;
		if (bytes > fault_value(FAULT_VERSION_BRIEF))
			bytes = fault_value(FAULT_VERSION_BRIEF);
	}
	vmbus_fault_contact(vp, sint);
	vmbus_send_to(vp, sint, &msg, bytes);
}

static void *guest_page(uint64_t gpa)
{
	if (!gpa || gpa % HVG_PAGE_SIZE)
		return NULL;
	return vm_ram(gpa, HVG_PAGE_SIZE);
}

/* Both pages or none, aligned and RAM. */
static bool set_monitor_pages(uint64_t out, uint64_t in)
{
	struct hvg_monitor_page *out_page = guest_page(out);
	struct hvg_monitor_page *in_page = guest_page(in);

	if ((out && !out_page) || (in && !in_page) || !out != !in)
		return false;
	vmbus_conn.monitor_out = out_page;
	vmbus_conn.monitor_in = in_page;
	return true;
}

static void record_version(uint32_t version, uint32_t vp, bool accepted,
			   const char *why)
{
	char text[VMBUS_VERSION_TEXT], guid[VMBUS_GUID_TEXT];
	json_t *details;

	vmbus_version_text(version, text, sizeof(text));
	hlog("vmbus: version %s %s%s%s", text,
	     accepted ? "accepted" : "refused", why ? ": " : "",
	     why ? why : "");
	details = json_pack("{s:s, s:b, s:I}", "requested", text,
			    "accepted", accepted, "vp", (json_int_t)vp);
	if (why)
		json_object_set_new(details, "why", json_string(why));
	if (accepted)
		json_object_set_new(details, "features",
				    json_integer(vmbus_conn.features));
	if (accepted && (vmbus_conn.features & HVG_FEATURE_CLIENT_ID))
		json_object_set_new(details, "client", json_string(
			vmbus_guid_text(&vmbus_conn.client_id, guid)));
	record_event("version", details);
}

/* What speaks against this contact; NULL and the connection set, or a reason. */
static const char *accept_contact(const struct hvg_msg_initiate_contact *msg,
				  uint32_t connection_id, uint8_t *state)
{
	const struct profile *profile = vm_profile();
	uint32_t version = msg->version;

	*state = STATE_SUCCESSFUL;
	if (!vmbus_version_known(version))
		return "unknown version";
	if (version > profile->vmbus_version)
		return "the profile does not have it";
	if (version >= HVG_VERSION_WIN10_V5 &&
	    connection_id != HVG_CONN_MESSAGE_V5)
		return "from 5.0 on contact comes on connection id 4";
	*state = STATE_FAILED;
	if (version >= HVG_VERSION_WIN8_1 && msg->target_vp >= vm_cpus())
		return "no such VP for messages";
	if (version < HVG_VERSION_WIN8 && msg->interrupt_page) {
		vmbus_conn.interrupt_page = guest_page(msg->interrupt_page);
		if (!vmbus_conn.interrupt_page)
			return "the interrupt page is not a page of RAM";
	}
	if (!set_monitor_pages(msg->monitor_page1, msg->monitor_page2))
		return "monitor pages: expected both or none, pages of RAM";
	return NULL;
}

static void initiate_contact(const struct hvg_msg_initiate_contact *msg,
			     uint32_t bytes, uint32_t connection_id)
{
	uint32_t version = msg->version, features = 0, sint = HVG_VMBUS_SINT;
	char text[VMBUS_VERSION_TEXT];
	const char *why;
	uint32_t vp = 0;
	uint8_t state;

	if (version >= HVG_VERSION_WIN8_1)
		vp = msg->target_vp;
	if (version >= HVG_VERSION_COPPER)
		features = msg->interrupt_page >> 32;
	if ((features & HVG_FEATURE_CLIENT_ID) && bytes < sizeof(*msg)) {
		vmbus_reject(msg->header.type,
			     "client id: expected %zu bytes, got %u",
			     sizeof(*msg), bytes);
		return;
	}
	record_event("contact",
		     json_pack("{s:s, s:I, s:I, s:I, s:s}",
			       "version",
			       vmbus_version_text(version, text, sizeof(text)),
			       "vp", (json_int_t)msg->target_vp,
			       "connection", (json_int_t)connection_id,
			       "features", (json_int_t)features,
			       "state", vmbus_conn.version ? "connected" :
							     "disconnected"));
	if (connection_id == HVG_CONN_MESSAGE_V5 &&
	    version >= HVG_VERSION_WIN10_V5) {
		sint = msg->interrupt_page & 0xff;
		if (version >= HVG_VERSION_WIN10_V5_1 &&
		    (msg->interrupt_page >> 8 & 0xff)) {
			vmbus_reject(msg->header.type, "no such VTL");
			return;
		}
		if (sint != HVG_VMBUS_SINT) {
			record_version(version, vp, false, "SINT is not 2");
			if (sint < HVG_SYNIC_SINTS && vp < vm_cpus())
				send_version_response(vp, sint, 0, 0, 0);
			return;
		}
	}

	/* Contact while connected is an unload that gets no answer. */
	disconnect();
	why = accept_contact(msg, connection_id, &state);
	if (why) {
		vmbus_conn.interrupt_page = NULL;
		record_version(version, vp, false, why);
		if (vp >= vm_cpus())
			vp = 0;
		send_version_response(vp, sint,
				      state == STATE_FAILED ? version : 0,
				      state, 0);
		return;
	}
	features &= FEATURES_HERE & vm_profile()->vmbus_features;
	vmbus_conn.version = version;
	vmbus_conn.features = features;
	vmbus_conn.message_vp = vp;
	vmbus_conn.message_connection = version >= HVG_VERSION_WIN10_V5 ?
					VMBUS_CONN_ASSIGNED : HVG_CONN_MESSAGE;
	if (features & HVG_FEATURE_CLIENT_ID)
		vmbus_conn.client_id = msg->client_id;
	vmbus_conn.connects++;
	record_version(version, vp, true, NULL);
	send_version_response(vp, sint, version, STATE_SUCCESSFUL, features);
}

static void unload(void)
{
	record_event("unload", NULL);
	hlog("vmbus: unload");
	vmbus_offers_close();
	vmbus_conn.unloading = true;
	vmbus_unload_settle();
}

/* UNLOAD is over when the last channel is closed. */
void vmbus_unload_settle(void)
{
	struct hvg_msg_header msg = { .type = HVG_MSG_UNLOAD_COMPLETE };
	uint32_t version = vmbus_conn.version;

	if (!vmbus_conn.unloading || vmbus_offers_closing())
		return;
	disconnect();
	vmbus_conn.unloads++;
	if (version >= HVG_VERSION_WIN7)
		vmbus_send_to(vmbus_conn.message_vp, HVG_VMBUS_SINT, &msg,
			      sizeof(msg));
}

static void modify_connection(const struct hvg_msg_modify_connection *msg)
{
	struct hvg_msg_modify_connection_response answer = {
		.header.type = HVG_MSG_MODIFY_CONNECTION_RESPONSE,
	};

	/* An open channel's monitor bit lives in the page that would go. */
	if (vmbus_monitor_in_use() ||
	    !set_monitor_pages(msg->monitor_page1, msg->monitor_page2))
		answer.state = STATE_FAILED;
	record_event("modify_connection",
		     json_pack("{s:i}", "state", answer.state));
	vmbus_send(&answer, sizeof(answer));
}

static void pause_messages(void)
{
	struct hvg_msg_header msg = { .type = HVG_MSG_PAUSE_RESPONSE };

	if (vmbus_conn.paused) {
		vmbus_reject(HVG_MSG_PAUSE, "paused already");
		return;
	}
	record_event("pause", NULL);
	vmbus_send(&msg, sizeof(msg));
	vmbus_conn.paused = true;
}

static void resume_messages(void)
{
	if (!vmbus_conn.paused) {
		vmbus_reject(HVG_MSG_RESUME, "not paused");
		return;
	}
	record_event("resume", NULL);
	queue_clear(true);
}

/* There is no socket service here: every connect is refused. */
static void tl_connect(const struct hvg_msg_tl_connect *msg)
{
	struct hvg_msg_tl_connect_result answer = {
		.header.type = HVG_MSG_TL_CONNECT_RESULT,
		.endpoint = msg->endpoint,
		.service = msg->service,
		.status = (hvg_s32)VMBUS_STATUS_REFUSED,
	};

	record_event("tl_connect", NULL);
	if (vmbus_conn.version >= HVG_VERSION_WIN10_V4_1)
		vmbus_send(&answer, sizeof(answer));
}

/* What a message of the guest needs: its size, a version, a feature. */
struct message_rule {
	uint32_t bytes;
	uint32_t version;
	uint32_t feature;
	bool disconnected;	/* allowed without a connection */
};

static const struct message_rule rules[HVG_MSG_COUNT] = {
	[HVG_MSG_REQUEST_OFFERS] = { sizeof(struct hvg_msg_header) },
	[HVG_MSG_OPEN_CHANNEL] = { HVG_OPEN_SIZE_V1 },
	[HVG_MSG_CLOSE_CHANNEL] = { sizeof(struct hvg_msg_channel) },
	[HVG_MSG_GPADL_HEADER] = { sizeof(struct hvg_msg_gpadl_header) },
	[HVG_MSG_GPADL_BODY] = { sizeof(struct hvg_msg_gpadl_body) },
	[HVG_MSG_GPADL_TEARDOWN] = { sizeof(struct hvg_msg_gpadl_teardown) },
	[HVG_MSG_RELID_RELEASED] = { sizeof(struct hvg_msg_channel) },
	[HVG_MSG_INITIATE_CONTACT] = { HVG_CONTACT_SIZE_V1, 0, 0, true },
	[HVG_MSG_UNLOAD] = { sizeof(struct hvg_msg_header) },
	[HVG_MSG_OPEN_RESERVED_CHANNEL] = {
		sizeof(struct hvg_msg_open_reserved), HVG_VERSION_WIN10 },
	[HVG_MSG_CLOSE_RESERVED_CHANNEL] = {
		sizeof(struct hvg_msg_close_reserved), 0, 0, true },
	[HVG_MSG_TL_CONNECT_REQUEST] = { HVG_TL_CONNECT_SIZE_V1,
		HVG_VERSION_WIN10 },
	[HVG_MSG_MODIFY_CHANNEL] = { sizeof(struct hvg_msg_modify_channel),
		HVG_VERSION_WIN10_V4_1 },
	[HVG_MSG_MODIFY_CONNECTION] = {
		sizeof(struct hvg_msg_modify_connection), HVG_VERSION_COPPER,
		HVG_FEATURE_MODIFY_CONNECTION },
	[HVG_MSG_PAUSE] = { sizeof(struct hvg_msg_header), HVG_VERSION_COPPER,
		HVG_FEATURE_PAUSE_RESUME },
	[HVG_MSG_RESUME] = { sizeof(struct hvg_msg_header), HVG_VERSION_COPPER,
		HVG_FEATURE_PAUSE_RESUME },
};

/* Is the message one that this guest may send now, and long enough? */
static bool message_allowed(uint32_t type, uint32_t len, uint32_t connection_id)
{
	const struct message_rule *rule;

	if (type >= HVG_MSG_COUNT || !rules[type].bytes) {
		vmbus_reject(type, "not a message of guests");
		return false;
	}
	rule = &rules[type];
	/* Linux releases its ids when it has unloaded already. */
	if (!vmbus_conn.version && type == HVG_MSG_RELID_RELEASED)
		return false;
	if (!vmbus_conn.version && !rule->disconnected) {
		vmbus_reject(type, "there is no connection");
		return false;
	}
	if (!rule->disconnected &&
	    (vmbus_conn.version < rule->version ||
	     (vmbus_conn.features & rule->feature) != rule->feature)) {
		vmbus_reject(type, "version %u.%u does not have it",
			     HVG_VERSION_MAJOR(vmbus_conn.version),
			     HVG_VERSION_MINOR(vmbus_conn.version));
		return false;
	}
	if (!rule->disconnected &&
	    connection_id != vmbus_conn.message_connection) {
		vmbus_reject(type, "expected connection id %u, got %u",
			     vmbus_conn.message_connection, connection_id);
		return false;
	}
	if (len < rule->bytes) {
		vmbus_reject(type, "expected %u bytes, got %u", rule->bytes,
			     len);
		return false;
	}
	return true;
}

static bool open_has_signal_info(uint32_t len)
{
	return (vmbus_conn.features & (HVG_FEATURE_GUEST_SIGNAL_PARAMS |
				       HVG_FEATURE_INTERRUPT_REDIRECTION)) &&
	       len >= sizeof(struct hvg_msg_open);
}

static void dispatch(const void *message, uint32_t len, uint32_t connection_id)
{
	const struct hvg_msg_header *header = message;
	uint32_t skip;

	switch (header->type) {
	case HVG_MSG_INITIATE_CONTACT:
		initiate_contact(message, len, connection_id);
		break;
	case HVG_MSG_REQUEST_OFFERS:
		vmbus_request_offers();
		break;
	case HVG_MSG_OPEN_CHANNEL:
		vmbus_open_channel(message, open_has_signal_info(len));
		break;
	case HVG_MSG_CLOSE_CHANNEL:
		vmbus_close_channel(message);
		break;
	case HVG_MSG_GPADL_HEADER:
		skip = sizeof(struct hvg_msg_gpadl_header);
		vmbus_gpadl_header(message, (const char *)message + skip,
				   (len - skip) / sizeof(uint64_t));
		break;
	case HVG_MSG_GPADL_BODY:
		skip = sizeof(struct hvg_msg_gpadl_body);
		vmbus_gpadl_body(message, (const char *)message + skip,
				 (len - skip) / sizeof(uint64_t));
		break;
	case HVG_MSG_GPADL_TEARDOWN:
		vmbus_gpadl_teardown(message);
		break;
	case HVG_MSG_RELID_RELEASED:
		vmbus_relid_released(message);
		break;
	case HVG_MSG_UNLOAD:
		unload();
		break;
	case HVG_MSG_OPEN_RESERVED_CHANNEL:
		vmbus_open_reserved(message);
		break;
	case HVG_MSG_CLOSE_RESERVED_CHANNEL:
		vmbus_close_reserved(message);
		break;
	case HVG_MSG_TL_CONNECT_REQUEST:
		tl_connect(message);
		break;
	case HVG_MSG_MODIFY_CHANNEL:
		vmbus_modify_channel(message);
		break;
	case HVG_MSG_MODIFY_CONNECTION:
		modify_connection(message);
		break;
	case HVG_MSG_PAUSE:
		pause_messages();
		break;
	case HVG_MSG_RESUME:
		resume_messages();
		break;
	}
}

/**
 * vmbus_post_message() - the guest posted a message
 * @connection_id: where to
 * @type: SynIC message type, HVG_MESSAGE_VMBUS for all of ours
 * @payload: the message; may change under us, so it is copied first
 * @len: bytes of @payload
 *
 * Context: machine lock held, vCPU thread.
 * Return: HVG_STATUS_* for the hypercall. A message that the protocol does
 * not allow is recorded and ignored, as the real host does.
 */
uint64_t vmbus_post_message(uint32_t connection_id, uint32_t type,
			    const void *payload, uint32_t len)
{
	uint64_t copy[HVG_MESSAGE_PAYLOAD / sizeof(uint64_t)] = { 0 };
	struct hvg_msg_header header;

	if (len > sizeof(copy))
		return HVG_STATUS_INVALID_PARAMETER;
	if (connection_id != HVG_CONN_MESSAGE &&
	    (vm_profile()->vmbus_version < HVG_VERSION_WIN10_V5 ||
	     (connection_id != HVG_CONN_MESSAGE_V5 &&
	      connection_id != VMBUS_CONN_ASSIGNED)))
		return HVG_STATUS_INVALID_CONNECTION;
	memcpy(copy, payload, len);
	memcpy(&header, copy, sizeof(header));
	if (type != HVG_MESSAGE_VMBUS || len < sizeof(header)) {
		vmbus_reject(header.type,
			     "expected SynIC type 1 and 8 bytes, got %u, %u",
			     type, len);
		return HVG_STATUS_SUCCESS;
	}
	if (message_allowed(header.type, len, connection_id))
		dispatch(copy, len, connection_id);
	return HVG_STATUS_SUCCESS;
}

/**
 * vmbus_init() - register statistics and control commands
 *
 * Return: 0.
 */
int vmbus_init(void)
{
	vmbus_interrupt_init();
	vmbus_stats_init();
	fault_on_arm(vmbus_fault_messages);
	return 0;
}

/** vmbus_reset() - the guest was reset: drop all its state */
void vmbus_reset(void)
{
	disconnect();
	vmbus_conn.message_vp = 0;
}

/** vmbus_fini() - free everything; services must be gone already or silent */
void vmbus_fini(void)
{
	vmbus_reset();
	vmbus_devices_free();
	vmbus_interrupt_fini();
}
