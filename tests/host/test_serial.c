// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the serial port: plays the 8250 driver and whoever is at the
 * other end.
 */
#include <string.h>
#include <unistd.h>

#include "serial.h"
#include "test_machine.h"

static struct uart *uart;
static bool line;
static unsigned int rises;

void __wrap_vm_set_irq(unsigned int gsi, bool level);

void __wrap_vm_set_irq(unsigned int gsi, bool level)
{
	CHECK(gsi == 4);
	CHECK(line != level);
	line = level;
	rises += level;
}

static void uart_start(void)
{
	char where[64];

	line = false;
	rises = 0;
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

/* As 2.6.18 opens the port, then writes; then one that waits for a trial. */
static void test_uart_interrupt(void)
{
	uart_start();
	serial_out(uart, 1, 2);
	CHECK((serial_in(uart, 2) & 0x0f) == 2);
	serial_out(uart, 1, 0);
	spin(20);
	CHECK(!rises);
	serial_out(uart, 1, 5);
	CHECK(!line);
	serial_out(uart, 1, 7);
	CHECK(line);
	CHECK((serial_in(uart, 2) & 0x0f) == 2);
	CHECK(!line);
	serial_out(uart, 0, 'x');
	CHECK(line);
	serial_out(uart, 1, 5);
	CHECK(!line && rises == 2);
	serial_out(uart, 1, 2);
	CHECK(!line);
	spin(20);
	CHECK(line);
	serial_free(uart);
}

const struct test serial_tests[] = {
	{ "serial port is found", test_uart_probe },
	{ "serial output", test_uart_output },
	{ "serial input", test_uart_input },
	{ "serial flow control", test_uart_flow_control },
	{ "serial interrupt", test_uart_interrupt },
	{ "serial interrupt pauses", test_uart_breath },
	{ NULL, NULL }
};
