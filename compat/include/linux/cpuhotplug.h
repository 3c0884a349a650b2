/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name (before 4.6): CPU
 * hotplug states, made of CPU notifiers. One source file may have one state.
 *
 * A CPU that is to stay is refused before anybody else is asked: 2.6.18 does
 * not tell those that were asked before, and some of them hold locks then.
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
 */
struct hvg_cpuhp {
	int (*online)(unsigned int cpu);
	int (*offline)(unsigned int cpu);
	struct notifier_block up;
	struct notifier_block down;
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

static inline int hvg_cpuhp_up(struct notifier_block *nb, unsigned long event,
			       void *data)
{
	struct hvg_cpuhp *hp = container_of(nb, struct hvg_cpuhp, up);

	if (event != CPU_ONLINE && event != CPU_DOWN_FAILED)
		return NOTIFY_DONE;
	hvg_cpuhp_call(hp->online, (unsigned long)data);
	return NOTIFY_OK;
}

static inline int hvg_cpuhp_down(struct notifier_block *nb,
				 unsigned long event, void *data)
{
	struct hvg_cpuhp *hp = container_of(nb, struct hvg_cpuhp, down);

	if (event != CPU_DOWN_PREPARE)
		return NOTIFY_DONE;
	return hvg_cpuhp_call(hp->offline, (unsigned long)data) ? NOTIFY_BAD :
								  NOTIFY_OK;
}

static inline struct hvg_cpuhp *hvg_cpuhp(void)
{
	static struct hvg_cpuhp hp;

	return &hp;
}

static inline int cpuhp_setup_state(int state, const char *name,
				    int (*online)(unsigned int cpu),
				    int (*offline)(unsigned int cpu))
{
	struct hvg_cpuhp *hp = hvg_cpuhp();
	unsigned int cpu, done;
	int err = 0;

	hp->online = online;
	hp->offline = offline;
	hp->up.notifier_call = hvg_cpuhp_up;
	hp->down.notifier_call = hvg_cpuhp_down;
	hp->down.priority = INT_MAX;
	lock_cpu_hotplug();
	for_each_online_cpu(cpu) {
		err = hvg_cpuhp_call(online, cpu);
		if (err)
			break;
	}
	if (!err)
		err = register_cpu_notifier(&hp->up);
	if (!err) {
		err = register_cpu_notifier(&hp->down);
		if (err)
			unregister_cpu_notifier(&hp->up);
	}
	if (err) {
		for_each_online_cpu(done) {
			if (done == cpu)
				break;
			hvg_cpuhp_call(offline, done);
		}
	}
	unlock_cpu_hotplug();
	return err ? err : state;
}

static inline void cpuhp_remove_state_nocalls(int state)
{
	unregister_cpu_notifier(&hvg_cpuhp()->down);
	unregister_cpu_notifier(&hvg_cpuhp()->up);
}

#endif /* _HVG_COMPAT_LINUX_CPUHOTPLUG_H */
