// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual machine: KVM, guest memory, start, end and pause. Runs on the
 * main thread, but for vm_ram(), vm_end() and interrupts, which any thread
 * with the machine lock may call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loop.h"
#include "record.h"
#include "storage.h"
#include "vm_priv.h"

struct vm vm = { .kvm = -1, .fd = -1 };

struct capability {
	int number;
	const char *name, *why;
};

/* SYNIC2 first: it tells most about the machine. */
static const struct capability needed[] = {
	{ KVM_CAP_HYPERV_SYNIC2, "KVM_CAP_HYPERV_SYNIC2",
	  "this KVM cannot be Hyper-V: its kernel lacks CONFIG_KVM_HYPERV, or it is a paravirtual KVM" },
	{ KVM_CAP_HYPERV_EVENTFD, "KVM_CAP_HYPERV_EVENTFD", "kernel too old" },
	{ KVM_CAP_HYPERV_CPUID, "KVM_CAP_HYPERV_CPUID", "kernel too old" },
	{ KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP", "no interrupt controller" },
	{ KVM_CAP_PIT2, "KVM_CAP_PIT2", "no interval timer" },
	{ KVM_CAP_IRQFD_RESAMPLE, "KVM_CAP_IRQFD_RESAMPLE", "kernel too old" },
	{ KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT", "kernel too old" },
};

void vm_configure(const struct options *opt)
{
	unsigned int i;

	vm.opt = opt;
	vm.ram_size = (uint64_t)opt->mem_mib << 20;
	vm.low_size = vm.ram_size < MEM_HOLE ? vm.ram_size : MEM_HOLE;
	for (i = 0; i < VM_MAX_CPUS; i++) {
		vm.vcpus[i].index = i;
		vm.vcpus[i].fd = -1;
	}
}

unsigned int vm_cpus(void)
{
	return vm.opt->cpus;
}

const struct profile *vm_profile(void)
{
	return vm.opt->profile;
}

void *vm_ram(uint64_t gpa, size_t len)
{
	uint64_t high = vm.ram_size - vm.low_size;

	if (!vm.ram)
		return NULL;
	if (gpa < vm.low_size && len <= vm.low_size - gpa)
		return vm.ram + gpa;
	if (gpa >= MEM_HOLE_END && gpa - MEM_HOLE_END < high &&
	    len <= high - (gpa - MEM_HOLE_END))
		return vm.ram + vm.low_size + (gpa - MEM_HOLE_END);
	return NULL;
}

int vm_ioctl(unsigned long request, void *arg, const char *what)
{
	int ret = ioctl(vm.fd, request, arg);

	if (ret < 0)
		complain("%s: %s", what, strerror(errno));
	return ret;
}

void vm_set_irq(unsigned int gsi, bool level)
{
	struct kvm_irq_level irq = { .irq = gsi, .level = level };

	ioctl(vm.fd, KVM_IRQ_LINE, &irq);
}

static int kvm_open(void)
{
	const struct capability *c;
	unsigned int i;
	int version;

	vm.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm.kvm < 0)
		return complain("/dev/kvm: %s; hvhost needs KVM, on real or emulated hardware virtualisation",
				strerror(errno));
	version = ioctl(vm.kvm, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		return complain("/dev/kvm: API version %d, expected %d",
				version, KVM_API_VERSION);
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		c = &needed[i];
		if (ioctl(vm.kvm, KVM_CHECK_EXTENSION, c->number) <= 0)
			return complain("/dev/kvm: no %s (%d): %s", c->name,
					c->number, c->why);
	}
	vm.msr_filter =
		ioctl(vm.kvm, KVM_CHECK_EXTENSION, KVM_CAP_X86_MSR_FILTER) > 0 &&
		ioctl(vm.kvm, KVM_CHECK_EXTENSION,
		      KVM_CAP_X86_USER_SPACE_MSR) > 0;
	vm.run_size = ioctl(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	return 0;
}

int vm_open(void)
{
	if (kvm_open() < 0)
		return -1;
	vm.ram = mmap(NULL, vm.ram_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vm.ram == MAP_FAILED) {
		vm.ram = NULL;
		return complain("%u MiB of guest memory: %s", vm.opt->mem_mib,
				strerror(errno));
	}
	madvise(vm.ram, vm.ram_size, MADV_HUGEPAGE);
	madvise(vm.ram, vm.ram_size, MADV_DONTDUMP);
	vcpu_init();
	crash_init();
	return 0;
}

void vm_close(void)
{
	platform_fini();
	crash_fini();
	boot_fini();
	if (vm.ram)
		munmap(vm.ram, vm.ram_size);
	vm.ram = NULL;
	if (vm.kvm >= 0)
		close(vm.kvm);
	vm.kvm = -1;
}

static int add_memory(unsigned int slot, uint64_t gpa, uint64_t offset,
		      uint64_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)vm.ram + offset,
	};

	return vm_ioctl(KVM_SET_USER_MEMORY_REGION, &region, "guest memory");
}

