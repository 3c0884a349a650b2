# SPDX-License-Identifier: GPL-2.0-only
"""Disks come, grow and go while the guest runs, without a rescan by hand."""

import faults
from devices import DISKS as CATALOGUE, MIB
from profiles import PROFILES
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
HOT = CATALOGUE["hot"]
TURNS = 3


def skip(boot):
    if not PROFILES[boot["profile"]].hotplug:
        return "this host does not tell of disks that come and go"
    return None


def guest(vm):
    vm.disk("data")
    HOT.create(vm.image("hot"))
    seen = {}
    for turn in range(TURNS):
        vm.control("disk-add", file=str(vm.image("hot")), serial=HOT.name,
                   **HOT.address())
        device = vm.disk("hot")
        seen["size", turn] = vm.sh("blockdev --getsize64 " + device).strip()
        vm.sh("echo turn %d | dd of=%s conv=sync oflag=direct 2>&1"
              % (turn, device))
        if turn == 0:
            _resize(vm, device, seen)
        if turn == TURNS - 1:
            _hold(vm, device)
        vm.control("disk-remove", **HOT.address())
        vm.wait_for(lambda d=device: vm.status("[ -e %s ]" % d)[0] != 0,
                    "%s goes away in the guest" % device)
    _let_go(vm)
    return seen


def _hold(vm, device):
    """Somebody has it open."""
    vm.sh("(exec 8< %s; echo > /tmp/held; while [ ! -e /tmp/let-go ]; do "
          "usleep 100000; done; exec 8<&-; echo > /tmp/held-end) "
          "> /dev/null 2>&1 &" % device)
    vm.wait_for(lambda: vm.status("[ -e /tmp/held ]")[0] == 0,
                "%s is open" % device)


def _let_go(vm):
    """However often disks are looked for meanwhile: when nobody has it any
    more, nothing keeps the drivers."""
    for _ in range(3):
        vm.scan()
    vm.sh("echo > /tmp/let-go")
    vm.wait_for(lambda: vm.status("[ -e /tmp/held-end ]")[0] == 0,
                "the disk that is gone is closed")
    vm.sh("rm /tmp/held /tmp/let-go /tmp/held-end")
    faults.unload(vm)
    expect_equal(vm.control("status")["vmbus"]["state"], "disconnected",
                 "the connection after unload")
    vm.load_drivers()
    vm.disk("data")


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
