// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O: finds the device behind a port. What has no device reads as all
 * ones, as on a bus: there is no PCI unless asked for, and no keyboard
 * controller but for the pulse that resets the machine. On vCPU threads with
 * the machine lock held.
 */
#include <string.h>

#include "ide.h"
#include "loop.h"
#include "serial.h"
#include "vm_priv.h"

#define PORT_I8042		0x64
#define PORT_RTC		0x70
#define PORT_SYSTEM_A		0x92
#define PORT_RESET		0xcf9
#define PORT_IDE1		0x1f0
#define PORT_IDE1_CONTROL	0x3f6
#define PORT_IDE2		0x170
#define PORT_IDE2_CONTROL	0x376

#define I8042_PULSE_RESET	0xfe
#define RESET_CPU		0x04
#define SYSTEM_A_RESET		0x01

/* KVM's ring of collected writes fills a page. */
#define RING_ENTRIES	((4096 - sizeof(struct kvm_coalesced_mmio_ring)) / \
			 sizeof(struct kvm_coalesced_mmio))

/* How long a collected write may wait when no exit comes along. */
#define DRAIN_US		1000

/*
 * Output buffer full for ever, input buffer empty: a driver that looks for a
 * controller gives up soon, and one that waits to send a command does not
 * wait.
 */
#define I8042_STATUS		0x01

struct device {
	uint16_t base, count;
	uint32_t (*in)(uint16_t port, unsigned int size);
	void (*out)(uint16_t port, unsigned int size, uint32_t value);
};

static struct uart *com1, *com2;
static struct loop_timer *drain_timer;
static bool drain_armed;

static uint32_t serial1_in(uint16_t port, unsigned int size)
{
	(void)size;
	return serial_in(com1, port - PORT_SERIAL1);
}

static void serial1_out(uint16_t port, unsigned int size, uint32_t value)
{
	(void)size;
	serial_out(com1, port - PORT_SERIAL1, value);
}

static uint32_t serial2_in(uint16_t port, unsigned int size)
{
	(void)size;
	return serial_in(com2, port - PORT_SERIAL2);
}

static void serial2_out(uint16_t port, unsigned int size, uint32_t value)
{
	(void)size;
	serial_out(com2, port - PORT_SERIAL2, value);
}

static uint32_t i8042_in(uint16_t port, unsigned int size)
{
	(void)port;
	(void)size;
	return I8042_STATUS;
}

static void i8042_out(uint16_t port, unsigned int size, uint32_t value)
{
	(void)port;
	(void)size;
	if ((value & 0xff) == I8042_PULSE_RESET)
		vm_end_because(VM_END_RESET, "reset by keyboard controller");
}

static uint32_t system_a_in(uint16_t port, unsigned int size)
{
	(void)port;
	(void)size;
	return 0x02;			/* A20 is open */
}

static void system_a_out(uint16_t port, unsigned int size, uint32_t value)
{
	(void)port;
	(void)size;
	if (value & SYSTEM_A_RESET)
		vm_end_because(VM_END_RESET, "reset by port 0x92");
}

/* Among the ports of PCI's address, which is written with four bytes. */
static void reset_out(uint16_t port, unsigned int size, uint32_t value)
{
	(void)port;
	if (size == 1 && (value & RESET_CPU))
		vm_end_because(VM_END_RESET, "reset by port 0xcf9");
}

static uint32_t reset_in(uint16_t port, unsigned int size)
{
	(void)port;
	(void)size;
	return 0;
}

static uint32_t ide1_in(uint16_t port, unsigned int size)
{
	return pci_decodes_ide(0) ? ide_in(port, size) : 0xffffffff;
}

static void ide1_out(uint16_t port, unsigned int size, uint32_t value)
{
	if (pci_decodes_ide(0))
		ide_out(port, size, value);
}

static uint32_t ide2_in(uint16_t port, unsigned int size)
{
	return pci_decodes_ide(1) ? ide_in(port, size) : 0xffffffff;
}

static void ide2_out(uint16_t port, unsigned int size, uint32_t value)
{
	if (pci_decodes_ide(1))
		ide_out(port, size, value);
}

