# SPDX-License-Identifier: GPL-2.0-only
"""Messages nobody asked for: false offers and rescinds, storms, garbage."""

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data",)
MODULES = ("ours",)

# The fault, and what makes the host send a message for it to spoil
CASES = (
    ("offer-duplicate", None),
    ("offer-same-id", None),
    ("offer-range", None),
    ("offer-storm", None),
    ("rescind-nothing", None),
    ("message-unknown", None),
    ("truncated", "rescind-nothing"),
    ("slot-size", "rescind-nothing"),
    ("slot-scribble", "rescind-nothing"),
)
STORM = 200
# More than this of one cause is not "once": the limit is the kernel's
LINES = 11


def guest(vm):
    device = vm.disk("data")
    seen = []
    for name, also in CASES:
        before = faults.fired(vm, name)
        mark = len(faults.driver_lines(vm))
        faults.arm(vm, name)
        if also:
            faults.arm(vm, also)
        vm.wait_for(lambda n=name, b=before: faults.fired(vm, n) > b,
                    "%s fires" % name)
        if name == "offer-storm":
            vm.wait_for(lambda: _strange_releases(vm) >= STORM,
                        "the guest gives %d ids back" % STORM, 60)
        faults.works(vm, device, name)
        seen.append((name, faults.fired(vm, name) - before,
                     len(faults.driver_lines(vm)) - mark))
    channels = vm.sh("ls /sys/bus/vmbus/devices | wc -l").strip()
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen, int(channels)


def _strange_releases(vm):
    """Ids given back that the host never had: type 13, RELID_RELEASED."""
    return len([e for e in vm.events("bad_message") if e["type"] == 13])


def host(vm, seen):
    cases, devices = seen
    for name, fired, lines in cases:
        expect_equal(fired, 1, "%s: how often it fired" % name)
        expect(lines <= LINES, "%s: %d lines in the guest's log", name, lines)
    expect_equal(devices, len([c for c in vm.stats()["channels"]
                               if not c["subchannel"]]),
                 "devices on the guest's bus")
