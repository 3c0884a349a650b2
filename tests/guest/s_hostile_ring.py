# SPDX-License-Identifier: GPL-2.0-only
"""Packets and indices that lie stop one channel, which is then restarted."""

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data", "ide")
MODULES = ("ours",)

# Whether the channel has to be opened anew
CASES = (
    ("packet-short", True),
    ("packet-long", True),
    ("packet-offset", True),
    ("packet-offset-long", True),
    ("packet-type", True),  # it was a completion, now lost
    ("packet-trailer", False),
    ("write-index", True),
    ("write-index-odd", True),
    ("write-index-back", None),
    ("read-index", True),
)
LIMIT = 100


def guest(vm):
    ide = vm.disk("ide")
    seen = []
    for name, _ in CASES:
        device = vm.disk("data")
        faults.impatient(vm, device)
        channel = faults.primary(vm)
        before = faults.fired(vm, name)
        # The first packet is to be the answer to dd, not one to a scan.
        faults.quiet(vm)
        vm.mark()
        faults.arm(vm, name, channel=channel["id"])
        # On the CPU that the channel belongs to.
        faults.start(vm, "taskset -c %d timeout %d dd if=%s of=/dev/null "
                     "bs=4k count=1 iflag=direct"
                     % (channel["vp"], LIMIT * vm.scale, device))
        vm.wait_for(lambda n=name, b=before: faults.fired(vm, n) > b,
                    "%s fires" % name)
        other = faults.read(vm, ide, limit=30)
        code, text = faults.finished(vm, "%s: dd" % name, LIMIT + 20)
        # On the same channel: a bad read index is seen by who sends next.
        faults.works(vm, vm.disk("data"), "after " + name,
                     cpu=channel["vp"])
        opened = [e for e in vm.events("open") if e["name"] == "scsi"
                  and not e["subchannel"]]
        seen.append((name, code, text, other, len(opened)))
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen


def host(vm, seen):
    for (name, restart), (_, code, text, other, opened) in zip(CASES, seen):
        expect(code not in (124, 137, 143), "%s: dd did not end: %s", name,
               text)
        expect_equal(other[0], 0, "%s: dd on another controller" % name)
        if restart is not None:
            expect_equal(opened > 0, restart, "%s: opened anew" % name)
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
