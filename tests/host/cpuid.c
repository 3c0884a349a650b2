// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUID: the processor's own leaves, trimmed to the model asked for, and
 * Hyper-V's leaves as the profile has them. KVM's own leaves are left out, as
 * Linux takes the first hypervisor that it finds. Runs on the main thread
 * while the machine is built.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "profile.h"
#include "vm_priv.h"

#define CPUID_ENTRIES	256

#define HV_LEAF_VENDOR		0x40000000
#define HV_LEAF_INTERFACE	0x40000001
#define HV_LEAF_VERSION		0x40000002
#define HV_LEAF_FEATURES	0x40000003
#define HV_LEAF_HINTS		0x40000004
#define HV_LEAF_LIMITS		0x40000005
#define HV_ACCESS_STIMER	(1u << 3)	/* features, EAX */
#define HV_LEAF_LAST		0x40000006

#define HV_FEATURE_DIRECT_STIMER	(1u << 19)

/*
 * The base model: SSE4.2 without any state that needs XSAVE. Nested emulation
 * gets XSAVE wrong for 5.10 and for 7.x kernels, and AVX with it.
 *
 * Leaf 1 ECX: SSE3 PCLMULQDQ SSSE3 CX16 SSE4.1 SSE4.2 X2APIC POPCNT AES
 * RDRAND and the hypervisor bit.
 */
#define BASE_1_ECX	0xc2b82203u
/* FPU to FXSR, SSE, SSE2 */
#define BASE_1_EDX	0x078bfbffu
/* LAHF, LZCNT, 3DNow prefetch */
#define BASE_8_1_ECX	0x00000121u
/* SYSCALL, NX, 1 GiB pages, RDTSCP, long mode */
#define BASE_8_1_EDX	0x2c100800u
#define BASE_LAST	0x0000000bu
#define BASE_LAST_EXT	0x80000008u

/*
 * AMD families 0xf (which QEMU emulates) and 0x10 had an AGP bridge, for which
 * kernels search all of PCI: 33000 exits a boot. Family 0x12 is the first
 * without.
 */
#define BASE_AMD_SIGNATURE	0x00300f10u

#define FEATURE_HYPERVISOR	(1u << 31)	/* 1 ECX */
#define FEATURE_HTT		(1u << 28)	/* 1 EDX */
#define FEATURE_OSXSAVE		(1u << 27)	/* 1 ECX */
#define FEATURE_VMX		(1u << 5)	/* 1 ECX */
#define FEATURE_SVM		(1u << 2)	/* 80000001 ECX */
#define FEATURE_CMP_LEGACY	(1u << 1)	/* 80000001 ECX */
#define FEATURE_TOPOEXT		(1u << 22)	/* 80000001 ECX */

static struct kvm_cpuid2 *cpuid_alloc(void)
{
	struct kvm_cpuid2 *c;

	c = calloc(1, sizeof(*c) + CPUID_ENTRIES * sizeof(c->entries[0]));
	if (!c)
		abort();
	c->nent = CPUID_ENTRIES;
	return c;
}

static void cpuid_append(struct kvm_cpuid2 *c,
			 const struct kvm_cpuid_entry2 *entry)
{
	if (c->nent == CPUID_ENTRIES)
		abort();
	c->entries[c->nent++] = *entry;
}

/* Bits that hold the highest of @count ids. */
static unsigned int id_bits(unsigned int count)
{
	unsigned int bits = 0;

	while ((1u << bits) < count)
		bits++;
	return bits;
}

static bool base_has(uint32_t leaf)
{
	switch (leaf) {
	case 0x0: case 0x1: case 0x2: case 0x4: case 0x6: case 0xb:
	case 0x80000000: case 0x80000001: case 0x80000002: case 0x80000003:
	case 0x80000004: case 0x80000005: case 0x80000006: case 0x80000007:
	case 0x80000008:
		return true;
	default:
		return false;
	}
}

