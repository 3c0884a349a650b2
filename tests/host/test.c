// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

bool failed;

int test_run(const struct test *const *lists, void (*before)(void),
	     void (*after)(void))
{
	unsigned int count = 0, run = 0, bad = 0;
	const struct test *const *list, *test;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (list = lists; *list; list++)
		for (test = *list; test->fn; test++)
			count++;
	printf("KTAP version 1\n1..%u\n", count);
	for (list = lists; *list; list++) {
		for (test = *list; test->fn; test++) {
			failed = false;
			if (before)
				before();
			test->fn();
			if (after)
				after();
			bad += failed;
			printf("%sok %u %s\n", failed ? "not " : "", ++run,
			       test->name);
		}
	}
	printf("%u passed, %u failed\n", run - bad, bad);
	return bad ? 1 : 0;
}
