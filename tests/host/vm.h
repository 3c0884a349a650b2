/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine: memory, vCPUs and the synthetic interrupt controller,
 * as the VMBus host and the services see them. All of it with the machine
 * lock held.
 */
#ifndef HVHOST_VM_H
#define HVHOST_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;

#define VM_MAX_CPUS	8

/* Guest RAM [gpa, gpa + len) as a host pointer; NULL if any of it is not RAM. */
void *vm_ram(uint64_t gpa, size_t len);
unsigned int vm_cpus(void);
const struct profile *vm_profile(void);

/*
 * SynIC. A message is queued per (vp, sint) and delivered when the slot is
 * free; false: no such vp. An event flag is set and, if it was clear, the
 * SINT is raised; returns false if the vp's SynIC is not enabled (the flag
 * is lost, as on the real hypervisor).
 */
bool synic_post_message(unsigned int vp, unsigned int sint, uint32_t type,
			const void *payload, size_t len);
bool synic_signal_event(unsigned int vp, unsigned int sint, uint16_t flag);

/* Let HvSignalEvent on connection id end in this eventfd. fd < 0 unbinds. */
int synic_bind_eventfd(uint32_t connection_id, int fd);

/*
 * Implemented by the VMBus host (vmbus_*.c), called by the VM with the
 * machine lock held. Return an HVG_STATUS_* value.
 */
uint64_t vmbus_post_message(uint32_t connection_id, uint32_t type,
			    const void *payload, uint32_t len);
uint64_t vmbus_signal_event(uint32_t connection_id, uint16_t flag);
int vmbus_init(void);
void vmbus_fini(void);
void vmbus_reset(void);		/* the guest was reset: drop all its state */

/* Ask for an end of the run; picked up by main. */
enum vm_end { VM_END_POWEROFF, VM_END_RESET, VM_END_CRASH, VM_END_QUIT,
	      VM_END_ERROR };
void vm_end(enum vm_end why);
bool vm_paused(void);
void vm_pause(bool on);
int vm_nmi(unsigned int vp);

#endif
