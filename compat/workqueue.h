/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work queues and completions. What is missing is the way from a work to its queue: it is kept
 * in the timer that each work_struct has and that only delayed work uses.
 */
#ifndef _HVG_COMPAT_WORKQUEUE_H
#define _HVG_COMPAT_WORKQUEUE_H

#include <linux/completion.h>
#include <linux/workqueue.h>

#ifndef HVG_HAVE_WORK_FUNC_WORK
#include <linux/string.h>

typedef void (*hvg_work_func)(struct work_struct *work);

/* One pointer as parameter, whatever it points to. */
static inline void hvg_init_work(struct work_struct *work, hvg_work_func func)
{
	INIT_WORK(work, (void (*)(void *))func, work);
	work->timer.data = 0;
}
#undef INIT_WORK
#define INIT_WORK(work, func)	hvg_init_work(work, func)

#undef DECLARE_WORK
#define DECLARE_WORK(name, function)					\
	struct work_struct name =					\
		__WORK_INITIALIZER(name, (void (*)(void *))(function),	\
				   &(name))

static inline int hvg_queue_work(struct workqueue_struct *wq,
				 struct work_struct *work)
{
	work->timer.data = (unsigned long)wq;
	return queue_work(wq, work);
}
#define queue_work(wq, work)	hvg_queue_work(wq, work)

#ifndef HVG_HAVE_CANCEL_WORK_SYNC
/*
 * The work is run rather than taken out, which its user cannot tell from one
 * that was just too late. Again for a work that queues itself.
 */
static inline bool hvg_cancel_work_sync(struct work_struct *work)
{
	struct workqueue_struct *wq;
	bool pending = test_bit(0, &work->pending);

	do {
		wq = (struct workqueue_struct *)work->timer.data;
		if (wq)
			flush_workqueue(wq);
		else
			flush_scheduled_work();
	} while (test_bit(0, &work->pending));
	return pending;
}
#define cancel_work_sync(work)	hvg_cancel_work_sync(work)
#endif
#endif /* HVG_HAVE_WORK_FUNC_WORK */

/* One thread a queue or one a CPU, each with a name that is not formatted. */
#ifndef HVG_HAVE_ALLOC_WORKQUEUE
#define WQ_UNBOUND		(1 << 1)
#define WQ_MEM_RECLAIM		(1 << 3)
#define WQ_HIGHPRI		(1 << 4)
#define alloc_ordered_workqueue(name, flags, ...) \
	create_singlethread_workqueue(name)
#define alloc_workqueue(name, flags, max_active, ...) \
	create_workqueue(name)
#endif

/* Its name was a macro. */
#ifdef INIT_COMPLETION
#define reinit_completion(done)	INIT_COMPLETION(*(done))
#endif

#endif /* _HVG_COMPAT_WORKQUEUE_H */