static uint32_t base_signature(uint32_t eax)
{
	uint32_t family = (eax >> 8 & 0xf) + (eax >> 20 & 0xff);

	/* Intel's 0xf goes back to 2008, without virtualisation to speak of. */
	return family == 0xf || family == 0x10 ? BASE_AMD_SIGNATURE : eax;
}

static void base_trim(struct kvm_cpuid_entry2 *e)
{
	switch (e->function) {
	case 0x0:
		e->eax = BASE_LAST;
		break;
	case 0x1:
		e->eax = base_signature(e->eax);
		e->ecx &= BASE_1_ECX;
		e->edx &= BASE_1_EDX;
		break;
	case 0x6:
		/* no thermal sensors, no energy hints; ARAT stays */
		e->eax &= 1u << 2;
		e->ebx = 0;
		e->ecx = 0;
		e->edx = 0;
		break;
	case 0x80000000:
		e->eax = BASE_LAST_EXT;
		break;
	case 0x80000001:
		e->eax = base_signature(e->eax);
		e->ecx &= BASE_8_1_ECX;
		e->edx &= BASE_8_1_EDX;
		break;
	case 0x80000006:
		/* no L3: 2.6.18-194 looks for its northbridge, unchecked */
		e->edx = 0;
		break;
	case 0x80000007:
		e->edx &= 1u << 8;	/* invariant TSC */
		break;
	case 0x80000008:
		/* address sizes only, none of the speculation controls */
		e->ebx = 0;
		break;
	}
}

/*
 * KVM of Linux 6.1 keeps AMD's L1 caches to itself. 2.6.18 lists the caches of
 * each CPU, and when one level has none it dies when the CPU goes offline.
 */
static void fill_l1_caches(struct kvm_cpuid_entry2 *e)
{
	if (e->function == 0x80000005 && !(e->ecx | e->edx))
		__cpuid(e->function, e->eax, e->ebx, e->ecx, e->edx);
}

/* All processors are cores of one package. */
static void set_topology(struct kvm_cpuid_entry2 *e, unsigned int id)
{
	unsigned int cpus = vm_cpus(), bits = id_bits(cpus);

	switch (e->function) {
	case 0x1:
		e->ebx = (e->ebx & 0x0000ffff) | id << 24 | cpus << 16;
		e->ecx |= FEATURE_HYPERVISOR;
		e->ecx &= ~(FEATURE_OSXSAVE | FEATURE_VMX);
		e->edx &= ~FEATURE_HTT;
		if (cpus > 1)
			e->edx |= FEATURE_HTT;
		break;
	case 0x4:
		if (e->eax & 0x1f)
			e->eax = (e->eax & 0x00003fff) |
				 ((1u << bits) - 1) << 26;
		break;
	case 0x80000001:
		e->ecx &= ~(FEATURE_SVM | FEATURE_TOPOEXT | FEATURE_CMP_LEGACY);
		if (cpus > 1)
			e->ecx |= FEATURE_CMP_LEGACY;
		break;
	case 0x80000008:
		e->ecx = bits << 12 | (cpus - 1);
		break;
	}
}

static void append_topology_leaf(struct kvm_cpuid2 *c, unsigned int id)
{
	struct kvm_cpuid_entry2 e = {
		.function = 0xb,
		.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
		.edx = id,
	};

	/* level 0: one thread a core */
	e.ebx = 1;
	e.ecx = 0 | 1 << 8;
	cpuid_append(c, &e);
	/* level 1: the cores */
	e.index = 1;
	e.eax = id_bits(vm_cpus());
	e.ebx = vm_cpus();
	e.ecx = 1 | 2 << 8;
	cpuid_append(c, &e);
	/* the end */
	e.index = 2;
	e.eax = 0;
	e.ebx = 0;
	e.ecx = 2;
	cpuid_append(c, &e);
}

