// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs on purpose, one for each thing that the sanitizers or valgrind look for
 * in hvhost: the tests must find what these say of them. Test only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values that the compiler cannot see through. */
static volatile int zero;
static char *volatile buf;

static void out_of_bounds(void)
{
	buf = malloc(40);
	buf[40 + zero] = 1;
	free(buf);
}

static void after_free(void)
{
	buf = malloc(40);
	free(buf);
	zero = buf[8];
}

static void leak(void)
{
	buf = malloc(40);
	buf = NULL;
}

static void shift(void)
{
	zero = 1 << (zero + 40);
}

static void uninitialised(void)
{
	buf = malloc(40);
	if (buf[8])
		puts("set");
	free(buf);
}

static const struct {
	const char *name;
	void (*run)(void);
} bugs[] = {
	{ "out-of-bounds", out_of_bounds },
	{ "after-free", after_free },
	{ "leak", leak },
	{ "shift", shift },
	{ "uninitialised", uninitialised },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(bugs) / sizeof(bugs[0]); i++)
		if (!strcmp(bugs[i].name, argv[1])) {
			bugs[i].run();
			return 0;
		}
	fprintf(stderr, "expected the name of a bug\n");
	return 2;
}
