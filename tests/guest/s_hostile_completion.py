# SPDX-License-Identifier: GPL-2.0-only
"""Completions that lie: ids, lengths, channels, sense data, notifications."""

import time

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data", "ide")
MODULES = ("ours",)

BAD = "bad packet dropped: expected "
# Which it is depends on the slot that the id is made from.
NO_ID = BAD + "an? .*transaction id"
# fault, value, whether dd is to succeed, as the midlayer repeats errors, and
# what the log has to say; None: nothing that a host may not do
CASES = (
    ("completion-unknown", None, True, NO_ID),
    ("completion-again", None, True, BAD + "an outstanding transaction id"),
    ("completion-channel", None, True, None),
    ("completion-foreign", None, True, NO_ID),
    ("completion-short", 8, True, BAD + "a completion of 48 bytes or more"),
    ("completion-short", 0, True, BAD + "a completion of 48 bytes or more"),
    # Packets are a multiple of 8 bytes.
    ("completion-short", 40, True, BAD + "a completion of 48 bytes or more"),
    ("notification", 99, True, BAD + "a storage notification, got 99"),
    ("notification", 2, True, None),
    ("notification", 11, True, None),
    ("transfer-length", 1 << 20, True, BAD + "a transfer length within"),
    # With the 4 KiB of dd as much as the field can say.
    ("transfer-length", 0xffffefff, True, BAD + "a transfer length within"),
    # The sense data says: medium error.
    ("sense-length", 255, False, BAD + "a sense length within"),
    ("srb-status", 0, True, BAD + "the SRB status of a finished request"),
    ("srb-status", 0x3f, True, None),
    ("sense", 0xffffff, None, None),
)
# Several ids that never were
TOLD = {"completion-unknown": 4}
LIMIT = 60
# One after the other; far more than the kernel prints of one place at a time
BURST = 60


def guest(vm):
    device, ide = vm.disk("data"), vm.disk("ide")
    faults.impatient(vm, device, ide)
    seen = []
    for name, value, _, line in CASES:
        what = "%s %s" % (name, value)
        # The first request is to be dd's. And of a line that many cases have
        # the kernel shows no more than ten in five seconds.
        faults.quiet(vm)
        before = faults.fired(vm, name)
        mark = faults.log_mark(vm)
        where = {} if value is None else {"value": value}
        reads = vm.host_disk("data")["reads"]
        faults.arm(vm, name, disk="data", cdb=faults.READ, **where)
        faults.start(vm, "timeout %d dd if=%s of=/dev/null bs=4k count=1 "
                     "iflag=direct" % (LIMIT * vm.scale, device))
        vm.wait_for(lambda n=name, b=before: faults.fired(vm, n) > b,
                    what + " fires")
        faults.beside(vm, "ide", ide, what)
        code, text = faults.finished(vm, what + ": dd", LIMIT + 20)
        reads = vm.host_disk("data")["reads"] - reads
        faults.works(vm, device, what)
        faults.said(vm, mark, what, line, TOLD.get(name, 1))
        seen.append((what, code, text, faults.fired(vm, name) - before, reads))
    _burst(vm, device)
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen


def _burst(vm, device):
    """With each answer there is one that nobody waits for."""
    faults.quiet(vm)
    before = faults.fired(vm, "completion-unknown")
    mark = faults.log_mark(vm)
    begin = time.monotonic()
    faults.arm(vm, "completion-unknown", count=BURST, disk="data",
               cdb=faults.READ)
    code, text = vm.status("dd if=%s of=/dev/null bs=4k count=%d iflag=direct "
                           "2>&1" % (device, BURST), LIMIT)
    expect_equal(code, 0, "dd amid unknown completions: %s" % text)
    expect_equal(faults.fired(vm, "completion-unknown") - before, BURST,
                 "unknown completions")
    faults.limited(vm, mark, "%d unknown completions" % BURST,
                   NO_ID, time.monotonic() - begin)


def host(vm, seen):
    for (name, _, works, _), (what, code, text, fired, reads) in \
            zip(CASES, seen):
        expect_equal(fired, 1, what + ": how often it fired")
        expect(code not in (124, 137, 143), "%s: dd did not end: %s", what,
               text)
        if name == "sense-length" and "final_error" in vm.boot["lacks"]:
            works = True
        expect(code or reads, "%s: dd succeeded with what the host has not "
               "read", what)
        if works is not None:
            expect_equal(code == 0, works, what + ": dd succeeded")
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
