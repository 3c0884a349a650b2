/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixed-width types and compile-time checks for the wire headers.
 *
 * The wire headers serve the kernel modules and the user-space programs
 * alike. Hyper-V is little-endian only and so is every machine it runs on:
 * the fields are plain fixed-width integers.
 */
#ifndef _HVG_TYPES_H
#define _HVG_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/bug.h>

typedef u8 hvg_u8;
typedef u16 hvg_u16;
typedef u32 hvg_u32;
typedef u64 hvg_u64;
typedef s32 hvg_s32;
typedef s64 hvg_s64;
#else
#include <stddef.h>
#include <stdint.h>

typedef uint8_t hvg_u8;
typedef uint16_t hvg_u16;
typedef uint32_t hvg_u32;
typedef uint64_t hvg_u64;
typedef int32_t hvg_s32;
typedef int64_t hvg_s64;
#endif

#define HVG_PACKED __attribute__((packed))

/*
 * A negative array size says it on every compiler since gcc 4.1, at file
 * scope and without C11.
 */
#define HVG_ASSERT(name, cond) \
	typedef char hvg_assert_##name[(cond) ? 1 : -1] __attribute__((unused))
#define HVG_ASSERT_SIZE(type, size) \
	HVG_ASSERT(type##_size, sizeof(struct type) == (size))
#define HVG_ASSERT_OFFSET(type, field, off) \
	HVG_ASSERT(type##_##field, offsetof(struct type, field) == (off))

/* Hyper-V pages are 4 KiB whatever the guest's page size. */
#define HVG_PAGE_SHIFT	12
#define HVG_PAGE_SIZE	(1u << HVG_PAGE_SHIFT)

/**
 * struct hvg_guid - a GUID in wire order
 * @b: the first three groups little-endian, the last two as written
 */
struct hvg_guid {
	hvg_u8 b[16];
} HVG_PACKED;
HVG_ASSERT_SIZE(hvg_guid, 16);

/* The text form 11223344-5566-7788-99aa-bbccddeeff00, byte by byte. */
#define HVG_GUID(a, w1, w2, b0, b1, b2, b3, b4, b5, b6, b7)		\
	{ { (a) & 0xff, ((a) >> 8) & 0xff, ((a) >> 16) & 0xff,		\
	    ((a) >> 24) & 0xff, (w1) & 0xff, ((w1) >> 8) & 0xff,	\
	    (w2) & 0xff, ((w2) >> 8) & 0xff,				\
	    (b0), (b1), (b2), (b3), (b4), (b5), (b6), (b7) } }

#endif /* _HVG_TYPES_H */
