/* SPDX-License-Identifier: GPL-2.0-only */
/* What the unit tests share: a check, and the run of all tests as KTAP. */
#ifndef HVHOST_TEST_H
#define HVHOST_TEST_H

#include <stdbool.h>
#include <stdio.h>

/* The test that runs has failed. */
extern bool failed;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		printf("# %s:%d: expected %s\n", __FILE__, __LINE__,	\
		       #cond);						\
		failed = true;						\
	}								\
} while (0)

struct test {
	const char *name;
	void (*fn)(void);
};

/*
 * Run lists of tests, each ended by an entry without a function, the lists by
 * a NULL; @before and @after each test, if not NULL. Prints KTAP and 'N
 * passed, N failed'. Returns main()'s exit status: 1 if any failed.
 */
int test_run(const struct test *const *lists, void (*before)(void),
	     void (*after)(void));

#endif
