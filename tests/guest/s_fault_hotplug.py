# SPDX-License-Identifier: GPL-2.0-only
"""A disk comes, grows and goes 100 times, now and then while it is read."""

import faults
from devices import DISKS as CATALOGUE, MIB
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)
HOT = CATALOGUE["hot"]
ROUNDS = 100
# In one round of so many it goes under a reader.
EVERY = 10
# The host takes so long for a read of this disk that the reader is not through
# with it before it goes.
DELAY_MS = 5
READS = 10


def guest(vm):
    data = vm.disk("data")
    HOT.create(vm.image("hot"))
    vm.sh(": > /tmp/ends")
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
        _remove(vm, device, number)
    vm.sh("touch /tmp/enough")
    code, text = faults.finished(vm, "the reader")
    ends = vm.sh("cat /tmp/ends; rm /tmp/enough /tmp/ends").splitlines()
    return code, text, ends


def _reads(vm, name):
    return vm.host_disk(name)["reads"]


def _remove(vm, device, number):
    """The disk goes."""
    if number % EVERY == 0:
        _remove_read(vm, device, number)
    else:
        vm.control("disk-remove", **HOT.address())
    vm.wait_for(lambda: vm.status("[ -e %s ]" % device)[0] != 0,
                "%s goes away, round %d" % (device, number))


def _remove_read(vm, device, number):
    """It goes under a reader, whom that ends. Others are not stopped."""
    vm.control("disk-fault", delay_ms=DELAY_MS, **HOT.address())
    before = _reads(vm, "hot")
    vm.sh("(set +e; dd if=%s of=/dev/null bs=4k iflag=direct 2>/tmp/said; "
          "echo $? $(cat /tmp/said) >> /tmp/ends) > /dev/null 2>&1 &" % device)
    vm.wait_for(lambda: _reads(vm, "hot") > before + READS,
                "%s is read, round %d" % (device, number))
    others = _reads(vm, "data")
    vm.control("disk-remove", **HOT.address())
    # One may have been under way.
    vm.wait_for(lambda: _reads(vm, "data") > others + 1,
                "the other disk is read on, round %d" % number)
    vm.wait_for(lambda: vm.status("[ $(wc -l < /tmp/ends) -gt %d ]"
                                  % (number // EVERY))[0] == 0,
                "the reader of %s ends, round %d" % (device, number))


def host(vm, seen):
    code, text, ends = seen
    expect_equal(len(ends), ROUNDS // EVERY, "readers that have ended")
    for number, end in enumerate(ends):
        expect(end.startswith("1 "), "reader %d: expected an error for the "
               "reader of the disk that went, dd's exit status and words are "
               "%s", number, end)
    expect_equal(code, 0, "exit status of the reader, which says\n%s\n"
                 % text[-500:])
    expect_equal(vm.host_disk("hot"), None, "the disk on the host")
