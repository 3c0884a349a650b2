/* SPDX-License-Identifier: GPL-2.0-only */
/* Found only where the kernel has no header of this name (before 6.16). */
#include <asm/processor.h>
