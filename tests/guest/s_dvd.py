# SPDX-License-Identifier: GPL-2.0-only
"""A DVD drive is found and its disc mounted and read."""

import hashlib

from devices import DVD_FILE, DVD_TEXT
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data", "dvd")


def guest(vm):
    device = vm.disk("dvd")
    return vm.sh("""
        mount -t iso9660 -o ro %s /mnt
        sha256sum /mnt/%s
        umount /mnt
        dd if=%s bs=2048 count=1 skip=16 iflag=direct 2>/dev/null |
            dd bs=1 skip=1 count=5 2>/dev/null
        echo
        sg_inq %s
        """ % (device, DVD_FILE, device, device))


def host(vm, seen):
    expect_equal(seen.split()[0], hashlib.sha256(DVD_TEXT).hexdigest(),
                 "checksum of the file")
    expect("CD001" in seen, "no volume descriptor:\n%s", seen)
    expect("Msft" in seen, "no INQUIRY data:\n%s", seen)
    entry = vm.host_disk("dvd")
    expect(entry and entry["kind"] == "dvd" and entry["reads"] > 0,
           "the host saw no reads: %s", entry)
