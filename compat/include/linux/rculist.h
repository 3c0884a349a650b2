/* SPDX-License-Identifier: GPL-2.0-only */
/* Found only where the kernel has no header of this name (before 2.6.26). */
#include <linux/list.h>
#include <linux/rcupdate.h>
