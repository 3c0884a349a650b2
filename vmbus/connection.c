// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection to the host: contact with version negotiation, the request
 * for offers, and UNLOAD. Process context, but for connection_unload_crash().
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/nmi.h>
#include <linux/string.h>
#include <hvg/vmbus.h>
#include "affinity.h"
#include "connection.h"
#include "crash.h"
#include "dispatch.h"
#include "interrupt.h"
#include "log.h"
#include "message.h"
#include "offer.h"
#include "platform.h"
#include "request.h"
#include "ring_memory.h"

/* What we ask for in 6.0: nothing of it is needed. */
#define WANTED_FEATURES		0u
/*
 * A host older than 5.0 does not know the connection id of a 5.0 contact.
 * It says so at once, in the same words as for a passing shortage.
 */
#define CONTACT_LIMIT_MS	100
/* Hosts below 3.0 may or may not answer UNLOAD. */
#define UNLOAD_OLD_LIMIT_MS	500
/* Times host_limit that a kexec waits for what the host has not finished. */
#define UNLOAD_KEXEC_LIMITS	6
#define KEXEC_POLL_MS		20
#define CRASH_POLL_MS		10

struct connection connection;
unsigned int host_limit_ms = 10000;

static u32 max_version = HVG_VERSION_COPPER;

/* Newest first. */
static const u32 versions[] = {
	HVG_VERSION_COPPER,
	HVG_VERSION_IRON,
	HVG_VERSION_WIN10_V5_2,
	HVG_VERSION_WIN10_V5_1,
	HVG_VERSION_WIN10_V5,
	HVG_VERSION_WIN10_V4_1,
	HVG_VERSION_WIN10,
	HVG_VERSION_WIN8_1,
	HVG_VERSION_WIN8,
	HVG_VERSION_WIN7,
	HVG_VERSION_WS2008,
};

static const struct platform_hooks platform_hooks = {
	.interrupt = interrupt_handle,
	.online = affinity_cpu_online,
	.offline = affinity_cpu_offline,
	.kexec = crash_kexec_hook,
	.crash = crash_kdump_hook,
};

/**
 * connection_set_max_version() - cap the version negotiation
 * @text: "MAJOR.MINOR"
 *
 * Context: process, before connection_start().
 * Return: 0 or -EINVAL: not one of the protocol's versions.
 */
int connection_set_max_version(const char *text)
{
	unsigned int major, minor, i;
	char rest;

	if (sscanf(text, "%u.%u%c", &major, &minor, &rest) != 2)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		if (versions[i] != HVG_VERSION(major, minor))
			continue;
		max_version = versions[i];
		return 0;
	}
	return -EINVAL;
}

/**
 * hvg_protocol_version() - the protocol version of the connection
 *
 * Context: any.
 * Return: HVG_VERSION(major, minor).
 */
u32 hvg_protocol_version(void)
{
	return connection.version;
}
EXPORT_SYMBOL_GPL(hvg_protocol_version);

static void contact_fill(struct hvg_msg_initiate_contact *msg, u32 version)
{
	memset(msg, 0, sizeof(*msg));
	msg->header.type = HVG_MSG_INITIATE_CONTACT;
	msg->version = version;
	if (version >= HVG_VERSION_WIN8_1)
		msg->target_vp = platform_vp(connection.cpu);
	if (version >= HVG_VERSION_WIN10_V5)
		msg->interrupt_page =
			HVG_CONTACT_TARGET(HVG_VMBUS_SINT, 0,
					   version >= HVG_VERSION_COPPER ?
					   WANTED_FEATURES : 0);
	else
		msg->interrupt_page = virt_to_phys(connection.interrupt_page);
	msg->monitor_page1 = virt_to_phys(connection.monitor[0]);
	msg->monitor_page2 = virt_to_phys(connection.monitor[1]);
}

/*
 * Offer one version to the host. -EPROTONOSUPPORT: it does not speak it;
 * -ENXIO: it does not know the connection id of 5.0 either.
 */
