// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of what a guest finds at the ports: clock, power management, PCI,
 * and whether an IDE controller is decoded.
 */
#include <string.h>
#include <unistd.h>

#include "ide.h"
#include "test_machine.h"
#include "vm_priv.h"

/* What the IDE controller is to the machine: the last port that reached it. */
static uint16_t ide_port;

uint32_t ide_in(uint16_t port, unsigned int size)
{
	(void)size;
	ide_port = port;
	return 0x50;
}

void ide_out(uint16_t port, unsigned int size, uint32_t value)
{
	(void)size;
	(void)value;
	ide_port = port;
}

void ide_reset(void)
{
}

/* Clock and power management. */

static uint8_t cmos(uint8_t reg)
{
	rtc_out(0x70, 1, reg);
	return rtc_in(0x71, 1);
}

static void set_cmos(uint8_t reg, uint8_t value)
{
	rtc_out(0x70, 1, reg);
	rtc_out(0x71, 1, value);
}

static void test_rtc(void)
{
	rtc_reset();
	CHECK(cmos(0x32) == 0x20);
	set_cmos(11, 0x82);
	set_cmos(0x32, 0x20);
	set_cmos(9, 0x06);
	set_cmos(8, 0x02);
	set_cmos(7, 0x28);
	set_cmos(4, 0x23);
	set_cmos(2, 0x59);
	set_cmos(0, 0x30);
	set_cmos(11, 0x02);
	CHECK(cmos(9) == 0x06 && cmos(8) == 0x02 && cmos(7) == 0x28);
	CHECK(cmos(4) == 0x23 && cmos(2) == 0x59);
	CHECK(cmos(6) == 3);				/* a Tuesday */
	set_cmos(11, 0x04);				/* binary, 12 hours */
	CHECK(cmos(4) == (0x80 | 11) && cmos(2) == 59);
}

static void test_pm(void)
{
	uint32_t before, after;

	pm_reset();
	CHECK(pm_in(PM_BASE + PM_CONTROL, 2) == 1);
	before = pm_in(PM_BASE + PM_TIMER, 4);
	usleep(20000);
	after = pm_in(PM_BASE + PM_TIMER, 4);
	CHECK(after - before > 3579545 / 60);
	vm.ended = false;
	pm_out(PM_BASE + PM_CONTROL, 2, 0x2000 | PM_S5 << 10);
	CHECK(vm.ended && vm_take_end() == VM_END_POWEROFF);
}

/* PCI, and the ports that its IDE controller has or has not. */

static uint32_t port_access(uint16_t port, unsigned int size, bool in,
			    uint32_t value)
{
	union {
		struct kvm_run run;
		uint8_t bytes[sizeof(struct kvm_run) + 4];
	} exit = {
		.run.io = {
			.direction = in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT,
			.size = size, .port = port, .count = 1,
			.data_offset = sizeof(struct kvm_run),
		},
	};

	memcpy(exit.bytes + sizeof(struct kvm_run), &value, size);
	platform_io(&exit.run);
	memcpy(&value, exit.bytes + sizeof(struct kvm_run), size);
	return value;
}

static uint32_t port_in(uint16_t port, unsigned int size)
{
	return port_access(port, size, true, 0);
}

static void port_out(uint16_t port, unsigned int size, uint32_t value)
{
	port_access(port, size, false, value);
}

static void test_pci(void)
{
	CHECK(port_in(0xcfc, 4) == 0xffffffff);	/* not asked for */
	port_out(0xcf8, 4, 0x80000000);
	CHECK(port_in(0xcf8, 4) == 0xffffffff);
	CHECK(port_in(0x1f7, 1) == 0xff);
	CHECK(!ide_port);

	options.emulated_ide = true;
	pci_reset();
	CHECK(port_in(0xcfc, 4) == 0xffffffff);	/* not enabled */
	port_out(0xcf8, 1, 1);			/* not an address */
	CHECK(port_in(0xcf8, 4) == 0 && port_in(0xcf8, 2) == 0xffff);
	port_out(0xcf8, 4, 0x80000000);
	CHECK(port_in(0xcf8, 4) == 0x80000000);
	CHECK(port_in(0xcfc, 4) == 0x71928086);
	port_out(0xcfc, 4, 0xffffffff);		/* nothing to be written */
	CHECK(port_in(0xcfc, 4) == 0x71928086);
	port_out(0xcf8, 4, 0x80010000);		/* no other bus */
	CHECK(port_in(0xcfc, 4) == 0xffffffff);
	port_out(0xcf8, 4, 0x80003a00);		/* no other function */
	CHECK(port_in(0xcfc, 4) == 0xffffffff);
	port_out(0xcfc, 4, 0);

	port_out(0xcf8, 4, 0x80003900);
	CHECK(port_in(0xcfc, 4) == 0x71118086);
	CHECK(port_in(0xcfe, 2) == 0x7111);
	CHECK(port_in(0xcff, 1) == 0x71);
	CHECK(port_in(0xcff, 4) == 0xffffff71);	/* not beyond the four */
	port_out(0xcf8, 4, 0x80003920);		/* no base address */
	port_out(0xcfc, 4, 0xffffffff);
	CHECK(port_in(0xcfc, 4) == 0);
	port_out(0xcf8, 4, 0x800039fc);
	port_out(0xcff, 4, 0xffffffff);
	CHECK(port_in(0xcfc, 4) == 0);
	options.emulated_ide = false;
}

static void test_ide_ports(void)
{
	options.emulated_ide = true;
	pci_reset();
	CHECK(port_in(0x1f7, 1) == 0x50 && ide_port == 0x1f7);
	CHECK(port_in(0x376, 1) == 0x50 && ide_port == 0x376);
	CHECK(port_in(0x3f7, 1) == 0xff && ide_port == 0x376);
	port_out(0x3f6, 1, 2);
	CHECK(ide_port == 0x3f6);

	/* A channel that is not decoded, then none is. */
	port_out(0xcf8, 4, 0x80003940);
	port_out(0xcff, 1, 0);
	CHECK(port_in(0x177, 1) == 0xff && port_in(0x1f7, 1) == 0x50);
	port_out(0xcf8, 4, 0x80003904);
	port_out(0xcfc, 2, 0);
	CHECK(port_in(0x1f7, 1) == 0xff);
	ide_port = 0;
	port_out(0x1f7, 1, 0xec);
	port_out(0x177, 1, 0xec);
	CHECK(!ide_port);
	port_out(0xcfc, 2, 1);
	CHECK(port_in(0x1f7, 1) == 0x50);
	options.emulated_ide = false;
}

const struct test platform_tests[] = {
	{ "clock", test_rtc },
	{ "power management", test_pm },
	{ "PCI configuration", test_pci },
	{ "IDE ports", test_ide_ports },
	{ NULL, NULL }
};
