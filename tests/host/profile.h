/* SPDX-License-Identifier: GPL-2.0-only */
/* What each Windows Server release has: versions and quirks as data. */
#ifndef HVHOST_PROFILE_H
#define HVHOST_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

struct profile {
	const char *name;
	const char *release;		/* "Windows Server 2012 R2" */
	/* hypervisor version for CPUID 0x40000002 */
	uint16_t hv_major, hv_minor;
	uint32_t hv_build;
	/* what of KVM's offer the guest may see: CPUID 0x40000003 EAX and EDX,
	 * 0x40000004 EAX
	 */
	uint32_t hv_access, hv_features, hv_hints;
	bool crash_message;		/* CRASH_CTL takes a text */
	uint32_t vmbus_version;		/* highest, HVG_VERSION() */
	uint32_t vmbus_features;	/* 6.0 */
	uint16_t stor_version;		/* highest, HVG_STOR_VERSION() */
	uint16_t stor_subchannels;	/* of a SCSI controller at most; never
					 * more than one for each other VP */
	bool monitor;			/* offers channels with a monitor id */
	bool direct_stimer;
	bool write_same;		/* accepts WRITE SAME */
	bool unmap;			/* reports and accepts UNMAP */
	bool inquiry_error_quirk;	/* INQUIRY/MODE SENSE spurious SRB error */
	uint32_t max_gpadl_mib;
	uint32_t max_transfer_bytes;	/* of a storage request */
};

const struct profile *profile_find(const char *name);
const struct profile *profile_at(unsigned int index);	/* NULL past the end */

#endif
