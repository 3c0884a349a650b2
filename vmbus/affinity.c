// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels to CPUs. From 2.4 on each channel has a CPU of its own for its
 * interrupts, from 4.1 on it can be changed while the channel is open.
 * Process context.
 *
 * A CPU that is about to go is not usable before it asks for its channels to
 * leave, so that none is assigned to it from then on, and waits for one that
 * is just being opened. That needs no lock that keeps CPUs from going, which
 * may be held for memory that is written to the disk behind the channel.
 *
 * Lock order: CPU hotplug, affinity_lock, channels_lock. The answer to
 * MODIFY_CHANNEL is awaited under the first two, never under the last.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include "affinity.h"
#include "bus.h"
#include "channel.h"
#include "connection.h"
#include "log.h"
#include "message.h"
#include "offer.h"
#include "platform.h"
#include "request.h"

/* How long a host may take to move a channel where it says nothing of it. */
#define MOVE_SETTLE_MS	50
/* How often a channel that is being opened is looked at. */
#define MOVE_POLL_MS	10

/* Protects chan->cpu and chan->assigned of all channels, and what follows. */
static DEFINE_MUTEX(affinity_lock);
/* Its SynIC is enabled and will be for as long as a channel is on it. */
static DEFINE_PER_CPU(bool, usable);
/* Channels whose interrupts a CPU takes. */
static DEFINE_PER_CPU(unsigned int, assigned);
/* CPU that was chosen last: of equal ones the next in turn is taken. */
static unsigned int last_cpu;

static unsigned int siblings_on(const struct hvg_channel *chan,
				unsigned int cpu)
{
	const struct hvg_channel *other;
	unsigned int n = 0;

	lockdep_assert_held(&channels_lock);
	list_for_each_entry(other, &channels, link)
		if (other->bdev == chan->bdev && other != chan &&
		    other->assigned && other->cpu == cpu)
			n++;
	return n;
}

/* Fewest channels of the same device first, then fewest channels at all. */
static unsigned int affinity_choose(const struct hvg_channel *chan)
{
	unsigned int cpu, siblings, load, i;
	unsigned int best = connection.cpu;
	unsigned int best_siblings = UINT_MAX, best_load = UINT_MAX;

	lockdep_assert_held(&affinity_lock);
	if (connection.version < HVG_VERSION_WIN8)
		return connection.cpu;
	cpu = last_cpu;
	mutex_lock(&channels_lock);
	for (i = 0; i < num_online_cpus(); i++) {
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
		if (!per_cpu(usable, cpu))
			continue;
		siblings = siblings_on(chan, cpu);
		load = per_cpu(assigned, cpu);
		if (siblings > best_siblings ||
		    (siblings == best_siblings && load >= best_load))
			continue;
		best = cpu;
		best_siblings = siblings;
		best_load = load;
	}
	mutex_unlock(&channels_lock);
	last_cpu = best;
	return best;
}

/**
 * affinity_assign() - choose the CPU of a channel that is being opened
 * @chan: channel
 *
 * Context: process.
 */
void affinity_assign(struct hvg_channel *chan)
{
	mutex_lock(&affinity_lock);
	WRITE_ONCE(chan->cpu, affinity_choose(chan));
	chan->assigned = true;
	per_cpu(assigned, chan->cpu)++;
	mutex_unlock(&affinity_lock);
}

/**
 * affinity_release() - a channel needs its CPU no more
 * @chan: channel that affinity_assign() was called for
 *
 * Context: process.
 */
void affinity_release(struct hvg_channel *chan)
{
	mutex_lock(&affinity_lock);
	chan->assigned = false;
	per_cpu(assigned, chan->cpu)--;
	mutex_unlock(&affinity_lock);
}

/**
 * affinity_target_vp() - what OPEN_CHANNEL says about the CPU
 * @chan: channel that affinity_assign() was called for
 *
 * Context: any.
 * Return: VP index; 0 for hosts that have no such field.
 */
