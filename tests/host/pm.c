// SPDX-License-Identifier: GPL-2.0-only
/*
 * ACPI power management registers: the PM1a event and control blocks and the
 * PM timer. ACPI mode is always on, and nothing raises the SCI. With the
 * machine lock held.
 */
#include "loop.h"
#include "vm_priv.h"

#define PM_STATUS		0
#define PM_ENABLE		2

#define PM_SCI_EN		0x0001
#define PM_SLP_TYP(v)		((v) >> 10 & 7)
#define PM_SLP_EN		0x2000

#define PM_TIMER_HZ		3579545ull

static uint16_t status, enable, control;

static uint32_t timer(void)
{
	return now_us() * PM_TIMER_HZ / 1000000;
}

void pm_reset(void)
{
	status = 0;
	enable = 0;
	control = PM_SCI_EN;
}

uint32_t pm_in(uint16_t port, unsigned int size)
{
	switch (port - PM_BASE) {
	case PM_STATUS:
		return size == 4 ? status | (uint32_t)enable << 16 : status;
	case PM_ENABLE:
		return enable;
	case PM_CONTROL:
		return control;
	case PM_TIMER:
		return timer();
	default:
		return 0;
	}
}

void pm_out(uint16_t port, unsigned int size, uint32_t value)
{
	switch (port - PM_BASE) {
	case PM_STATUS:
		status &= ~value;
		if (size == 4)
			enable = value >> 16;
		break;
	case PM_ENABLE:
		enable = value;
		break;
	case PM_CONTROL:
		control = (value & ~PM_SLP_EN) | PM_SCI_EN;
		if ((value & PM_SLP_EN) && PM_SLP_TYP(value) == PM_S5)
			vm_end_because(VM_END_POWEROFF, "power-off by ACPI");
		break;
	}
}
