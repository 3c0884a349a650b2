# SPDX-License-Identifier: GPL-2.0-only
"""The host stands still for 10 s, then its storage is slow: nothing fails."""

import time

import faults
from scenario import Failed, expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second")
PAUSE_SECONDS = 10
# I/O goes on before and after.
MIX_SECONDS = PAUSE_SECONDS + 8
# Each request takes so long that some are nearly always under way.
BUSY_MS = 1000
TRIES = 20
DELAY_MS = 3000
# What the kernel, or ours, says of a command that took too long
LATE = "timed out|timing out|[Aa]bort|[Rr]eset|I/O error|still works"
# How many have run into their time, where the kernel counts them
TIMEOUTS = """
    cat /sys/block/%s/device/iotmo_cnt 2>/dev/null || :
    grep -h timeouts /sys/kernel/debug/hvg_storvsc/*/state 2>/dev/null || :
    """


def _pause_busy(vm):
    """Pause the host while it has requests; its counters then."""
    for _ in range(TRIES):
        vm.wait_for(lambda: vm.storage()["in_flight"], "I/O is under way")
        vm.control("pause")
        held = vm.storage()
        if held["in_flight"]:
            return held
        vm.control("resume")
    raise Failed("in %d tries no request was under way at the pause" % TRIES)


def guest(vm):
    device, second = vm.disk("data"), vm.disk("second")
    before, late = vm.storage(), vm.sh(TIMEOUTS % device[5:])
    vm.control("disk-fault", delay_ms=BUSY_MS)
    mark = faults.start_mix(vm, "data", seconds=MIX_SECONDS, rate=100)
    held = _pause_busy(vm)
    vm.mark()
    stood = [vm.stats()]
    time.sleep(PAUSE_SECONDS)
    stood.append(vm.stats())
    paused = vm.events()
    vm.control("resume")
    faults.end_mix(vm, "data", mark)
    seen = {"stood": stood, "paused": paused, "held": held,
            "ended": vm.storage(), "resets": vm.events("storage_reset"),
            "late": (late, vm.sh(TIMEOUTS % device[5:])),
            "said": vm.kernel_log(LATE)}
    vm.control("disk-fault", delay_ms=DELAY_MS)
    seen["slow"] = faults.read(vm, device)
    seen["other"] = faults.read(vm, second)
    vm.control("disk-fault", delay_ms=0)
    faults.works(vm, device, "afterwards")
    seen["errors"] = vm.storage()["errors"] - before["errors"]
    return seen


def host(vm, seen):
    held, ended, slow, other = (seen[k] for k in ("held", "ended", "slow",
                                                  "other"))
    before, after = seen["stood"]
    for part, numbers in before.items():
        expect_equal(after[part], numbers, "the host's statistics of the "
                     "pause, at its end: " + part)
    expect_equal(seen["paused"], [], "what happened in the pause")
    expect_equal(ended["in_flight"], 0, "requests in flight after it")
    expect(ended["requests"] >= held["requests"] + held["in_flight"],
           "%d requests ended after the pause, %d were under way",
           ended["requests"] - held["requests"], held["in_flight"])
    expect_equal(seen["resets"], [], "resets after the pause")
    expect_equal(seen["late"][1], seen["late"][0], "commands that have run "
                 "into their time")
    expect_equal(seen["said"], "", "what the kernel says of the pause")
    expect_equal(seen["errors"], 0, "errors")
    expect_equal((slow[0], other[0]), (0, 0), "dd's exit status")
    expect(slow[1] >= DELAY_MS / 1000, "dd on the slow disk took %.1f s",
           slow[1])
    expect(other[1] < DELAY_MS / 1000 + slow[1], "the other disk took %.1f s",
           other[1])
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
