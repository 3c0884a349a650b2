// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's crash report: five parameters, and on newer hosts a text, left
 * in MSRs. A guest that reported may go on: into a reset, or a kdump kernel.
 * One that does neither is dead; that ends hvhost with --no-reboot. With the
 * machine lock held.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../../include/hvg/hv_wire.h"
#include "loop.h"
#include "profile.h"
#include "record.h"
#include "vm_priv.h"

#define CRASH_PARAMETERS	5
#define CRASH_TEXT_MAX		4096
#define FEATURE_CRASH		(1u << 10)	/* CPUID 0x40000003 EDX */

/* How long a guest may do nothing that is seen here before it is dead. */
#define CRASH_SILENCE_US	15000000

static struct {
	uint64_t p[CRASH_PARAMETERS];
	json_t *report;			/* the last one, or NULL */
	struct loop_timer *timer;
	uint64_t exits;			/* when the timer was armed */
} crash;

static uint64_t exits_so_far(void)
{
	uint64_t sum = 0;
	unsigned int i, r;

	for (i = 0; i < vm_cpus(); i++)
		for (r = 0; r < VCPU_EXITS; r++)
			sum += vm.vcpus[i].exits[r];
	return sum;
}

static void silence_timer(void *opaque)
{
	uint64_t exits = exits_so_far();

	(void)opaque;
	if (exits == crash.exits && !vm.paused) {
		vm_end_because(VM_END_CRASH, "crash with no reset following");
		return;
	}
	crash.exits = exits;
	loop_timer_arm(crash.timer, CRASH_SILENCE_US);
}

void crash_init(void)
{
	crash.timer = loop_timer_new(silence_timer, NULL);
}

void crash_reset(void)
{
	loop_timer_cancel(crash.timer);
	memset(crash.p, 0, sizeof(crash.p));
}

void crash_fini(void)
{
	loop_timer_free(crash.timer);
	crash.timer = NULL;
	json_decref(crash.report);
	crash.report = NULL;
}

/* The text as JSON takes it, or null. */
static json_t *message_text(uint64_t ctl)
{
	uint64_t gpa = crash.p[3], len = crash.p[4];
	const char *from;
	json_t *text;
	char *copy;
	size_t i;

	if (!(ctl & HVG_CRASH_CTL_MESSAGE) || !len)
		return json_null();
	if (len > CRASH_TEXT_MAX)
		len = CRASH_TEXT_MAX;
	from = vm_ram(gpa, len);
	copy = from ? malloc(len) : NULL;
	if (!copy)
		return json_null();
	memcpy(copy, from, len);
	len = strnlen(copy, len);
	for (i = 0; i < len; i++)
		if ((copy[i] < ' ' && copy[i] != '\n' && copy[i] != '\t') ||
		    copy[i] == 0x7f)
			copy[i] = '?';
	text = json_stringn(copy, len);
	free(copy);
	return text ? text : json_null();
}

static void report(struct vcpu *v, uint64_t ctl)
{
	json_t *list = json_array();
	char hex[24];
	unsigned int i;

	for (i = 0; i < CRASH_PARAMETERS; i++) {
		snprintf(hex, sizeof(hex), "0x%" PRIx64, crash.p[i]);
		json_array_append_new(list, json_string(hex));
	}
	snprintf(hex, sizeof(hex), "0x%" PRIx64, ctl);
	json_decref(crash.report);
	crash.report = json_pack("{s:I, s:i, s:s, s:o, s:o}",
				 "t_ms", (json_int_t)now_ms(),
				 "vp", (int)v->index, "ctl", hex,
				 "parameters", list,
				 "message", message_text(ctl));
	record_event("crash", json_copy(crash.report));
	vm.crashed = true;
	if (vm.opt->no_reboot) {
		crash.exits = exits_so_far();
		loop_timer_arm(crash.timer, CRASH_SILENCE_US);
	}
}

static uint64_t supported_ctl(void)
{
	return HVG_CRASH_CTL_NOTIFY |
	       (vm_profile()->crash_message ? HVG_CRASH_CTL_MESSAGE : 0);
}

/* Return: false if the host has no such MSR. */
bool crash_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	if (!(vm_profile()->hv_features & FEATURE_CRASH))
		return false;
	if (msr >= HVG_MSR_CRASH_P0 &&
	    msr < HVG_MSR_CRASH_P0 + CRASH_PARAMETERS) {
		crash.p[msr - HVG_MSR_CRASH_P0] = value;
		return true;
	}
	if (msr != HVG_MSR_CRASH_CTL)
		return false;
	if (value & HVG_CRASH_CTL_NOTIFY)
		report(v, value & supported_ctl());
	return true;
}

/* Reading CRASH_CTL tells what the host supports. */
bool crash_msr_read(uint32_t msr, uint64_t *value)
{
	if (!(vm_profile()->hv_features & FEATURE_CRASH))
		return false;
	if (msr >= HVG_MSR_CRASH_P0 &&
	    msr < HVG_MSR_CRASH_P0 + CRASH_PARAMETERS)
		*value = crash.p[msr - HVG_MSR_CRASH_P0];
	else if (msr == HVG_MSR_CRASH_CTL)
		*value = supported_ctl();
	else
		return false;
	return true;
}

/*
 * A KVM that cannot hand the MSRs to us has them itself, and knows of no
 * text.
 */
void crash_from_kvm(struct vcpu *v)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[CRASH_PARAMETERS];
	} msrs;
	unsigned int i;

	memset(&msrs, 0, sizeof(msrs));
	msrs.head.nmsrs = CRASH_PARAMETERS;
	for (i = 0; i < CRASH_PARAMETERS; i++)
		msrs.entry[i].index = HVG_MSR_CRASH_P0 + i;
	if (ioctl(v->fd, KVM_GET_MSRS, &msrs) != CRASH_PARAMETERS)
		return;
	for (i = 0; i < CRASH_PARAMETERS; i++)
		crash.p[i] = msrs.entry[i].data;
	report(v, HVG_CRASH_CTL_NOTIFY);
}

json_t *crash_status(void)
{
	return crash.report ? json_incref(crash.report) : json_null();
}
