/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine without KVM: the parts run as in hvhost, on memory that no
 * processor sees; the event loop runs when a test says so.
 */
#ifndef HVHOST_TEST_MACHINE_H
#define HVHOST_TEST_MACHINE_H

#include <stddef.h>

#include "main.h"
#include "test.h"

/* Each ends with an entry that has no function. */
extern const struct test serial_tests[];
extern const struct test platform_tests[];
extern const struct test boot_tests[];
extern const struct test hypervisor_tests[];
extern const struct test control_tests[];

/* The machine's, for tests to change. */
extern struct options options;
/* What hvhost would have said on stderr last. */
extern char complaint[1024];

/* Let the loop see to what is ready, and to timers within @ms. */
void spin(unsigned int ms);

/* A file or socket of the tests' own; good until the third call after. */
const char *path_of(const char *name);
/* The other end of a socket that the machine listens on; does not block. */
int connect_to(const char *name);
/* What has come, as a string; how many bytes. */
size_t take(int fd, char *buf, size_t size);

#endif
