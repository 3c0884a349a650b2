/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own Hyper-V support, its MSR access and the log's dump. */
#ifndef _HVG_COMPAT_HYPERV_H
#define _HVG_COMPAT_HYPERV_H

#ifndef HVG_HAVE_MSR_Q
#define rdmsrq(msr, value)		rdmsrl(msr, value)
#define wrmsrq(msr, value)		wrmsrl(msr, value)
#endif

/* The number of the interrupt was always ignored. */
#ifndef HVG_HAVE_HV_VMBUS_HANDLER
#define hv_setup_vmbus_handler(handler)	hv_setup_vmbus_irq(0, handler)
#define hv_remove_vmbus_handler()	hv_remove_vmbus_irq()
#endif

#ifndef HVG_HAVE_HV_ISOLATION
#define hv_is_isolation_supported()	false
#endif

#ifndef HVG_HAVE_HV_RESULT
#define hv_result(status)		((status) & HV_HYPERCALL_RESULT_MASK)
#endif

/* The place in the log was kept in the dumper, which had to be active. */
#ifndef HVG_HAVE_KMSG_DUMP_ITER
#include <linux/kmsg_dump.h>
#define kmsg_dump_iter			kmsg_dumper
#define kmsg_dump_rewind(iter) \
	do { \
		(iter)->active = true; \
		kmsg_dump_rewind(iter); \
	} while (0)
#endif

#ifndef HVG_HAVE_KMSG_DUMP_DETAIL
#define vmbus_kmsg_dump(dumper, detail) \
	vmbus_kmsg_dump(dumper, enum kmsg_dump_reason reason)
#endif

#endif /* _HVG_COMPAT_HYPERV_H */
