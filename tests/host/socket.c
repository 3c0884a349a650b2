// SPDX-License-Identifier: GPL-2.0-only
/* Listening unix stream sockets, for the control and the serial ports. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop.h"
#include "main.h"
#include "socket.h"

/* A socket left behind by a process that is gone refuses connections. */
static void unlink_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd;

	if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
	    errno == ECONNREFUSED)
		unlink(addr->sun_path);
	close(fd);
}

int socket_listen(const char *path, const char *option)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (!*path || strlen(path) >= sizeof(addr.sun_path))
		return complain("%s %s: a socket path has 1 to %zu bytes, not %zu",
				option, path, sizeof(addr.sun_path) - 1,
				strlen(path));
	strcpy(addr.sun_path, path);
	unlink_stale(&addr);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return complain("%s %s: %s", option, path, strerror(errno));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, 8) < 0) {
		err = errno;
		close(fd);
		return complain("%s %s: %s", option, path, strerror(err));
	}
	return fd;
}

void socket_close(int fd, const char *path)
{
	if (fd < 0)
		return;
	loop_del_fd(fd);
	close(fd);
	unlink(path);
}
