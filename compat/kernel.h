/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiler's helpers, the small macros of kernel.h, memory barriers. */
#ifndef _HVG_COMPAT_KERNEL_H
#define _HVG_COMPAT_KERNEL_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/types.h>

/* Scalars only: none of what is read with these is larger than a word. */
#ifndef READ_ONCE
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile typeof(x) *)&(x) = (value))
#endif

#ifndef __aligned
#define __aligned(n)		__attribute__((aligned(n)))
#endif

#ifndef __packed
#define __packed		__attribute__((packed))
#endif

#ifndef fallthrough
#define fallthrough		do { } while (0)
#endif

#ifndef U16_MAX
#define U16_MAX			((u16)~0U)
#define U32_MAX			((u32)~0U)
#endif

#ifndef BIT
#define BIT(n)			(1UL << (n))
#endif

#ifndef IS_ALIGNED
#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)
#endif

#ifndef clamp_t
#define clamp_t(type, value, low, high) \
	min_t(type, max_t(type, value, low), high)
#endif

#ifndef list_first_entry
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#endif

#ifndef lower_32_bits
#define lower_32_bits(n)	((u32)(n))
#endif

#ifndef HVG_HAVE_WARN_ON_VALUE
#include <linux/bug.h>
#undef WARN_ON
#define WARN_ON(condition) ({						\
	int hvg_bad_ = !!(condition);					\
	if (unlikely(hvg_bad_)) {					\
		printk(KERN_WARNING "WARNING: at %s:%d/%s()\n",		\
		       __FILE__, __LINE__, __func__);			\
		dump_stack();						\
	}								\
	unlikely(hvg_bad_);						\
})
#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition) ({					\
	static int hvg_warned_;						\
	int hvg_once_ = !!(condition);					\
	if (unlikely(hvg_once_) && !hvg_warned_) {			\
		hvg_warned_ = 1;					\
		WARN_ON(1);						\
	}								\
	unlikely(hvg_once_);						\
})
#endif

#ifndef HVG_HAVE_INIT_UTSNAME
#include <linux/utsname.h>
#define init_utsname()		(&system_utsname)
#endif

#ifndef HVG_HAVE_KSTRTOX
/* All of the text is a number, but for a newline at the end. */
#define kstrtouint(text, base, value) hvg_kstrtouint(text, base, value)
static inline int hvg_kstrtouint(const char *text, unsigned int base,
				 unsigned int *value)
{
	unsigned long long all;
	char *end;

	all = simple_strtoull(text, &end, base);
	if (end == text || (*end && (*end != '\n' || end[1])))
		return -EINVAL;
	if (all != (unsigned int)all)
		return -ERANGE;
	*value = all;
	return 0;
}
#endif

#ifndef HVG_HAVE_HEX_TO_BIN
#define hex_to_bin(digit) hvg_hex_to_bin(digit)
static inline int hvg_hex_to_bin(unsigned char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}
#endif

/* Who lacks these is an x86 whose stores and loads stay in order. */
#ifndef virt_mb
#include <asm/barrier.h>
#endif
#ifndef virt_mb
#define virt_mb()		mb()
#define virt_load_acquire(p)	smp_load_acquire(p)
#define virt_store_release(p, value) smp_store_release(p, value)
#endif
#ifndef smp_load_acquire
#define smp_load_acquire(p) ({						\
	typeof(*(p)) hvg_value_ = READ_ONCE(*(p));			\
	barrier();							\
	hvg_value_;							\
})
#define smp_store_release(p, value) do {				\
	barrier();							\
	WRITE_ONCE(*(p), value);					\
} while (0)
#endif

#endif /* _HVG_COMPAT_KERNEL_H */
