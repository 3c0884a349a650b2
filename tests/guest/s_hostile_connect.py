# SPDX-License-Identifier: GPL-2.0-only
"""Answers of the host that are missing, wrong or come twice, step by step."""

import time

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data", "ide")
# A guest with no other scenario's disks, which has one adapter of each kind: it
# is that of "data" that meets a fault.
OPTIONS = ("--scsi", "1")
MODULES = ("ours",)

SILENT = r"channel not opened \(-110\)"
GONE = r"channel not opened \(-19\)"
KEPT = r"\d+ pages kept: the host did not confirm"
# fault, whether the disk appears, and what the log has to say; None: nothing,
# as no harm is done
CASES = (
    ("version-silent", False, r"no contact: version \S+ on connection \d+: "
                              "-110"),
    ("version-twice", True, None),
    ("offer-early", True, r"offer of channel \d+ \S+ \S+ \d+\) refused: none "
                          "was asked for"),
    ("offers-silent", True, "the host has not ended its list of offers"),
    ("open-silent", False, SILENT),
    ("open-twice", True, None),
    ("open-id", False, SILENT),
    ("open-channel", False, r"open refused: expected channel (\d+), status 0, "
                            r"got (?!\1,)"),
    ("gpadl-silent", False, SILENT),
    ("gpadl-handle", False, SILENT),
    ("gpadl-channel", False, r"GPADL of \d+ pages refused: expected channel "
                             r"(\d+), status 0, got (?!\1,)"),
    ("rescind-open", True, GONE),
    ("rescind-gpadl", True, GONE),
    ("transfer-limit", False, "expected transfers of 4096 bytes or more, got "
                              "512"),
    ("subchannel-count", True, None),
)
# Of no channel
WHOLE = ("version-silent", "version-twice", "offer-early", "offers-silent")
# Answers that nobody waits for are counted.
IGNORED = ("version-twice", "open-twice", "open-id", "gpadl-handle")
# For ever, as insmod tries twice, and then the drivers do not load.
EVER = ("version-silent",)
# At unload, with no sub-channels: they go with the primary one, and nothing of
# them is kept.
AFTER = (
    ("torndown-silent", KEPT),
    ("torndown-handle", KEPT),
    ("unload-silent", "the host has not confirmed UNLOAD: -110"),
)
HOST_LIMIT = 2
LIMIT = 40


def guest(vm):
    seen, after = [], []
    for name, disk, line in CASES:
        faults.unload(vm)
        vm.mark()
        mark = faults.log_mark(vm)
        before = faults.fired(vm, name)
        where = {} if name in WHOLE else {"channel": faults.offered(vm)}
        faults.arm(vm, name, count=0 if name in EVER else 1, **where)
        begin = time.monotonic()
        code, text = faults.load(vm, "host_limit=%d" % HOST_LIMIT)
        there = vm.status("disk data %d" % (20 if disk else 4), 60)[0] == 0
        fired = faults.fired(vm, name) - before
        seen.append((code, text, time.monotonic() - begin, there, fired,
                     _forgotten(vm)))
        faults.said(vm, mark, name, line, fired)
        # Without a connection there is no other controller either.
        if name not in EVER:
            faults.beside(vm, "ide", vm.disk("ide"), name)
        if name in IGNORED and vm.kind == "ours":
            expect(faults.ignored(vm), "%s: not counted", name)
        faults.disarm(vm)
    faults.unload(vm)
    for name, line in AFTER:
        code, text = faults.load(vm, "host_limit=%d" % HOST_LIMIT,
                                 "subchannels=0")
        expect(code == 0, "the drivers do not load: %s", text)
        vm.disk("data")
        before = faults.fired(vm, name)
        mark = faults.log_mark(vm)
        faults.arm(vm, name)
        begin = time.monotonic()
        faults.unload(vm)
        after.append((name, time.monotonic() - begin,
                      faults.fired(vm, name) - before))
        faults.said(vm, mark, name, line)
        faults.disarm(vm)
    faults.load(vm)
    faults.afresh(vm)
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
    for (name, disk, _), (code, text, seconds, there, fired, forgotten) in \
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
