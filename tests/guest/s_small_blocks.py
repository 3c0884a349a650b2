# SPDX-License-Identifier: GPL-2.0-only
"""A file system with blocks of 1 KiB: data that does not fill its pages."""

import hashlib
import subprocess

import faults
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)


def guest(vm):
    device = vm.disk("data")
    # Every other file goes, so that what comes then is in pieces.
    written = vm.sh("""
        mkfs.%s -q -F -b 1024 -L small %s > /dev/null 2>&1
        mount %s /mnt
        mkdir /mnt/many
        for i in $(seq 300); do
            dd if=/dev/urandom of=/mnt/many/$i bs=1500 count=3 2>/dev/null
        done
        sync
        for i in $(seq 1 2 300); do rm /mnt/many/$i; done
        dd if=/dev/urandom of=/mnt/blob bs=7000 count=1000 2>/dev/null
        sync
        cat /mnt/many/* /mnt/blob | sha256sum
        sha256sum /mnt/blob
        umount /mnt
        """ % (vm.filesystem, device, device), timeout=180).split()
    read = vm.sh("""
        mount %s /mnt
        cat /mnt/many/* /mnt/blob | sha256sum
        umount /mnt
        e2fsck -fn %s
        """ % (device, device), timeout=180).split()
    queues = vm.status("ls -d /sys/block/%s/mq" % device.split("/")[-1])[0]
    return written, read, faults.copied(vm), queues == 0


def host(vm, seen):
    written, read, copied, many_queues = seen
    expect_equal(read[0], written[0], "checksum of the files, read again")
    image = vm.image("data")
    check = subprocess.run(["/sbin/e2fsck", "-fn", str(image)],
                           capture_output=True, text=True, check=False)
    expect_equal(check.returncode, 0, "e2fsck of the image: %s" %
                 check.stdout)
    blob = subprocess.run(["/sbin/debugfs", "-R", "cat /blob", str(image)],
                          capture_output=True, check=True).stdout
    expect_equal(hashlib.sha256(blob).hexdigest(), written[2],
                 "checksum of the file in the image")
    # A queue with a virt boundary lets none through, an older one some.
    if many_queues:
        expect_equal(copied, 0, "commands whose data was not one range")
    elif vm.kind == "ours":
        expect(copied > 0, "no command had to be copied")
