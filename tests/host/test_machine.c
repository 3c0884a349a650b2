// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the machine: what can be tested without KVM. The parts run as
 * in hvhost, on memory that no processor sees; the event loop runs when a
 * test says so. Prints KTAP and ends with 'N passed, N failed'; exit status 1
 * if any failed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../include/hvg/hv_wire.h"
#include "chardev.h"
#include "control.h"
#include "fault.h"
#include "ide.h"
#include "loop.h"
#include "profile.h"
#include "record.h"
#include "serial.h"
#include "storage.h"
#include "test.h"
#include "vm_priv.h"

static struct options options;
static char directory[] = "/tmp/hvhost-test.XXXXXX";
static char complaint[1024];

/* What main.c, VMBus and storage are to the machine. */

int complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, ap);
	va_end(ap);
	return -1;
}

static uint32_t posted_connection, posted_len;
static uint8_t posted[HVG_MESSAGE_PAYLOAD];
static uint16_t signalled_flag;

uint64_t vmbus_post_message(uint32_t connection_id, uint32_t type,
			    const void *payload, uint32_t len)
{
	(void)type;
	posted_connection = connection_id;
	posted_len = len;
	memcpy(posted, payload, len);
	return HVG_STATUS_SUCCESS;
}

uint64_t vmbus_signal_event(uint32_t connection_id, uint16_t flag)
{
	posted_connection = connection_id;
	signalled_flag = flag;
	return HVG_STATUS_SUCCESS;
}

void vmbus_reset(void)
{
}

void storage_pause(bool on)
{
	(void)on;
}

void storage_reset(void)
{
}

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

static void stop(void *opaque)
{
	(void)opaque;
	loop_stop();
}

/* Let the loop see to what is ready, and to timers within @ms. */
static void spin(unsigned int ms)
{
	struct loop_timer *t = loop_timer_new(stop, NULL);

	loop_timer_arm(t, ms * 1000);
	machine_unlock();
	loop_run();
	machine_lock();
	loop_timer_free(t);
}

/* Good until the third call after. */
static const char *path_of(const char *name)
{
	static char paths[4][sizeof(directory) + 32];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static int connect_to(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, path_of(name));
	CHECK(!connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	return fd;
}

static size_t take(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size - 1);

	n = n < 0 ? 0 : n;
	buf[n] = '\0';
	return n;
}

/* The loop. */

static unsigned int ticks;
static struct loop_timer *other;

static void tick(void *opaque)
{
	ticks += *(unsigned int *)opaque;
}

static void tick_and_cancel(void *opaque)
{
	ticks += *(unsigned int *)opaque;
	loop_timer_cancel(other);
}

static void test_timers(void)
{
	unsigned int one = 1, ten = 10;
	struct loop_timer *a = loop_timer_new(tick_and_cancel, &one);

	other = loop_timer_new(tick, &ten);
	ticks = 0;
	loop_timer_arm(a, 1000);
	loop_timer_arm(other, 3000);
	spin(10);
	CHECK(ticks == 1);
	loop_timer_arm(other, 1000);
	loop_timer_arm(a, 60000000);
	spin(10);
	CHECK(ticks == 11);
	loop_timer_free(a);
	loop_timer_free(other);
}

/* Serial port. */

static struct uart *uart;

static void uart_start(void)
{
	char where[64];

	snprintf(where, sizeof(where), "unix:%s", path_of("com"));
	uart = serial_new(4, "--console", where);
	serial_reset(uart);
}

/* As the 8250 driver looks for a port and for its FIFO. */
static void test_uart_probe(void)
{
	uart_start();
	serial_out(uart, 4, 0x1a);			/* loop, RTS, OUT2 */
	CHECK((serial_in(uart, 6) & 0xf0) == 0x90);	/* CTS, DCD */
	serial_out(uart, 4, 0);
	CHECK((serial_in(uart, 2) & 0xc0) == 0);
	serial_out(uart, 2, 1);
	CHECK((serial_in(uart, 2) & 0xc0) == 0xc0);
	serial_out(uart, 3, 0x83);
	serial_out(uart, 0, 1);
	CHECK(serial_in(uart, 0) == 1);
	serial_out(uart, 3, 3);
	serial_out(uart, 1, 2);				/* THRI */
	CHECK((serial_in(uart, 2) & 0x0f) == 0x02);
	CHECK((serial_in(uart, 2) & 0x0f) == 0x01);
	serial_free(uart);
}

static void test_uart_output(void)
{
	char buf[128];
	int fd;

	uart_start();
	serial_out(uart, 0, 'a');	/* kept while nobody is there */
	fd = connect_to("com");
	spin(5);
	serial_out(uart, 0, 'b');
	CHECK((serial_in(uart, 5) & 0x60) == 0x60);
	spin(5);
	take(fd, buf, sizeof(buf));
	CHECK(!strcmp(buf, "ab"));
	close(fd);
	serial_free(uart);
}

