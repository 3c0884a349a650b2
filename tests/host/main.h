/* SPDX-License-Identifier: GPL-2.0-only */
/* What main.c offers to the other files: diagnostics and the options. */
#ifndef HVHOST_MAIN_H
#define HVHOST_MAIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct profile;

enum hvhost_exit {
	HVHOST_EXIT_OFF = 0,		/* powered off, or told to quit */
	HVHOST_EXIT_USAGE = 1,		/* bad options or environment */
	HVHOST_EXIT_CRASH = 2,
	HVHOST_EXIT_RESET = 3,
	HVHOST_EXIT_INTERNAL = 4,
};

/*
 * struct disk_option - a --disk or --dvd, in the order given
 */
struct disk_option {
	const char *spec;
	bool dvd;
};

#define MAX_DISK_OPTIONS	128

struct options {
	const char *kernel, *initrd, *append;
	unsigned int cpus;
	unsigned int mem_mib;
	const struct profile *profile;
	bool cpu_host;			/* --cpu-model host */
	bool no_reboot;
	bool no_stimer;
	bool verbose;
	unsigned int scsi;		/* SCSI controllers */
	bool emulated_ide;
	bool no_vmbus_irq;
	struct disk_option disks[MAX_DISK_OPTIONS];
	unsigned int disk_count;
	const char *console, *serial2;
	const char *control, *log;
	const char *fault;
	unsigned int seed;
};

/* One line on stderr, "hvhost: ...". Returns -1. */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Fill in @o. Returns -1 to go on, else the exit status: the line that says
 * why, or the help, is out.
 */
int options_parse(struct options *o, int argc, char **argv);

/* Wait for a condition with the machine lock, which is released meanwhile. */
void machine_wait(pthread_cond_t *cond);
int machine_wait_until(pthread_cond_t *cond, const struct timespec *end);

#endif
