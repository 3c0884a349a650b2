# SPDX-License-Identifier: GPL-2.0-only
"""Sense data of each kind: passed on, retried or an error, and short transfers."""

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)

# key, ASC and ASCQ, whether dd is to succeed, what sg_raw must say
CASES = (
    (0x011700, True, "Recovered Error"),
    (0x020401, True, "Not Ready"),		# becoming ready
    (0x031100, False, "Medium Error"),
    (0x044400, False, "Hardware Error"),
    (0x052100, False, "Illegal Request"),
    (0x062900, True, "Unit Attention"),		# power on
    (0x062a09, True, "Unit Attention"),		# capacity changed
    (0x063f0e, True, "Unit Attention"),		# LUNs changed
    (0x072700, False, "Data Protect"),
    (0x0b0000, True, "Aborted Command"),
)
BYTES = 1 << 16
# Bytes that are said to be moved, and how often
SHORT = ((512, 1), (100, 1), (0, 1), (4096, 0), (100, 0), (0, 0))


def guest(vm):
    device = vm.disk("data")
    vm.status("sg_turs " + device)
    with open(vm.image("data"), "r+b") as image:
        image.write(bytes(range(256)) * (BYTES // 256))
    faults.impatient(vm, device)
    seen = []
    for code, _, _ in CASES:
        faults.arm(vm, "sense", value=code, disk="data", cdb=faults.READ)
        status, _ = faults.read(vm, device)
        faults.arm(vm, "sense", value=code, disk="data", cdb=faults.READ)
        raw = vm.status("sg_raw -r 512 %s 28 00 00 00 00 00 00 00 01 00 2>&1"
                        % device)[1]
        seen.append((status, raw))
    short = []
    for value, count in SHORT:
        faults.arm(vm, "short", value=value, count=count, disk="data",
                   cdb=faults.READ)
        short.append(vm.status(
            "timeout 60 dd if=%s of=/tmp/short bs=%d count=1 iflag=direct "
            "2>/dev/null; status=$?; md5sum < /tmp/short; exit $status"
            % (device, BYTES), 90))
        faults.disarm(vm)
    good = vm.sh("dd if=%s bs=%d count=1 iflag=direct 2>/dev/null | md5sum"
                 % (device, BYTES)).split()[0]
    fired = faults.fired(vm, "sense"), faults.fired(vm, "short")
    return seen, short, good, fired


def host(vm, seen):
    cases, short, good, fired = seen
    for (code, works, text), (status, raw) in zip(CASES, cases):
        expect_equal(status == 0, works, "%06x: dd succeeded" % code)
        expect(text.lower() in raw.lower(), "%06x: expected %r in:\n%s",
               code, text, raw)
    expect(fired[0] >= 2 * len(CASES), "sense fired %d times", fired[0])
    expect(fired[1] >= len(SHORT), "short fired %d times", fired[1])
    for (value, count), (status, text) in zip(SHORT, short):
        what = "%d bytes of %d, %s" % (value, BYTES, "once" if count else
                                       "for ever")
        expect(status not in (124, 137, 143), "%s: dd did not end", what)
        expect_equal(status == 0, count > 0, what + ": dd succeeded")
        if not status:
            expect_equal(text.split()[0], good, what + ": the data")
