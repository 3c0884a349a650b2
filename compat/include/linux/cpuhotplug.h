/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name (before 4.6): CPU
 * hotplug states, made of CPU notifiers. One source file may have one state.
 *
 * A CPU that is to stay is refused before anybody else is asked: 2.6.18 does
 * not tell those that were asked before, and some of them hold locks then.
 *
 * Notifiers run with the lock of those who change the set of CPUs, but not
 * with that which keeps a CPU from going, lock_cpu_hotplug(). They take that
 * here, so that who holds it does not meet a callback, as elsewhere. The first
 * comes before the second: nothing is registered with the second held.
 */
#ifndef _HVG_COMPAT_LINUX_CPUHOTPLUG_H
#define _HVG_COMPAT_LINUX_CPUHOTPLUG_H

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/sched.h>

#define CPUHP_AP_ONLINE_DYN	1

/**
 * struct hvg_cpuhp - the state
 * @online: a CPU has come; called on it
 * @offline: it is about to go; called on it, an error keeps it
 * @up: how it is known that a CPU has come, or stays after all
 * @down: how it is known that a CPU is about to go
 * @there: CPUs whose @online has been called, and not yet @offline
 * @leaving: CPUs that go: who starts meanwhile leaves them out
 */
struct hvg_cpuhp {
	int (*online)(unsigned int cpu);
	int (*offline)(unsigned int cpu);
	struct notifier_block up;
	struct notifier_block down;
	cpumask_t there;
	cpumask_t leaving;
};

static inline int hvg_cpuhp_call(int (*func)(unsigned int cpu),
				 unsigned int cpu)
{
	cpumask_t allowed = current->cpus_allowed;
	int err;

	err = set_cpus_allowed(current, cpumask_of_cpu(cpu));
	if (!err)
		err = func(cpu);
	set_cpus_allowed(current, allowed);
	return err;
}

/* Caller holds lock_cpu_hotplug(). */
static inline int hvg_cpuhp_online(struct hvg_cpuhp *hp, unsigned int cpu)
{
	int err;

	if (cpu_isset(cpu, hp->there) || cpu_isset(cpu, hp->leaving))
		return 0;
	err = hvg_cpuhp_call(hp->online, cpu);
	if (!err)
		cpu_set(cpu, hp->there);
	return err;
}

/* Caller holds lock_cpu_hotplug(). */
static inline int hvg_cpuhp_offline(struct hvg_cpuhp *hp, unsigned int cpu)
{
	int err = 0;

	if (cpu_isset(cpu, hp->there))
		err = hvg_cpuhp_call(hp->offline, cpu);
	if (!err)
		cpu_clear(cpu, hp->there);
	return err;
}

static inline int hvg_cpuhp_up(struct notifier_block *nb, unsigned long event,
			       void *data)
{
	struct hvg_cpuhp *hp = container_of(nb, struct hvg_cpuhp, up);
	unsigned int cpu = (unsigned long)data;

	if (event != CPU_ONLINE && event != CPU_DOWN_FAILED &&
	    event != CPU_DEAD)
		return NOTIFY_DONE;
	lock_cpu_hotplug();
	cpu_clear(cpu, hp->leaving);
	/* It may have gone before we were asked. */
	if (event == CPU_DEAD)
		cpu_clear(cpu, hp->there);
	else
		hvg_cpuhp_online(hp, cpu);
	unlock_cpu_hotplug();
	return NOTIFY_OK;
}

static inline int hvg_cpuhp_down(struct notifier_block *nb,
				 unsigned long event, void *data)
{
	struct hvg_cpuhp *hp = container_of(nb, struct hvg_cpuhp, down);
	unsigned int cpu = (unsigned long)data;
	int err;

	if (event != CPU_DOWN_PREPARE)
		return NOTIFY_DONE;
	lock_cpu_hotplug();
	err = hvg_cpuhp_offline(hp, cpu);
	if (!err)
		cpu_set(cpu, hp->leaving);
	unlock_cpu_hotplug();
	return err ? NOTIFY_BAD : NOTIFY_OK;
}

static inline struct hvg_cpuhp *hvg_cpuhp(void)
{
	static struct hvg_cpuhp hp;

	return &hp;
}

static inline void cpuhp_remove_state_nocalls(int state)
{
	unregister_cpu_notifier(&hvg_cpuhp()->down);
	unregister_cpu_notifier(&hvg_cpuhp()->up);
}

static inline int cpuhp_setup_state(int state, const char *name,
				    int (*online)(unsigned int cpu),
				    int (*offline)(unsigned int cpu))
{
	struct hvg_cpuhp *hp = hvg_cpuhp();
	unsigned int cpu;
	int err;

	hp->online = online;
	hp->offline = offline;
	hp->up.notifier_call = hvg_cpuhp_up;
	hp->down.notifier_call = hvg_cpuhp_down;
	hp->down.priority = INT_MAX;
	cpus_clear(hp->there);
	cpus_clear(hp->leaving);
	err = register_cpu_notifier(&hp->up);
	if (err)
		return err;
	err = register_cpu_notifier(&hp->down);
	if (err) {
		unregister_cpu_notifier(&hp->up);
		return err;
	}
	lock_cpu_hotplug();
	for_each_online_cpu(cpu) {
		err = hvg_cpuhp_online(hp, cpu);
		if (err)
			break;
	}
	unlock_cpu_hotplug();
	if (!err)
		return state;

	cpuhp_remove_state_nocalls(state);
	lock_cpu_hotplug();
	for_each_online_cpu(cpu)
		hvg_cpuhp_offline(hp, cpu);
	unlock_cpu_hotplug();
	return err;
}

#endif /* _HVG_COMPAT_LINUX_CPUHOTPLUG_H */
