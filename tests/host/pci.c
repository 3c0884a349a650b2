// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI bus of a generation 1 virtual machine, as far as it is needed to
 * find the IDE controller: configuration mechanism #1, a host bridge, and a
 * PIIX4 that is an ISA bridge and an IDE controller. The controller has its
 * traditional ports and no bus master, so there are no base addresses. With
 * the machine lock held.
 */
#include <string.h>

#include "vm_priv.h"

#define ADDRESS_ENABLE		0x80000000u
#define ADDRESS_REGISTER	0xfcu

#define PCI_COMMAND		0x04
#define PCI_COMMAND_IO		0x01
#define PCI_CLASS_REVISION	0x08
#define PCI_HEADER_TYPE		0x0e
#define PCI_MULTIFUNCTION	0x80
#define PCI_INTERRUPT_LINE	0x3c

#define PIIX_IDE_TIMING		0x40	/* two bytes of each channel */
#define PIIX_IDE_TIMING_BYTES	5
#define PIIX_IDE_DECODE		0x80	/* in the second of them */

#define DEVFN(device, function)	((device) << 3 | (function))

/**
 * struct pci_function
 * @address: bus, device and function as in the address register
 * @id: device and vendor
 * @class: and revision
 */
struct pci_function {
	uint32_t address;
	uint32_t id;
	uint32_t class;
	bool multifunction;
	uint8_t config[256];
	uint8_t writable[256];
};

enum { HOST_BRIDGE, ISA_BRIDGE, IDE_CONTROLLER, FUNCTIONS };

static struct pci_function functions[FUNCTIONS] = {
	[HOST_BRIDGE] = {
		.address = DEVFN(0, 0) << 8, .id = 0x71928086,
		.class = 0x06000003,
	},
	[ISA_BRIDGE] = {
		.address = DEVFN(7, 0) << 8, .id = 0x71108086,
		.class = 0x06010001, .multifunction = true,
	},
	[IDE_CONTROLLER] = {
		.address = DEVFN(7, 1) << 8, .id = 0x71118086,
		.class = 0x01010001, .multifunction = true,
	},
};

static uint32_t address;

static void put(struct pci_function *f, unsigned int reg, uint32_t value)
{
	memcpy(f->config + reg, &value, sizeof(value));
}

/* As firmware leaves it. */
void pci_reset(void)
{
	struct pci_function *ide = &functions[IDE_CONTROLLER];

	address = 0;
	for (struct pci_function *f = functions; f < functions + FUNCTIONS;
	     f++) {
		memset(f->config, 0, sizeof(f->config));
		put(f, 0, f->id);
		put(f, PCI_CLASS_REVISION, f->class);
		if (f->multifunction)
			f->config[PCI_HEADER_TYPE] = PCI_MULTIFUNCTION;
		f->writable[PCI_INTERRUPT_LINE] = 0xff;
	}
	ide->config[PCI_COMMAND] = PCI_COMMAND_IO;
	ide->writable[PCI_COMMAND] = PCI_COMMAND_IO;
	ide->config[PIIX_IDE_TIMING + 1] = PIIX_IDE_DECODE;
	ide->config[PIIX_IDE_TIMING + 3] = PIIX_IDE_DECODE;
	memset(ide->writable + PIIX_IDE_TIMING, 0xff, PIIX_IDE_TIMING_BYTES);
}

bool pci_decodes_ide(unsigned int channel)
{
	const uint8_t *config = functions[IDE_CONTROLLER].config;

	return (config[PCI_COMMAND] & PCI_COMMAND_IO) &&
	       (config[PIIX_IDE_TIMING + 2 * channel + 1] & PIIX_IDE_DECODE);
}

static struct pci_function *addressed(void)
{
	for (struct pci_function *f = functions; f < functions + FUNCTIONS;
	     f++)
		if ((address & ~ADDRESS_REGISTER) ==
		    (ADDRESS_ENABLE | f->address))
			return f;
	return NULL;
}

/* An access does not go beyond the four bytes that the address is of. */
static unsigned int data_bytes(uint16_t port, unsigned int size)
{
	unsigned int left = PORT_PCI_DATA + 4 - port;

	return left < size ? left : size;
}

uint32_t pci_in(uint16_t port, unsigned int size)
{
	uint32_t value = 0xffffffff;
	const struct pci_function *f;

	if (port == PORT_PCI_ADDRESS)
		return size == 4 ? address : value;
	f = addressed();
	if (f)
		memcpy(&value, f->config + (address & ADDRESS_REGISTER) +
		       (port - PORT_PCI_DATA), data_bytes(port, size));
	return value;
}

void pci_out(uint16_t port, unsigned int size, uint32_t value)
{
	struct pci_function *f;
	unsigned int reg;

	if (port == PORT_PCI_ADDRESS) {
		if (size == 4)
			address = value & (ADDRESS_ENABLE | 0xfffffc);
		return;
	}
	f = addressed();
	if (!f)
		return;
	reg = (address & ADDRESS_REGISTER) + (port - PORT_PCI_DATA);
	for (unsigned int n = data_bytes(port, size); n--; value >>= 8) {
		f->config[reg] = (f->config[reg] & ~f->writable[reg]) |
				 (value & f->writable[reg]);
		reg++;
	}
}