static int connection_contact(u32 version)
{
	const struct hvg_msg_version_response *response;
	struct hvg_msg_initiate_contact msg;
	struct host_request req;
	int err;

	connection.message_connection = version >= HVG_VERSION_WIN10_V5 ?
		HVG_CONN_MESSAGE_V5 : HVG_CONN_MESSAGE;
	contact_fill(&msg, version);

	request_begin(&req, NULL, HVG_MSG_VERSION_RESPONSE, 0);
	err = message_post_to(connection.message_connection, &msg,
			      HVG_CONTACT_SIZE_V1,
			      version >= HVG_VERSION_WIN10_V5 ?
			      CONTACT_LIMIT_MS : host_limit_ms);
	if (err) {
		request_cancel(&req);
		return err;
	}
	err = request_wait(&req, host_limit_ms);
	if (err)
		return err;

	response = (const void *)req.reply;
	if (!response->supported)
		return -EPROTONOSUPPORT;
	if (version >= HVG_VERSION_WIN8 &&
	    req.bytes < HVG_VERSION_RESPONSE_SIZE_V1) {
		vmbus_err("contact failed: the host accepts version %u.%u in %zu bytes, expected %u\n",
			  HVG_VERSION_MAJOR(version),
			  HVG_VERSION_MINOR(version), req.bytes,
			  HVG_VERSION_RESPONSE_SIZE_V1);
		return -EPROTO;
	}
	if (version >= HVG_VERSION_WIN8 && response->state) {
		vmbus_err("contact failed: the host answers state %u to version %u.%u, expected 0\n",
			  response->state, HVG_VERSION_MAJOR(version),
			  HVG_VERSION_MINOR(version));
		return -ECONNREFUSED;
	}
	if (version >= HVG_VERSION_WIN10_V5)
		connection.message_connection = response->version_or_connection;
	connection.features = 0;
	if (version >= HVG_VERSION_COPPER &&
	    req.bytes >= HVG_VERSION_RESPONSE_SIZE_V6)
		connection.features = response->features & WANTED_FEATURES;
	connection.version = version;
	return 0;
}

/* How a host of before 5.0 may refuse a message on the connection id of 5.0. */
static bool connection_id_unknown(int err)
{
	return err == -ENXIO || err == -EIO || err == -EAGAIN;
}

static int connection_negotiate(void)
{
	bool knows_v5 = true;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		if (versions[i] > max_version)
			continue;
		if (versions[i] >= HVG_VERSION_WIN10_V5 && !knows_v5)
			continue;
		err = connection_contact(versions[i]);
		if (versions[i] >= HVG_VERSION_WIN10_V5 &&
		    connection_id_unknown(err)) {
			if (err != -ENXIO)
				vmbus_warn("version %u.%u refused on connection %u (%d): going on below 5.0\n",
					   HVG_VERSION_MAJOR(versions[i]),
					   HVG_VERSION_MINOR(versions[i]),
					   HVG_CONN_MESSAGE_V5, err);
			knows_v5 = false;
			continue;
		}
		if (err == -EPROTONOSUPPORT)
			continue;
		if (err)
			vmbus_err("no contact: version %u.%u on connection %u: %d\n",
				  HVG_VERSION_MAJOR(versions[i]),
				  HVG_VERSION_MINOR(versions[i]),
				  connection.message_connection, err);
		/* A crash kernel runs on the CPU that crashed. */
		if (err == -ETIMEDOUT && versions[i] < HVG_VERSION_WIN8_1 &&
		    platform_vp(connection.cpu))
			vmbus_err("hosts below 3.0 answer to virtual processor 0, this kernel runs on %u\n",
				  platform_vp(connection.cpu));
		return err;
	}
	vmbus_err("no contact: the host accepts no version from %u.%u down to 0.13\n",
		  HVG_VERSION_MAJOR(max_version),
		  HVG_VERSION_MINOR(max_version));
	return -EPROTONOSUPPORT;
}

