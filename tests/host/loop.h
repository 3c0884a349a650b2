/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event loop. One thread runs it; every callback runs there with the
 * machine lock held. vCPU threads take the same lock around each exit that
 * touches the device model, so no device needs a lock of its own.
 */
#ifndef HVHOST_LOOP_H
#define HVHOST_LOOP_H

#include <stdbool.h>
#include <stdint.h>

typedef void (*loop_fd_fn)(void *opaque, uint32_t epoll_events);
typedef void (*loop_timer_fn)(void *opaque);

struct loop_timer;

int loop_init(void);
void loop_fini(void);
int loop_add_fd(int fd, uint32_t epoll_events, loop_fd_fn fn, void *opaque);
void loop_del_fd(int fd);
/* One-shot timers, armed at a delay from now. */
struct loop_timer *loop_timer_new(loop_timer_fn fn, void *opaque);
void loop_timer_arm(struct loop_timer *t, uint64_t delay_us);
void loop_timer_cancel(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);
void loop_run(void);		/* until loop_stop() */
void loop_stop(void);		/* any thread, async-signal-safe */

void machine_lock(void);
void machine_unlock(void);
uint64_t now_ms(void);		/* since start */
uint64_t now_us(void);

#endif
