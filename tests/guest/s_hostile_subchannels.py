# SPDX-License-Identifier: GPL-2.0-only
"""More sub-channels than asked for, none, and a controller gone amid its start."""

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data",)
# A guest with no other scenario's disks: it is this adapter that meets a fault.
OPTIONS = ("--scsi", "1")
MODULES = ("ours",)
CPUS = 2
CASES = ("subchannel-more", "subchannel-none", "subchannel-count")


def guest(vm):
    seen = []
    for name in CASES:
        faults.unload(vm)
        before = faults.fired(vm, name)
        faults.arm(vm, name)
        code, text = faults.load(vm)
        expect(code == 0, "%s: the drivers do not load: %s", name, text)
        device = vm.disk("data")
        for cpu in range(vm.cpus):
            status, _ = faults.read(vm, device, cpu=cpu)
            expect_equal(status, 0, "%s: dd on CPU %d" % (name, cpu))
        wanted = 0 if name == "subchannel-none" else vm.cpus - 1
        vm.wait_for(lambda n=wanted: vm.storage()["subchannels"] == n,
                    "%s: %d sub-channels are open" % (name, wanted))
        seen.append((name, faults.fired(vm, name) - before))
        faults.disarm(vm)
    # A controller that goes while its driver waits for an answer.
    faults.unload(vm)
    before = faults.fired(vm, "start-silent")
    faults.arm(vm, "start-silent")
    faults.start(vm, " && ".join("insmod /modules/%s.ko" % m
                                 for m in vm.driver_order()))
    vm.wait_for(lambda: faults.fired(vm, "start-silent") > before,
                "an answer is left out")
    vm.control("reoffer", channel=faults.primary(vm)["id"])
    code, text = faults.finished(vm, "insmod")
    expect(code == 0, "insmod: %s", text)
    faults.works(vm, vm.disk("data"), "after the controller came back")
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen


def host(vm, seen):
    for name, fired in seen:
        expect(fired >= 1, "%s did not fire", name)
