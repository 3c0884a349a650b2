# SPDX-License-Identifier: GPL-2.0-only
"""A host that cancels nothing: its resets do nothing, and a close ends with
the last request. No page goes to others before."""

import hashlib
import time

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "ide")
# The in-tree driver neither resets nor closes for a command.
MODULES = ("ours",)
CPUS = 2
# Longer than error handling takes with 2 s timers until it closes the channel
# and then than the driver waits for an answer of the host's at a time.
HELD_S = 25
LIMIT = 120
BYTES = 1 << 20


def guest(vm):
    device, ide = vm.disk("data"), vm.disk("ide")
    faults.impatient(vm, device)
    faults.arm(vm, "reset-noop", count=0)
    faults.arm(vm, "close-waits", count=0)
    return {"late": _late(vm, device, ide), "rescind": _rescind(vm, device)}


def _slow_read(vm, device):
    """A read that the host holds until it is told to release it, and for which
    the guest has closed the channel."""
    faults.quiet(vm)
    vm.mark()
    vm.sh("echo 3 > /proc/sys/vm/drop_caches")
    vm.control("disk-fault", delay_ms=10 * HELD_S * 1000)
    faults.start(vm, "timeout %d dd if=%s of=/tmp/read bs=1M count=1 "
                 "iflag=direct" % (LIMIT * 2, device))
    vm.wait_for(lambda: vm.storage()["in_flight"], "the read arrives", 30)
    vm.control("disk-fault", delay_ms=0)
    vm.wait_for(lambda: vm.events("closing"), "the channel is closed", LIMIT)


def _waiting(vm):
    """Is dd still waiting for the host?"""
    return vm.status("[ -e /tmp/faults-status ]")[0] != 0


def _late(vm, device, ide):
    """The host has done the last request long after the close."""
    _slow_read(vm, device)
    time.sleep(HELD_S)
    seen = {"waited": _waiting(vm), "ide": faults.read(vm, ide),
            "opens": len(vm.events("open")), "resets":
            len(vm.events("storage_reset"))}
    vm.control("disk-fault", release=True)
    seen["code"] = faults.finished(vm, "dd", LIMIT)[0]
    seen["data"] = vm.sh("sha256sum < /tmp/read").split()[0]
    seen["lost"] = [line for line in faults.driver_lines(vm)
                    if "pages kept" in line]
    faults.works(vm, device, "after a close that took long")
    return seen


def _rescind(vm, device):
    """The host takes the controller away before it has."""
    primary = faults.primary(vm)["id"]
    _slow_read(vm, device)
    time.sleep(1)
    seen = {"waited": _waiting(vm)}
    vm.control("reoffer", channel=primary)
    seen["code"] = faults.finished(vm, "dd", LIMIT)[0]
    vm.control("disk-fault", release=True)
    faults.disarm(vm)
    device = vm.disk("data", 60)
    faults.works(vm, device, "offered anew")
    faults.afresh(vm)
    vm.disk("data")
    return seen


def host(vm, seen):
    late, rescind = seen["late"], seen["rescind"]
    expect(late["resets"] >= 2, "%d resets: the channel was closed without",
           late["resets"])
    expect(late["waited"], "dd ended while the host had its pages")
    expect_equal(late["opens"], 0, "opens before the host was through")
    expect_equal(late["ide"][0], 0, "dd on another controller")
    expect_equal(late["code"], 0, "dd that the host took its time for")
    with open(vm.image("data"), "rb") as image:
        expect_equal(late["data"], hashlib.sha256(image.read(BYTES))
                     .hexdigest(), "what dd read")
    expect(not late["lost"], "rings were lost: %s", late["lost"])
    expect(rescind["waited"], "dd ended before the rescind")
    expect(rescind["code"] not in (0, 124, 137, 143), "expected an error, "
           "dd's exit status is %d", rescind["code"])
