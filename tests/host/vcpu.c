// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual processors: one thread each, which runs guest code without the
 * machine lock and serves the exits with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loop.h"
#include "record.h"
#include "vm_priv.h"

#define KICK_SIGNAL	SIGUSR1

/* Machine lock: the threads that a pause waits for, and that wait for its end. */
static pthread_cond_t parked_cond = PTHREAD_COND_INITIALIZER;
static pthread_cond_t unpark_cond = PTHREAD_COND_INITIALIZER;

static __thread struct kvm_run *volatile own_run;

/*
 * The signal interrupts KVM_RUN; when it comes just before, this makes
 * KVM_RUN return at once.
 */
static void kick_handler(int sig)
{
	(void)sig;
	if (own_run)
		own_run->immediate_exit = 1;
}

void vcpu_init(void)
{
	struct sigaction sa = { .sa_handler = kick_handler };

	sigaction(KICK_SIGNAL, &sa, NULL);
}

void vcpu_kick(struct vcpu *v)
{
	if (v->running && !pthread_equal(v->thread, pthread_self()))
		pthread_kill(v->thread, KICK_SIGNAL);
}

static int enable_synic(struct vcpu *v)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HYPERV_SYNIC2 };

	if (ioctl(v->fd, KVM_ENABLE_CAP, &cap) < 0)
		return complain("SynIC of vCPU %u: %s", v->index,
				strerror(errno));
	return 0;
}

/* Memory is write-back by default, as firmware would have set it. */
static void setup_mtrr(struct vcpu *v)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {
		.head.nmsrs = 1,
		.entry = { .index = 0x2ff, .data = 0xc06 },
	};

	if (ioctl(v->fd, KVM_SET_MSRS, &msrs) != 1)
		hlog("vCPU %u: no MTRR", v->index);
}

int vcpu_create(struct vcpu *v)
{
	/* The id is the APIC id; the VP index counts from 0 likewise. */
	v->fd = ioctl(vm.fd, KVM_CREATE_VCPU, (unsigned long)v->index);
	if (v->fd < 0)
		return complain("vCPU %u: %s", v->index, strerror(errno));
	v->run = mmap(NULL, vm.run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      v->fd, 0);
	if (v->run == MAP_FAILED) {
		v->run = NULL;
		return complain("vCPU %u: %s", v->index, strerror(errno));
	}
	if (enable_synic(v) < 0 || cpuid_setup(v) < 0)
		return -1;
	setup_mtrr(v);
	v->nmi = false;
	v->inspect = false;
	v->inspected = NULL;
	v->parked = false;
	return 0;
}

