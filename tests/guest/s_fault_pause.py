# SPDX-License-Identifier: GPL-2.0-only
"""The host stands still for 10 s, then its storage is slow: nothing fails."""

import time

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second")
PAUSE_SECONDS = 10
DELAY_MS = 3000


def guest(vm):
    device, second = vm.disk("data"), vm.disk("second")
    before = vm.storage()["errors"]
    mark = faults.start_mix(vm, "data", seconds=5)
    time.sleep(1)
    vm.control("pause")
    time.sleep(PAUSE_SECONDS)
    vm.control("resume")
    faults.end_mix(vm, "data", mark)
    vm.control("disk-fault", delay_ms=DELAY_MS)
    slow = faults.read(vm, device)
    other = faults.read(vm, second)
    vm.control("disk-fault", delay_ms=0)
    faults.works(vm, device, "afterwards")
    return vm.storage()["errors"] - before, slow, other


def host(vm, seen):
    errors, slow, other = seen
    expect_equal(errors, 0, "errors")
    expect_equal((slow[0], other[0]), (0, 0), "dd's exit status")
    expect(slow[1] >= DELAY_MS / 1000, "dd on the slow disk took %.1f s",
           slow[1])
    expect(other[1] < DELAY_MS / 1000 + slow[1], "the other disk took %.1f s",
           other[1])
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
