# SPDX-License-Identifier: GPL-2.0-only
"""Answers of the host that are missing, wrong or come twice, step by step."""

import time

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data",)
# A guest with no other scenario's disks: it is this adapter that meets a fault.
OPTIONS = ("--scsi", "1")
MODULES = ("ours",)

# fault, whether the disk appears
CASES = (
    ("version-silent", False),
    ("version-twice", True),
    ("offers-silent", True),
    ("open-silent", False),
    ("open-twice", True),
    ("open-id", False),
    ("open-channel", False),
    ("gpadl-silent", False),
    ("gpadl-handle", False),
    ("gpadl-channel", False),
    ("rescind-open", True),
    ("rescind-gpadl", True),
    ("transfer-limit", False),
    ("subchannel-count", True),
)
# For ever, as insmod tries twice, and then the drivers do not load.
EVER = ("version-silent",)
# At unload
AFTER = ("torndown-silent", "torndown-handle", "unload-silent")
HOST_LIMIT = 2
LIMIT = 40


def guest(vm):
    seen, after = [], []
    for name, disk in CASES:
        faults.unload(vm)
        vm.mark()
        before = faults.fired(vm, name)
        faults.arm(vm, name, count=0 if name in EVER else 1)
        begin = time.monotonic()
        code, text = faults.load(vm, "host_limit=%d" % HOST_LIMIT)
        there = vm.status("disk data %d" % (20 if disk else 4), 60)[0] == 0
        seen.append((code, text, time.monotonic() - begin, there,
                     faults.fired(vm, name) - before,
                     _forgotten(vm)))
        faults.disarm(vm)
    faults.unload(vm)
    for name in AFTER:
        code, text = faults.load(vm, "host_limit=%d" % HOST_LIMIT)
        expect(code == 0, "the drivers do not load: %s", text)
        vm.disk("data")
        before = faults.fired(vm, name)
        faults.arm(vm, name)
        begin = time.monotonic()
        faults.unload(vm)
        after.append((name, time.monotonic() - begin,
                      faults.fired(vm, name) - before))
        faults.disarm(vm)
    faults.load(vm)
    faults.works(vm, vm.disk("data"), "at the end")
    return seen, after


def _forgotten(vm):
    """GPADLs that were created and neither used nor torn down."""
    done = {e["gpadl"] for what in ("gpadl_teardown", "open")
            for e in vm.events(what)}
    gone = {e["channel"] for e in vm.events("rescind")}
    return [e["gpadl"] for e in vm.events("gpadl") if e["created"] and
            e["gpadl"] not in done and e["channel"] not in gone]


def host(vm, seen):
    cases, after = seen
    for (name, disk), (code, text, seconds, there, fired, forgotten) in \
            zip(CASES, cases):
        expect(fired >= 1, "%s did not fire", name)
        expect_equal(code == 0, name not in EVER, "%s: the drivers load: %s"
                     % (name, text))
        expect_equal(forgotten, [], name + ": GPADLs left to the host")
        expect_equal(there, disk, "%s: the disk is there" % name)
        expect(seconds < LIMIT * vm.scale, "%s: took %.0f s", name, seconds)
    for name, seconds, fired in after:
        expect(fired >= 1, "%s did not fire", name)
        expect(seconds < LIMIT * vm.scale, "%s: unload took %.0f s", name,
               seconds)
    expect_equal(vm.control("status")["vmbus"]["state"], "connected",
                 "the connection")