/* Returns when the devices that the host offers at once are there. */
static int connection_request_offers(void)
{
	struct hvg_msg_header msg = { HVG_MSG_REQUEST_OFFERS, 0 };
	struct host_request req;
	int err;

	offer_start();
	request_begin(&req, NULL, HVG_MSG_ALL_OFFERS_DELIVERED, 0);
	err = message_post(&msg, sizeof(msg));
	if (err) {
		request_cancel(&req);
		return err;
	}
	if (request_wait(&req, host_limit_ms))
		vmbus_warn("the host has not ended its list of offers within %u ms: going on\n",
			   host_limit_ms);
	offer_flush();
	return 0;
}

static int connection_alloc(void)
{
	connection.interrupt_page = (void *)get_zeroed_page(GFP_KERNEL);
	connection.monitor[0] = (void *)get_zeroed_page(GFP_KERNEL);
	connection.monitor[1] = (void *)get_zeroed_page(GFP_KERNEL);
	if (!connection.interrupt_page || !connection.monitor[0] ||
	    !connection.monitor[1])
		return -ENOMEM;
	return 0;
}

/* @ours: the host does not have any of our memory any more. */
static void connection_free(bool ours)
{
	if (ours) {
		ring_memory_free_lost();
		free_page((unsigned long)connection.interrupt_page);
		free_page((unsigned long)connection.monitor[0]);
		free_page((unsigned long)connection.monitor[1]);
	} else {
		vmbus_warn("the pages that the host may still write to stay lost\n");
	}
	connection.interrupt_page = NULL;
	connection.monitor[0] = NULL;
	connection.monitor[1] = NULL;
}

/*
 * UNLOAD makes the host forget every page that it knew, after what it still
 * does with them. True if it has: below 3.0 nothing is said. @limits: times
 * host_limit to wait.
 */
static bool connection_unload(unsigned int limits)
{
	struct hvg_msg_header msg = { HVG_MSG_UNLOAD, 0 };
	bool answers = connection.version >= HVG_VERSION_WIN8_1;
	struct host_request req;
	int err;

	connection.state = CONNECTION_UNLOADING;
	request_begin(&req, NULL, HVG_MSG_UNLOAD_COMPLETE, 0);
	err = message_post(&msg, sizeof(msg));
	if (err) {
		request_cancel(&req);
		vmbus_warn("UNLOAD not sent: %d\n", err);
		return false;
	}
	while (answers && limits-- > 1 &&
	       request_expect(&req, host_limit_ms) == -EINPROGRESS)
		vmbus_warn("the host has not confirmed UNLOAD within %u ms: waiting on\n",
			   host_limit_ms);
	err = request_wait(&req, answers ? host_limit_ms : UNLOAD_OLD_LIMIT_MS);
	if (err && answers)
		vmbus_warn("the host has not confirmed UNLOAD: %d\n", err);
	return !err || !answers;
}

/*
 * UNLOAD where it is not known which connection id the host takes messages on,
 * nor on which CPU the answer comes: it may be seen here or not. A host may
 * take a message on the wrong id and drop it, so that only an answer ends the
 * search. True if there was one.
 */
static bool connection_unload_unknown(void)
{
	static const u32 ids[] = { HVG_CONN_MESSAGE_V5, HVG_CONN_MESSAGE };
	struct hvg_msg_header msg = { HVG_MSG_UNLOAD, 0 };
	struct host_request req;
	bool confirmed = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids) && !confirmed; i++) {
		request_begin(&req, NULL, HVG_MSG_UNLOAD_COMPLETE, 0);
		if (message_post_to(ids[i], &msg, sizeof(msg),
				    CONTACT_LIMIT_MS))
			request_cancel(&req);
		else
			confirmed = !request_wait(&req, UNLOAD_OLD_LIMIT_MS);
	}
	return confirmed;
}

/**
 * connection_unload_kexec() - leave the host before another kernel starts
 *
 * What the host has not finished by then it would do in the next kernel's
 * memory.
 *
 * Context: process, the drivers have been shut down.
 */
