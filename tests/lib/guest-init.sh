#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Process 1 of a guest under test. It mounts what programs expect, loads the
# modules that belong to no Hyper-V device (SCSI, file systems) and then
# serves commands on the second serial port; the console is the kernel's.
# The protocol is described in agent.py, its other end.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C TERM=linux

mount -t proc proc /proc
mount -t sysfs sysfs /sys
# An emulator translates code for each address that it is seen at, and keeps
# what it has translated. A few thousand programs later each write to a page
# that once held code takes it milliseconds.
echo 0 > /proc/sys/kernel/randomize_va_space
if ! mount -t devtmpfs devtmpfs /dev 2>/dev/null; then
	mount -t tmpfs -o mode=755 tmpfs /dev
	mknod /dev/null c 1 3
	echo /usr/bin/nodes >/proc/sys/kernel/hotplug
	nodes all
fi
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
ln -s /proc/mounts /etc/mtab
ln -s /proc/self/fd /dev/fd
ip link set lo up 2>/dev/null

# There is no modprobe here: what may be loaded on demand is loaded already.
echo > /proc/sys/kernel/modprobe

# The kernel hands its argument skip_modules=a,b to us in the environment.
while read -r module; do
	case ,${skip_modules:-}, in
	*,"$module",*) continue ;;
	esac
	insmod "/modules/$module.ko" || echo "init: cannot load $module"
done < /modules/boot.list

# What old kernels have in place of watchdog_thresh.
lockup=/proc/sys/kernel/softlockup_thresh
[ ! -e $lockup ] || echo 60 > $lockup

serve()
{
	stty -F /dev/ttyS1 raw -echo -echoe -echok 115200
	exec 3<>/dev/ttyS1
	printf '\nHVG-READY %s\n' "$(cat /proc/sys/kernel/random/boot_id)" >&3
	: >/tmp/.script
	while IFS= read -r line <&3; do
		set -f
		# shellcheck disable=SC2086 # words are wanted
		set -- $line
		set +f
		case $1 in
		HVG-MORE)
			printf '%s' "$3" >>/tmp/.script
			printf '\n%s more\n' "$2" >&3
			;;
		HVG-RUN)
			printf '%s' "$3" >>/tmp/.script
			base64 -d </tmp/.script >/tmp/.decoded
			: >/tmp/.script
			{
				sh /tmp/.decoded </dev/null 2>&1 3>&-
				echo $? >/tmp/.status
			} | cat >&3
			printf '\n%s end %s\n' "$2" "$(cat /tmp/.status)" >&3
			;;
		esac
	done
}

while :; do
	(serve)
	sleep 1
done &

# A shell on the console for tests/run --shell.
while grep -q hvg.shell /proc/cmdline; do
	setsid -c busybox ash <>/dev/ttyS0 >&0 2>&0
	sleep 1
done
while :; do
	sleep 3600
done
