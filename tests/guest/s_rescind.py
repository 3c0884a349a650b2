# SPDX-License-Identifier: GPL-2.0-only
"""A SCSI controller is taken away by the host under load, and given back."""

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)


def guest(vm):
    device = vm.disk("data")
    vm.sh("echo before the rescind | dd of=%s conv=sync,notrunc "
          "oflag=direct 2>&1" % device)
    vm.sh("dd if=%s of=/dev/null bs=64k iflag=direct > /tmp/dd.log 2>&1 &"
          % device)
    vm.control("device-remove", type="scsi", controller=0)
    vm.wait_for(lambda: vm.status("[ -e %s ]" % device)[0] != 0,
                "the disk goes away in the guest")
    vm.wait_for(lambda: vm.events("released"),
                "the guest releases the channel")
    vm.control("device-add", type="scsi", controller=0)
    device = vm.disk("data")
    return vm.sh("dd if=%s count=1 iflag=direct 2>/dev/null" % device)


def host(vm, seen):
    expect_equal(seen.rstrip("\0"), "before the rescind\n",
                 "the disk's first sector")
    names = [e["what"] for e in vm.events()]
    for what in ("rescind", "released", "offer", "open"):
        expect(what in names, "no %r in the host's record: %s", what, names)
    expect(names.index("rescind") < names.index("released"),
           "released before the rescind: %s", names)
