/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages for data that one range cannot describe; see bounce.c. */
#ifndef _HVG_STORVSC_BOUNCE_H
#define _HVG_STORVSC_BOUNCE_H

#include <linux/types.h>

struct storvsc_bounce_pool;
struct storvsc_data;

struct storvsc_bounce_pool *storvsc_bounce_alloc(unsigned int most);
void storvsc_bounce_free(struct storvsc_bounce_pool *pool);
int storvsc_bounce_get(struct storvsc_bounce_pool *pool, size_t bytes,
		       struct storvsc_data *data);
void storvsc_bounce_put(struct storvsc_bounce_pool *pool,
			const struct storvsc_data *data);
void storvsc_bounce_out(struct storvsc_bounce_pool *pool,
			const struct storvsc_data *bounce,
			const struct storvsc_data *data, size_t bytes);
void storvsc_bounce_in(struct storvsc_bounce_pool *pool,
		       const struct storvsc_data *bounce,
		       const struct storvsc_data *data, size_t bytes);

#endif /* _HVG_STORVSC_BOUNCE_H */
