// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvhost: runs a Linux guest on KVM with a Hyper-V host around it. The main
 * thread sets everything up, runs the event loop, and decides what becomes of
 * a guest that ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control.h"
#include "fault.h"
#include "ide.h"
#include "loop.h"
#include "main.h"
#include "record.h"
#include "storage.h"
#include "vm_priv.h"

static int signal_fd = -1;

int complain(const char *fmt, ...)
{
	va_list ap;
	char line[1024];

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "hvhost: %s\n", line);
	hlog("%s", line);
	return -1;
}

static void signal_ready(void *opaque, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)opaque;
	(void)events;
	if (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		vm_end(VM_END_QUIT);
}

/* SIGTERM and SIGINT come through the loop; every thread blocks them. */
static int setup_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return complain("signals: %s", strerror(errno));
	return loop_add_fd(signal_fd, EPOLLIN, signal_ready, NULL);
}

static int setup_disks(const struct options *opt)
{
	const struct disk_option *d = opt->disks;
	char *error = NULL;

	if (storage_controllers(opt->scsi, &error) < 0) {
		complain("--scsi %u: %s", opt->scsi, error);
		free(error);
		return -1;
	}
	for (; d < opt->disks + opt->disk_count; d++) {
		if (storage_add_spec(d->spec, d->dvd, &error) >= 0)
			continue;
		complain("--%s %s: %s", d->dvd ? "dvd" : "disk", d->spec,
			 error);
		free(error);
		return -1;
	}
	return 0;
}

/* What can be wrong with the options comes before what is with KVM. */
static int setup(const struct options *opt)
{
	vm_configure(opt);
	fault_seed(opt->seed);
	if (boot_check(opt->kernel, opt->initrd) < 0)
		return -1;
	if (loop_init() < 0 || hlog_open(opt->log, opt->verbose) < 0 ||
	    setup_signals() < 0 || fault_init(opt->fault) < 0)
		return -1;
	vm_commands();
	if (vmbus_init() < 0 || storage_init() < 0 || setup_disks(opt) < 0)
		return -1;
	if (opt->emulated_ide)
		ide_init();
	if (control_init(opt->control) < 0 ||
	    platform_serial(opt->console, opt->serial2) < 0)
		return -1;
	return vm_open();
}

static void teardown(void)
{
	vm_stop();
	machine_lock();
	storage_fini();
	ide_fini();
	vmbus_fini();
	control_fini();
	vm_close();
	if (signal_fd >= 0)
		close(signal_fd);
	record_fini();
	machine_unlock();
	loop_fini();
}

/* Return: the exit status, or -1 to boot again. */
static int after_end(const struct options *opt)
{
	switch (vm_take_end()) {
	case VM_END_POWEROFF:
	case VM_END_QUIT:
		return HVHOST_EXIT_OFF;
	case VM_END_RESET:
		return opt->no_reboot ? HVHOST_EXIT_RESET : -1;
	case VM_END_CRASH:
		return opt->no_reboot ? HVHOST_EXIT_CRASH : -1;
	default:
		return HVHOST_EXIT_INTERNAL;
	}
}

static int run(const struct options *opt)
{
	int status;

	machine_lock();
	if (vm_start() < 0) {
		machine_unlock();
		return HVHOST_EXIT_USAGE;
	}
	machine_unlock();
	for (;;) {
		loop_run();
		status = after_end(opt);
		if (status >= 0)
			return status;
		record_event("reset", json_pack("{s:s}", "by", vm.end_text));
		vm_stop();
		machine_lock();
		if (vm_start() < 0) {
			machine_unlock();
			return HVHOST_EXIT_INTERNAL;
		}
		machine_unlock();
	}
}

int main(int argc, char **argv)
{
	static struct options opt;
	int status;

	status = options_parse(&opt, argc, argv);
	if (status >= 0)
		return status;
	machine_lock();
	status = setup(&opt);
	machine_unlock();
	status = status < 0 ? HVHOST_EXIT_USAGE : run(&opt);
	teardown();
	return status;
}
