/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocksources. */
#ifndef _HVG_COMPAT_CLOCKSOURCE_H
#define _HVG_COMPAT_CLOCKSOURCE_H

#ifndef HVG_HAVE_CLOCKSOURCE_REGISTER_HZ
#include <linux/clocksource.h>

#ifndef CLOCK_SOURCE_IS_CONTINUOUS
#define HVG_CLOCKSOURCE_NO_FLAGS
#define CLOCK_SOURCE_IS_CONTINUOUS	1
#endif

/**
 * struct hvg_clocksource - a clocksource as newer kernels have it
 * @name: as there
 * @rating: as there
 * @read: as there; the kernel may give it no parameter
 * @mask: as there
 * @flags: CLOCK_SOURCE_IS_CONTINUOUS or 0
 * @old: what this kernel has
 */
struct hvg_clocksource {
	char *name;
	int rating;
	u64 (*read)(struct hvg_clocksource *cs);
	u64 mask;
	unsigned long flags;
	struct clocksource old;
};

static inline int hvg_clocksource_register_hz(struct hvg_clocksource *cs,
					      u32 hz)
{
#ifdef CONFIG_GENERIC_TIME
	cs->old.name = cs->name;
	cs->old.rating = cs->rating;
	cs->old.read = (void *)cs->read;
	cs->old.mask = cs->mask;
	/* 2^20 times the nanoseconds of a count: no more than 2^32. */
	cs->old.shift = 20;
	cs->old.mult = clocksource_hz2mult(hz, cs->old.shift);
#ifdef HVG_CLOCKSOURCE_NO_FLAGS
	cs->old.is_continuous = cs->flags;
#else
	cs->old.flags = cs->flags;
#endif
	return clocksource_register(&cs->old);
#else
	/* Such a kernel takes one, and never reads it. */
	return -EOPNOTSUPP;
#endif
}
#define clocksource			hvg_clocksource
#define clocksource_register_hz(cs, hz)	hvg_clocksource_register_hz(cs, hz)
#endif

#endif /* _HVG_COMPAT_CLOCKSOURCE_H */
