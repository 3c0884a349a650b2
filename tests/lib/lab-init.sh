#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Process 1 of the emulated machine (L1) in which hvhost runs where this
# machine's KVM cannot. It loads the KVM modules, puts a writable layer over
# this machine's root file system, seen through 9p, and runs /job in there
# with its input and output on the virtio port "io". lab.py is its other end.

/bin/busybox --install -s /bin
export PATH=/bin

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

# As in the guests, see guest-init.sh.
echo 0 > /proc/sys/kernel/randomize_va_space

fail()
{
	echo "lab: $*"
	poweroff -f
}

while read -r module; do
	insmod "/modules/$module.ko" || fail "cannot load $module"
done < /modules/boot.list
[ -c /dev/kvm ] || fail "no /dev/kvm after loading the KVM modules"

# shellcheck source=/dev/null
. /job.conf		# LOGS, the directory that results go to

share=trans=virtio,version=9p2000.L,msize=512000
mkdir -p /lower /layer /root
mount -t 9p -o "$share,cache=loose,ro" root /lower || fail "no root share"
mount -t tmpfs -o mode=755 layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work \
	root /root || fail "no writable layer over the root share"
mount -t 9p -o "$share,cache=none" logs "/root$LOGS" || fail "no share for logs"
mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount --bind /dev /root/dev
mkdir -p /root/dev/pts /root/dev/shm /root/run
mount -t devpts devpts /root/dev/pts
mount -t tmpfs tmpfs /root/dev/shm
mount -t tmpfs -o size=75% tmpfs /root/run
ip link set lo up

port=
for entry in /sys/class/virtio-ports/*; do
	[ "$(cat "$entry/name")" = io ] && port=/dev/${entry##*/}
done
[ -n "$port" ] || fail "no virtio port named io"

cp /job.sh /root/run/job.sh
chroot /root /bin/sh /run/job.sh <>"$port" >&0 2>&0
echo $? >"/root$LOGS/status"
sync
poweroff -f
