// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the control socket, and of the record that it hands out.
 */
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "record.h"
#include "test_machine.h"

static void ask(int fd, const char *request, const char *expected)
{
	static char buf[1 << 16];

	CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	spin(5);
	take(fd, buf, sizeof(buf));
	if (!strstr(buf, expected))
		printf("# got %s", buf);
	CHECK(strstr(buf, expected));
}

static void test_control(void)
{
	int fd = connect_to("control"), second = connect_to("control");

	spin(5);
	ask(fd, "{\"cmd\":\"status\",\"id\":[1]}\n", "{\"id\":[1],\"ok\":true");
	ask(fd, "{\"cmd\":\"nope\"}\n", "known are: ");
	ask(fd, "junk\n", "not JSON");
	ask(fd, "[]\n", "expected a JSON object");
	ask(fd, "{}\n", "must be a string");
	ask(fd, "\n{\"cmd\":", "");
	ask(second, "{\"cmd\":\"help\"}\n", "\"name\":\"reset\"");
	ask(fd, "\"record\"}\n", "\"events\":[");
	ask(fd, "{\"cmd\":\"nmi\",\"vp\":2}\n", "below 2");
	ask(fd, "{\"cmd\":\"fault\",\"name\":\"x\"}\n", "unknown fault 'x'");
	close(fd);
	close(second);
	spin(5);
}

static void test_record(void)
{
	json_t *events;
	unsigned int i;

	for (i = 0; i < 5000; i++)
		record_event("test", json_pack("{s:i}", "n", (int)i));
	events = record_dump();
	CHECK(json_array_size(events) == 4096);
	CHECK(json_integer_value(json_object_get(json_array_get(events, 4095),
						 "n")) == 4999);
	json_decref(events);
}

const struct test control_tests[] = {
	{ "control socket", test_control },
	{ "record", test_record },
	{ NULL, NULL }
};
