/* SPDX-License-Identifier: GPL-2.0-only */
/* The connection to the host: contact, version, unload. */
#ifndef _HVG_VMBUS_CONNECTION_H
#define _HVG_VMBUS_CONNECTION_H

#include <linux/types.h>
#include <hvg/vmbus_wire.h>

struct device;

enum connection_state {
	CONNECTION_DOWN,
	CONNECTION_CONTACT,
	CONNECTION_UP,
	CONNECTION_UNLOADING,
};

/**
 * struct connection - the one connection to the host
 * @state: changed by the module's load and unload, before a kexec and by the
 *	crash path
 * @version: HVG_VERSION(); fixed while up
 * @features: HVG_FEATURE_* that both sides have
 * @message_connection: connection id of messages to the host
 * @cpu: CPU that takes the host's messages; it cannot go offline
 * @interrupt_page: one bit a channel each way; the host has it below 5.0
 * @monitor: host-to-guest, guest-to-host
 * @parent: firmware device under which the channels' devices are
 * @unload_complete: the answer to UNLOAD has come; for the crash path
 */
struct connection {
	enum connection_state state;
	u32 version;
	u32 features;
	u32 message_connection;
	unsigned int cpu;
	void *interrupt_page;
	struct hvg_monitor_page *monitor[2];
	struct device *parent;
	bool unload_complete;
};

extern struct connection connection;
extern unsigned int host_limit_ms;

int connection_set_max_version(const char *text);
int connection_start(struct device *parent);
void connection_stop(void);
void connection_unload_kexec(void);
bool connection_unload_crash(void);

#endif /* _HVG_VMBUS_CONNECTION_H */
