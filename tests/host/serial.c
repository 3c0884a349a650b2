// SPDX-License-Identifier: GPL-2.0-only
/*
 * 16550A serial ports. On vCPU threads, and on the loop thread when there is
 * input, with the machine lock held.
 *
 * Output leaves at once, so the transmitter is always empty, unless whoever
 * reads does not. Input waits outside, however much there is, and is behind
 * the data register as soon as that is read, so a guest takes it in bursts.
 * It is shown only to a guest that wants it, that is with its receive
 * interrupt on and RTS set: a driver reads the data register while it opens
 * the port, to throw away what is there.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "chardev.h"
#include "loop.h"
#include "serial.h"
#include "vm_priv.h"

enum {
	REG_DATA = 0, REG_IER = 1, REG_IIR_FCR = 2, REG_LCR = 3, REG_MCR = 4,
	REG_LSR = 5, REG_MSR = 6, REG_SCR = 7,
};

#define IER_RX			0x01
#define IER_TX			0x02
#define IER_MASK		0x0f

#define IIR_NONE		0x01
#define IIR_TX			0x02
#define IIR_RX			0x04
#define IIR_FIFO		0xc0

#define FCR_ENABLE		0x01

#define LCR_DLAB		0x80

#define MCR_DTR			0x01
#define MCR_RTS			0x02
#define MCR_OUT1		0x04
#define MCR_OUT2		0x08
#define MCR_LOOP		0x10
#define MCR_MASK		0x1f

#define LSR_DATA		0x01
#define LSR_TX_EMPTY		0x60

#define MSR_CTS			0x10
#define MSR_DSR			0x20
#define MSR_RI			0x40
#define MSR_DCD			0x80

/*
 * A driver's interrupt handler gives up when the port wants more all the time
 * (2.6.18: after 256 rounds of 16 bytes), and the edge is lost. So after this
 * many bytes in one go the transmitter takes a breath.
 */
#define TX_BURST		2048
#define TX_BREATH_US		200

/*
 * A driver tries, with all other interrupts off, whether IIR shows that of the
 * empty transmitter. 2.6.18 does so with its handler in place, which on another
 * CPU may read IIR first; the driver then takes the port for a broken one and
 * reads away the interrupts that it waits for. So the interrupt takes longer
 * than such a trial.
 */
#define TX_TRIAL_US		5000

/*
 * struct uart
 * @trial: time until the transmitter's interrupt, if it is the only one
 * @tx_pending: the transmitter became empty, and IIR was not read since
 * @tx_held: it would be, if whoever reads the output did
 * @tx_run: bytes written since the handler last found nothing to do
 * @line: level of the interrupt
 * @loop_data: byte written in loopback mode, or -1
 */
struct uart {
	struct chardev *chardev;
	struct loop_timer *breath, *trial;
	unsigned int irq;
	uint8_t ier, lcr, mcr, scr, dll, dlm;
	bool fifo, tx_pending, tx_held, line;
	unsigned int tx_run;
	int loop_data;
};

static bool rx_ready(const struct uart *u)
{
	if (u->mcr & MCR_LOOP)
		return u->loop_data >= 0;
	return (u->ier & IER_RX) && (u->mcr & MCR_RTS) &&
	       chardev_has_input(u->chardev);
}

static uint8_t pending(const struct uart *u)
{
	if ((u->ier & IER_RX) && rx_ready(u))
		return IIR_RX;
	if ((u->ier & IER_TX) && u->tx_pending)
		return IIR_TX;
	return IIR_NONE;
}

static void set_line(struct uart *u, bool line)
{
	if (line == u->line)
		return;
	u->line = line;
	vm_set_irq(u->irq, line);
}

static void update_line(struct uart *u)
{
	bool line = pending(u) != IIR_NONE;

	if (line && !u->line && u->ier == IER_TX)
		loop_timer_arm(u->trial, TX_TRIAL_US);
	else
		set_line(u, line);
}

static void trial_over(void *opaque)
{
	struct uart *u = opaque;

	set_line(u, pending(u) != IIR_NONE);
}

static void tx_empty(struct uart *u)
{
	u->tx_held = chardev_full(u->chardev);
	if (u->tx_held)
		return;			/* until chardev_changed() */
	if (u->tx_run >= TX_BURST && (u->ier & IER_TX)) {
		loop_timer_arm(u->breath, TX_BREATH_US);
		return;
	}
	u->tx_pending = true;
}

static void breath_over(void *opaque)
{
	struct uart *u = opaque;

	u->tx_run = 0;
	tx_empty(u);
	update_line(u);
}

/* There is input, or room for output. */
static void chardev_changed(void *opaque)
{
	struct uart *u = opaque;

	if (u->tx_held)
		tx_empty(u);
	update_line(u);
}

