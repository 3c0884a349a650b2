/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the virtual machine share among themselves. Unless said
 * otherwise with the machine lock held.
 */
#ifndef HVHOST_VM_PRIV_H
#define HVHOST_VM_PRIV_H

#include <jansson.h>
#include <linux/kvm.h>
#include <pthread.h>

#include "main.h"
#include "vm.h"

/* Guest physical memory map. */
#define MEM_LOW_END		0x0009fc00u	/* conventional memory */
#define MEM_ACPI		0x000e0000u
#define MEM_SMBIOS		0x000f0000u
#define MEM_ACPI_END		0x00100000u
#define MEM_HIGH		0x00100000u	/* 1 MiB */
#define MEM_HOLE		0xc0000000u	/* RAM goes on at 4 GiB */
#define MEM_HOLE_END		0x100000000ull
#define MEM_VMBUS_MMIO		0xf8000000u	/* 64 MiB, see dsdt.asl */

#define PORT_SERIAL1		0x3f8
#define PORT_SERIAL2		0x2f8
#define IRQ_SERIAL1		4
#define IRQ_SERIAL2		3
#define IRQ_SCI			9
#define IRQ_IDE			14	/* and 15 */
#define IOAPIC_PINS		24

enum vcpu_exit {
	VCPU_EXIT_IO,
	VCPU_EXIT_MMIO,
	VCPU_EXIT_HYPERCALL,
	VCPU_EXIT_SYNIC,
	VCPU_EXIT_MSR,
	VCPU_EXIT_INTR,
	VCPU_EXIT_OTHER,
	VCPU_EXITS
};

/*
 * struct vcpu - a virtual processor
 * @run: shared with KVM
 * @parked: the thread waits for the end of a pause
 * @nmi: inject an NMI before the next entry
 * @inspect: write @inspected before the next entry
 * @exits: since start, a reset does not clear them
 */
struct vcpu {
	unsigned int index;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool running;
	bool parked;
	bool nmi;
	bool inspect;
	json_t *inspected;
	uint64_t exits[VCPU_EXITS];
	uint64_t hypercalls;
};

/* The machine. */
struct vm {
	const struct options *opt;
	int kvm, fd;
	size_t run_size;
	uint8_t *ram;
	uint64_t ram_size, low_size;	/* all, and below the hole */
	struct vcpu vcpus[VM_MAX_CPUS];
	struct kvm_coalesced_mmio_ring *ring;	/* or NULL */
	bool msr_filter;		/* crash MSRs come to us */
	bool stop;			/* vCPU threads end */
	bool paused;
	bool crashed;
	bool ended;
	enum vm_end end;
	const char *end_text;		/* what the guest did */
	uint64_t boots;
};

extern struct vm vm;

/* vm.c: main thread */
void vm_configure(const struct options *opt);
int vm_open(void);		/* /dev/kvm and RAM; complains */
int vm_start(void);		/* build the machine, load and run the guest */
void vm_stop(void);		/* the opposite; vCPU threads are gone */
void vm_close(void);
enum vm_end vm_take_end(void);
void vm_end_because(enum vm_end why, const char *text);
int vm_ioctl(unsigned long request, void *arg, const char *what);
void vm_set_irq(unsigned int gsi, bool level);
void vm_commands(void);		/* registers control commands */

/* vcpu.c */
int vcpu_create(struct vcpu *v);
int vcpu_start(struct vcpu *v);
void vcpu_kick(struct vcpu *v);
void vcpu_destroy(struct vcpu *v);
void vcpu_wait_parked(void);
void vcpu_unpark(void);
void vcpu_init(void);		/* once */
json_t *vcpu_stats(void);

/* inspect.c */
void vcpu_inspect(struct vcpu *v);
void inspect_commands(void);	/* registers control commands */

/* cpuid.c */
int cpuid_setup(struct vcpu *v);

/* boot.c */
int boot_check(const char *kernel, const char *initrd);
int boot_load(void);		/* complains */
int boot_cpu(struct vcpu *v);	/* registers of the boot CPU */
void boot_fini(void);

/* acpi.c: write the tables, return the address of the RSDP */
uint64_t acpi_build(void);

/* smbios.c: write the tables where they are looked for */
void smbios_build(void);

/* synic.c */
int synic_setup(void);		/* the vCPUs exist */
void synic_teardown(void);
void synic_page_change(struct vcpu *v);
uint64_t synic_hypercall(struct vcpu *v);
uint64_t synic_interrupts(unsigned int vp);
json_t *synic_stats(void);

/* crash.c */
bool crash_msr_write(struct vcpu *v, uint32_t msr, uint64_t value);
bool crash_msr_read(uint32_t msr, uint64_t *value);
void crash_from_kvm(struct vcpu *v);
void crash_init(void);		/* once */
void crash_reset(void);
void crash_fini(void);
json_t *crash_status(void);

/* platform.c: port I/O; also resets the devices behind the ports */
int platform_serial(const char *console, const char *serial2);
void platform_reset(void);
void platform_fini(void);
void platform_io(struct kvm_run *run);
void platform_drain(void);	/* the writes that KVM collected */

/* rtc.c, pm.c; @size 1, 2 or 4 */
uint32_t rtc_in(uint16_t port, unsigned int size);
void rtc_out(uint16_t port, unsigned int size, uint32_t value);
void rtc_reset(void);
#define PM_BASE			0x600
#define PM_PORTS		16
#define PM_CONTROL		4	/* offsets from PM_BASE */
#define PM_TIMER		8
#define PM_S5			5	/* SLP_TYP, see dsdt.asl */
uint32_t pm_in(uint16_t port, unsigned int size);
void pm_out(uint16_t port, unsigned int size, uint32_t value);
void pm_reset(void);

/* pci.c: there with --emulated-ide only */
#define PORT_PCI_ADDRESS	0xcf8
#define PORT_PCI_DATA		0xcfc
uint32_t pci_in(uint16_t port, unsigned int size);
void pci_out(uint16_t port, unsigned int size, uint32_t value);
void pci_reset(void);
bool pci_decodes_ide(unsigned int channel);

#endif
