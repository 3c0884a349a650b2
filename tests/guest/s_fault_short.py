# SPDX-License-Identifier: GPL-2.0-only
"""Transfers that end early: the rest is asked for again, or it is an error."""

import hashlib

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "native4k")
# The in-tree driver tries for ever.
MODULES = ("ours",)

BYTES = 1 << 16
PATTERN = bytes(range(256)) * (BYTES // 256)
# Bytes that are said to be moved, and how often; 0: for ever
CASES = [("data",) + case for case in (
    (512, 1), (100, 1), (0, 1), (4096, 0), (100, 0), (0, 0))]
# Upper drivers may count in blocks.
CASES += [("native4k", 16384, 1), ("native4k", 16384, 0)]


def guest(vm):
    if "small_cdb" in vm.boot["lacks"]:
        # Since an error in an earlier scenario it may be READ(6).
        faults.afresh(vm)
    devices = {name: vm.disk(name) for name in DISKS}
    for name in DISKS:
        with open(vm.image(name), "r+b") as image:
            image.write(PATTERN)
    faults.impatient(vm, *devices.values())
    seen = []
    for name, value, count in CASES:
        before = faults.fired(vm, "short")
        faults.arm(vm, "short", value=value, count=count, disk=name,
                   cdb=faults.READ)
        code, text = vm.status(
            "timeout 60 dd if=%s of=/tmp/short bs=%d count=1 iflag=direct "
            "2>/dev/null; status=$?; md5sum < /tmp/short; exit $status"
            % (devices[name], BYTES), 90)
        seen.append((code, text, faults.fired(vm, "short") - before))
        faults.disarm(vm)
    faults.works(vm, devices["data"], "afterwards")
    return seen


def host(vm, seen):
    good = hashlib.md5(PATTERN).hexdigest()
    for (name, value, count), (code, text, fired) in zip(CASES, seen):
        what = "%s: %d bytes of %d, %s" % (name, value, BYTES,
                                           "once" if count else "for ever")
        expect(fired >= 1, "%s: it did not fire", what)
        expect(code not in (124, 137, 143), "%s: dd did not end", what)
        if name == "native4k" and not count:
            # Newer kernels ask for the rest, and may have it all at last.
            expect(code or fired * value >= BYTES, "%s: dd succeeded when "
                   "that had been moved %d times", what, fired)
        else:
            expect_equal(code == 0, count > 0, what + ": dd succeeded")
        if not code:
            expect_equal(text.split()[0], good, what + ": the data")
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
