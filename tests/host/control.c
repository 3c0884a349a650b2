// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket: one JSON object per line each way. Everything runs on
 * the loop thread with the machine lock held.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "loop.h"
#include "main.h"
#include "record.h"
#include "socket.h"

#define CONTROL_LINE_MAX	(1 << 20)
#define CONTROL_COMMANDS	64
#define CONTROL_PARTS		32

struct command {
	const char *name, *args, *help;
	control_fn fn;
};

struct part {
	const char *command, *key;
	json_t *(*fn)(void);
};

/*
 * struct client - a connection
 * @in: bytes of a line that is not complete yet
 * @out: answers that the socket did not take yet; while there are any, no
 *	further request is read
 */
struct client {
	struct client *next;
	int fd;
	char *in, *out;
	size_t in_len, in_size, out_len, out_at;
	bool eof;
};

static struct command commands[CONTROL_COMMANDS];
static unsigned int command_count;
static struct part parts[CONTROL_PARTS];
static unsigned int part_count;
static struct client *clients;
static int listener = -1;
static char *listener_path;

void control_register(const char *name, const char *args, const char *help,
		      control_fn fn)
{
	if (command_count == CONTROL_COMMANDS)
		abort();
	commands[command_count++] = (struct command){
		.name = name, .args = args, .help = help, .fn = fn,
	};
}

void control_register_part(const char *command, const char *key,
			   json_t *(*fn)(void))
{
	if (part_count == CONTROL_PARTS)
		abort();
	parts[part_count++] = (struct part){
		.command = command, .key = key, .fn = fn,
	};
}

json_t *control_error(char **error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(error, fmt, ap) < 0)
		*error = NULL;
	va_end(ap);
	return NULL;
}

static json_t *assemble(const char *command)
{
	json_t *result = json_object();
	unsigned int i;

	for (i = 0; i < part_count; i++)
		if (!strcmp(parts[i].command, command))
			json_object_set_new(result, parts[i].key,
					    parts[i].fn());
	return result;
}

static json_t *cmd_status(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	return assemble("status");
}

static json_t *cmd_stats(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	return assemble("stats");
}

static json_t *cmd_record(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	return json_pack("{s:o}", "events", record_dump());
}

static json_t *cmd_help(const json_t *request, char **error)
{
	json_t *list = json_array();
	unsigned int i;

	(void)request;
	(void)error;
	for (i = 0; i < command_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
						      "name", commands[i].name,
						      "args", commands[i].args,
						      "help",
						      commands[i].help));
	return json_pack("{s:o}", "commands", list);
}

static json_t *unknown_command(const char *name, char **error)
{
	char known[1024];
	size_t len = 0;
	unsigned int i;

	known[0] = '\0';
	for (i = 0; i < command_count && len < sizeof(known); i++)
		len += snprintf(known + len, sizeof(known) - len, "%s%s",
				i ? " " : "", commands[i].name);
	return control_error(error, "unknown command '%s', known are: %s",
			     name, known);
}

static json_t *run_command(const json_t *request, char **error)
{
	const char *name;
	unsigned int i;

	if (!json_is_object(request))
		return control_error(error,
				     "expected a JSON object with \"cmd\"");
	name = json_string_value(json_object_get(request, "cmd"));
	if (!name)
		return control_error(error, "\"cmd\" must be a string");
	for (i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].fn(request, error);
	return unknown_command(name, error);
}

