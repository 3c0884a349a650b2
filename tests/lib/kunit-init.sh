#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Process 1 of a debug kernel that runs KUnit suites: loads what modules/
# lists, then each of the modules with suites, with what is beside its name as
# parameters, and ends the machine. Results and reports go to the console,
# coverage data to the second serial port.

export PATH=/bin LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
echo > /proc/sys/kernel/modprobe

leaks()
{
	file=/sys/kernel/debug/kmemleak
	[ -e $file ] || return
	# An object has to be old, and to be missed by a second look.
	sleep 6
	echo scan > $file
	echo scan > $file
	head -n 60 $file
	echo clear > $file
}

while read -r module; do
	insmod "/modules/$module.ko" || echo "init: cannot load $module"
done < /modules/boot.list

# What the kernel has lost while it booted is not the suites'.
leaks > /dev/null
echo "init: begin" > /dev/kmsg

while read -r module parameters; do
	# shellcheck disable=SC2086 # none or some
	if insmod "/modules/$module.ko" $parameters; then
		leaks
		echo "init: end of $module" > /dev/kmsg
	else
		echo "init: cannot load $module"
	fi
done < /modules/tests.list

find /sys/kernel/debug/gcov -name '*.gcda' | while read -r file; do
	echo "FILE $file"
	base64 "$file"
done > /dev/ttyS1
echo "init: end" > /dev/kmsg
# QEMU takes it for the end.
reboot -f
