# SPDX-License-Identifier: GPL-2.0-only
"""Discarded blocks arrive as UNMAP, read as zeroes and free the image."""

from profiles import PROFILES
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
NEEDS = ("discard",)
MIB = 1 << 20


def skip(boot):
    if not PROFILES[boot["profile"]].unmap:
        return "this host has no UNMAP"
    return None


def guest(vm):
    before = vm.storage()["unmaps"]
    device = vm.disk("data")
    vm.sh("dd if=/dev/zero bs=1M count=64 | tr '\\0' x | dd of=%s bs=1M "
          "iflag=fullblock oflag=direct 2>&1" % device, timeout=120)
    full = vm.allocated("data")
    output = vm.sh("""
        cat /sys/block/%s/queue/discard_max_bytes
        blkdiscard --offset 0 --length %d %s
        dd if=%s bs=1M count=32 iflag=direct 2>/dev/null |
            tr -d '\\0' | wc -c
        dd if=%s bs=1M skip=32 count=32 iflag=direct 2>/dev/null |
            tr -d x | wc -c
        """ % (device[5:], 32 * MIB, device, device, device), timeout=120)
    return before, full, output.split()


def host(vm, seen):
    before, full, (limit, zeroed, kept) = seen
    expect(int(limit) > 0, "discard_max_bytes is 0")
    expect_equal(int(zeroed), 0, "bytes not zero after the discard")
    expect_equal(int(kept), 0, "bytes changed beside the discard")
    expect(vm.storage()["unmaps"] > before, "no UNMAP arrived")
    freed = full - vm.allocated("data")
    expect(freed >= 31 * MIB, "the image shrank by %d bytes, expected 32 MiB",
           freed)
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(32 * MIB), bytes(32 * MIB), "discarded part")
        expect_equal(image.read(32 * MIB), b"x" * (32 * MIB), "other part")
