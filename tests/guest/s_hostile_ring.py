# SPDX-License-Identifier: GPL-2.0-only
"""Packets and indices that lie stop one channel, which is then restarted."""

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data", "ide")
MODULES = ("ours",)

PACKET = r"channel \d+ stopped: expected a packet inside the ring"
# Whether the channel has to be opened anew, and what the log has to say; None:
# that depends on what lies in the ring, or the guest does not look at it
CASES = (
    ("packet-short", True, PACKET),
    ("packet-long", True, PACKET),
    ("packet-offset", True, PACKET),
    ("packet-offset-long", True, PACKET),
    # It was a completion, now lost.
    ("packet-type", True, "expected a completion or a notification, got 85"),
    ("packet-trailer", False, None),
    ("write-index", True, PACKET),
    ("write-index-odd", True, PACKET),
    ("write-index-back", None, None),
    ("read-index", True, "stopped: expected a read index inside the ring"),
    # It looks as if the host was busy, which needs no signal then: until
    # commands have taken too long.
    ("read-index-back", True, "restarting the adapter"),
)
LIMIT = 100


def guest(vm):
    ide = vm.disk("ide")
    seen = []
    for name, _, line in CASES:
        device = vm.disk("data")
        faults.impatient(vm, device)
        channel = faults.primary(vm)
        before = faults.fired(vm, name)
        # The first packet is to be the answer to dd, not one to a scan.
        faults.quiet(vm)
        vm.mark()
        mark = faults.log_mark(vm)
        faults.arm(vm, name, channel=channel["id"])
        # On the CPU that the channel belongs to.
        faults.start(vm, "taskset -c %d timeout %d dd if=%s of=/dev/null "
                     "bs=4k count=1 iflag=direct"
                     % (channel["vp"], LIMIT * vm.scale, device))
        vm.wait_for(lambda n=name, b=before: faults.fired(vm, n) > b,
                    "%s fires" % name)
        faults.beside(vm, "ide", ide, name)
        code, text = faults.finished(vm, "%s: dd" % name, LIMIT + 20)
        # On the same channel: a bad read index is seen by who sends next.
        faults.works(vm, vm.disk("data", LIMIT), "after " + name,
                     cpu=channel["vp"])
        faults.said(vm, mark, name, line)
        opened = [e for e in vm.events("open") if e["name"] == "scsi"
                  and not e["subchannel"]]
        seen.append((code, text, len(opened)))
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen


def host(vm, seen):
    for (name, restart, _), (code, text, opened) in zip(CASES, seen):
        expect(code not in (124, 137, 143), "%s: dd did not end: %s", name,
               text)
        if restart is not None:
            expect_equal(opened > 0, restart, "%s: opened anew" % name)
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
