/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers at random that a run can have again. Each test begins anew with the
 * seed of the module, whichever tests have run before it.
 */
#ifndef _HVG_KUNIT_SEED_H
#define _HVG_KUNIT_SEED_H

#include <linux/types.h>

struct kunit;
struct rnd_state;

/* Prints the seed. */
void seed_begin(struct kunit *test, struct rnd_state *rnd);
/* From 0 to @end - 1. */
u32 seed_below(struct rnd_state *rnd, u32 end);

#endif /* _HVG_KUNIT_SEED_H */
