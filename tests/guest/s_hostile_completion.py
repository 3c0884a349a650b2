# SPDX-License-Identifier: GPL-2.0-only
"""Completions that lie: ids, lengths, channels, sense data, notifications."""

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data", "ide")
MODULES = ("ours",)

# fault, value, whether dd is to succeed, as the midlayer repeats errors
CASES = (
    ("completion-unknown", None, True),
    ("completion-again", None, True),
    ("completion-channel", None, True),
    ("completion-foreign", None, True),
    ("completion-short", 8, True),
    ("completion-short", 0, True),
    ("completion-short", 47, True),
    ("notification", 99, True),
    ("notification", 2, True),
    ("notification", 11, True),
    ("transfer-length", 1 << 20, True),
    ("transfer-length", 0xfffff000, True),
    ("sense-length", 255, False),	# the sense data says: medium error
    ("srb-status", 0, True),
    ("srb-status", 0x3f, True),
    ("sense", 0xffffff, None),
)


def guest(vm):
    device, ide = vm.disk("data"), vm.disk("ide")
    faults.impatient(vm, device, ide)
    seen = []
    for name, value, _ in CASES:
        before = faults.fired(vm, name)
        where = {} if value is None else {"value": value}
        faults.arm(vm, name, disk="data", cdb=faults.READ, **where)
        (code, seconds), reads = faults.executed(
            vm, "data", lambda: faults.read(vm, device, limit=60))
        faults.works(vm, ide, name)
        faults.works(vm, device, name)
        seen.append((code, seconds, faults.fired(vm, name) - before, reads))
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen


def host(vm, seen):
    for (name, value, works), (code, seconds, fired, reads) in \
            zip(CASES, seen):
        what = "%s %s" % (name, value)
        expect_equal(fired, 1, what + ": how often it fired")
        expect(code not in (124, 137, 143), "%s: dd did not end in %.0f s",
               what, seconds)
        if name == "sense-length" and "final_error" in vm.boot["lacks"]:
            works = True
        expect(code or reads, "%s: dd succeeded with what the host has not "
               "read", what)
        if works is not None:
            expect_equal(code == 0, works, what + ": dd succeeded")
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
