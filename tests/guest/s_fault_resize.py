# SPDX-License-Identifier: GPL-2.0-only
"""A disk grows and shrinks under I/O, and each size is believed at once."""

import faults
from devices import DISKS as CATALOGUE, MIB
from scenario import expect_equal

GROUP = "fault"
DISKS = ("data",)
SIZE = CATALOGUE["data"].size
# I/O keeps below the smallest.
SIZES = tuple(SIZE + n * MIB for n in (16, 1024, -128, 64, -256, 8))


def guest(vm):
    device = vm.disk("data")
    mark = faults.start_mix(vm, "data", seconds=15, rate=200)
    for size in SIZES:
        vm.control("disk-resize", size=size,
                   **CATALOGUE["data"].address())
        # The notice rides on a request, and fio may have ended.
        vm.wait_for(lambda s=size: vm.sh(
            "dd if=%s of=/dev/null count=1 iflag=direct 2>/dev/null\n"
            "blockdev --getsize64 %s" % (device, device)).strip() == str(s),
            "the guest sees %d bytes" % size)
        vm.sh("printf %%016d %d | dd of=%s bs=4k seek=%d conv=sync,notrunc "
              "oflag=direct 2>/dev/null" % (size, device, size // 4096 - 1))
    faults.end_mix(vm, "data", mark)


def host(vm, _seen):
    expect_equal(vm.image("data").stat().st_size, SIZES[-1], "the image")
    with open(vm.image("data"), "rb") as image:
        image.seek(SIZES[-1] - 4096)
        expect_equal(image.read(16), b"%016d" % SIZES[-1], "its end")
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
