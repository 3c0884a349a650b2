// SPDX-License-Identifier: GPL-2.0-only
/* Numbers at random that a run can have again. */
#include <kunit/test.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include "seed.h"

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "what tests that go by random numbers begin with (0: something new)");

void seed_begin(struct kunit *test, struct rnd_state *rnd)
{
	while (!seed)
		seed = get_random_u32();
	kunit_info(test, "seed %u", seed);
	prandom_seed_state(rnd, seed);
}
EXPORT_SYMBOL_GPL(seed_begin);

u32 seed_below(struct rnd_state *rnd, u32 end)
{
	return reciprocal_scale(prandom_u32_state(rnd), end);
}
EXPORT_SYMBOL_GPL(seed_below);
