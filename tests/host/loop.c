// SPDX-License-Identifier: GPL-2.0-only
/*
 * The event loop: epoll for descriptors, one timerfd for all timers, one
 * eventfd to stop it. loop_run() belongs to the main thread; the rest may be
 * called by any thread that holds the machine lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "main.h"

#define LOOP_BATCH	16

/*
 * struct loop_fd - what a descriptor is watched for
 * @generation: tells an event that epoll has already handed out from one for
 *	another use of the same descriptor number
 */
struct loop_fd {
	loop_fd_fn fn;
	void *opaque;
	uint32_t generation;
};

struct loop_timer {
	loop_timer_fn fn;
	void *opaque;
	uint64_t deadline_us;		/* 0: not armed */
	struct loop_timer *next;
};

static struct {
	int epoll, timer, stop;
	struct loop_fd *fds;
	size_t fds_size;
	struct loop_timer *timers;
	uint64_t programmed_us;		/* deadline in the timerfd, 0: none */
	atomic_bool stopping;
} loop = { .epoll = -1, .timer = -1, .stop = -1 };

static pthread_mutex_t machine = PTHREAD_MUTEX_INITIALIZER;
static uint64_t start_us;

void machine_lock(void)
{
	pthread_mutex_lock(&machine);
}

void machine_unlock(void)
{
	pthread_mutex_unlock(&machine);
}

void machine_wait(pthread_cond_t *cond)
{
	pthread_cond_wait(cond, &machine);
}

/* Until @end of CLOCK_REALTIME at the latest: ETIMEDOUT. */
int machine_wait_until(pthread_cond_t *cond, const struct timespec *end)
{
	return pthread_cond_timedwait(cond, &machine, end);
}

static uint64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

uint64_t now_us(void)
{
	return clock_us() - start_us;
}

uint64_t now_ms(void)
{
	return now_us() / 1000;
}

/* The armed timer with the first deadline, or NULL. */
static struct loop_timer *timer_first(void)
{
	struct loop_timer *t, *first = NULL;

	for (t = loop.timers; t; t = t->next)
		if (t->deadline_us &&
		    (!first || t->deadline_us < first->deadline_us))
			first = t;
	return first;
}

static void timer_program(void)
{
	struct loop_timer *t = timer_first();
	uint64_t first = t ? t->deadline_us : 0, now, delay;
	struct itimerspec its = { 0 };

	if (first == loop.programmed_us)
		return;
	loop.programmed_us = first;
	if (first) {
		now = now_us();
		delay = first > now ? first - now : 1;
		its.it_value.tv_sec = delay / 1000000;
		its.it_value.tv_nsec = delay % 1000000 * 1000;
	}
	timerfd_settime(loop.timer, 0, &its, NULL);
}

static void timers_run(void *opaque, uint32_t events)
{
	uint64_t count, now = now_us();
	struct loop_timer *t;

	(void)opaque;
	(void)events;
	if (read(loop.timer, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	loop.programmed_us = 0;
	/*
	 * A callback may arm or free any timer, so start over after each. One
	 * that arms itself again is due after @now and waits its turn.
	 */
	while ((t = timer_first()) && t->deadline_us <= now) {
		t->deadline_us = 0;
		t->fn(t->opaque);
	}
	timer_program();
}

int loop_init(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = UINT64_MAX };

	start_us = clock_us();
	loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	loop.timer = timerfd_create(CLOCK_MONOTONIC,
				    TFD_CLOEXEC | TFD_NONBLOCK);
	loop.stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop.epoll < 0 || loop.timer < 0 || loop.stop < 0)
		return complain("no event loop: %s", strerror(errno));
	if (epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.stop, &ev) < 0)
		return complain("no event loop: %s", strerror(errno));
	return loop_add_fd(loop.timer, EPOLLIN, timers_run, NULL);
}

void loop_fini(void)
{
	close(loop.epoll);
	close(loop.timer);
	close(loop.stop);
	free(loop.fds);
	loop.fds = NULL;
	loop.fds_size = 0;
}

/**
 * loop_add_fd - call a function when a descriptor is ready
 * @fd: descriptor; adding one that is watched already changes @epoll_events
 *
 * Return: 0, or a negative errno (-EPERM: a regular file cannot be watched).
 */
int loop_add_fd(int fd, uint32_t epoll_events, loop_fd_fn fn, void *opaque)
{
	struct epoll_event ev = { .events = epoll_events };
	struct loop_fd *f;
	int op;

	if ((size_t)fd >= loop.fds_size) {
		size_t size = (size_t)fd + 32;

		f = realloc(loop.fds, size * sizeof(*f));
		if (!f)
			return -ENOMEM;
		memset(f + loop.fds_size, 0,
		       (size - loop.fds_size) * sizeof(*f));
		loop.fds = f;
		loop.fds_size = size;
	}
	f = &loop.fds[fd];
	op = f->fn ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	ev.data.u64 = (uint64_t)f->generation << 32 | (uint32_t)fd;
	if (epoll_ctl(loop.epoll, op, fd, &ev) < 0)
		return -errno;
	f->fn = fn;
	f->opaque = opaque;
	return 0;
}

void loop_del_fd(int fd)
{
	if (fd < 0 || (size_t)fd >= loop.fds_size || !loop.fds[fd].fn)
		return;
	epoll_ctl(loop.epoll, EPOLL_CTL_DEL, fd, NULL);
	loop.fds[fd].fn = NULL;
	loop.fds[fd].generation++;
}

struct loop_timer *loop_timer_new(loop_timer_fn fn, void *opaque)
{
	struct loop_timer *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->fn = fn;
	t->opaque = opaque;
	t->next = loop.timers;
	loop.timers = t;
	return t;
}

/* Arming an armed timer moves its deadline. */
void loop_timer_arm(struct loop_timer *t, uint64_t delay_us)
{
	t->deadline_us = now_us() + (delay_us ? delay_us : 1);
	timer_program();
}

void loop_timer_cancel(struct loop_timer *t)
{
	if (!t->deadline_us)
		return;
	t->deadline_us = 0;
	timer_program();
}

void loop_timer_free(struct loop_timer *t)
{
	struct loop_timer **p;

	if (!t)
		return;
	for (p = &loop.timers; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	free(t);
}

static void loop_dispatch(const struct epoll_event *ev)
{
	uint32_t fd = (uint32_t)ev->data.u64;
	uint32_t generation = ev->data.u64 >> 32;
	struct loop_fd *f;

	if (ev->data.u64 == UINT64_MAX || fd >= loop.fds_size)
		return;
	f = &loop.fds[fd];
	if (f->fn && f->generation == generation)
		f->fn(f->opaque, ev->events);
}

void loop_run(void)
{
	struct epoll_event ev[LOOP_BATCH];
	uint64_t count;
	int i, n;

	while (!atomic_exchange(&loop.stopping, false)) {
		n = epoll_wait(loop.epoll, ev, LOOP_BATCH, -1);
		machine_lock();
		for (i = 0; i < n; i++)
			loop_dispatch(&ev[i]);
		machine_unlock();
	}
	if (read(loop.stop, &count, sizeof(count)) < 0)
		count = 0;
}

void loop_stop(void)
{
	uint64_t one = 1;
	ssize_t n;

	atomic_store(&loop.stopping, true);
	n = write(loop.stop, &one, sizeof(one));
	(void)n;
}
