// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of what a guest finds in memory when it begins: ACPI and SMBIOS
 * tables, the kernel, and what the boot protocol says of it.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "test_machine.h"
#include "vm_priv.h"

static void test_ram(void)
{
	CHECK(vm_ram(0, 1) == vm.ram);
	CHECK(vm_ram(vm.low_size - 8, 8));
	CHECK(!vm_ram(vm.low_size - 8, 9));
	CHECK(!vm_ram(vm.low_size, 1));
	CHECK(!vm_ram(0, vm.ram_size + 1));
	CHECK(!vm_ram(UINT64_MAX, 2));
	CHECK(!vm_ram(MEM_HOLE_END, 1));
}

static bool sums_to_zero(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum += *p++;
	return !sum;
}

static uint32_t word(const uint8_t *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static void test_acpi(void)
{
	static const char *const names[] = { "FACP", "APIC", "SSDT" };
	const uint8_t *rsdp, *rsdt, *table;
	unsigned int i;

	rsdp = vm_ram(acpi_build(), 36);
	CHECK(!memcmp(rsdp, "RSD PTR ", 8));
	CHECK(sums_to_zero(rsdp, 20) && sums_to_zero(rsdp, 36));
	rsdt = vm_ram(word(rsdp + 16), 48);
	CHECK(!memcmp(rsdt, "RSDT", 4) && sums_to_zero(rsdt, word(rsdt + 4)));
	for (i = 0; i < 3; i++) {
		table = vm_ram(word(rsdt + 36 + 4 * i), 36);
		CHECK(!memcmp(table, names[i], 4));
		CHECK(sums_to_zero(table, word(table + 4)));
	}
	table = vm_ram(word(rsdt + 36), 244);
	CHECK(word(table + 4) == 244);
	table = vm_ram(word(table + 40), 36);
	CHECK(!memcmp(table, "DSDT", 4) && sums_to_zero(table,
							word(table + 4)));
	CHECK(word(rsdt + 4) == 36 + 3 * 4);
}

/* How long the DSDT is: it may name the interrupt of VMBus, or not. */
static uint32_t dsdt_length(void)
{
	const uint8_t *rsdt, *dsdt;

	rsdt = vm_ram(word((uint8_t *)vm_ram(acpi_build(), 36) + 16), 48);
	dsdt = vm_ram(word((uint8_t *)vm_ram(word(rsdt + 36), 244) + 40), 36);
	CHECK(!memcmp(dsdt, "DSDT", 4) && sums_to_zero(dsdt, word(dsdt + 4)));
	return word(dsdt + 4);
}

static void test_acpi_no_irq(void)
{
	uint32_t with = dsdt_length();

	options.no_vmbus_irq = true;
	CHECK(dsdt_length() < with);
	options.no_vmbus_irq = false;
}

static void test_acpi_pci(void)
{
	const uint8_t *rsdt, *table;

	options.emulated_ide = true;
	rsdt = vm_ram(word((uint8_t *)vm_ram(acpi_build(), 36) + 16), 52);
	options.emulated_ide = false;
	CHECK(word(rsdt + 4) == 36 + 4 * 4 && sums_to_zero(rsdt, 52));
	table = vm_ram(word(rsdt + 48), 36);
	CHECK(!memcmp(table, "SSDT", 4) && !memcmp(table + 16, "HVPCI", 5));
	CHECK(sums_to_zero(table, word(table + 4)));
}

/* The first text of the structure at @p. Sets @next to what follows. */
static const char *smbios_text(const uint8_t *p, const uint8_t **next)
{
	const uint8_t *end = p + p[1];

	while (end[0] || end[1])
		end++;
	*next = end + 2;
	return (const char *)p + p[1];
}

static void test_smbios(void)
{
	const uint8_t *entry, *table, *p;

	smbios_build();
	entry = vm_ram(MEM_SMBIOS, 31);
	CHECK(!memcmp(entry, "_SM_", 4) && sums_to_zero(entry, entry[5]));
	CHECK(!memcmp(entry + 16, "_DMI_", 5) && sums_to_zero(entry + 16, 15));
	table = vm_ram(word(entry + 24), entry[22] | entry[23] << 8);
	CHECK(table[0] == 0);
	CHECK(!strcmp(smbios_text(table, &p), "American Megatrends Inc."));
	CHECK(p[0] == 1);
	CHECK(!strcmp(smbios_text(p, &p), "Microsoft Corporation"));
	CHECK(p[0] == 127 && p + p[1] + 2 - table ==
	      (entry[22] | entry[23] << 8));
}

static void write_file(const char *name, const void *data, size_t len)
{
	int fd = open(path_of(name), O_CREAT | O_TRUNC | O_WRONLY, 0600);

	CHECK(write(fd, data, len) == (ssize_t)len);
	close(fd);
}

/* The header of a bzImage with one sector of setup and 4 KiB of kernel. */
static void make_bzimage(uint8_t *image, uint16_t version)
{
	memset(image, 0, 1024 + 4096);
	image[0x1f1] = 1;
	image[0x1fe] = 0x55;
	image[0x1ff] = 0xaa;
	image[0x200] = 0xeb;
	image[0x201] = 0x66;
	memcpy(image + 0x202, "HdrS", 4);
	memcpy(image + 0x206, &version, 2);
	image[0x211] = 1;
	memset(image + 1024, 0x90, 4096);
}

static void test_boot(void)
{
	uint8_t image[1024 + 4096], *params;

	make_bzimage(image, 0x204);
	write_file("kernel", image, sizeof(image));
	write_file("initrd", "INITRD", 6);
	options.kernel = path_of("kernel");
	options.append = "console=ttyS0";
	options.initrd = path_of("initrd");
	CHECK(!boot_check(options.kernel, options.initrd));
	CHECK(!boot_load());
	CHECK(*(uint8_t *)vm_ram(MEM_HIGH + 4095, 1) == 0x90);
	params = vm_ram(0x7000, 4096);
	CHECK(!strcmp(vm_ram(word(params + 0x228), 14), "console=ttyS0"));
	CHECK(word(params + 0x214) == MEM_HIGH);
	CHECK(!memcmp(vm_ram(word(params + 0x218), 6), "INITRD", 6));
	boot_fini();
}

static void refused(const uint8_t *image, size_t len, const char *why)
{
	write_file("kernel", image, len);
	CHECK(boot_check(path_of("kernel"), NULL) < 0);
	CHECK(strstr(complaint, why));
	boot_fini();
}

static void test_boot_refuses(void)
{
	uint8_t image[1024 + 4096];

	CHECK(boot_check(path_of("absent"), NULL) < 0);
	CHECK(strstr(complaint, "No such file"));
	CHECK(boot_check(path_of("."), NULL) < 0);
	CHECK(strstr(complaint, "not a regular file"));
	boot_fini();
	make_bzimage(image, 0x204);
	refused(image, 0, "not a bzImage");
	refused(image, 600, "truncated");
	refused(image, 1024, "truncated");
	make_bzimage(image, 0x203);
	refused(image, sizeof(image), "2.03");
	make_bzimage(image, 0x204);
	image[0x202] = 'X';
	refused(image, sizeof(image), "not a bzImage");
}

const struct test boot_tests[] = {
	{ "guest memory", test_ram },
	{ "ACPI tables", test_acpi },
	{ "ACPI without an interrupt of VMBus", test_acpi_no_irq },
	{ "ACPI table of PCI", test_acpi_pci },
	{ "SMBIOS", test_smbios },
	{ "boot protocol", test_boot },
	{ "what is no kernel is refused", test_boot_refuses },
	{ NULL, NULL }
};
