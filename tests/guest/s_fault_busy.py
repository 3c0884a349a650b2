# SPDX-License-Identifier: GPL-2.0-only
"""BUSY and TASK SET FULL: tried again while it makes sense, and no longer."""

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second")

NAMES = ("busy", "queue-full")
# How often one comes under I/O that is to go on
SOME = 10
# What the midlayer may take for a command with a 2 s timer and 5 retries
LIMIT = 40


def guest(vm):
    device, second = vm.disk("data"), vm.disk("second")
    faults.impatient(vm, device)
    some, ever = [], []
    for name in NAMES:
        before = faults.fired(vm, name)
        # Longer than this takes a slow machine.
        mark = faults.start_mix(vm, "data", seconds=30, rate=200)
        for number in range(1, SOME + 1):
            faults.arm(vm, name, disk="data", after=8)
            vm.wait_for(lambda n=name, c=before + number:
                        faults.fired(vm, n) >= c, "%s fires" % name)
        faults.end_mix(vm, "data", mark)
        faults.disarm(vm)
        some.append((name, faults.fired(vm, name) - before))
    for name in NAMES:
        faults.arm(vm, name, disk="data", cdb=faults.READ, count=0)
        code, seconds = faults.read(vm, device, limit=LIMIT)
        faults.works(vm, second, name + " on another disk")
        faults.disarm(vm)
        ever.append((name, code, seconds))
        faults.works(vm, vm.disk("data"), "after " + name)
    return some, ever


def host(vm, seen):
    some, ever = seen
    for name, fired in some:
        expect_equal(fired, SOME, "%s: how often it fired" % name)
    for name, code, seconds in ever:
        expect(code not in (0, 124, 137, 143), "%s for ever: expected an "
               "error, dd's exit status is %d after %.0f s", name, code,
               seconds)
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
