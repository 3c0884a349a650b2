/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs: sets of them, their coming and going, calls to them. */
#ifndef _HVG_COMPAT_CPU_H
#define _HVG_COMPAT_CPU_H

#ifndef HVG_HAVE_CPUMASK
#include <linux/cpumask.h>
/* The type has no tag: struct cpumask is the typedef. */
#define cpumask_first(mask)	first_cpu(*(mask))
#define cpumask_next(cpu, mask)	next_cpu(cpu, *(mask))
#define cpu_online_mask		(&cpu_online_map)
#define cpu_possible_mask	(&cpu_possible_map)
#define nr_cpu_ids		NR_CPUS
#endif

#ifndef NUMA_NO_NODE
#include <linux/topology.h>
#endif
#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE		(-1)
#endif

#ifndef HVG_HAVE_CPUS_READ_LOCK
#include <linux/cpu.h>
#define cpus_read_lock()	lock_cpu_hotplug()
#define cpus_read_unlock()	unlock_cpu_hotplug()
#endif

#ifndef HVG_HAVE_SMP_CALL_NO_RETRY
#include <linux/smp.h>
#include <linux/cpumask.h>

/**
 * struct hvg_call - a call for one CPU, as each CPU sees it
 * @cpu: whose it is
 * @func: what to call
 * @info: its parameter
 */
struct hvg_call {
	unsigned int cpu;
	void (*func)(void *info);
	void *info;
};

static inline void hvg_call_here(void *data)
{
	struct hvg_call *call = data;

	if (call->cpu == smp_processor_id())
		call->func(call->info);
}

/* Always waits. A call of one CPU is not there on i386, nor of one's own. */
static inline int hvg_smp_call_function_single(unsigned int cpu,
					       void (*func)(void *info),
					       void *info)
{
	struct hvg_call call = { cpu, func, info };

	if (!cpu_online(cpu))
		return -ENXIO;
	return on_each_cpu(hvg_call_here, &call, 0, 1);
}
#define smp_call_function_single(cpu, func, info, wait) \
	hvg_smp_call_function_single(cpu, func, info)
static inline int hvg_on_each_cpu(void (*func)(void *info), void *info)
{
	return on_each_cpu(func, info, 0, 1);
}
#undef on_each_cpu
#define on_each_cpu(func, info, wait)	hvg_on_each_cpu(func, info)
#endif

#endif /* _HVG_COMPAT_CPU_H */