/* Leaves that describe KVM, nested SVM or a topology other than ours. */
static bool is_dropped(uint32_t leaf)
{
	return (leaf >= 0x40000000 && leaf < 0x50000000) || leaf == 0xb ||
	       leaf == 0x1f || leaf == 0xa || leaf == 0x8000000a ||
	       leaf == 0x8000001d || leaf == 0x8000001e;
}

static int append_processor(struct kvm_cpuid2 *out, struct vcpu *v)
{
	struct kvm_cpuid2 *kvm = cpuid_alloc();
	struct kvm_cpuid_entry2 e;
	unsigned int i;
	bool base = !vm.opt->cpu_host;

	if (ioctl(vm.kvm, KVM_GET_SUPPORTED_CPUID, kvm) < 0) {
		free(kvm);
		return complain("CPUID: %s", strerror(errno));
	}
	for (i = 0; i < kvm->nent; i++) {
		e = kvm->entries[i];
		if (is_dropped(e.function) || (base && !base_has(e.function)))
			continue;
		if (base)
			base_trim(&e);
		fill_l1_caches(&e);
		set_topology(&e, v->index);
		cpuid_append(out, &e);
	}
	append_topology_leaf(out, v->index);
	free(kvm);
	return 0;
}

/* One leaf of Hyper-V's as the profile has it. Return: false to hide it. */
static bool hyperv_trim(struct kvm_cpuid_entry2 *e)
{
	const struct profile *p = vm_profile();

	switch (e->function) {
	case HV_LEAF_VENDOR:
		e->eax = HV_LEAF_LAST;
		memcpy(&e->ebx, "Micr", 4);
		memcpy(&e->ecx, "osof", 4);
		memcpy(&e->edx, "t Hv", 4);
		return true;
	case HV_LEAF_VERSION:
		e->eax = p->hv_build;
		e->ebx = (uint32_t)p->hv_major << 16 | p->hv_minor;
		e->ecx = 0;
		e->edx = 0;
		return true;
	case HV_LEAF_FEATURES:
		e->eax &= p->hv_access;
		e->edx &= p->hv_features;
		if (vm.opt->no_stimer)
			e->eax &= ~HV_ACCESS_STIMER;
		if (!p->direct_stimer || vm.opt->no_stimer)
			e->edx &= ~HV_FEATURE_DIRECT_STIMER;
		return true;
	case HV_LEAF_HINTS:
		e->eax &= p->hv_hints;
		return true;
	case HV_LEAF_INTERFACE:
	case HV_LEAF_LIMITS:
		return true;
	default:
		/* nested virtualisation and KVM's debugger leaves */
		return false;
	}
}

static int append_hyperv(struct kvm_cpuid2 *out, struct vcpu *v)
{
	struct kvm_cpuid2 *hv = cpuid_alloc();
	struct kvm_cpuid_entry2 last = { .function = HV_LEAF_LAST };
	unsigned int i;

	if (ioctl(v->fd, KVM_GET_SUPPORTED_HV_CPUID, hv) < 0) {
		free(hv);
		return complain("Hyper-V CPUID: %s", strerror(errno));
	}
	for (i = 0; i < hv->nent; i++)
		if (hyperv_trim(&hv->entries[i]))
			cpuid_append(out, &hv->entries[i]);
	/* "hardware features in use" says nothing */
	cpuid_append(out, &last);
	free(hv);
	return 0;
}

int cpuid_setup(struct vcpu *v)
{
	struct kvm_cpuid2 *c = cpuid_alloc();
	int ret = -1;

	c->nent = 0;
	if (append_processor(c, v) < 0 || append_hyperv(c, v) < 0)
		goto out;
	ret = ioctl(v->fd, KVM_SET_CPUID2, c);
	if (ret < 0)
		complain("CPUID of vCPU %u: %s", v->index, strerror(errno));
out:
	free(c);
	return ret;
}
