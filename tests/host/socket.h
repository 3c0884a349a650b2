/* SPDX-License-Identifier: GPL-2.0-only */
/* Listening unix stream sockets. */
#ifndef HVHOST_SOCKET_H
#define HVHOST_SOCKET_H

/*
 * Listen on @path, taking the place of a socket that nobody serves any more.
 * Complains, naming @option, and returns -1 on failure.
 */
int socket_listen(const char *path, const char *option);
/* Close and unlink. */
void socket_close(int fd, const char *path);

#endif
