/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes an older kernel look like the newest one. Force-included into every
 * file of the modules, so that nothing outside compat/ knows how old a kernel
 * is; absent from the form that is submitted to the kernel tree.
 *
 * config.h holds the answers of probes/ for the kernel that is built for. To
 * add a shim: write probes/<name>.c (see probe.sh), then test
 * HVG_HAVE_<NAME> in the header here that is named after the subject.
 */
#ifndef _HVG_COMPAT_H
#define _HVG_COMPAT_H

#include "config.h"
#include "kernel.h"
#include "printk.h"
#include "rcu.h"
#include "slab.h"
#include "workqueue.h"
#include "cpu.h"
#include "irq.h"
#include "clocksource.h"
#include "param.h"
#include "driver_core.h"
#include "sysfs.h"
#include "debugfs.h"
#include "trace.h"
#include "hyperv.h"
#include "scsi.h"

#endif /* _HVG_COMPAT_H */
