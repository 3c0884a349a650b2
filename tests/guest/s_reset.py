# SPDX-License-Identifier: GPL-2.0-only
"""Resets of the unit and the bus end in bounded time and leave a working disk."""

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)


def guest(vm):
    device = vm.disk("data")
    vm.sh("dd if=/dev/zero of=%s bs=512 count=1 oflag=direct 2>&1" % device)
    # sg_reset goes by /dev/sg: the disk's own node may be busy.
    results = {}
    for kind in ("device", "bus", "host"):
        results[kind] = vm.status(
            "timeout 60 sg_reset --%s %s 2>&1" % (kind, device), 90)
    vm.sh("""
        fio --name=reset --filename=%s --rw=randrw --bs=4k --size=4m \
            --ioengine=libaio --direct=1 --iodepth=8 --verify=crc32c \
            --verify_fatal=1 --randrepeat=0 --minimal > /tmp/fio &
        sleep 0.3
        timeout 60 sg_reset --device %s || true
        wait $!
        echo after the reset | dd of=%s conv=sync,notrunc oflag=direct 2>&1
        """ % (device, device, device), timeout=150)
    return results


def host(vm, seen):
    for kind, (code, text) in seen.items():
        expect(code not in (124, 137), "sg_reset --%s did not end", kind)
    # A host has no reset of one unit that is worth it; the bus it has.
    expect(any(code == 0 for code, _ in seen.values()),
           "no reset succeeded: %s", seen)
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(16), b"after the reset\n", "the image")
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