/* A driver reads the data register when it opens the port. */
static void test_uart_input(void)
{
	unsigned int i;
	int fd;

	uart_start();
	fd = connect_to("com");
	CHECK(write(fd, "hello", 5) == 5);
	spin(5);
	CHECK(!(serial_in(uart, 5) & 1));
	CHECK(serial_in(uart, 0) == 0);
	serial_out(uart, 1, 1);
	serial_out(uart, 4, 0x0b);
	CHECK((serial_in(uart, 2) & 0x0f) == 0x04);
	for (i = 0; i < 5; i++) {
		CHECK(serial_in(uart, 5) & 1);
		CHECK(serial_in(uart, 0) == "hello"[i]);
	}
	CHECK(!(serial_in(uart, 5) & 1));
	close(fd);
	serial_free(uart);
}

/* Whoever does not read stops the guest from writing, and loses nothing. */
static void test_uart_flow_control(void)
{
	static char buf[1 << 20];
	size_t sent, got = 0, n;
	int fd;

	uart_start();
	fd = connect_to("com");
	spin(5);
	for (sent = 0; sent < sizeof(buf); sent++) {
		if (!(serial_in(uart, 5) & 0x20))
			break;
		serial_out(uart, 0, 'x');
	}
	CHECK(sent < sizeof(buf));
	do {
		spin(5);
		n = take(fd, buf, sizeof(buf));
		got += n;
	} while (n);
	CHECK(got == sent);
	CHECK(serial_in(uart, 5) & 0x20);
	close(fd);
	serial_free(uart);
}

/* An interrupt handler that is never done gives up: let it be done. */
static void test_uart_breath(void)
{
	unsigned int bytes = 0, i;

	uart_start();
	serial_out(uart, 2, 1);
	serial_out(uart, 1, 2);
	while ((serial_in(uart, 2) & 0x0f) == 2 && bytes < 1 << 16)
		for (i = 0; i < 16; i++, bytes++)
			serial_out(uart, 0, 'x');
	CHECK(bytes >= 1024 && bytes <= 4096);
	spin(5);
	CHECK((serial_in(uart, 2) & 0x0f) == 2);
	serial_free(uart);
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

/* Memory, tables, boot protocol. */

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
	CHECK(boot_check(directory, NULL) < 0);
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

/* Hypercalls and crash reports. */

static uint64_t hypercall(uint64_t input, uint64_t param)
{
	struct kvm_run run = { .exit_reason = KVM_EXIT_HYPERV };
	struct vcpu v = { .fd = -1, .run = &run };

	run.hyperv.u.hcall.input = input;
	run.hyperv.u.hcall.params[0] = param;
	return synic_hypercall(&v);
}

static void test_hypercalls(void)
{
	struct hvg_post_message_input *in = vm_ram(0x10000, sizeof(*in));

	memset(in, 0, sizeof(*in));
	in->connection_id = 4;
	in->message_type = 1;
	in->payload_size = 240;
	in->payload[239] = 7;
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10000) ==
	      HVG_STATUS_SUCCESS);
	CHECK(posted_connection == 4 && posted_len == 240 && posted[239] == 7);
	in->payload_size = 241;
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10000) ==
	      HVG_STATUS_INVALID_PARAMETER);
	in->payload_size = 1;
	in->message_type = 0x80000001;
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10000) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10004) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, 0x10f08) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_POST_MESSAGE, vm.ram_size) ==
	      HVG_STATUS_INVALID_PARAMETER);
	CHECK(hypercall(HVG_HVCALL_SIGNAL_EVENT | HVG_HVCALL_FAST,
			0x000500002001ull) == HVG_STATUS_SUCCESS);
	CHECK(posted_connection == 0x2001 && signalled_flag == 5);
	CHECK(hypercall(0x7777, 0) == HVG_STATUS_INVALID_CODE);
}

static void report_crash(void)
{
	struct vcpu v = { .fd = -1 };
	unsigned int i;

	strcpy(vm_ram(0x10000, 16), "Oops\x01\n");
	for (i = 0; i < 3; i++)
		CHECK(crash_msr_write(&v, HVG_MSR_CRASH_P0 + i, i));
	CHECK(crash_msr_write(&v, HVG_MSR_CRASH_P0 + 3, 0x10000));
	CHECK(crash_msr_write(&v, HVG_MSR_CRASH_P0 + 4, 16));
	CHECK(crash_msr_write(&v, HVG_MSR_CRASH_CTL,
			      HVG_CRASH_CTL_NOTIFY | HVG_CRASH_CTL_MESSAGE));
}

