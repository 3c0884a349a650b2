/* SPDX-License-Identifier: GPL-2.0-only */
/* Found only where the kernel has no header of this name (before 2.6.19). */
/*
 * Bits that are shared with the hypervisor: locked on a single CPU as well,
 * where the kernel takes its own lock prefixes out.
 */
#ifndef _HVG_COMPAT_ASM_SYNC_BITOPS_H
#define _HVG_COMPAT_ASM_SYNC_BITOPS_H

static inline void sync_set_bit(int nr, volatile unsigned long *addr)
{
	asm volatile("lock; btsl %1,%0"
		     : "+m" (*addr) : "Ir" (nr) : "memory", "cc");
}

static inline int sync_test_and_clear_bit(int nr,
					  volatile unsigned long *addr)
{
	int old;

	asm volatile("lock; btrl %2,%1\n\tsbb %0,%0"
		     : "=r" (old), "+m" (*addr) : "Ir" (nr)
		     : "memory", "cc");
	return old;
}

#endif /* _HVG_COMPAT_ASM_SYNC_BITOPS_H */
