# SPDX-License-Identifier: GPL-2.0-only
"""fio writes 256 MiB at random at depth 32 and verifies every block."""

import json

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
SIZE = 256 << 20
DELAY_MS = 100


def _depth(vm, device):
    """The most requests that the host has at once, of a disk that is slow."""
    # Of what the host answers at once little is ever on its way.
    vm.control("disk-fault", delay_ms=DELAY_MS)
    vm.sh("fio --name=depth --filename=%s --rw=randread --bs=4k "
          "--ioengine=libaio --direct=1 --iodepth=32 --number_ios=320"
          % device, timeout=120)
    vm.control("disk-fault", delay_ms=0)
    return vm.storage()["queue_depth_max"]


def guest(vm):
    before = vm.storage()
    device = vm.disk("data")
    output = vm.sh("""
        queue=/sys/block/%s/queue
        for name in none noop; do
            ! grep -qw $name $queue/scheduler || echo $name > $queue/scheduler
        done
        fio --name=verify --filename=%s --rw=randwrite --bsrange=4k-256k \
            --size=%d --ioengine=libaio --direct=1 --iodepth=32 \
            --verify=crc32c --verify_fatal=1 --do_verify=1 --randrepeat=0 \
            --allow_mounted_write=1 --output-format=json
        """ % (device[5:], device, SIZE), timeout=300)
    written = vm.storage()
    report = json.loads(output[output.index("{"):])
    return before, written, report, _depth(vm, device)


def host(vm, seen):
    before, after, report, depth = seen
    job = report["jobs"][0]
    expect_equal(job["error"], 0, "fio's error")
    expect_equal(job["write"]["io_bytes"], SIZE, "bytes written by fio")
    written = after["bytes_written"] - before["bytes_written"]
    read = after["bytes_read"] - before["bytes_read"]
    expect(SIZE <= written <= SIZE + (1 << 20),
           "bytes that arrived: expected %d, got %d", SIZE, written)
    expect(SIZE <= read <= SIZE + (16 << 20),
           "bytes verified: expected %d, the host sent %d", SIZE, read)
    expect(depth >= 8, "queue depth on the host: expected 8 or more, got %d",
           depth)
    expect_equal(after["ranges_bytes_unaligned"], 0, "unaligned bytes")
    expect_equal(after["errors"] - before["errors"], 0, "errors")
    expect_equal(vm.storage()["in_flight"], 0,
                 "requests in flight afterwards")