static void test_crash(void)
{
	struct vcpu v = { .fd = -1 };
	json_t *status;
	uint64_t value;

	options.profile = profile_find("ws2008");
	CHECK(!crash_msr_read(HVG_MSR_CRASH_CTL, &value));
	CHECK(!crash_msr_write(&v, HVG_MSR_CRASH_CTL, HVG_CRASH_CTL_NOTIFY));
	CHECK(!vm.crashed);

	options.profile = profile_find("ws2012");
	CHECK(crash_msr_read(HVG_MSR_CRASH_CTL, &value) &&
	      value == HVG_CRASH_CTL_NOTIFY);
	report_crash();
	status = crash_status();
	CHECK(vm.crashed && json_is_null(json_object_get(status, "message")));
	json_decref(status);

	options.profile = profile_find("ws2022");
	report_crash();
	status = crash_status();
	CHECK(!strcmp(json_string_value(json_object_get(status, "message")),
		      "Oops?\n"));
	CHECK(!strcmp(json_string_value(json_array_get(
		      json_object_get(status, "parameters"), 2)), "0x2"));
	json_decref(status);
}

/* Control socket. */

static void ask(int fd, const char *request, const char *expected)
{
	static char buf[1 << 16];

	CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	spin(5);
	take(fd, buf, sizeof(buf));
	if (!strstr(buf, expected))
		printf("# got %s", buf);
	CHECK(strstr(buf, expected));
}

static void test_control(void)
{
	int fd = connect_to("control"), second = connect_to("control");

	spin(5);
	ask(fd, "{\"cmd\":\"status\",\"id\":[1]}\n", "{\"id\":[1],\"ok\":true");
	ask(fd, "{\"cmd\":\"nope\"}\n", "known are: ");
	ask(fd, "junk\n", "not JSON");
	ask(fd, "[]\n", "expected a JSON object");
	ask(fd, "{}\n", "must be a string");
	ask(fd, "\n{\"cmd\":", "");
	ask(second, "{\"cmd\":\"help\"}\n", "\"name\":\"reset\"");
	ask(fd, "\"record\"}\n", "\"events\":[");
	ask(fd, "{\"cmd\":\"nmi\",\"vp\":2}\n", "below 2");
	ask(fd, "{\"cmd\":\"fault\",\"name\":\"x\"}\n", "unknown fault 'x'");
	close(fd);
	close(second);
	spin(5);
}

static void test_record(void)
{
	json_t *events;
	unsigned int i;

	for (i = 0; i < 5000; i++)
		record_event("test", json_pack("{s:i}", "n", (int)i));
	events = record_dump();
	CHECK(json_array_size(events) == 4096);
	CHECK(json_integer_value(json_object_get(json_array_get(events, 4095),
						 "n")) == 4999);
	json_decref(events);
}

static const struct test tests[] = {
	{ "timers", test_timers },
	{ "serial port is found", test_uart_probe },
	{ "serial output", test_uart_output },
	{ "serial input", test_uart_input },
	{ "serial flow control", test_uart_flow_control },
	{ "serial interrupt pauses", test_uart_breath },
	{ "clock", test_rtc },
	{ "power management", test_pm },
	{ "guest memory", test_ram },
	{ "ACPI tables", test_acpi },
	{ "ACPI table of PCI", test_acpi_pci },
	{ "PCI configuration", test_pci },
	{ "IDE ports", test_ide_ports },
	{ "SMBIOS", test_smbios },
	{ "boot protocol", test_boot },
	{ "what is no kernel is refused", test_boot_refuses },
	{ "hypercalls", test_hypercalls },
	{ "crash report", test_crash },
	{ "control socket", test_control },
	{ "record", test_record },
	{ NULL, NULL }
};

static void set_up(void)
{
	if (!mkdtemp(directory))
		abort();
	options = (struct options){
		.append = "", .cpus = 2, .mem_mib = 32,
		.profile = profile_find("ws2022"),
	};
	vm_configure(&options);
	vm.ram = mmap(NULL, vm.ram_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	loop_init();
	machine_lock();
	crash_init();
	vm_commands();
	fault_init(NULL);
	control_init(path_of("control"));
}

static void tear_down(void)
{
	control_fini();
	crash_fini();
	record_fini();
	machine_unlock();
	loop_fini();
	munmap(vm.ram, vm.ram_size);
	unlink(path_of("kernel"));
	unlink(path_of("initrd"));
	rmdir(directory);
}

int main(void)
{
	const struct test *const lists[] = { tests, NULL };
	int status;

	signal(SIGPIPE, SIG_IGN);
	set_up();
	status = test_run(lists, NULL, NULL);
	tear_down();
	return status;
}
