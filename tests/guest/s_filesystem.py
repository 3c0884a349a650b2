# SPDX-License-Identifier: GPL-2.0-only
"""A file system is made, written, and read back after reloading the drivers."""

import hashlib
import subprocess

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)


def guest(vm):
    device = vm.disk("data")
    written = vm.sh("""
        mkfs.%s -q -F -L hvg %s
        mount -o barrier=1 %s /mnt
        mkdir /mnt/many
        for i in $(seq 200); do echo "file $i" > /mnt/many/$i; done
        fio --name=blob --filename=/mnt/blob --size=16m --rw=write --bs=64k \
            --ioengine=sync --fallocate=none --refill_buffers --randrepeat=0 \
            --end_fsync=1 --output=/tmp/fio.log
        sync
        sha256sum /mnt/blob
        umount /mnt
        """ % (vm.filesystem, device, device), timeout=120).split()[-2]
    vm.unload_drivers()
    gone = vm.status("ls -d /sys/block/sd*")[0]
    # Where a helper removes the files, it may come after that.
    vm.wait_for(lambda: vm.status("ls /dev/sd*")[0] != 0,
                "the disks' files are removed", 10)
    vm.load_drivers()
    device = vm.disk("data")
    read = vm.sh("""
        mount %s /mnt
        sha256sum /mnt/blob
        cat /mnt/many/* | wc -l
        umount /mnt
        e2fsck -fn %s
        """ % (device, device), timeout=120)
    return written, gone, read


def host(vm, seen):
    written, gone, read = seen
    expect(gone != 0, "disks were there without their driver")
    expect_equal(read.split()[0], written, "checksum after the reload")
    expect_equal(read.split()[2], "200", "files after the reload")

    image = vm.image("data")
    check = subprocess.run(["/sbin/e2fsck", "-fn", str(image)],
                           capture_output=True, text=True, check=False)
    expect_equal(check.returncode, 0, "e2fsck of the image: %s" %
                 check.stdout)
    blob = subprocess.run(["/sbin/debugfs", "-R", "cat /blob", str(image)],
                          capture_output=True, check=True).stdout
    expect_equal(hashlib.sha256(blob).hexdigest(), written,
                 "checksum of the file in the image")
    expect(vm.storage()["flushes"] > 0, "no SYNCHRONIZE CACHE arrived")
