# SPDX-License-Identifier: GPL-2.0-only
"""A disk of the IDE accelerator works like a SCSI one."""

import json

from devices import DISKS as CATALOGUE
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("ide",)


def guest(vm):
    device = vm.disk("ide")
    before = vm.storage("ide")["errors"]
    size = vm.sh("blockdev --getsize64 " + device).strip()
    output = vm.sh("""
        fio --name=ide --filename=%s --rw=randrw --bs=4k --size=8m \
            --ioengine=libaio --direct=1 --iodepth=16 --verify=crc32c \
            --verify_fatal=1 --randrepeat=0 --output-format=json
        echo an IDE disk | dd of=%s conv=sync,notrunc oflag=direct 2>&1
        """ % (device, device), timeout=120)
    report, _ = json.JSONDecoder().raw_decode(output[output.index("{"):])
    return before, size, report


def host(vm, seen):
    before, size, report = seen
    expect_equal(size, str(CATALOGUE["ide"].size), "size")
    expect_equal(report["jobs"][0]["error"], 0, "fio's error")
    counters = vm.storage("ide")
    expect(counters["bytes_written"] > 0 and counters["bytes_read"] > 0,
           "no data went through the IDE channel: %s", counters)
    expect_equal(counters["errors"] - before, 0, "errors")
    expect_equal(counters["subchannels"], 0, "sub-channels of an IDE channel")
    with open(vm.image("ide"), "rb") as image:
        expect_equal(image.read(12), b"an IDE disk\n", "start of the image")