struct uart *serial_new(unsigned int irq, const char *option,
			const char *where)
{
	struct uart *u = calloc(1, sizeof(*u));

	if (!u)
		abort();
	u->irq = irq;
	u->loop_data = -1;
	u->breath = loop_timer_new(breath_over, u);
	u->trial = loop_timer_new(trial_over, u);
	if (!where)
		return u;
	u->chardev = chardev_open(option, where, chardev_changed, u);
	if (!u->chardev) {
		serial_free(u);
		return NULL;
	}
	return u;
}

void serial_free(struct uart *u)
{
	if (!u)
		return;
	chardev_close(u->chardev);
	loop_timer_free(u->breath);
	loop_timer_free(u->trial);
	free(u);
}

void serial_reset(struct uart *u)
{
	loop_timer_cancel(u->breath);
	loop_timer_cancel(u->trial);
	u->ier = 0;
	u->lcr = 0;
	u->mcr = 0;
	u->scr = 0;
	u->dll = 12;			/* 9600 */
	u->dlm = 0;
	u->fifo = false;
	u->tx_pending = false;
	u->tx_held = false;
	u->tx_run = 0;
	u->line = false;
	u->loop_data = -1;
}

bool serial_transmitting(const struct uart *u)
{
	return u->ier & IER_TX;
}

static uint8_t read_data(struct uart *u)
{
	uint8_t byte = 0;

	if (!rx_ready(u))
		return 0;
	if (u->mcr & MCR_LOOP) {
		byte = u->loop_data;
		u->loop_data = -1;
	} else {
		byte = chardev_get(u->chardev);
	}
	update_line(u);
	return byte;
}

static void write_data(struct uart *u, uint8_t byte)
{
	if (u->mcr & MCR_LOOP) {
		u->loop_data = byte;
		u->tx_pending = true;
		update_line(u);
		return;
	}
	chardev_put(u->chardev, byte);
	u->tx_run++;
	u->tx_pending = false;
	tx_empty(u);
	update_line(u);
}

static uint8_t read_iir(struct uart *u)
{
	uint8_t iir = pending(u);

	if (iir == IIR_TX) {
		u->tx_pending = false;
		update_line(u);
	} else if (iir == IIR_NONE) {
		u->tx_run = 0;
	}
	return iir | (u->fifo ? IIR_FIFO : 0);
}

static void write_ier(struct uart *u, uint8_t ier)
{
	bool tx_on = ier & ~u->ier & IER_TX;

	u->ier = ier & IER_MASK;
	/* Turned on while the transmitter is empty, the interrupt comes. */
	if (tx_on) {
		u->tx_run = 0;
		tx_empty(u);
	}
	update_line(u);
}

static uint8_t read_lsr(struct uart *u)
{
	return (rx_ready(u) ? LSR_DATA : 0) |
	       (chardev_full(u->chardev) ? 0 : LSR_TX_EMPTY);
}

static uint8_t read_msr(struct uart *u)
{
	uint8_t msr = 0;

	if (!(u->mcr & MCR_LOOP))
		return MSR_DCD | MSR_DSR | MSR_CTS;
	if (u->mcr & MCR_RTS)
		msr |= MSR_CTS;
	if (u->mcr & MCR_DTR)
		msr |= MSR_DSR;
	if (u->mcr & MCR_OUT1)
		msr |= MSR_RI;
	if (u->mcr & MCR_OUT2)
		msr |= MSR_DCD;
	return msr;
}

uint8_t serial_in(struct uart *u, unsigned int reg)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA:
		return dlab ? u->dll : read_data(u);
	case REG_IER:
		return dlab ? u->dlm : u->ier;
	case REG_IIR_FCR:
		return read_iir(u);
	case REG_LCR:
		return u->lcr;
	case REG_MCR:
		return u->mcr;
	case REG_LSR:
		return read_lsr(u);
	case REG_MSR:
		return read_msr(u);
	default:
		return u->scr;
	}
}

void serial_out(struct uart *u, unsigned int reg, uint8_t value)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA:
		if (dlab)
			u->dll = value;
		else
			write_data(u, value);
		break;
	case REG_IER:
		if (dlab)
			u->dlm = value;
		else
			write_ier(u, value);
		break;
	case REG_IIR_FCR:
		/* Resets of the FIFOs throw nothing away: see above. */
		u->fifo = value & FCR_ENABLE;
		break;
	case REG_LCR:
		u->lcr = value;
		break;
	case REG_MCR:
		u->mcr = value & MCR_MASK;
		if (!(u->mcr & MCR_LOOP))
			u->loop_data = -1;
		update_line(u);
		break;
	case REG_SCR:
		u->scr = value;
		break;
	}
}
