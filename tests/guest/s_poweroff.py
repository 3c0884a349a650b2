# SPDX-License-Identifier: GPL-2.0-only
"""The guest powers itself off, with a disk mounted just before."""

import subprocess

from scenario import expect_equal

GROUP = "storage"
DISKS = ("data",)
ENDS = True


def guest(vm):
    device = vm.disk("data")
    vm.sh("""
        mkfs.%s -q -F %s
        mount %s /mnt
        echo kept > /mnt/file
        umount /mnt
        """ % (vm.filesystem, device, device), timeout=120)
    vm.agent.send_only("poweroff -f")
    return vm.wait_exit()


def host(vm, seen):
    expect_equal(seen, 0, "exit status of hvhost")
    text = subprocess.run(
        ["/sbin/debugfs", "-R", "cat /file", str(vm.image("data"))],
        capture_output=True, text=True, check=True).stdout
    expect_equal(text, "kept\n", "the file in the image")
