#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Device files for kernels without devtmpfs, from sysfs. "nodes all" makes
# those of every device; without an argument this is the kernel's hotplug
# helper. It goes by what is there and not by what an event said, as several
# of these run at a time and in no order.

export PATH=/bin:/usr/bin

node()
{
	name=/dev/${1##*/}
	kind=c
	case $1 in
	*/block/*)	kind=b ;;
	*/msr[0-9]*)	name=/dev/cpu/${1##*/msr}/msr
			mkdir -p "${name%/msr}" ;;
	esac
	# Not by read: busybox polls first, and sysfs of 2.6.18 says no.
	if ! major=$(cat "$1/dev" 2>/dev/null); then
		rm -f "$name"
		return
	fi
	minor=${major#*:} major=${major%:*}
	number=$(printf '%x:%x' "$major" "$minor")
	if [ ! -e "$name" ] ||
	   [ "$(stat -c %t:%T "$name" 2>/dev/null)" != "$number" ]; then
		rm -f "$name"
		mknod "$name" "$kind" "$major" "$minor" 2>/dev/null
	fi
	# It may have gone meanwhile, and its last event been handled before.
	[ -e "$1/dev" ] || rm -f "$name"
}

if [ "${1-}" = all ]; then
	for entry in /sys/block/*/dev /sys/block/*/*/dev /sys/class/*/*/dev; do
		case $entry in
		*/tty[0-9]*|*/vcs*|*/ram*)	continue ;;
		esac
		[ ! -e "$entry" ] || node "${entry%/dev}"
	done
	exit
fi
case ${DEVPATH-} in
/block/*|/class/*)
	# The event comes just before the entry goes.
	tries=10
	while [ "${ACTION-}" = remove ] && [ -e "/sys$DEVPATH/dev" ] &&
	      [ $tries -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	node "/sys$DEVPATH"
	;;
esac
exit 0
