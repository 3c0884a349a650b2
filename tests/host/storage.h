/* SPDX-License-Identifier: GPL-2.0-only */
/* The storage service as main sees it: disks from the command line. */
#ifndef HVHOST_STORAGE_H
#define HVHOST_STORAGE_H

#include <stdbool.h>

int storage_init(void);		/* registers control commands and statistics */
/* Parse and attach one --disk / --dvd SPEC; on error *error is malloc'ed. */
int storage_add_spec(const char *spec, bool dvd, char **error);
/* See to it that SCSI controllers 0..count-1 exist. */
int storage_controllers(unsigned int count, char **error);
void storage_pause(bool on);
void storage_reset(void);	/* guest reset: cancel what is in flight */
void storage_fini(void);

#endif