u32 affinity_target_vp(const struct hvg_channel *chan)
{
	if (connection.version < HVG_VERSION_WIN8)
		return 0;
	return platform_vp(chan->cpu);
}

/* MODIFY_CHANNEL; only from 5.3 on the host says that it has done it. */
static int affinity_tell_host(struct hvg_channel *chan, unsigned int cpu)
{
	struct hvg_msg_modify_channel msg = {
		{ HVG_MSG_MODIFY_CHANNEL, 0 }, chan->id, platform_vp(cpu)
	};
	const struct hvg_msg_modify_channel_response *response;
	struct host_request req;
	int err;

	if (connection.version < HVG_VERSION_IRON)
		return message_post(&msg, sizeof(msg));

	request_begin(&req, chan, HVG_MSG_MODIFY_CHANNEL_RESPONSE, chan->id);
	err = message_post(&msg, sizeof(msg));
	if (err) {
		request_cancel(&req);
		return err;
	}
	err = request_wait(&req, host_limit_ms);
	if (err)
		return err;
	response = (const void *)req.reply;
	if (!response->status)
		return 0;
	dev_err(&chan->bdev->hdev.dev,
		"channel %u not moved to CPU %u: expected status 0, got %d\n",
		chan->id, cpu, response->status);
	return -EIO;
}

static int affinity_do_move(struct hvg_channel *chan, unsigned int cpu)
{
	int err = 0;

	lockdep_assert_held(&affinity_lock);
	if (chan->cpu == cpu)
		return 0;
	/* Else it is being closed, or could not be opened. */
	if (READ_ONCE(chan->state) == CHANNEL_OPEN)
		err = affinity_tell_host(chan, cpu);
	/* A rescinded channel gets no more interrupts anywhere. */
	if (err && err != -ENODEV)
		return err;
	per_cpu(assigned, chan->cpu)--;
	WRITE_ONCE(chan->cpu, cpu);
	per_cpu(assigned, cpu)++;
	/* An interrupt may have gone to the old CPU and been lost with it. */
	tasklet_schedule(&chan->drain_tasklet);
	/* They are there as long as the channel is assigned. */
	if (chan->ops->moved)
		chan->ops->moved(chan);
	return 0;
}

/**
 * affinity_move() - have another CPU take a channel's interrupts
 * @chan: channel
 * @cpu: CPU
 *
 * Context: process; waits for the host.
 * Return: 0; -EOPNOTSUPP: protocol below 4.1; -EINVAL: CPU is not online or
 * the channel is not open; -EIO: refused; -ETIMEDOUT.
 */
int affinity_move(struct hvg_channel *chan, unsigned int cpu)
{
	int err = -EINVAL;

	if (connection.version < HVG_VERSION_WIN10_V4_1)
		return -EOPNOTSUPP;
	cpus_read_lock();
	mutex_lock(&affinity_lock);
	/* Before it is open it has its CPU already: the host knows no other. */
	if (chan->assigned && READ_ONCE(chan->state) == CHANNEL_OPEN &&
	    cpu < nr_cpu_ids && cpu_online(cpu) && per_cpu(usable, cpu))
		err = affinity_do_move(chan, cpu);
	mutex_unlock(&affinity_lock);
	cpus_read_unlock();
	return err;
}

/* An open channel on a CPU, with a reference; NULL: none. */
static struct hvg_channel *affinity_find(unsigned int cpu)
{
	struct hvg_channel *chan, *found = NULL;

	mutex_lock(&channels_lock);
	list_for_each_entry(chan, &channels, link) {
		if (!chan->assigned || chan->cpu != cpu)
			continue;
		found = hvg_channel_get(chan);
		break;
	}
	mutex_unlock(&channels_lock);
	return found;
}

static unsigned int affinity_refuge(unsigned int cpu)
{
	unsigned int other, best = connection.cpu;

	for_each_online_cpu(other)
		if (other != cpu && per_cpu(usable, other) &&
		    per_cpu(assigned, other) < per_cpu(assigned, best))
			best = other;
	return best;
}

