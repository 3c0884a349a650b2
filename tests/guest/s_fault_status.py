# SPDX-License-Identifier: GPL-2.0-only
"""Each SRB status, once and for ever: an error in time, or a retry."""

import re
from pathlib import Path

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second")
MODULES = ("ours",)

WIRE = Path(__file__).resolve().parents[2] / "include/hvg/storvsc_wire.h"
PENDING = 0x00
INVALID_REQUEST = 0x06
# fault, its value, whether a command that meets it once is to succeed
CASES = (
    ("srb-status", PENDING, True),
    ("srb-status", 0x01, True),		# success, with nothing moved
    ("srb-status", 0x02, True),		# aborted
    ("srb-status", 0x03, True),		# abort failed
    ("srb-status", 0x04, True),		# error
    ("srb-status", 0x05, True),		# busy
    ("srb-status", 0x07, False),	# invalid path
    ("srb-status", 0x08, False),	# no device
    ("srb-status", 0x09, True),		# timeout
    ("srb-status", 0x0a, False),	# selection timeout
    ("srb-status", 0x0b, True),		# command timeout
    ("srb-status", 0x0e, True),		# bus reset
    ("srb-status", 0x12, True),		# overrun, with nothing moved
    ("srb-status", 0x15, True),		# bad length
    ("srb-status", 0x16, True),		# flushed
    ("srb-status", 0x20, False),	# invalid LUN
    ("srb-status", 0x21, False),	# invalid target
    ("srb-status", 0x30, True),		# internal error
    ("srb-status", 0x44, True),		# error, queue frozen
    ("srb-status", 0x84, True),		# error, says there is sense data
    # Invalid request: sd takes to READ(6) then, so this one comes last.
    ("srb-status", INVALID_REQUEST, True),
)
# What the midlayer may take for a command with a 2 s timer and 5 retries
LIMIT = 40


def guest(vm):
    device, second = vm.disk("data"), vm.disk("second")
    faults.impatient(vm, device)
    seen = []
    for number, (name, value, _) in enumerate(CASES):
        before = faults.fired(vm, name)
        faults.arm(vm, name, value=value, disk="data", cdb=faults.READ)
        (once, _), reads = faults.executed(vm, "data", lambda n=number:
                                           faults.read(vm, device, skip=n,
                                                       limit=LIMIT))
        fired = faults.fired(vm, name) - before
        seen.append((once, fired, reads))
    # For ever: no retry helps.
    faults.afresh(vm)
    device, second = vm.disk("data"), vm.disk("second")
    faults.impatient(vm, device)
    ever = []
    for name, value in (("srb-status", PENDING), ("srb-status", 0x04),
                        ("srb-status", 0x08), ("srb-status", 0x12),
                        ("srb-status", 0x16)):
        faults.arm(vm, name, value=value, disk="data", cdb=faults.READ,
                   count=0)
        code, seconds = faults.read(vm, device, limit=LIMIT)
        faults.works(vm, second, "%s %#x on another disk" % (name, value))
        faults.disarm(vm)
        ever.append((name, value, code, seconds))
        faults.works(vm, vm.disk("data"), "after %s %#x" % (name, value))
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen, ever, vm.kernel_log("SRB status of a finished request")


def _known():
    """Each status that the protocol's header has."""
    text = WIRE.read_text(encoding="utf-8")
    text = re.search(r"enum hvg_srb_status \{(.*?)\}", text, re.S).group(1)
    return {int(value, 16) for value in re.findall("= (0x[0-9a-f]+)", text)}


def host(vm, seen):
    once, ever, pending = seen
    expect_equal(_known() - {value for _, value, _ in CASES}, set(),
                 "status values that no command met")
    expect(pending, "nothing in the log of a request that ended as pending")
    for (name, value, good), (code, fired, reads) in zip(CASES, once):
        expect_equal(fired, 1, "%s %#x: how often it fired" % (name, value))
        expect(code not in (124, 137, 143), "%s %#x: dd did not end", name,
               value)
        if value == INVALID_REQUEST and "small_cdb" in vm.boot["lacks"]:
            good = False
        expect_equal(code == 0, good, "%s %#x: dd succeeded" % (name, value))
        expect(code or reads, "%s %#x: dd succeeded with what the host has "
               "not read", name, value)
    for name, value, code, seconds in ever:
        expect(code not in (0, 124, 137, 143), "%s %#x for ever: expected an "
               "error, dd's exit status is %d after %.0f s", name, value,
               code, seconds)
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
