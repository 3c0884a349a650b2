// SPDX-License-Identifier: GPL-2.0-only
/*
 * What virtual processors are doing: the control command "vcpus". Each VP is
 * taken out of guest code for a moment and reads its own registers. One that
 * does not come out is what the command is for: it says so instead of waiting.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "../../include/hvg/hv_wire.h"
#include "control.h"
#include "vm_priv.h"

#define PATIENCE_S	2

/* Machine lock: a vCPU has written down its registers. */
static pthread_cond_t inspected_cond = PTHREAD_COND_INITIALIZER;

/* Registers of the local APIC, by their offset. */
#define APIC_TPR	0x80
#define APIC_ISR	0x100
#define APIC_IRR	0x200
#define APIC_LVTT	0x320
#define APIC_TMICT	0x380
#define APIC_TMCCT	0x390

static uint32_t apic_reg(const struct kvm_lapic_state *apic, unsigned int at)
{
	uint32_t value;

	memcpy(&value, apic->regs + at, sizeof(value));
	return value;
}

/* The vectors whose bits are set in eight registers, 16 bytes apart. */
static json_t *apic_vectors(const struct kvm_lapic_state *apic,
			    unsigned int at)
{
	json_t *list = json_array();
	unsigned int v;

	for (v = 0; v < 256; v++)
		if (apic_reg(apic, at + v / 32 * 16) & 1u << v % 32)
			json_array_append_new(list, json_integer(v));
	return list;
}

static json_t *inspect_apic(int fd)
{
	struct kvm_lapic_state apic;

	if (ioctl(fd, KVM_GET_LAPIC, &apic) < 0)
		return json_null();
	return json_pack("{s:i, s:o, s:o, s:i, s:I, s:I}",
			 "tpr", (int)apic_reg(&apic, APIC_TPR),
			 "isr", apic_vectors(&apic, APIC_ISR),
			 "irr", apic_vectors(&apic, APIC_IRR),
			 "lvtt", (int)apic_reg(&apic, APIC_LVTT),
			 "tmict", (json_int_t)apic_reg(&apic, APIC_TMICT),
			 "tmcct", (json_int_t)apic_reg(&apic, APIC_TMCCT));
}

static json_t *hex(uint64_t value)
{
	return json_sprintf("0x%llx", (unsigned long long)value);
}

/* The register of VMBus's synthetic interrupt: vector, masked, auto-EOI. */
static json_t *inspect_sint(int fd)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {
		.head.nmsrs = 1,
		.entry.index = HVG_MSR_SINT0 + HVG_VMBUS_SINT,
	};

	if (ioctl(fd, KVM_GET_MSRS, &msrs) != 1)
		return json_null();
	return hex(msrs.entry.data);
}

/* On the vCPU's own thread, outside KVM_RUN. */
void vcpu_inspect(struct vcpu *v)
{
	struct kvm_vcpu_events events = { 0 };
	struct kvm_mp_state mp = { 0 };
	struct kvm_sregs sregs = { 0 };
	struct kvm_regs regs = { 0 };

	v->inspect = false;
	json_decref(v->inspected);
	ioctl(v->fd, KVM_GET_REGS, &regs);
	ioctl(v->fd, KVM_GET_SREGS, &sregs);
	ioctl(v->fd, KVM_GET_MP_STATE, &mp);
	ioctl(v->fd, KVM_GET_VCPU_EVENTS, &events);
	v->inspected = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o}",
		"rip", hex(regs.rip), "rsp", hex(regs.rsp),
		"rflags", hex(regs.rflags), "cr0", hex(sregs.cr0),
		"cr2", hex(sregs.cr2), "cr3", hex(sregs.cr3), "gs", hex(sregs.gs.base),
		"mp_state", (int)mp.mp_state,
		"events", json_pack("{s:b, s:i, s:i, s:b, s:i, s:i, s:i, s:i, s:i}",
				    "exception", events.exception.injected,
				    "exception_nr", events.exception.nr,
				    "error_code",
				    (int)events.exception.error_code,
				    "interrupt", events.interrupt.injected,
				    "interrupt_nr", events.interrupt.nr,
				    "shadow", events.interrupt.shadow,
				    "nmi_injected", events.nmi.injected,
				    "nmi_pending", events.nmi.pending,
				    "nmi_masked", events.nmi.masked),
		"apic", inspect_apic(v->fd), "sint2", inspect_sint(v->fd));
	pthread_cond_broadcast(&inspected_cond);
}

static json_t *cmd_vcpus(const json_t *request, char **error)
{
	json_t *list = json_array(), *one;
	struct timespec end;
	struct vcpu *v;
	unsigned int i;
	int err = 0;

	(void)request;
	(void)error;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_S;
	for (i = 0; i < vm.opt->cpus; i++) {
		v = &vm.vcpus[i];
		v->inspect = true;
		/* A parked one sits in a wait of its own, not in KVM_RUN. */
		if (v->parked)
			vcpu_inspect(v);
		else
			vcpu_kick(v);
	}
	for (i = 0; i < vm.opt->cpus; i++) {
		v = &vm.vcpus[i];
		while (v->inspect && !err)
			err = machine_wait_until(&inspected_cond, &end);
		one = v->inspect ? json_string("does not leave KVM_RUN") :
				   json_incref(v->inspected);
		json_array_append_new(list, one);
	}
	return json_pack("{s:o}", "vcpus", list);
}

void inspect_commands(void)
{
	control_register("vcpus", "", "registers of the VPs", cmd_vcpus);
}
