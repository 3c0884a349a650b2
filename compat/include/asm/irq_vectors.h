/* SPDX-License-Identifier: GPL-2.0-only */
/* Found only where the kernel has no header of this name (before 2.6.27). */
#include <asm/hw_irq.h>

/* The vector that leads to an ISA interrupt, on every CPU. */
#ifndef ISA_IRQ_VECTOR
#define ISA_IRQ_VECTOR(irq)	(FIRST_EXTERNAL_VECTOR + (irq))
#endif
