# SPDX-License-Identifier: GPL-2.0-only
"""A disk comes, grows and goes 100 times, while another one is read."""

import faults
from devices import DISKS as CATALOGUE, MIB
from scenario import expect_equal

GROUP = "fault"
DISKS = ("data",)
HOT = CATALOGUE["hot"]
ROUNDS = 100


def guest(vm):
    data = vm.disk("data")
    HOT.create(vm.image("hot"))
    faults.start(vm, "while [ ! -e /tmp/enough ]; do dd if=%s of=/dev/null "
                 "bs=64k count=500 iflag=direct || exit 1; sleep 0.2; done"
                 % data)
    for number in range(ROUNDS):
        vm.control("disk-add", file=str(vm.image("hot")), serial=HOT.name,
                   **HOT.address())
        device = vm.disk("hot")
        size = HOT.size + (number % 2) * 16 * MIB
        vm.control("disk-resize", size=size, **HOT.address())
        vm.wait_for(lambda d=device, s=size: vm.sh(
            "dd if=%s of=/dev/null count=1 iflag=direct 2>/dev/null\n"
            "blockdev --getsize64 %s" % (d, d)).strip() == str(s),
            "%s has %d bytes" % (device, size))
        vm.control("disk-remove", **HOT.address())
        vm.wait_for(lambda d=device: vm.status("[ -e %s ]" % d)[0] != 0,
                    "%s goes away, round %d" % (device, number))
    vm.sh("touch /tmp/enough")
    code, text = faults.finished(vm, "the reader")
    vm.sh("rm /tmp/enough")
    return code, text


def host(vm, seen):
    code, text = seen
    expect_equal(code, 0, "exit status of the reader, which says\n%s\n"
                 % text[-500:])
    expect_equal(vm.host_disk("hot"), None, "the disk on the host")
