// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACPI tables, in ROM space where every kernel looks for them: RSDP, RSDT
 * for old kernels and XSDT for new ones, FADT, FACS, MADT, the DSDT that iasl
 * compiled and an SSDT with the processors; and one with the PCI bus, if there
 * is one. Runs on the main thread while the machine is built.
 */
#include <string.h>

#include "dsdt.hex"
#include "dsdt_no_irq.hex"
#include "pci.hex"
#include "vm_priv.h"

#define TABLE_ALIGN	16
#define FACS_ALIGN	64
#define IOAPIC_ADDRESS	0xfec00000u
#define LAPIC_ADDRESS	0xfee00000u

#define FADT_WBINVD		(1u << 0)
#define FADT_PROC_C1		(1u << 2)
#define FADT_NO_POWER_BUTTON	(1u << 4)
#define FADT_NO_SLEEP_BUTTON	(1u << 5)
#define FADT_NO_RTC_WAKE	(1u << 6)
#define FADT_TIMER_32BIT	(1u << 8)
#define FADT_RESET_REGISTER	(1u << 10)
#define FADT_BOOT_LEGACY	(1u << 0)	/* and no 8042 */
#define FADT_BOOT_NO_VGA	(1u << 2)
#define FADT_NO_C2		0x0fff
#define FADT_NO_C3		0x0fff

#define RESET_PORT		0xcf9
#define RESET_VALUE		0x06

#define MADT_PCAT		1
#define MADT_EDGE_HIGH		0x0005
#define MADT_LEVEL_HIGH		0x000d

/* struct blob - a table being written */
struct blob {
	uint8_t *start;
	size_t len;
};

static uint32_t next_address;

static void put(struct blob *b, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		b->start[b->len++] = value;
		value >>= 8;
	}
}

static void put_text(struct blob *b, const char *text, size_t bytes)
{
	memcpy(b->start + b->len, text, bytes);
	b->len += bytes;
}

/* Generic address structure of an I/O port. */
static void put_gas(struct blob *b, uint16_t port, unsigned int bytes)
{
	put(b, port ? 1 : 0, 1);
	put(b, bytes * 8, 1);
	put(b, 0, 1);
	put(b, 0, 1);
	put(b, port, 8);
}

static uint32_t address(const struct blob *b)
{
	return b->start - vm.ram;
}

static uint8_t checksum(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum += *p++;
	return -sum;
}

static struct blob blob_start(uint32_t align)
{
	next_address = (next_address + align - 1) & ~(align - 1);
	return (struct blob){ .start = vm.ram + next_address };
}

static void blob_end(const struct blob *b)
{
	next_address = address(b) + b->len;
}

static struct blob table_start(const char *signature, uint8_t revision)
{
	struct blob b = blob_start(TABLE_ALIGN);

	put_text(&b, signature, 4);
	put(&b, 0, 4);			/* length */
	put(&b, revision, 1);
	put(&b, 0, 1);			/* checksum */
	put_text(&b, "HVHOST", 6);
	put_text(&b, "HVHOST  ", 8);
	put(&b, 1, 4);
	put_text(&b, "HVG ", 4);
	put(&b, 1, 4);
	return b;
}

static uint32_t table_end(struct blob *b)
{
	uint32_t len = b->len;

	memcpy(b->start + 4, &len, sizeof(len));
	b->start[9] = 0;
	b->start[9] = checksum(b->start, len);
	blob_end(b);
	return address(b);
}

/* A table that iasl compiled. */
static uint32_t build_compiled(const unsigned char *aml, size_t bytes)
{
	struct blob b = blob_start(TABLE_ALIGN);

	put_text(&b, (const char *)aml, bytes);
	blob_end(&b);
	return address(&b);
}

/* Processor objects \_SB.C000 and on, with the ids of the MADT. */
static uint32_t build_ssdt(void)
{
	struct blob b = table_start("SSDT", 1);
	unsigned int i, scope;

	put(&b, 0x10, 1);			/* ScopeOp */
	/* two length bytes: what follows, them included */
	scope = 2 + 4 + vm_cpus() * 13;
	put(&b, 0x40 | (scope & 0xf), 1);
	put(&b, scope >> 4, 1);
	put_text(&b, "_SB_", 4);
	for (i = 0; i < vm_cpus(); i++) {
		put(&b, 0x835b, 2);		/* ProcessorOp */
		put(&b, 11, 1);
		put_text(&b, "C00", 3);
		put(&b, '0' + i, 1);
		put(&b, i, 1);
		put(&b, 0, 4);			/* no P_BLK */
		put(&b, 0, 1);
	}
	return table_end(&b);
}

static uint32_t build_facs(void)
{
	struct blob b = blob_start(FACS_ALIGN);

	memset(b.start, 0, 64);
	put_text(&b, "FACS", 4);
	put(&b, 64, 4);
	b.start[32] = 1;			/* version */
	b.len = 64;
	blob_end(&b);
	return address(&b);
}

