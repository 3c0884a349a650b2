/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What 2.6.18 declares, as far as the modules ask for it: names and types, so
 * that what is written for that kernel alone can be compiled without it. Nothing
 * here does anything. Each header of that kernel is this one.
 */
#ifndef _HVG_OLD_INTERFACES_H
#define _HVG_OLD_INTERFACES_H

#include "core.h"
#include "machine.h"
#include "files.h"
#include "device.h"
#include "scsi.h"

#endif /* _HVG_OLD_INTERFACES_H */
