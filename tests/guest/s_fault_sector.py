# SPDX-License-Identifier: GPL-2.0-only
"""A bad sector: nothing that was not read is taken for read.

The sense data says which sector it is, and sd takes what is before it for
read. Of a command that the driver has copied, nothing is there.
"""

import subprocess

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "dump")

BLOCK = 1024


def guest(vm):
    if "small_cdb" in vm.boot["lacks"]:
        # Since an error in an earlier scenario it may be READ(6).
        faults.afresh(vm)
    device = vm.disk("data")
    vm.sh("""
        mkfs.%s -q -F -b 1024 %s > /dev/null 2>&1
        mount %s /mnt
        for i in $(seq 100); do
            dd if=/dev/urandom of=/mnt/$i bs=1500 count=3 2>/dev/null
        done
        sync
        for i in $(seq 1 2 100); do rm /mnt/$i; done
        dd if=/dev/urandom of=/mnt/blob bs=1000 count=2000 2>/dev/null
        umount /mnt
        """ % (vm.filesystem, device, device), timeout=120)
    vm.sh("mount -o ro %s /mnt; ls /mnt > /dev/null" % device)
    faults.arm(vm, "bad-sector", count=0, disk="data", cdb=faults.READ)
    code, _ = vm.status("timeout 60 cat /mnt/blob > /dev/null", 90)
    fired = faults.fired(vm, "bad-sector")
    faults.disarm(vm)
    # What is in the page cache by now is taken from there; a page that could
    # not be read may stay so, and is zero here.
    vm.status("""
        dd if=/mnt/blob of=/tmp/again bs=%d conv=noerror,sync 2> /dev/null
        dd if=/tmp/again of=%s bs=1M oflag=direct conv=sync 2> /dev/null
        """ % (BLOCK, vm.disk("dump")))
    vm.sh("umount /mnt; rm /tmp/again")
    return code, fired, faults.copied(vm)


def host(vm, seen):
    code, fired, copied = seen
    expect(fired > 0, "no READ has met a bad sector")
    expect(code not in (0, 124), "cat ended with %d", code)
    good = subprocess.run(
        ["/sbin/debugfs", "-R", "cat /blob", str(vm.image("data"))],
        capture_output=True, check=True).stdout
    with open(vm.image("dump"), "rb") as image:
        again = image.read(len(good))
    blocks = [(good[at:at + BLOCK], again[at:at + BLOCK])
              for at in range(0, len(good) - BLOCK, BLOCK)]
    same = sum(a == b for a, b in blocks)
    expect_equal([n for n, (a, b) in enumerate(blocks)
                  if a != b and any(b)], [],
                 "blocks that are not what is on the disk")
    expect(same > len(blocks) // 2, "%d of %d blocks could be read", same,
           len(blocks))
    if vm.kind == "ours" and "small_cdb" in vm.boot["lacks"]:
        expect(copied > 0, "no command had to be copied")
