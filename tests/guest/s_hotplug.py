# SPDX-License-Identifier: GPL-2.0-only
"""Disks come, grow and go while the guest runs, without a rescan by hand."""

from devices import DISKS as CATALOGUE, MIB
from profiles import PROFILES
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
HOT = CATALOGUE["hot"]


def skip(boot):
    if not PROFILES[boot["profile"]].hotplug:
        return "this host does not tell of disks that come and go"
    return None


def guest(vm):
    vm.disk("data")
    HOT.create(vm.image("hot"))
    seen = {}
    for turn in range(3):
        vm.control("disk-add", file=str(vm.image("hot")), serial=HOT.name,
                   **HOT.address())
        device = vm.disk("hot")
        seen["size", turn] = vm.sh("blockdev --getsize64 " + device).strip()
        vm.sh("echo turn %d | dd of=%s conv=sync oflag=direct 2>&1"
              % (turn, device))
        if turn == 0:
            _resize(vm, device, seen)
        vm.control("disk-remove", **HOT.address())
        vm.wait_for(lambda d=device: vm.status("[ -e %s ]" % d)[0] != 0,
                    "%s goes away in the guest" % device)
    return seen


def _resize(vm, device, seen):
    vm.control("disk-resize", size=HOT.size + 16 * MIB, **HOT.address())
    wanted = str(HOT.size + 16 * MIB)

    def grown():
        # The host's notice is a unit attention: it rides on a request.
        return vm.sh("""
            dd if=%s of=/dev/null count=1 iflag=direct 2>/dev/null
            blockdev --getsize64 %s
            """ % (device, device)).strip() == wanted

    vm.wait_for(grown, "the guest sees %s bytes" % wanted)
    seen["resized"] = wanted


def host(vm, seen):
    expect_equal(seen["size", 0], str(HOT.size), "size when added")
    expect_equal(seen["size", 1], str(HOT.size + 16 * MIB),
                 "size when added again")
    expect(vm.host_disk("hot") is None, "the host still has the disk")
    with open(vm.image("hot"), "rb") as image:
        expect_equal(image.read(7), b"turn 2\n", "start of the image")
    expect_equal(vm.image("hot").stat().st_size, HOT.size + 16 * MIB,
                 "size of the image")
