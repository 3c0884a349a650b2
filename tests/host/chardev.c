// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a serial port's bytes go to and come from. Output is collected for a
 * moment and written in one piece, as a guest writes byte by byte. Input is
 * read only as fast as the guest takes it. With the machine lock held; what
 * is ready comes on the loop thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "chardev.h"
#include "loop.h"
#include "main.h"
#include "socket.h"
#include "vm.h"

#define OUT_SIZE		(64 << 10)
#define OUT_NOW			4096	/* do not wait for more */
#define OUT_DELAY_US		500
#define IN_SIZE			4096

#define ESCAPE			0x01	/* Ctrl-A */

/*
 * struct chardev
 * @in_fd, @out_fd: -1 if there is none (nobody is connected)
 * @listener: -1 unless a unix socket
 * @watching: @in_fd is in the loop for reading
 * @blocked: output waits until @out_fd takes it
 * @escaped: Ctrl-A was the last byte from the terminal
 * @in_at: the next byte that the guest gets
 */
struct chardev {
	void (*changed)(void *opaque);
	void *opaque;
	int in_fd, out_fd, listener;
	char *path;
	bool watching, blocked, terminal, escaped, stdio;
	struct loop_timer *timer;
	struct termios saved;
	uint8_t out[OUT_SIZE];
	size_t out_len;
	uint8_t in[IN_SIZE];
	size_t in_len, in_at;
};

static void fd_ready(void *opaque, uint32_t events);

/* Tell the loop what to look for. Descriptors for both ways only on sockets. */
static void watch(struct chardev *c)
{
	bool want_in = c->in_fd >= 0 && c->in_at == c->in_len;
	uint32_t events = want_in ? EPOLLIN : 0;

	if (c->in_fd < 0)
		return;
	if (c->in_fd == c->out_fd && c->blocked)
		events |= EPOLLOUT;
	/*
	 * Without any event epoll still reports a hang-up, over and over:
	 * leave the descriptor out until the input has been taken.
	 */
	if (!events) {
		loop_del_fd(c->in_fd);
		return;
	}
	if (loop_add_fd(c->in_fd, events, fd_ready, c) == -EPERM)
		c->in_fd = -1;		/* a file as stdin: no input */
}

static void disconnect(struct chardev *c)
{
	if (c->in_fd >= 0)
		loop_del_fd(c->in_fd);
	if (c->listener >= 0 && c->in_fd >= 0)
		close(c->in_fd);
	c->in_fd = -1;
	if (c->listener >= 0) {
		c->out_fd = -1;
		c->blocked = false;
	}
}