static int setup_memory(void)
{
	if (add_memory(0, 0, 0, vm.low_size) < 0)
		return -1;
	if (vm.ram_size == vm.low_size)
		return 0;
	return add_memory(1, MEM_HOLE_END, vm.low_size,
			  vm.ram_size - vm.low_size);
}

/* PIC, IOAPIC, local APICs and PIT are KVM's. */
static int setup_irqchip(void)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	uint64_t identity_map = 0xfeffc000;

	/* Intel processors without unrestricted guest mode want these pages. */
	if (vm_ioctl(KVM_SET_IDENTITY_MAP_ADDR, &identity_map,
		     "identity map") < 0)
		return -1;
	if (vm_ioctl(KVM_SET_TSS_ADDR, (void *)0xfeffd000ul, "TSS") < 0)
		return -1;
	if (vm_ioctl(KVM_CREATE_IRQCHIP, NULL, "interrupt controller") < 0)
		return -1;
	return vm_ioctl(KVM_CREATE_PIT2, &pit, "interval timer");
}

/*
 * KVM forgets the flags of CRASH_CTL but for the first, so serve the crash
 * MSRs here: those that are filtered exit to us.
 */
static int setup_msr_filter(void)
{
	uint8_t denied = 0;
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR,
		.args[0] = KVM_MSR_EXIT_REASON_FILTER,
	};
	struct kvm_msr_filter filter = {
		.flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
		.ranges[0] = {
			.flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
			.base = 0x40000100,
			.nmsrs = 6,
			.bitmap = &denied,
		},
	};

	if (!vm.msr_filter)
		return 0;
	if (vm_ioctl(KVM_ENABLE_CAP, &cap, "MSR exits") < 0)
		return -1;
	return vm_ioctl(KVM_X86_SET_MSR_FILTER, &filter, "MSR filter");
}

static int setup_vcpus(void)
{
	unsigned int i;

	for (i = 0; i < vm.opt->cpus; i++)
		if (vcpu_create(&vm.vcpus[i]) < 0)
			return -1;
	return 0;
}

/*
 * Serial output is most of what leaves a guest byte by byte. Where KVM can
 * collect it, a byte costs no exit to user space; platform_drain() sees it
 * later.
 */
static void setup_coalescing(void)
{
	static const uint16_t ports[] = { PORT_SERIAL1, PORT_SERIAL2 };
	struct kvm_coalesced_mmio_zone zone = { .size = 1, .pio = 1 };
	unsigned int i;
	int page;

	vm.ring = NULL;
	page = ioctl(vm.kvm, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);
	if (page <= 0 || ioctl(vm.kvm, KVM_CHECK_EXTENSION,
			       KVM_CAP_COALESCED_PIO) <= 0)
		return;
	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		zone.addr = ports[i];
		if (ioctl(vm.fd, KVM_REGISTER_COALESCED_MMIO, &zone) < 0)
			return;
	}
	/* One for the machine, mapped with every vCPU. */
	vm.ring = (void *)((uint8_t *)vm.vcpus[0].run +
			   page * sysconf(_SC_PAGESIZE));
}

