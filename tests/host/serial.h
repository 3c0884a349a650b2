/* SPDX-License-Identifier: GPL-2.0-only */
/* 16550A serial ports. With the machine lock held. */
#ifndef HVHOST_SERIAL_H
#define HVHOST_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

struct uart;

/*
 * @where: stdio, FILE or unix:PATH, or NULL for nothing. Complains, naming
 * @option, and returns NULL on failure.
 */
struct uart *serial_new(unsigned int irq, const char *option,
			const char *where);
void serial_free(struct uart *u);
void serial_reset(struct uart *u);
uint8_t serial_in(struct uart *u, unsigned int reg);
void serial_out(struct uart *u, unsigned int reg, uint8_t value);
/* The transmitter interrupt is on. */
bool serial_transmitting(const struct uart *u);

#endif
