/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a serial port's bytes go to and come from: the terminal, a file or a
 * unix socket. With the machine lock held.
 */
#ifndef HVHOST_CHARDEV_H
#define HVHOST_CHARDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chardev;

/* Complains, naming @option, and returns NULL on failure. @changed: there is
 * input, or room for output again.
 */
struct chardev *chardev_open(const char *option, const char *where,
			     void (*changed)(void *opaque), void *opaque);
void chardev_close(struct chardev *c);
void chardev_put(struct chardev *c, uint8_t byte);
/* No room: the other side is there but does not read. */
bool chardev_full(const struct chardev *c);
bool chardev_has_input(const struct chardev *c);
uint8_t chardev_get(struct chardev *c);

#endif