int vm_start(void)
{
	unsigned int i;

	vm.stop = false;
	vm.crashed = false;
	vm.ended = false;
	platform_reset();
	crash_reset();
	vm.fd = ioctl(vm.kvm, KVM_CREATE_VM, 0);
	if (vm.fd < 0)
		return complain("virtual machine: %s", strerror(errno));
	if (setup_memory() < 0 || setup_irqchip() < 0 ||
	    setup_msr_filter() < 0 || setup_vcpus() < 0 || synic_setup() < 0)
		return -1;
	setup_coalescing();
	if (boot_load() < 0 || boot_cpu(&vm.vcpus[0]) < 0)
		return -1;
	for (i = 0; i < vm.opt->cpus; i++)
		if (vcpu_start(&vm.vcpus[i]) < 0)
			return -1;
	vm.boots++;
	return 0;
}

/*
 * Called without the machine lock held, so that vCPU threads can finish the
 * exit that they are in.
 */
static void stop_vcpus(void)
{
	unsigned int i;

	machine_lock();
	vm.stop = true;
	for (i = 0; i < vm.opt->cpus; i++)
		vcpu_kick(&vm.vcpus[i]);
	vcpu_unpark();
	machine_unlock();
	for (i = 0; i < vm.opt->cpus; i++) {
		if (vm.vcpus[i].running)
			pthread_join(vm.vcpus[i].thread, NULL);
		vm.vcpus[i].running = false;
	}
}

/* Called without the machine lock. Guest memory is all zero afterwards. */
void vm_stop(void)
{
	unsigned int i;

	stop_vcpus();
	machine_lock();
	platform_drain();
	vm.ring = NULL;
	storage_reset();
	vmbus_reset();
	synic_teardown();
	for (i = 0; i < vm.opt->cpus; i++)
		vcpu_destroy(&vm.vcpus[i]);
	if (vm.fd >= 0)
		close(vm.fd);
	vm.fd = -1;
	if (vm.ram)
		madvise(vm.ram, vm.ram_size, MADV_DONTNEED);
	machine_unlock();
}

/* The first reason counts, but for a wish to quit. */
void vm_end_because(enum vm_end why, const char *text)
{
	unsigned int i;

	if (vm.ended && why != VM_END_QUIT)
		return;
	vm.ended = true;
	vm.end = why;
	vm.end_text = text;
	hlog("end: %s", text);
	for (i = 0; i < vm.opt->cpus; i++)
		vcpu_kick(&vm.vcpus[i]);
	loop_stop();
}

void vm_end(enum vm_end why)
{
	static const char *const text[] = {
		[VM_END_POWEROFF] = "power-off",
		[VM_END_RESET] = "reset",
		[VM_END_CRASH] = "crash",
		[VM_END_QUIT] = "told to quit",
		[VM_END_ERROR] = "internal error",
	};

	vm_end_because(why, text[why]);
}

enum vm_end vm_take_end(void)
{
	return vm.ended ? vm.end : VM_END_ERROR;
}

bool vm_paused(void)
{
	return vm.paused;
}

/* Returns when no vCPU runs guest code any more, or all may again. */
void vm_pause(bool on)
{
	unsigned int i;

	if (vm.paused == on)
		return;
	vm.paused = on;
	if (on) {
		for (i = 0; i < vm.opt->cpus; i++)
			vcpu_kick(&vm.vcpus[i]);
		vcpu_wait_parked();
		storage_pause(true);
	} else {
		storage_pause(false);
		vcpu_unpark();
	}
}

int vm_nmi(unsigned int vp)
{
	if (vp >= vm.opt->cpus)
		return -EINVAL;
	vm.vcpus[vp].nmi = true;
	vcpu_kick(&vm.vcpus[vp]);
	return 0;
}
