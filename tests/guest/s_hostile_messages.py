# SPDX-License-Identifier: GPL-2.0-only
"""Messages nobody asked for: false offers and rescinds, storms, garbage."""

import faults
from scenario import expect_equal

GROUP = "hostile"
DISKS = ("data", "ide")
MODULES = ("ours",)

REFUSED = r"offer of channel \d+ \(sub-channel index 0\) refused: "
DROPPED = "bad message dropped: "
# The fault, what makes the host send a message for it to spoil, and what the
# log has to say; None: a host may do that
CASES = (
    ("offer-duplicate", None, REFUSED + "its instance is there already"),
    ("offer-same-id", None, REFUSED + "its id is in use"),
    ("offer-range", None, REFUSED + "its id is out of range"),
    ("offer-storm", None, None),
    ("rescind-nothing", None, r"rescind of channel \d+ ignored"),
    ("message-unknown", None, None),
    ("truncated", "rescind-nothing", DROPPED + "RESCIND_OFFER, expected"),
    ("slot-size", "rescind-nothing", DROPPED + "any message, expected"),
    ("slot-scribble", "rescind-nothing", None),
)
# Of these there are some, one for each strange id.
TOLD = {"offer-range": 4, "rescind-nothing": 5}
# Counted alone, as a newer host may send such messages
IGNORED = ("message-unknown", "slot-scribble")
STORM = 200


def guest(vm):
    device, ide = vm.disk("data"), vm.disk("ide")
    seen = []
    for name, also, line in CASES:
        before = faults.fired(vm, name)
        mark = faults.log_mark(vm)
        counted = name in IGNORED and vm.kind == "ours"
        ignored = faults.ignored(vm) if counted else 0
        faults.arm(vm, name)
        if also:
            faults.arm(vm, also)
        vm.wait_for(lambda n=name, b=before: faults.fired(vm, n) > b,
                    "%s fires" % name)
        faults.beside(vm, "ide", ide, name)
        if name == "offer-storm":
            vm.wait_for(lambda: _strange_releases(vm) >= STORM,
                        "the guest gives %d ids back" % STORM, 60)
        faults.works(vm, device, name)
        faults.said(vm, mark, name, line, TOLD.get(name, 1))
        if counted:
            vm.wait_for(lambda i=ignored: faults.ignored(vm) > i,
                        "%s is counted" % name)
        seen.append((name, faults.fired(vm, name) - before))
    channels = vm.sh("ls /sys/bus/vmbus/devices | wc -l").strip()
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen, int(channels)


def _strange_releases(vm):
    """Ids given back that the host never had: type 13, RELID_RELEASED."""
    return len([e for e in vm.events("bad_message") if e["type"] == 13])


def host(vm, seen):
    cases, devices = seen
    for name, fired in cases:
        expect_equal(fired, 1, "%s: how often it fired" % name)
    expect_equal(devices, len([c for c in vm.stats()["channels"]
                               if not c["subchannel"]]),
                 "devices on the guest's bus")
