// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit test of the machine: what can be tested without KVM. The parts run as
 * in hvhost, on memory that no processor sees; the event loop runs when a
 * test says so. Prints KTAP and ends with 'N passed, N failed'; exit status 1
 * if any failed.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "fault.h"
#include "loop.h"
#include "profile.h"
#include "record.h"
#include "storage.h"
#include "test_machine.h"
#include "vm_priv.h"

struct options options;
char complaint[1024];
static char directory[] = "/tmp/hvhost-test.XXXXXX";

/* What main.c is to the machine, and what no test asks of VMBus and storage. */

int complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, ap);
	va_end(ap);
	return -1;
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

static void stop(void *opaque)
{
	(void)opaque;
	loop_stop();
}

void spin(unsigned int ms)
{
	struct loop_timer *t = loop_timer_new(stop, NULL);

	loop_timer_arm(t, ms * 1000);
	machine_unlock();
	loop_run();
	machine_lock();
	loop_timer_free(t);
}

const char *path_of(const char *name)
{
	static char paths[4][sizeof(directory) + 32];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

int connect_to(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, path_of(name));
	CHECK(!connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	return fd;
}

size_t take(int fd, char *buf, size_t size)
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

static const struct test loop_tests[] = {
	{ "timers", test_timers },
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
	const struct test *const lists[] = {
		loop_tests, serial_tests, platform_tests, boot_tests,
		hypervisor_tests, control_tests, NULL
	};
	int status;

	signal(SIGPIPE, SIG_IGN);
	set_up();
	status = test_run(lists, NULL, NULL);
	tear_down();
	return status;
}
