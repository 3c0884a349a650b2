#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# ata-piix.sh ETC SYS: can ata_piix be told not to load of itself? On RHEL 5 it
# does not leave the disks of a Hyper-V host's IDE controllers to hvg_storvsc.
# ETC and SYS are the running system's /etc and /sys.
# Exit status 0: yes, nothing needs it; 1: no, or there is no need to.
set -u
etc=$1
sys=$2

# RHEL 5: later ones have a directory alone, and an ata_piix that yields.
[ -f "$etc/modprobe.conf" ] || exit 1
# The administrator has said something about it, for a reason.
if grep -qs '^[^#]*ata_piix' "$etc/modprobe.conf" "$etc"/modprobe.d/*; then
	exit 1
fi
# A Hyper-V guest of generation 1: its display adapter is Microsoft's.
grep -qsi '^0x1414$' "$sys"/bus/pci/devices/*/vendor || exit 1
# It has a controller: the disks in use may be that one's.
for device in "$sys"/bus/pci/drivers/ata_piix/[0-9]*; do
	[ ! -e "$device" ] || exit 1
done
