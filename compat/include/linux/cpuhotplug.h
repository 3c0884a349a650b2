/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Found only where the kernel has no header of this name (before 4.6): CPU
 * hotplug states, made of a CPU notifier. One source file may have one state.
 */
#ifndef _HVG_COMPAT_LINUX_CPUHOTPLUG_H
#define _HVG_COMPAT_LINUX_CPUHOTPLUG_H

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/notifier.h>
#include <linux/sched.h>

#define CPUHP_AP_ONLINE_DYN	1

/**
 * struct hvg_cpuhp - the state
 * @online: a CPU has come; called on it
 * @offline: it is about to go; called on it, an error keeps it
 * @nb: how it is known
 */
struct hvg_cpuhp {
	int (*online)(unsigned int cpu);
	int (*offline)(unsigned int cpu);
	struct notifier_block nb;
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

static inline int hvg_cpuhp_notify(struct notifier_block *nb,
				   unsigned long event, void *data)
{
	struct hvg_cpuhp *hp = container_of(nb, struct hvg_cpuhp, nb);
	unsigned int cpu = (unsigned long)data;

	switch (event) {
	case CPU_ONLINE:
	case CPU_DOWN_FAILED:
		hvg_cpuhp_call(hp->online, cpu);
		return NOTIFY_OK;
	case CPU_DOWN_PREPARE:
		return hvg_cpuhp_call(hp->offline, cpu) ? NOTIFY_BAD :
							  NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
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
	hp->nb.notifier_call = hvg_cpuhp_notify;
	lock_cpu_hotplug();
	for_each_online_cpu(cpu) {
		err = hvg_cpuhp_call(online, cpu);
		if (err)
			break;
	}
	if (!err)
		err = register_cpu_notifier(&hp->nb);
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
	unregister_cpu_notifier(&hvg_cpuhp()->nb);
}

#endif /* _HVG_COMPAT_LINUX_CPUHOTPLUG_H */
