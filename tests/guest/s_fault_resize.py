# SPDX-License-Identifier: GPL-2.0-only
"""A disk grows and shrinks under I/O, and each size is believed at once."""

import faults
from devices import DISKS as CATALOGUE, MIB
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)
SIZE = CATALOGUE["data"].size
# I/O keeps below the smallest.
SIZES = tuple(SIZE + n * MIB for n in (16, 1024, -128, 64, -256, 8))
BUSY_MIB = 32


def guest(vm):
    device = vm.disk("data")
    faults.start_mix(vm, device, seconds=15, mib=BUSY_MIB, rate=200)
    for size in SIZES:
        vm.control("disk-resize", size=size,
                   **CATALOGUE["data"].address())
        vm.wait_for(lambda s=size: vm.sh("blockdev --getsize64 %s"
                                         % device).strip() == str(s),
                    "the guest sees %d bytes" % size)
        vm.sh("printf %%016d %d | dd of=%s bs=4k seek=%d conv=sync,notrunc "
              "oflag=direct 2>/dev/null" % (size, device, size // 4096 - 1))
    code, text = faults.finished(vm, "fio", 120)
    expect(code == 0, "fio failed with exit status %d:\n%s", code, text)


def host(vm, _seen):
    expect_equal(vm.image("data").stat().st_size, SIZES[-1], "the image")
    with open(vm.image("data"), "rb") as image:
        image.seek(SIZES[-1] - 4096)
        expect_equal(image.read(16), b"%016d" % SIZES[-1], "its end")
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
