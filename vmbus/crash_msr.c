// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crash MSRs, which are the same on every platform that has them. TLFS,
 * chapter on guest crash enlightenment.
 */
#include <linux/types.h>
#include <asm/msr.h>
#include "platform.h"

/**
 * platform_crash_reported() - has somebody written the crash MSRs
 *
 * Context: any; platform_can_report_crash() said yes.
 * Return: true if one of P0 to P4 is not what platform_forget_crash() left.
 */
bool platform_crash_reported(void)
{
	unsigned int i;
	u64 value;

	for (i = 0; i < PLATFORM_CRASH_PARAMS; i++) {
		rdmsrq(HVG_MSR_CRASH_P0 + i, value);
		if (value)
			return true;
	}
	return false;
}

/**
 * platform_forget_crash() - clear what an earlier kernel has reported
 *
 * Context: any; platform_can_report_crash() said yes.
 */
void platform_forget_crash(void)
{
	unsigned int i;

	for (i = 0; i < PLATFORM_CRASH_PARAMS; i++)
		wrmsrq(HVG_MSR_CRASH_P0 + i, 0);
}

/**
 * platform_report_crash() - write the crash MSRs
 * @param: P0 to P4
 * @control: HVG_CRASH_CTL_*; with NOTIFY the host acts at once
 *
 * Context: any; platform_can_report_crash() said yes.
 */
void platform_report_crash(const u64 *param, u64 control)
{
	unsigned int i;

	for (i = 0; i < PLATFORM_CRASH_PARAMS; i++)
		wrmsrq(HVG_MSR_CRASH_P0 + i, param[i]);
	wrmsrq(HVG_MSR_CRASH_CTL, control);
}
