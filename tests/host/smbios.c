// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMBIOS: the names of the BIOS and of the machine, as a generation 1 virtual
 * machine has them. 2.6.18 for i686 takes ACPI only from a BIOS with a date,
 * and the powernow-k8 of RHEL 5.2 compares names that it takes to be there.
 * Runs on the main thread while the machine is built.
 */
#include <string.h>

#include "vm_priv.h"

#define SMBIOS_MAJOR	2
#define SMBIOS_MINOR	3

struct smbios_entry {
	char anchor[4];
	uint8_t checksum;
	uint8_t bytes;
	uint8_t major;
	uint8_t minor;
	uint16_t largest;
	uint8_t revision;
	uint8_t formatted[5];
	char dmi_anchor[5];
	uint8_t dmi_checksum;
	uint16_t table_bytes;
	uint32_t table;
	uint16_t structures;
	uint8_t bcd;
} __attribute__((packed));

struct smbios_bios {
	uint8_t type;
	uint8_t bytes;
	uint16_t handle;
	uint8_t vendor;
	uint8_t version;
	uint16_t segment;
	uint8_t date;
	uint8_t rom_size;
	uint64_t characteristics;
	uint8_t extension[2];
} __attribute__((packed));

struct smbios_system {
	uint8_t type;
	uint8_t bytes;
	uint16_t handle;
	uint8_t manufacturer;
	uint8_t product;
	uint8_t version;
	uint8_t serial;
	uint8_t uuid[16];
	uint8_t wakeup;
} __attribute__((packed));

struct smbios_end {
	uint8_t type;
	uint8_t bytes;
	uint16_t handle;
} __attribute__((packed));

_Static_assert(sizeof(struct smbios_entry) == 0x1f, "SMBIOS entry point");
_Static_assert(sizeof(struct smbios_bios) == 0x14, "SMBIOS type 0");
_Static_assert(sizeof(struct smbios_system) == 0x19, "SMBIOS type 1");

static uint8_t *put(uint8_t *at, const void *data, size_t bytes)
{
	memcpy(at, data, bytes);
	return at + bytes;
}

/* What makes the sum of all bytes 0. */
static uint8_t checksum(const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (bytes--)
		sum += *p++;
	return -sum;
}

void smbios_build(void)
{
	/* Each ends with its zero; the set of them with one more. */
	static const char bios_names[] =
		"American Megatrends Inc.\0" "090007 \0" "05/18/2018\0";
	static const char system_names[] =
		"Microsoft Corporation\0" "Virtual Machine\0" "7.0\0" "hvhost\0";
	static const struct smbios_bios bios = {
		.type = 0, .bytes = sizeof(bios), .handle = 0,
		.vendor = 1, .version = 2, .segment = 0xf000, .date = 3,
		.characteristics = 1 << 3,	/* not told */
		.extension = { 1 << 0, 0 },	/* ACPI */
	};
	static const struct smbios_system system = {
		.type = 1, .bytes = sizeof(system), .handle = 1,
		.manufacturer = 1, .product = 2, .version = 3, .serial = 4,
		.wakeup = 6,			/* the power switch */
	};
	static const struct smbios_end end = {
		.type = 127, .bytes = sizeof(end), .handle = 2,
	};
	static const uint8_t none[2];
	struct smbios_entry entry = {
		.anchor = { '_', 'S', 'M', '_' }, .bytes = sizeof(entry),
		.major = SMBIOS_MAJOR, .minor = SMBIOS_MINOR,
		.largest = sizeof(system) + sizeof(system_names),
		.dmi_anchor = { '_', 'D', 'M', 'I', '_' },
		.structures = 3, .bcd = SMBIOS_MAJOR << 4 | SMBIOS_MINOR,
	};
	uint8_t *table = vm.ram + MEM_SMBIOS + 32, *at = table;

	at = put(at, &bios, sizeof(bios));
	at = put(at, bios_names, sizeof(bios_names));
	at = put(at, &system, sizeof(system));
	at = put(at, system_names, sizeof(system_names));
	at = put(at, &end, sizeof(end));
	at = put(at, none, sizeof(none));

	entry.table = MEM_SMBIOS + 32;
	entry.table_bytes = at - table;
	entry.dmi_checksum = checksum(entry.dmi_anchor, 15);
	entry.checksum = checksum(&entry, sizeof(entry));
	memcpy(vm.ram + MEM_SMBIOS, &entry, sizeof(entry));
}