/* Caller holds affinity_lock. The opener needs it only where it fails. */
static int affinity_await_open(struct hvg_channel *chan)
{
	unsigned int waited;

	for (waited = 0; READ_ONCE(chan->state) == CHANNEL_OPENING;
	     waited += MOVE_POLL_MS) {
		if (waited >= host_limit_ms) {
			vmbus_warn("CPU %u stays online: the host has not opened channel %u for it within %u ms\n",
				   chan->cpu, chan->id, host_limit_ms);
			return -EBUSY;
		}
		msleep(MOVE_POLL_MS);
	}
	return 0;
}

/* Moves all channels away. Caller holds affinity_lock. */
static int affinity_leave(unsigned int cpu)
{
	struct hvg_channel *chan;
	bool moved = false;
	int err = 0;

	while (!err && (chan = affinity_find(cpu))) {
		err = affinity_await_open(chan);
		if (err) {
			hvg_channel_put(chan);
			break;
		}
		if (connection.version < HVG_VERSION_WIN10_V4_1) {
			vmbus_warn("CPU %u stays online: channel %u is open on it and protocol %u.%u cannot move it, 4.1 could\n",
				   cpu, chan->id,
				   HVG_VERSION_MAJOR(connection.version),
				   HVG_VERSION_MINOR(connection.version));
			err = -EBUSY;
		} else {
			err = affinity_do_move(chan, affinity_refuge(cpu));
			moved = true;
		}
		hvg_channel_put(chan);
	}
	/* Until then the host may signal this CPU, which still listens. */
	if (moved && connection.version < HVG_VERSION_IRON)
		msleep(MOVE_SETTLE_MS);
	return err;
}

/**
 * affinity_cpu_offline() - move all channels away from a CPU
 * @cpu: the CPU that goes offline
 *
 * Context: process, CPU hotplug lock held for writing.
 * Return: 0; -EBUSY: it has to stay, the log says why; what the host said.
 */
int affinity_cpu_offline(unsigned int cpu)
{
	int err = 0;

	if (connection.state != CONNECTION_DOWN && cpu == connection.cpu) {
		vmbus_warn("CPU %u stays online: it takes the host's messages\n",
			   cpu);
		return -EBUSY;
	}

	mutex_lock(&affinity_lock);
	per_cpu(usable, cpu) = false;
	if (connection.state != CONNECTION_DOWN)
		err = affinity_leave(cpu);
	per_cpu(usable, cpu) = err;
	mutex_unlock(&affinity_lock);
	return err;
}

/* A channel that shares its CPU with others of a device that has none here. */
static struct hvg_channel *affinity_find_crowded(unsigned int cpu)
{
	struct hvg_channel *chan, *found = NULL;

	mutex_lock(&channels_lock);
	list_for_each_entry(chan, &channels, link) {
		if (!chan->assigned || chan->cpu == cpu ||
		    READ_ONCE(chan->state) == CHANNEL_OPENING ||
		    !siblings_on(chan, chan->cpu) || siblings_on(chan, cpu))
			continue;
		found = hvg_channel_get(chan);
		break;
	}
	mutex_unlock(&channels_lock);
	return found;
}

/**
 * affinity_cpu_online() - give a CPU its share of the channels
 * @cpu: the CPU that has come online, its SynIC enabled
 *
 * Of each device with several channels on one CPU, one moves here. Where the
 * host refuses, or cannot (below 4.1), channels stay where they are.
 *
 * Context: process, CPU hotplug lock held: for reading when the module is
 * loaded, else for writing.
 */
void affinity_cpu_online(unsigned int cpu)
{
	struct hvg_channel *chan;
	int err = 0;

	mutex_lock(&affinity_lock);
	per_cpu(usable, cpu) = true;
	if (connection.state == CONNECTION_DOWN ||
	    connection.version < HVG_VERSION_WIN10_V4_1)
		err = -EOPNOTSUPP;
	while (!err && (chan = affinity_find_crowded(cpu))) {
		err = affinity_do_move(chan, cpu);
		hvg_channel_put(chan);
	}
	mutex_unlock(&affinity_lock);
}
