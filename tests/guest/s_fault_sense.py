# SPDX-License-Identifier: GPL-2.0-only
"""Sense data of each kind: passed on, retried, or an error in time."""

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)

MEDIUM_ERROR = 0x031100
# key, ASC and ASCQ, whether dd is to succeed, what sg_raw must say
CASES = (
    (0x011700, True, "Recovered Error"),
    (0x020401, True, "Not Ready"),		# becoming ready
    (MEDIUM_ERROR, False, "Medium Error"),
    (0x044400, False, "Hardware Error"),
    (0x062900, True, "Unit Attention"),		# power on
    (0x062a09, True, "Unit Attention"),		# capacity changed
    (0x063f0e, True, "Unit Attention"),		# LUNs changed
    (0x072700, False, "Data Protect"),
    (0x0b0000, True, "Aborted Command"),
    # The last one: sd of 2.6.18 takes to READ(6) then.
    (0x052100, False, "Illegal Request"),
)
# It sends such a command again by itself, whoever asked for it.
RETRIED_BY_INTREE = 0x062a09


def guest(vm):
    device = vm.disk("data")
    vm.status("sg_turs " + device)
    faults.impatient(vm, device)
    # Hosts may leave the length as it was asked for.
    faults.arm(vm, "length-kept", count=0)
    seen = []
    for code, _, _ in CASES:
        before = faults.fired(vm, "sense")
        faults.arm(vm, "sense", value=code, disk="data", cdb=faults.READ)
        status, _ = faults.read(vm, device)
        once = faults.fired(vm, "sense") - before
        faults.arm(vm, "sense", value=code, disk="data", cdb=faults.READ)
        raw = vm.status("sg_raw -r 512 %s 28 00 00 00 00 00 00 00 01 00 2>&1"
                        % device)[1]
        seen.append((status, raw, once, faults.fired(vm, "sense") - before))
    return seen


def host(vm, seen):
    for (code, works, text), (status, raw, once, twice) in zip(CASES, seen):
        if code == MEDIUM_ERROR and "final_error" in vm.boot["lacks"]:
            works = True
        expect_equal(once, 1, "%06x: how often dd met it" % code)
        expect_equal(twice, 2, "%06x: how often dd and sg_raw met it" % code)
        expect_equal(status == 0, works, "%06x: dd succeeded" % code)
        if vm.kind == "intree" and code == RETRIED_BY_INTREE:
            text = "Good"
        expect(text.lower() in raw.lower(), "%06x: expected %r in:\n%s",
               code, text, raw)
