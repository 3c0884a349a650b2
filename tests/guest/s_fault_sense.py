# SPDX-License-Identifier: GPL-2.0-only
"""Sense data of each kind: passed on, retried, or an error in time."""

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)

# Bytes of sense data from 5.1 of the storage protocol on; 18 before
ROOM = 20
MEDIUM_ERROR = 0x031100
# key, ASC and ASCQ, whether dd is to succeed, what sg_raw must say of both
CASES = (
    (0x000000, True, "No Sense", "No additional sense information"),
    (0x011700, True, "Recovered Error",
     "Recovered data with no error correction applied"),
    (0x020401, True, "Not Ready",
     "Logical unit is in process of becoming ready"),
    (MEDIUM_ERROR, False, "Medium Error", "Unrecovered read error"),
    (0x044400, False, "Hardware Error", "Internal target failure"),
    (0x062900, True, "Unit Attention",
     "Power on, reset, or bus device reset occurred"),
    (0x062a09, True, "Unit Attention", "Capacity data has changed"),
    (0x063f0e, True, "Unit Attention", "Reported luns data has changed"),
    (0x072700, False, "Data Protect", "Write protected"),
    (0x0b0000, True, "Aborted Command",
     "No additional sense information"),
    # The last one: sd of 2.6.18 takes to READ(6) then.
    (0x052100, False, "Illegal Request",
     "Logical block address out of range"),
)
# It sends such a command again by itself, whoever asked for it.
RETRIED_BY_INTREE = 0x062a09


def guest(vm):
    device = vm.disk("data")
    vm.status("sg_turs " + device)
    faults.impatient(vm, device)
    # Hosts may leave the length as it was asked for, and may say the room for
    # sense data that newer guests have.
    faults.arm(vm, "length-kept", count=0)
    faults.arm(vm, "sense-room", value=ROOM, count=0)
    rooms = faults.fired(vm, "sense-room")
    seen = []
    for code, *_ in CASES:
        before = faults.fired(vm, "sense")
        faults.arm(vm, "sense", value=code, disk="data", cdb=faults.READ)
        status, _ = faults.read(vm, device)
        once = faults.fired(vm, "sense") - before
        faults.arm(vm, "sense", value=code, disk="data", cdb=faults.READ)
        raw = vm.status("sg_raw -r 512 %s 28 00 00 00 00 00 00 00 01 00 2>&1"
                        % device)[1]
        seen.append((status, raw, once, faults.fired(vm, "sense") - before))
    faults.disarm(vm)
    rooms = faults.fired(vm, "sense-room") - rooms
    return seen, rooms, vm.kernel_log("sense length")


def host(vm, seen):
    seen, rooms, said = seen
    expect(rooms >= 2 * len(CASES), "sense data said %d bytes %d times, "
           "expected %d times or more", ROOM, rooms, 2 * len(CASES))
    expect_equal(said, "", "the log about that length")
    for (code, works, *texts), (status, raw, once, twice) in zip(CASES, seen):
        if code == MEDIUM_ERROR and "final_error" in vm.boot["lacks"]:
            works = True
        expect_equal(once, 1, "%06x: how often dd met it" % code)
        expect_equal(twice, 2, "%06x: how often dd and sg_raw met it" % code)
        expect_equal(status == 0, works, "%06x: dd succeeded" % code)
        if vm.kind == "intree" and code == RETRIED_BY_INTREE:
            texts = ["Good"]
        for text in texts:
            expect(text.lower() in raw.lower(), "%06x: expected %r in:\n%s",
                   code, text, raw)
