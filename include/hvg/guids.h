/* SPDX-License-Identifier: GPL-2.0-only */
/* Interface types of the VMBus devices, and their modaliases: in wire order. */
#ifndef _HVG_GUIDS_H
#define _HVG_GUIDS_H

#include "types.h"

#define HVG_GUID_SCSI							\
	HVG_GUID(0xba6163d9, 0x04a1, 0x4d29,				\
		 0xb6, 0x05, 0x72, 0xe2, 0xff, 0xb1, 0xdc, 0x7f)
#define HVG_ALIAS_SCSI	"vmbus:d96361baa104294db60572e2ffb1dc7f"
#define HVG_GUID_IDE							\
	HVG_GUID(0x32412632, 0x86cb, 0x44a2,				\
		 0x9b, 0x5c, 0x50, 0xd1, 0x41, 0x73, 0x54, 0xf5)
#define HVG_ALIAS_IDE	"vmbus:32264132cb86a2449b5c50d1417354f5"
#define HVG_GUID_FC							\
	HVG_GUID(0x2f9bcc4a, 0x0069, 0x4af3,				\
		 0xb7, 0x6b, 0x6f, 0xd0, 0xbe, 0x52, 0x8c, 0xda)

#endif /* _HVG_GUIDS_H */
