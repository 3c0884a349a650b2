/* SPDX-License-Identifier: GPL-2.0-only */
/* Named faults: ways in which the host can be told to misbehave. */
#ifndef HVHOST_FAULT_H
#define HVHOST_FAULT_H

/* Registers the control command; arms --fault @name unless it is NULL. */
int fault_init(const char *name);

#endif