static void flush(struct chardev *c)
{
	size_t at = 0;
	ssize_t n;

	while (at < c->out_len && c->out_fd >= 0) {
		if (c->listener >= 0)
			n = send(c->out_fd, c->out + at, c->out_len - at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		else
			n = write(c->out_fd, c->out + at, c->out_len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		at += n;
	}
	if (c->out_fd < 0)
		return;			/* keep it for who connects */
	c->blocked = at < c->out_len && errno == EAGAIN;
	if (!c->blocked && at < c->out_len)
		at = c->out_len;	/* nowhere to go */
	c->out_len -= at;
	memmove(c->out, c->out + at, c->out_len);
	if (c->blocked && c->in_fd == c->out_fd)
		watch(c);
}

static void flush_timer(void *opaque)
{
	struct chardev *c = opaque;
	bool was_full = chardev_full(c);

	flush(c);
	if (c->blocked && c->in_fd != c->out_fd)
		loop_timer_arm(c->timer, 10 * OUT_DELAY_US);
	if (was_full && !chardev_full(c))
		c->changed(c->opaque);
}

void chardev_put(struct chardev *c, uint8_t byte)
{
	if (!c || c->out_len == OUT_SIZE)
		return;
	c->out[c->out_len++] = byte;
	if (c->out_fd < 0 || c->blocked)
		return;
	if (c->out_len >= OUT_NOW)
		flush(c);
	else if (c->out_len == 1)
		loop_timer_arm(c->timer, OUT_DELAY_US);
}

bool chardev_full(const struct chardev *c)
{
	return c && c->out_fd >= 0 && c->out_len > OUT_SIZE - 256;
}

bool chardev_has_input(const struct chardev *c)
{
	return c && c->in_at < c->in_len;
}

uint8_t chardev_get(struct chardev *c)
{
	uint8_t byte = c->in[c->in_at++];

	if (c->in_at == c->in_len) {
		c->in_at = 0;
		c->in_len = 0;
		watch(c);
	}
	return byte;
}

/* Ctrl-A x ends, Ctrl-A Ctrl-A is a Ctrl-A. */
static void filter_escapes(struct chardev *c)
{
	size_t i, len = 0;
	uint8_t byte;

	for (i = 0; i < c->in_len; i++) {
		byte = c->in[i];
		if (!c->escaped && byte == ESCAPE) {
			c->escaped = true;
			continue;
		}
		if (c->escaped && byte == 'x')
			vm_end(VM_END_QUIT);
		else if (!c->escaped || byte == ESCAPE)
			c->in[len++] = byte;
		c->escaped = false;
	}
	c->in_len = len;
}

static void read_input(struct chardev *c)
{
	ssize_t n;

	n = read(c->in_fd, c->in, IN_SIZE);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		disconnect(c);
		return;
	}
	c->in_len = n;
	if (c->terminal)
		filter_escapes(c);
	watch(c);
	c->changed(c->opaque);
}

static void fd_ready(void *opaque, uint32_t events)
{
	struct chardev *c = opaque;

	if (c->blocked && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
		flush(c);
		if (c->in_fd >= 0)
			watch(c);
		c->changed(c->opaque);
	}
	if (c->in_fd >= 0 && c->in_at == c->in_len &&
	    (events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
		read_input(c);
}

/* One client at a time: others are turned away. */
static void listener_ready(void *opaque, uint32_t events)
{
	struct chardev *c = opaque;
	int fd;

	(void)events;
	fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (c->in_fd >= 0) {
		close(fd);
		return;
	}
	c->in_fd = fd;
	c->out_fd = fd;
	c->blocked = false;
	watch(c);
	flush(c);
	c->changed(c->opaque);
}

static int open_stdio(struct chardev *c)
{
	struct termios raw;

	c->stdio = true;
	c->in_fd = STDIN_FILENO;
	c->out_fd = STDOUT_FILENO;
	if (isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &c->saved)) {
		raw = c->saved;
		cfmakeraw(&raw);
		raw.c_oflag |= OPOST;
		if (!tcsetattr(STDIN_FILENO, TCSANOW, &raw))
			c->terminal = true;
	}
	watch(c);
	return 0;
}

static int open_socket(struct chardev *c, const char *option, const char *path)
{
	c->listener = socket_listen(path, option);
	if (c->listener < 0)
		return -1;
	c->path = strdup(path);
	return loop_add_fd(c->listener, EPOLLIN, listener_ready, c);
}

static int open_file(struct chardev *c, const char *option, const char *path)
{
	c->out_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (c->out_fd < 0)
		return complain("%s %s: %s", option, path, strerror(errno));
	return 0;
}

struct chardev *chardev_open(const char *option, const char *where,
			     void (*changed)(void *opaque), void *opaque)
{
	struct chardev *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		abort();
	c->changed = changed;
	c->opaque = opaque;
	c->in_fd = -1;
	c->out_fd = -1;
	c->listener = -1;
	c->timer = loop_timer_new(flush_timer, c);
	if (!strcmp(where, "stdio"))
		ret = open_stdio(c);
	else if (!strncmp(where, "unix:", 5))
		ret = open_socket(c, option, where + 5);
	else
		ret = open_file(c, option, where);
	if (ret < 0) {
		chardev_close(c);
		return NULL;
	}
	return c;
}

void chardev_close(struct chardev *c)
{
	if (!c)
		return;
	flush(c);
	if (c->terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &c->saved);
	disconnect(c);
	socket_close(c->listener, c->path);
	if (c->listener < 0 && !c->stdio && c->out_fd >= 0)
		close(c->out_fd);
	loop_timer_free(c->timer);
	free(c->path);
	free(c);
}