void connection_unload_kexec(void)
{
	unsigned int waited;

	if (connection.state != CONNECTION_UP)
		return;
	/* Below 3.0 the channels are all that says when the host is through. */
	for (waited = 0; connection.version < HVG_VERSION_WIN8_1 &&
	     request_expected(HVG_MSG_GPADL_TORNDOWN) &&
	     waited / UNLOAD_KEXEC_LIMITS < host_limit_ms;
	     waited += KEXEC_POLL_MS)
		msleep(KEXEC_POLL_MS);
	connection_unload(UNLOAD_KEXEC_LIMITS);
}

/**
 * connection_unload_crash() - leave the host from a dying kernel
 *
 * Context: any; one CPU cares. Busy-waits up to the host's time limit.
 * Return: true if there was a connection to leave.
 */
bool connection_unload_crash(void)
{
	struct hvg_msg_header msg = { HVG_MSG_UNLOAD, 0 };
	unsigned int limit, waited;

	if (connection.state != CONNECTION_UP)
		return false;
	connection.state = CONNECTION_UNLOADING;
	connection.unload_complete = false;
	if (message_post_crash(&msg, sizeof(msg)))
		return true;
	limit = connection.version >= HVG_VERSION_WIN8_1 ?
		host_limit_ms : UNLOAD_OLD_LIMIT_MS;
	for (waited = 0; waited < limit; waited += CRASH_POLL_MS) {
		/* Another CPU may be alive and have taken the answer. */
		if (READ_ONCE(connection.unload_complete) ||
		    message_poll_crash(HVG_MSG_UNLOAD_COMPLETE))
			break;
		mdelay(CRASH_POLL_MS);
		touch_nmi_watchdog();
	}
	return true;
}

/**
 * connection_start() - connect to the host and take its offers
 * @parent: firmware device under which the channels' devices go
 *
 * Context: process.
 * Return: 0 or -errno, having logged why.
 */
int connection_start(struct device *parent)
{
	bool ours = true;
	int err;

	connection.parent = parent;
	connection.cpu = cpumask_first(cpu_online_mask);
	connection.version = 0;
	connection.features = 0;

	err = connection_alloc();
	if (err)
		goto free;
	err = message_init(dispatch_message);
	if (err)
		goto free;
	err = offer_init();
	if (err)
		goto message;
	err = platform_start(&platform_hooks);
	if (err)
		goto offer;

	connection.state = CONNECTION_CONTACT;
	/* An earlier kernel has died with the connection up. */
	if (platform_has_predecessor())
		vmbus_info("an earlier kernel was connected: UNLOAD sent in its place, %s\n",
			   connection_unload_unknown() ?
			   "confirmed" : "no answer seen");
	err = connection_negotiate();
	/* It may take the contact, and the pages with it, later, or has. */
	if (err == -ETIMEDOUT || err == -EPROTO)
		ours = connection_unload_unknown();
	if (err)
		goto platform;
	connection.state = CONNECTION_UP;
	vmbus_info("connected to the host: protocol %u.%u, messages on CPU %u\n",
		   HVG_VERSION_MAJOR(connection.version),
		   HVG_VERSION_MINOR(connection.version), connection.cpu);
	err = connection_request_offers();
	if (err)
		goto unload;
	return 0;

unload:
	offer_stop();
	ours = connection_unload(1);
platform:
	connection.state = CONNECTION_DOWN;
	platform_stop();
offer:
	offer_exit();
message:
	message_exit();
	platform_free();
free:
	connection_free(ours);
	return err;
}

/**
 * connection_stop() - remove all devices and leave the host
 *
 * Context: process.
 */
void connection_stop(void)
{
	bool ours;

	offer_stop();
	ours = connection_unload(1);
	connection.state = CONNECTION_DOWN;
	platform_stop();
	request_fail_all(-ESHUTDOWN);
	offer_exit();
	message_exit();
	platform_free();
	connection_free(ours);
}
