/* SPDX-License-Identifier: GPL-2.0-only */
/* Short names for what the tests of SCSI commands are full of. */
#ifndef HVHOST_TEST_SCSI_H
#define HVHOST_TEST_SCSI_H

#include "test_disk.h"

#define NONE	HVG_STOR_NONE
#define IN	HVG_STOR_READ
#define OUT	HVG_STOR_WRITE
#define OK	HVG_SRB_SUCCESS
#define BAD	HVG_SRB_ERROR

#endif
