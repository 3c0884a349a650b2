# SPDX-License-Identifier: GPL-2.0-only
"""A controller is rescinded and offered again 100 times, with I/O in between."""

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)
MODULES = ("ours",)
ROUNDS = 100
# Each request takes so long that some are always under way.
DELAY_MS = 20


def guest(vm):
    vm.disk("data")
    vm.mark()
    vm.control("disk-fault", delay_ms=DELAY_MS)
    for number in range(ROUNDS):
        # The disk's name may be another one each time.
        device = vm.disk("data")
        if number % 10 == 0:
            vm.sh("echo round %d | dd of=%s conv=sync,notrunc oflag=direct "
                  "2>/dev/null" % (number, device))
        vm.sh("dd if=%s of=/dev/null bs=64k count=2000 iflag=direct "
              ">/dev/null 2>&1 &" % device)
        vm.wait_for(lambda: vm.storage()["in_flight"],
                    "a request is under way, round %d" % number)
        before = faults.primary(vm)["id"]
        vm.control("reoffer", channel=before)
        vm.wait_for(lambda b=before: [
            c for c in vm.stats()["channels"] if c["name"] == "scsi" and
            c["state"] == "open" and not c["subchannel"] and c["id"] != b],
            "the controller is opened again, round %d" % number, 60)
    vm.control("disk-fault", delay_ms=0)
    faults.works(vm, vm.disk("data"), "afterwards")
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")


def host(vm, seen):
    with open(vm.image("data"), "rb") as image:
        text = image.read(16).rstrip(b"\0")
    expect_equal(text, b"round %d\n" % (ROUNDS - 10), "the image")
    bad = [e for e in vm.events() if e["what"] in
           ("bad_message", "ring_broken", "message_lost")]
    expect(not bad, "the host complains: %s", bad[:5])