void vcpu_destroy(struct vcpu *v)
{
	if (v->run)
		munmap(v->run, vm.run_size);
	v->run = NULL;
	json_decref(v->inspected);
	v->inspected = NULL;
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

static void exit_hyperv(struct vcpu *v)
{
	struct kvm_hyperv_exit *hv = &v->run->hyperv;

	switch (hv->type) {
	case KVM_EXIT_HYPERV_SYNIC:
		v->exits[VCPU_EXIT_SYNIC]++;
		synic_page_change(v);
		break;
	case KVM_EXIT_HYPERV_HCALL:
		v->exits[VCPU_EXIT_HYPERCALL]++;
		v->hypercalls++;
		hv->u.hcall.result = synic_hypercall(v);
		break;
	default:
		v->exits[VCPU_EXIT_OTHER]++;
	}
}

static void exit_msr(struct vcpu *v, bool write)
{
	uint32_t index = v->run->msr.index;
	uint64_t value = v->run->msr.data;
	bool ok;

	v->exits[VCPU_EXIT_MSR]++;
	if (write)
		ok = crash_msr_write(v, index, value);
	else
		ok = crash_msr_read(index, &value);
	v->run->msr.data = value;
	v->run->msr.error = !ok;
}

static void exit_system_event(struct vcpu *v)
{
	v->exits[VCPU_EXIT_OTHER]++;
	switch (v->run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		vm_end_because(VM_END_POWEROFF, "power-off by hypervisor");
		break;
	case KVM_SYSTEM_EVENT_RESET:
		vm_end_because(VM_END_RESET, "reset by the Hyper-V MSR");
		break;
	case KVM_SYSTEM_EVENT_CRASH:
		crash_from_kvm(v);
		break;
	}
}

/* Nothing is behind unknown addresses: reads give all ones. */
static void exit_mmio(struct vcpu *v)
{
	v->exits[VCPU_EXIT_MMIO]++;
	if (!v->run->mmio.is_write)
		memset(v->run->mmio.data, 0xff, sizeof(v->run->mmio.data));
}

static void exit_fatal(struct vcpu *v, const char *what, uint64_t detail)
{
	v->exits[VCPU_EXIT_OTHER]++;
	complain("vCPU %u: %s, detail 0x%llx", v->index, what,
		 (unsigned long long)detail);
	vm_end(VM_END_ERROR);
}

static void vcpu_exit(struct vcpu *v)
{
	struct kvm_run *run = v->run;

	platform_drain();
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		v->exits[VCPU_EXIT_IO]++;
		platform_io(run);
		break;
	case KVM_EXIT_MMIO:
		exit_mmio(v);
		break;
	case KVM_EXIT_HYPERV:
		exit_hyperv(v);
		break;
	case KVM_EXIT_X86_RDMSR:
		exit_msr(v, false);
		break;
	case KVM_EXIT_X86_WRMSR:
		exit_msr(v, true);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		exit_system_event(v);
		break;
	case KVM_EXIT_SHUTDOWN:
		v->exits[VCPU_EXIT_OTHER]++;
		record_event("triple_fault",
			     json_pack("{s:i}", "vp", (int)v->index));
		vm_end_because(VM_END_CRASH, "triple fault");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		exit_fatal(v, "entry failed",
			   run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		exit_fatal(v, "KVM internal error", run->internal.suberror);
		break;
	case KVM_EXIT_INTR:
		v->exits[VCPU_EXIT_INTR]++;
		break;
	default:
		exit_fatal(v, "unexpected exit", run->exit_reason);
	}
}

static void vcpu_park(struct vcpu *v)
{
	v->parked = true;
	pthread_cond_broadcast(&parked_cond);
	while (vm.paused && !vm.stop)
		machine_wait(&unpark_cond);
	v->parked = false;
}

/*
 * After vm_end() a vCPU runs no further, but its thread stays until
 * vm_stop().
 */
static void vcpu_await_stop(struct vcpu *v)
{
	v->parked = true;
	pthread_cond_broadcast(&parked_cond);
	while (!vm.stop)
		machine_wait(&unpark_cond);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	int ret, err;

	own_run = v->run;
	machine_lock();
	while (!vm.stop) {
		if (vm.ended) {
			vcpu_await_stop(v);
			break;
		}
		if (vm.paused) {
			vcpu_park(v);
			continue;
		}
		if (v->nmi) {
			v->nmi = false;
			ioctl(v->fd, KVM_NMI, 0);
		}
		if (v->inspect)
			vcpu_inspect(v);
		machine_unlock();
		ret = ioctl(v->fd, KVM_RUN, 0);
		err = errno;
		machine_lock();
		v->run->immediate_exit = 0;
		if (!ret)
			vcpu_exit(v);
		else if (err == EINTR || err == EAGAIN)
			v->exits[VCPU_EXIT_INTR]++;
		else
			exit_fatal(v, strerror(err), err);
	}
	own_run = NULL;
	machine_unlock();
	return NULL;
}

int vcpu_start(struct vcpu *v)
{
	char name[16];
	int err;

	err = pthread_create(&v->thread, NULL, vcpu_thread, v);
	if (err)
		return complain("thread of vCPU %u: %s", v->index,
				strerror(err));
	v->running = true;
	snprintf(name, sizeof(name), "vcpu%u", v->index);
	pthread_setname_np(v->thread, name);
	return 0;
}

void vcpu_wait_parked(void)
{
	unsigned int i;

	for (i = 0; i < vm.opt->cpus; i++)
		while (vm.vcpus[i].running && !vm.vcpus[i].parked)
			machine_wait(&parked_cond);
}

void vcpu_unpark(void)
{
	pthread_cond_broadcast(&unpark_cond);
}

json_t *vcpu_stats(void)
{
	static const char *const names[VCPU_EXITS] = {
		[VCPU_EXIT_IO] = "io",
		[VCPU_EXIT_MMIO] = "mmio",
		[VCPU_EXIT_HYPERCALL] = "hypercall",
		[VCPU_EXIT_SYNIC] = "synic",
		[VCPU_EXIT_MSR] = "msr",
		[VCPU_EXIT_INTR] = "signal",
		[VCPU_EXIT_OTHER] = "other",
	};
	json_t *list = json_array(), *reasons;
	const struct vcpu *v;
	unsigned int i, r;
	uint64_t total;

	for (i = 0; i < vm.opt->cpus; i++) {
		v = &vm.vcpus[i];
		reasons = json_object();
		total = 0;
		for (r = 0; r < VCPU_EXITS; r++) {
			total += v->exits[r];
			json_object_set_new(reasons, names[r],
					    json_integer(v->exits[r]));
		}
		json_array_append_new(list,
			json_pack("{s:I, s:o, s:I, s:I}",
				  "exits", (json_int_t)total,
				  "exits_by_reason", reasons,
				  "hypercalls", (json_int_t)v->hypercalls,
				  "interrupts",
				  (json_int_t)synic_interrupts(i)));
	}
	return list;
}
