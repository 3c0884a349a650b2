#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# release.sh KDIR: print the release of the kernel of a build tree, as uname -r
# has it. include/config/kernel.release is something else in Debian's headers.
for file in include/generated/utsrelease.h include/linux/utsrelease.h \
	include/linux/version.h; do
	sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "$1/$file" 2>/dev/null
done | head -n 1
