# SPDX-License-Identifier: GPL-2.0-only
"""A channel that breaks while its host is slow holds up no other disk's I/O."""

import faults
from profiles import PROFILES
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second")
# The in-tree driver closes no channel for this.
MODULES = ("ours",)
CPUS = 2
HELD_S = 1000
LIMIT = 20


def skip(boot):
    if not PROFILES[boot["profile"]].subchannels:
        return "this host has no sub-channels"
    return None


def guest(vm):
    data, second = vm.disk("data"), vm.disk("second")
    primary = faults.primary(vm)
    sub = next(c for c in vm.stats()["channels"] if c["name"] == "scsi" and
               c["state"] == "open" and c["subchannel"] and
               c["vp"] != primary["vp"])
    faults.quiet(vm)
    vm.mark()
    # A read that the host has, and keeps, and with it the sub-channel, which
    # the guest finds broken when it sends next.
    vm.control("disk-fault", delay_ms=HELD_S * 1000)
    faults.start(vm, "taskset -c %d timeout 300 dd if=%s of=/dev/null bs=4k "
                 "count=1 iflag=direct" % (sub["vp"], data))
    vm.wait_for(lambda: vm.storage()["in_flight"] == 1, "the read arrives")
    vm.control("disk-fault", delay_ms=0)
    faults.arm(vm, "close-waits", count=0)
    faults.arm(vm, "read-index", channel=sub["id"])
    seen = []
    # The host's first answer has the bad index, so from the second one on.
    for what, device in (("second", second), ("second", second),
                         ("data", data)):
        for cpu in (sub["vp"], primary["vp"]):
            seen.append((what, cpu, faults.executed(
                vm, what, lambda d=device, c=cpu: faults.read(
                    vm, d, skip=8, limit=LIMIT, cpu=c))))
    vm.wait_for(lambda: vm.events("closing"), "the sub-channel is closed")
    waits = vm.status("[ -e /tmp/faults-status ]")[0] != 0
    vm.control("disk-fault", release=True)
    code, _ = faults.finished(vm, "dd")
    fired = faults.fired(vm, "read-index")
    closed = [e["channel"] for e in vm.events("closing")]
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return sub["id"], seen, waits, code, fired, closed


def host(vm, seen):
    sub, reads, waits, code, fired, closed = seen
    expect(fired > 0, "no read index was beyond the ring")
    for what, cpu, ((status, seconds), count) in reads:
        expect_equal(status, 0, "dd on %s, CPU %d, after %.0f s"
                     % (what, cpu, seconds))
        expect(count > 0, "the host has read nothing from %s for CPU %d",
               what, cpu)
    expect(waits, "the read ended while the host had it")
    expect_equal(code, 0, "the read that was held")
    expect_equal(closed, [sub], "channels that were closed")
