# SPDX-License-Identifier: GPL-2.0-only
"""What fsync returned is on the image when a faulty machine loses its power.

A writer adds records to a file, each with an fsync, and after each writes how
many there are to another disk, past all caches. Writes and flushes meet
faults meanwhile, until the host resets the machine. Then the host repairs a
copy of the image, as the next mount would, and looks for the records.

A flush that fails for good is told: to the application, or where the kernel
cannot, in the log.
"""

import subprocess

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second")
# An fsync of the in-tree driver's may return what was not done.
MODULES = ("ours",)
ENDS = True

RECORD = 16
FLUSH = 0x35	# SYNCHRONIZE CACHE(10)
# fault, value; a command that meets it is to succeed when it is repeated
CASES = (
    ("busy", 0),
    ("queue-full", 0),
    ("srb-status", 0x0e),	# bus reset
    ("srb-status", 0x16),	# flushed
    ("sense", 0x062900),	# power on
    ("sense", 0x0b0000),	# aborted command
)
HARDWARE_ERROR = 0x044400
# How often the driver has a flush tried where the kernel does it once
TRIES = 6
# The in-tree driver waits for ever.
LOST = ("drop", 0)

WRITER = """
    n=0
    while :; do
        printf 'record %%08d\\n' $n |
            dd of=/mnt/log bs=16 seek=$n conv=notrunc,fsync 2>/dev/null || break
        n=$((n + 1))
        printf '%%08d' $n |
            dd of=%s conv=notrunc,sync oflag=direct 2>/dev/null || break
    done
    dmesg | tail -n 20
    """


def guest(vm):
    device, second = vm.disk("data"), vm.disk("second")
    faults.impatient(vm, device)
    vm.sh("""
        printf 00000000 | dd of=%s conv=notrunc,sync oflag=direct 2>/dev/null
        mkfs.%s -q -F %s
        mount -o barrier=1 %s /mnt
        """ % (second, vm.filesystem, device, device), timeout=60)
    before = vm.storage()["flushes"]
    faults.start(vm, WRITER.strip() % second)
    cases = CASES + ((LOST,) if vm.kind == "ours" else ())
    for name, value in cases:
        for cdb in (faults.WRITE, FLUSH):
            fired = faults.fired(vm, name)
            faults.arm(vm, name, value=value, disk="data", cdb=cdb)
            vm.wait_for(lambda n=name, f=fired: faults.fired(vm, n) > f,
                        "%s %#x meets command %#x" % (name, value, cdb), 60)
            done = _acknowledged(vm)
            vm.wait_for(lambda d=done: _acknowledged(vm) > d,
                        "the writer goes on after %s %#x" % (name, value), 60)
    done = _acknowledged(vm)
    flushes = vm.storage()["flushes"] - before
    told, tries = _failing_flush(vm, second)
    vm.control("reset")
    vm.wait_boot()
    return done, flushes, told, tries


def _failing_flush(vm, other):
    """A flush that always fails: was it told, and how often was it tried."""
    kernel_tells = "flush_error" not in vm.boot["lacks"]
    before = faults.fired(vm, "sense")
    faults.arm(vm, "sense", value=HARDWARE_ERROR, cdb=FLUSH, count=0,
               disk="second" if kernel_tells else "data")
    if kernel_tells:
        # Not where the writer counts.
        code, _ = vm.status("printf x | dd of=%s bs=512 seek=8 "
                            "conv=notrunc,sync,fsync" % other)
    else:
        code = 1
        vm.wait_for(lambda: vm.kernel_log("flush failed"),
                    "the log has a flush that failed", 60)
    return code != 0, faults.fired(vm, "sense") - before


def _acknowledged(vm):
    with open(vm.image("second"), "rb") as image:
        return int(image.read(8))


def host(vm, seen):
    done, flushes, told, tries = seen
    expect(done > len(CASES), "expected a record for each fault or more, got "
           "%d", done)
    expect(flushes >= done, "%d fsyncs returned, %d flushes arrived", done,
           flushes)
    expect(told, "an fsync whose flush fails for good returned 0")
    wanted = TRIES if "flush_error" in vm.boot["lacks"] else 1
    expect(tries >= wanted, "expected %d tries of a flush that fails or more, "
           "the host saw %d", wanted, tries)
    done = _acknowledged(vm)
    copy = vm.scratch / "copy.img"
    try:
        subprocess.run(["cp", "--sparse=always", vm.image("data"), copy],
                       check=True)
        check = subprocess.run(["/sbin/e2fsck", "-fy", copy], text=True,
                               capture_output=True, check=False)
        expect(check.returncode in (0, 1), "e2fsck of the image: %s",
               check.stdout)
        log = subprocess.run(["/sbin/debugfs", "-R", "cat /log", copy],
                             capture_output=True, check=True).stdout
    finally:
        copy.unlink(missing_ok=True)
    for number in range(done):
        expect_equal(log[RECORD * number:RECORD * (number + 1)],
                     b"record %08d\n" % number, "record %d of %d on the image"
                     % (number, done))
