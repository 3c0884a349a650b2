#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# next-steps.sh [ROOT]: say what is left to do once the modules are in place.

# RHEL 5 has it; what it and the boot loader say is not ours to change.
if [ -f "${1-}/etc/modprobe.conf" ]; then
	echo "Nothing loads the drivers at boot but the initial RAM disk, and" \
		"the disks of IDE"
	echo "controllers stay with the kernel's own driver until it is told" \
		"otherwise."
	echo "Documentation/rhel5.md has the steps."
else
	echo "The drivers are used from the next boot on. If the root disk is on"
	echo "Hyper-V storage, make the initial RAM disk anew first."
fi
