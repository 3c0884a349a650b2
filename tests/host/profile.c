// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hosts that --profile knows, as data. Features that a release lacks are
 * hidden from the guest even where KVM has them.
 */
#include <stddef.h>
#include <string.h>

#include "../../include/hvg/vmbus_wire.h"
#include "profile.h"

#define STOR_VERSION(major, minor)	((major) << 8 | (minor))

/* CPUID 0x40000003 EAX: which synthetic MSRs there are. */
#define ACCESS_V1	0x000000ff	/* up to the reset MSR */
#define ACCESS_V2	0x00000e00	/* reference TSC, guest idle, frequency */
#define ACCESS_V3	0x00003000	/* debug, reenlightenment */

/* CPUID 0x40000003 EDX */
#define FEATURE_XMM_INPUT	(1u << 4)
#define FEATURE_IDLE		(1u << 5)
#define FEATURE_FREQUENCY	(1u << 8)
#define FEATURE_CRASH		(1u << 10)
#define FEATURE_DIRECT_STIMER	(1u << 19)
#define FEATURES_2008R2		(FEATURE_XMM_INPUT | FEATURE_IDLE)
#define FEATURES_2012		(FEATURES_2008R2 | FEATURE_FREQUENCY | \
				 FEATURE_CRASH)
#define FEATURES_2019		(FEATURES_2012 | FEATURE_DIRECT_STIMER)

/* CPUID 0x40000004 EAX */
#define HINTS_2008	0x0000003f	/* up to relaxed timing */
#define HINTS_2012R2	0x000002ff	/* no auto-EOI */
#define HINTS_2016	0x00040eff	/* cluster IPI, sparse VP sets */

static const struct profile profiles[] = {
	{
		.name = "ws2008",
		.release = "Windows Server 2008",
		.hv_major = 6, .hv_minor = 0, .hv_build = 6001,
		.hv_access = ACCESS_V1,
		.hv_features = 0,
		.hv_hints = HINTS_2008,
		.vmbus_version = HVG_VERSION_WS2008,
		.stor_version = STOR_VERSION(2, 0),
		.monitor = true,
		.inquiry_error_quirk = true,
		.max_gpadl_mib = 384,
		.max_transfer_bytes = 256 << 10,
	}, {
		.name = "ws2008r2",
		.release = "Windows Server 2008 R2",
		.hv_major = 6, .hv_minor = 1, .hv_build = 7600,
		.hv_access = ACCESS_V1 | ACCESS_V2,
		.hv_features = FEATURES_2008R2,
		.hv_hints = HINTS_2008,
		.vmbus_version = HVG_VERSION_WIN7,
		.stor_version = STOR_VERSION(4, 2),
		.monitor = true,
		.inquiry_error_quirk = true,
		.max_gpadl_mib = 384,
		.max_transfer_bytes = 256 << 10,
	}, {
		.name = "ws2012",
		.release = "Windows Server 2012",
		.hv_major = 6, .hv_minor = 2, .hv_build = 9200,
		.hv_access = ACCESS_V1 | ACCESS_V2,
		.hv_features = FEATURES_2012,
		.hv_hints = HINTS_2008,
		.vmbus_version = HVG_VERSION_WIN8,
		.stor_version = STOR_VERSION(5, 1),
		.stor_subchannels = 64,
		.monitor = true,
		.unmap = true,
		.max_gpadl_mib = 384,
		.max_transfer_bytes = 256 << 10,
	}, {
		.name = "ws2012r2",
		.release = "Windows Server 2012 R2",
		.hv_major = 6, .hv_minor = 3, .hv_build = 9600,
		.hv_access = ACCESS_V1 | ACCESS_V2,
		.hv_features = FEATURES_2012,
		.hv_hints = HINTS_2012R2,
		.vmbus_version = HVG_VERSION_WIN8_1,
		.stor_version = STOR_VERSION(6, 0),
		.stor_subchannels = 64,
		.monitor = true,
		.write_same = true,
		.unmap = true,
		.max_gpadl_mib = 384,
		.max_transfer_bytes = 256 << 10,
	}, {
		.name = "ws2016",
		.release = "Windows Server 2016",
		.hv_major = 10, .hv_minor = 0, .hv_build = 14393,
		.hv_access = ACCESS_V1 | ACCESS_V2 | ACCESS_V3,
		.hv_features = FEATURES_2012,
		.hv_hints = HINTS_2016,
		.crash_message = true,
		.vmbus_version = HVG_VERSION_WIN10,
		.stor_version = STOR_VERSION(6, 2),
		.stor_subchannels = 64,
		.write_same = true,
		.unmap = true,
		.max_gpadl_mib = 384,
		.max_transfer_bytes = 256 << 10,
	}, {
		.name = "ws2019",
		.release = "Windows Server 2019",
		.hv_major = 10, .hv_minor = 0, .hv_build = 17763,
		.hv_access = ACCESS_V1 | ACCESS_V2 | ACCESS_V3,
		.hv_features = FEATURES_2019,
		.hv_hints = HINTS_2016,
		.crash_message = true,
		.vmbus_version = HVG_VERSION_WIN10_V5_2,
		.stor_version = STOR_VERSION(6, 2),
		.stor_subchannels = 64,
		.direct_stimer = true,
		.write_same = true,
		.unmap = true,
		.max_gpadl_mib = 1280,
		.max_transfer_bytes = 256 << 10,
	}, {
		.name = "ws2022",
		.release = "Windows Server 2022",
		.hv_major = 10, .hv_minor = 0, .hv_build = 20348,
		.hv_access = ACCESS_V1 | ACCESS_V2 | ACCESS_V3,
		.hv_features = FEATURES_2019,
		.hv_hints = HINTS_2016,
		.crash_message = true,
		.vmbus_version = HVG_VERSION_IRON,
		.stor_version = STOR_VERSION(6, 2),
		.stor_subchannels = 64,
		.direct_stimer = true,
		.write_same = true,
		.unmap = true,
		.max_gpadl_mib = 1280,
		.max_transfer_bytes = 256 << 10,
	}, {
		.name = "ws2025",
		.release = "Windows Server 2025",
		.hv_major = 10, .hv_minor = 0, .hv_build = 26100,
		.hv_access = ACCESS_V1 | ACCESS_V2 | ACCESS_V3,
		.hv_features = FEATURES_2019,
		.hv_hints = HINTS_2016,
		.crash_message = true,
		.vmbus_version = HVG_VERSION_COPPER,
		.vmbus_features = HVG_FEATURE_GUEST_SIGNAL_PARAMS |
				  HVG_FEATURE_INTERRUPT_REDIRECTION |
				  HVG_FEATURE_MODIFY_CONNECTION |
				  HVG_FEATURE_CLIENT_ID |
				  HVG_FEATURE_PAUSE_RESUME,
		.stor_version = STOR_VERSION(6, 2),
		.stor_subchannels = 64,
		.direct_stimer = true,
		.write_same = true,
		.unmap = true,
		.max_gpadl_mib = 1280,
		.max_transfer_bytes = 256 << 10,
	},
};

const struct profile *profile_at(unsigned int index)
{
	if (index >= sizeof(profiles) / sizeof(profiles[0]))
		return NULL;
	return &profiles[index];
}

const struct profile *profile_find(const char *name)
{
	const struct profile *p;
	unsigned int i;

	for (i = 0; (p = profile_at(i)); i++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}
