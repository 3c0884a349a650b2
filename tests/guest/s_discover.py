# SPDX-License-Identifier: GPL-2.0-only
"""Disks are found with their data: INQUIRY, VPD pages, capacity past 2 TiB."""

import re

from devices import DISKS as CATALOGUE
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data", "second", "big", "native4k", "readonly")
MARK = b"the last sector of a big disk\n"


def guest(vm):
    seen = {}
    for name in DISKS:
        device = vm.disk(name)
        seen[name] = vm.sh("""
            d=%s
            echo SIZE $(blockdev --getsize64 $d) $(blockdev --getss $d)
            sg_inq $d
            sg_readcap --readonly --16 $d
            sg_readcap --readonly --brief $d
            sg_vpd --page=sv $d
            sg_vpd --page=sn $d
            sg_vpd --page=di $d
            sg_vpd --page=bl $d
            sg_turs $d && echo READY
            """ % device)
    data = vm.disk("data")
    if vm.profile.unmap:
        seen["provisioning"] = vm.sh("sg_vpd --page=lbpv %s" % data)
    seen["luns"] = vm.sh("sg_luns %s" % data)
    # Guests of old kernels have no lsscsi, but the file that it replaced.
    seen["lsscsi"] = vm.sh("! command -v lsscsi > /dev/null || "
                           "exec lsscsi -s\ncat /proc/scsi/scsi")
    big = vm.disk("big")
    vm.sh("""
        last=$(($(blockdev --getsz %(d)s) - 1))
        printf '%(text)s' | dd of=%(d)s bs=512 seek=$last conv=sync,notrunc \
            oflag=direct 2>&1
        sync
        """ % {"d": big, "text": MARK.decode().replace("\n", "\\n")})
    return seen


def host(vm, seen):
    for name in DISKS:
        _disk(name, CATALOGUE[name], seen[name])
    expect_equal(seen["lsscsi"].count("Virtual Disk"), len(
        [d for d in vm.control("disk-list")["disks"] if d["kind"] == "disk"]),
        "disks in lsscsi:\n%s" % seen["lsscsi"])
    expect("Peripheral device type" in seen["data"], "no INQUIRY data")
    expect(re.search(r"Lun list length = [1-9]", seen["luns"]),
           "REPORT LUNS:\n%s", seen["luns"])
    if vm.profile.unmap:
        expect(re.search(r"\(LBPU\): 1", seen["provisioning"]),
               "no UNMAP in VPD page 0xb2:\n%s", seen["provisioning"])
    with open(vm.image("big"), "rb") as image:
        image.seek(CATALOGUE["big"].size - 512)
        expect_equal(image.read(512), MARK.ljust(512, b"\0"),
                     "last sector of the image")


def _disk(name, disk, text):
    size = re.search(r"^SIZE (\d+) (\d+)$", text, re.M)
    expect_equal((int(size.group(1)), int(size.group(2))),
                 (disk.size, disk.sector), "size and sector of %s" % name)
    for pattern in (r"Vendor identification: Msft",
                    r"Product identification: Virtual Disk",
                    r"Unit serial number: %s\s*$" % name,
                    r"Supported VPD pages",
                    r"Device Identification VPD page",
                    r"Block limits VPD page", r"^READY$"):
        expect(re.search(pattern, text, re.M),
               "%s: expected %r in:\n%s", name, pattern, text)
    blocks = disk.size // disk.sector
    expect(re.search(r"Number of logical blocks=%d" % blocks, text),
           "%s: READ CAPACITY(16) has not %d blocks:\n%s", name, blocks, text)
    expect(re.search(r"Logical block length=%d bytes" % disk.sector, text),
           "%s: READ CAPACITY(16) has not %d bytes a block:\n%s", name,
           disk.sector, text)
    brief = re.findall(r"^0x([0-9a-f]+) 0x([0-9a-f]+)$", text, re.M)
    expect(brief, "%s: no READ CAPACITY(10):\n%s", name, text)