/* Return: the answer to one line, malloc'ed, with its newline. */
static char *answer(const char *line, size_t len)
{
	json_t *request, *reply, *result, *id;
	char *error = NULL, *text, *out = NULL;
	json_error_t je;

	request = json_loadb(line, len, JSON_DECODE_ANY, &je);
	if (!request)
		result = control_error(&error, "not JSON: %s at column %d",
				       je.text, je.column);
	else
		result = run_command(request, &error);

	reply = json_object();
	id = json_is_object(request) ? json_object_get(request, "id") : NULL;
	if (id)
		json_object_set(reply, "id", id);
	else
		json_object_set_new(reply, "id", json_null());
	json_object_set_new(reply, "ok", json_boolean(result != NULL));
	if (result)
		json_object_set_new(reply, "result", result);
	else
		json_object_set_new(reply, "error",
				    json_string(error ? error : "failed"));
	text = json_dumps(reply, JSON_COMPACT);
	if (!text || asprintf(&out, "%s\n", text) < 0)
		out = NULL;
	free(text);
	free(error);
	json_decref(reply);
	json_decref(request);
	return out;
}

static void client_free(struct client *c)
{
	struct client **p;

	for (p = &clients; *p; p = &(*p)->next) {
		if (*p == c) {
			*p = c->next;
			break;
		}
	}
	loop_del_fd(c->fd);
	close(c->fd);
	free(c->in);
	free(c->out);
	free(c);
}

static void client_ready(void *opaque, uint32_t events);

static bool client_flush(struct client *c)
{
	ssize_t n;

	while (c->out_at < c->out_len) {
		n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			return false;
		c->out_at += n;
	}
	free(c->out);
	c->out = NULL;
	c->out_at = 0;
	c->out_len = 0;
	return true;
}

/* Answer the complete lines in the buffer, as long as answers go out. */
static bool client_lines(struct client *c)
{
	char *end;
	size_t used;

	while (!c->out && c->in_len) {
		end = memchr(c->in, '\n', c->in_len);
		if (!end && !c->eof)
			return c->in_len < CONTROL_LINE_MAX;
		used = end ? (size_t)(end - c->in) + 1 : c->in_len;
		if (used > 1) {
			c->out = answer(c->in, end ? used - 1 : used);
			if (!c->out)
				return false;
			c->out_len = strlen(c->out);
		}
		c->in_len -= used;
		memmove(c->in, c->in + used, c->in_len);
		if (!client_flush(c))
			return false;
	}
	return true;
}

static bool client_read(struct client *c)
{
	ssize_t n;
	char *in;

	if (c->in_size - c->in_len < 4096) {
		in = realloc(c->in, c->in_size + 65536);
		if (!in)
			return false;
		c->in = in;
		c->in_size += 65536;
	}
	n = recv(c->fd, c->in + c->in_len, c->in_size - c->in_len,
		 MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		c->eof = true;
	c->in_len += n;
	return true;
}

static void client_ready(void *opaque, uint32_t events)
{
	struct client *c = opaque;
	bool ok = true;

	if (c->out)
		ok = client_flush(c);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		ok = client_read(c);
	if (ok)
		ok = client_lines(c);
	if (!ok || (c->eof && !c->out)) {
		client_free(c);
		return;
	}
	loop_add_fd(c->fd, c->out ? EPOLLOUT : EPOLLIN, client_ready, c);
}

static void listener_ready(void *opaque, uint32_t events)
{
	struct client *c;
	int fd;

	(void)opaque;
	(void)events;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c || loop_add_fd(fd, EPOLLIN, client_ready, c) < 0) {
		close(fd);
		free(c);
		return;
	}
	c->fd = fd;
	c->next = clients;
	clients = c;
}

int control_init(const char *path)
{
	control_register("help", "", "list the commands", cmd_help);
	control_register("status", "", "state of the machine", cmd_status);
	control_register("stats", "", "counters of every part", cmd_stats);
	control_register("record", "", "the protocol events so far",
			 cmd_record);
	if (!path)
		return 0;
	listener = socket_listen(path, "--control");
	if (listener < 0)
		return -1;
	listener_path = strdup(path);
	return loop_add_fd(listener, EPOLLIN, listener_ready, NULL);
}

void control_fini(void)
{
	while (clients) {
		client_flush(clients);
		client_free(clients);
	}
	socket_close(listener, listener_path);
	listener = -1;
	free(listener_path);
	listener_path = NULL;
	command_count = 0;
	part_count = 0;
}