/* Ordered by how often they are used. */
static const struct device devices[] = {
	{ PORT_SERIAL1, 8, serial1_in, serial1_out },
	{ PORT_SERIAL2, 8, serial2_in, serial2_out },
	{ PORT_RTC, 2, rtc_in, rtc_out },
	{ PM_BASE, PM_PORTS, pm_in, pm_out },
	{ PORT_I8042, 1, i8042_in, i8042_out },
	{ PORT_SYSTEM_A, 1, system_a_in, system_a_out },
	{ PORT_RESET, 1, reset_in, reset_out },
};

/* What comes with --emulated-ide. */
static const struct device pci_devices[] = {
	{ PORT_IDE1, 8, ide1_in, ide1_out },
	{ PORT_IDE1_CONTROL, 1, ide1_in, ide1_out },
	{ PORT_IDE2, 8, ide2_in, ide2_out },
	{ PORT_IDE2_CONTROL, 1, ide2_in, ide2_out },
	{ PORT_PCI_ADDRESS, 1, pci_in, pci_out },
	{ PORT_PCI_DATA, 4, pci_in, pci_out },
};

#define COUNT(array)		(sizeof(array) / sizeof((array)[0]))

static const struct device *find_among(const struct device *d, size_t count,
				       uint16_t port)
{
	for (; count--; d++)
		if ((uint16_t)(port - d->base) < d->count)
			return d;
	return NULL;
}

static const struct device *find(uint16_t port)
{
	const struct device *d = find_among(devices, COUNT(devices), port);

	if (!d && vm.opt->emulated_ide)
		d = find_among(pci_devices, COUNT(pci_devices), port);
	return d;
}

/*
 * Writes that KVM collected are older than the exit that is about to be
 * served, so they go first.
 */
void platform_drain(void)
{
	struct kvm_coalesced_mmio_ring *ring = vm.ring;
	struct kvm_coalesced_mmio *entry;
	const struct device *d;
	uint32_t value;

	if (!ring)
		return;
	while (ring->first != __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE)) {
		entry = &ring->coalesced_mmio[ring->first];
		d = find(entry->phys_addr);
		value = 0;
		memcpy(&value, entry->data, sizeof(value));
		if (d && entry->pio)
			d->out(entry->phys_addr, entry->len, value);
		__atomic_store_n(&ring->first,
				 (ring->first + 1) % RING_ENTRIES,
				 __ATOMIC_RELEASE);
	}
}

static void drain_arm(void)
{
	if (!vm.ring || drain_armed)
		return;
	drain_armed = true;
	loop_timer_arm(drain_timer, DRAIN_US);
}

static void drain_due(void *opaque)
{
	(void)opaque;
	drain_armed = false;
	platform_drain();
	/* An interrupt handler may write again without a look at us. */
	if (serial_transmitting(com1) || serial_transmitting(com2))
		drain_arm();
}

static bool is_serial(const struct device *d)
{
	return d == &devices[0] || d == &devices[1];
}

void platform_io(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	const struct device *d = find(run->io.port);
	unsigned int size = run->io.size;
	uint32_t i, value;

	/* Who looks at a serial port writes to it next. */
	if (is_serial(d))
		drain_arm();
	for (i = 0; i < run->io.count; i++, data += size) {
		if (run->io.direction == KVM_EXIT_IO_IN) {
			value = d ? d->in(run->io.port, size) : 0xffffffff;
			memcpy(data, &value, size);
		} else if (d) {
			value = 0;
			memcpy(&value, data, size);
			d->out(run->io.port, size, value);
		}
	}
}

/**
 * platform_serial - connect the serial ports
 * @console: for COM1
 * @serial2: for COM2, or NULL
 *
 * Return: 0, or -1 after a complaint.
 */
int platform_serial(const char *console, const char *serial2)
{
	drain_timer = loop_timer_new(drain_due, NULL);
	com1 = serial_new(IRQ_SERIAL1, "--console", console);
	com2 = serial_new(IRQ_SERIAL2, "--serial2", serial2);
	return com1 && com2 ? 0 : -1;
}

void platform_reset(void)
{
	rtc_reset();
	pm_reset();
	serial_reset(com1);
	serial_reset(com2);
	if (vm.opt->emulated_ide) {
		pci_reset();
		ide_reset();
	}
}

void platform_fini(void)
{
	serial_free(com1);
	serial_free(com2);
	loop_timer_free(drain_timer);
	drain_timer = NULL;
	com1 = NULL;
	com2 = NULL;
}
