#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# disk SERIAL [SECONDS]: print the device of the disk or DVD drive with this
# unit serial number, waiting until there is one (default 30 seconds).

serial=$1
end=$(($(date +%s) + ${2:-30}))

while :; do
	for device in /sys/block/sd* /sys/block/sr*; do
		[ -e "$device/device" ] || continue
		name=/dev/${device##*/}
		got=$(sg_inq -l 255 --page=sn --raw "$name" 2>/dev/null |
			tail -c +5 | tr -d ' \000')
		if [ "$got" = "$serial" ]; then
			echo "$name"
			exit 0
		fi
	done
	[ "$(date +%s)" -lt "$end" ] || break
	sleep 0.2
done
echo "no disk with serial number $serial among: $(echo /sys/block/s*)" >&2
exit 1
