# SPDX-License-Identifier: GPL-2.0-only
"""A ring is full: what finds no room is sent later, and other disks go on."""

import json

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second")
MODULES = ("ours",)
# 45 requests of BLOCK have room, in a ring as small as it can be.
RING = 32 << 10
BLOCK = 256 << 10
DEPTH = 64
FIT = 40
SIZE = 2 * DEPTH * BLOCK
# For so long the host leaves the ring alone.
UNREAD_MS = 2000


def guest(vm):
    faults.unload(vm)
    code, text = faults.load(vm, storage="ring_bytes=%d" % RING)
    expect(code == 0, "the drivers do not load: %s", text)
    data, second = vm.disk("data"), vm.disk("second")
    seen = {"full": _full(vm, data), "beside": _beside(vm, data, second)}
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen


def _found_full(vm):
    """How many requests found no room."""
    return faults.counter(vm, "ring_full")


def _unread(vm):
    faults.quiet(vm)
    faults.arm(vm, "ring-unread", channel=faults.primary(vm)["id"],
               value=int(UNREAD_MS * vm.scale))


def _full(vm, device):
    """Nothing is lost."""
    before, found = vm.storage(), _found_full(vm)
    _unread(vm)
    output = vm.sh("""
        taskset -c %d fio --name=verify --filename=%s --rw=randwrite \\
            --bs=%d --size=%d --ioengine=libaio --direct=1 --iodepth=%d \\
            --verify=crc32c --verify_fatal=1 --do_verify=1 --randrepeat=0 \\
            --allow_mounted_write=1 --output-format=json
        """ % (faults.primary(vm)["vp"], device, BLOCK, SIZE, DEPTH),
        timeout=120)
    after = vm.storage()
    return {"error": json.loads(output[output.index("{"):])["jobs"][0]
            ["error"], "found": _found_full(vm) - found,
            "written": after["bytes_written"] - before["bytes_written"],
            "read": after["bytes_read"] - before["bytes_read"]}


def _beside(vm, data, second):
    """The disk that has filled it stalls; the other one had no request then."""
    found = _found_full(vm)
    cpu = faults.primary(vm)["vp"]
    vm.control("disk-fault", delay_ms=1000 * 1000)
    _unread(vm)
    faults.start(vm, "taskset -c %d fio --name=held --filename=%s --rw=read "
                 "--bs=%d --size=%d --ioengine=libaio --direct=1 --iodepth=%d "
                 "--iodepth_batch=%d"
                 % (cpu, data, BLOCK, DEPTH * BLOCK, DEPTH, DEPTH))
    vm.wait_for(lambda: vm.storage()["in_flight"] >= FIT,
                "the host has read what was in the ring")
    (code, seconds), reads = faults.executed(
        vm, "second", lambda: faults.read(vm, second, limit=20, cpu=cpu))
    vm.control("disk-fault", delay_ms=0)
    vm.control("disk-fault", release=True)
    held, _ = faults.finished(vm, "fio", 120)
    return {"code": code, "seconds": seconds, "reads": reads, "held": held,
            "found": _found_full(vm) - found}


def host(vm, seen):
    full, beside = seen["full"], seen["beside"]
    expect(full["found"] > 0, "no request found the ring full")
    expect_equal(full["error"], 0, "fio's error")
    expect_equal(full["written"], SIZE, "bytes that arrived")
    expect(full["read"] >= SIZE, "bytes verified: expected %d, the host sent "
           "%d", SIZE, full["read"])
    expect(beside["found"] > 0, "no request of the stalled disk found the "
           "ring full")
    expect_equal(beside["code"], 0, "dd on the other disk, after %.0f s"
                 % beside["seconds"])
    expect(beside["reads"], "the host has read nothing from the other disk")
    expect_equal(beside["held"], 0, "fio on the disk that has stalled")
    expect_equal(vm.storage()["in_flight"], 0,
                 "requests in flight afterwards")