static uint32_t build_fadt(uint32_t dsdt, uint32_t facs)
{
	struct blob b = table_start("FACP", 3);	/* of ACPI 2.0 */

	put(&b, facs, 4);
	put(&b, dsdt, 4);
	put(&b, 0, 1);			/* reserved */
	put(&b, 0, 1);			/* profile: unspecified */
	put(&b, IRQ_SCI, 2);
	put(&b, 0, 4);			/* no SMI: always in ACPI mode */
	put(&b, 0, 4);
	put(&b, PM_BASE, 4);		/* PM1a event, PM1b event */
	put(&b, 0, 4);
	put(&b, PM_BASE + PM_CONTROL, 4); /* PM1a control, PM1b, PM2 */
	put(&b, 0, 4);
	put(&b, 0, 4);
	put(&b, PM_BASE + PM_TIMER, 4);
	put(&b, 0, 4);			/* no GPE blocks */
	put(&b, 0, 4);
	put(&b, 4, 1);			/* lengths of the above */
	put(&b, 2, 1);
	put(&b, 0, 1);
	put(&b, 4, 1);
	put(&b, 0, 1);
	put(&b, 0, 1);
	put(&b, 0, 1);			/* GPE1 base, C-state control */
	put(&b, 0, 1);
	put(&b, FADT_NO_C2, 2);
	put(&b, FADT_NO_C3, 2);
	put(&b, 0, 4);			/* cache flush: WBINVD works */
	put(&b, 0, 2);			/* duty cycle */
	put(&b, 0, 2);			/* RTC alarm day and month */
	put(&b, 0x32, 1);		/* century, in CMOS */
	put(&b, FADT_BOOT_LEGACY | FADT_BOOT_NO_VGA, 2);
	put(&b, 0, 1);
	put(&b, FADT_WBINVD | FADT_PROC_C1 | FADT_NO_POWER_BUTTON |
	    FADT_NO_SLEEP_BUTTON | FADT_NO_RTC_WAKE | FADT_TIMER_32BIT |
	    FADT_RESET_REGISTER, 4);
	put_gas(&b, RESET_PORT, 1);
	put(&b, RESET_VALUE, 1);
	put(&b, 0, 3);
	put(&b, facs, 8);
	put(&b, dsdt, 8);
	put_gas(&b, PM_BASE, 4);
	put_gas(&b, 0, 0);
	put_gas(&b, PM_BASE + PM_CONTROL, 2);
	put_gas(&b, 0, 0);
	put_gas(&b, 0, 0);
	put_gas(&b, PM_BASE + PM_TIMER, 4);
	put_gas(&b, 0, 0);
	put_gas(&b, 0, 0);
	return table_end(&b);
}

static void put_override(struct blob *b, uint8_t irq, uint32_t gsi,
			 uint16_t flags)
{
	put(b, 2, 1);
	put(b, 10, 1);
	put(b, 0, 1);			/* ISA */
	put(b, irq, 1);
	put(b, gsi, 4);
	put(b, flags, 2);
}

static uint32_t build_madt(void)
{
	struct blob b = table_start("APIC", 1);
	unsigned int i;

	put(&b, LAPIC_ADDRESS, 4);
	put(&b, MADT_PCAT, 4);
	for (i = 0; i < vm_cpus(); i++) {
		put(&b, 0, 1);
		put(&b, 8, 1);
		put(&b, i, 1);		/* processor id */
		put(&b, i, 1);		/* APIC id */
		put(&b, 1, 4);		/* enabled */
	}
	put(&b, 1, 1);			/* IOAPIC */
	put(&b, 12, 1);
	put(&b, vm_cpus(), 1);
	put(&b, 0, 1);
	put(&b, IOAPIC_ADDRESS, 4);
	put(&b, 0, 4);
	put_override(&b, 0, 2, MADT_EDGE_HIGH);
	put_override(&b, IRQ_SCI, IRQ_SCI, MADT_LEVEL_HIGH);
	put(&b, 4, 1);			/* NMI: LINT1 of all processors */
	put(&b, 6, 1);
	put(&b, 0xff, 1);
	put(&b, 0, 2);
	put(&b, 1, 1);
	return table_end(&b);
}

static uint32_t build_root(const char *signature, const uint32_t *tables,
			   unsigned int count, unsigned int bytes)
{
	struct blob b = table_start(signature, 1);
	unsigned int i;

	for (i = 0; i < count; i++)
		put(&b, tables[i], bytes);
	return table_end(&b);
}

uint64_t acpi_build(void)
{
	uint32_t dsdt, tables[4], rsdt, xsdt;
	unsigned int count = 0;
	struct blob rsdp;

	next_address = MEM_ACPI + 64;
	if (vm.opt->no_vmbus_irq)
		dsdt = build_compiled(dsdt_no_irq_aml_code,
				      sizeof(dsdt_no_irq_aml_code));
	else
		dsdt = build_compiled(dsdt_aml_code, sizeof(dsdt_aml_code));
	tables[count++] = build_fadt(dsdt, build_facs());
	tables[count++] = build_madt();
	tables[count++] = build_ssdt();
	if (vm.opt->emulated_ide)
		tables[count++] = build_compiled(pci_aml_code,
						 sizeof(pci_aml_code));
	rsdt = build_root("RSDT", tables, count, 4);
	xsdt = build_root("XSDT", tables, count, 8);

	rsdp = (struct blob){ .start = vm.ram + MEM_ACPI };
	put_text(&rsdp, "RSD PTR ", 8);
	put(&rsdp, 0, 1);
	put_text(&rsdp, "HVHOST", 6);
	put(&rsdp, 2, 1);
	put(&rsdp, rsdt, 4);
	put(&rsdp, 36, 4);
	put(&rsdp, xsdt, 8);
	put(&rsdp, 0, 4);
	/* The first checksum covers ACPI 1.0's part, the second all of it. */
	rsdp.start[8] = checksum(rsdp.start, 20);
	rsdp.start[32] = checksum(rsdp.start, 36);
	return MEM_ACPI;
}
