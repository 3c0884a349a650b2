# SPDX-License-Identifier: GPL-2.0-only
"""More sub-channels than asked for, none, and a controller gone amid its start."""

import faults
from scenario import expect, expect_equal

GROUP = "hostile"
DISKS = ("data", "ide")
# A guest with no other scenario's disks, which has one adapter of each kind: it
# is that of "data" that meets a fault.
OPTIONS = ("--scsi", "1")
MODULES = ("ours",)
CPUS = 2
# The fault, and what the log has to say; None: no harm is done
CASES = (
    ("subchannel-more", r"sub-channel \d+ not used"),
    ("subchannel-none", None),
    ("subchannel-count", None),
)
# So many, each of which is refused
MORE = 5
STARTS = r"operation \d+: expected an answer within \d+ ms, got -19"


def guest(vm):
    seen = []
    for name, line in CASES:
        faults.unload(vm)
        before = faults.fired(vm, name)
        mark = faults.log_mark(vm)
        where = {}
        if name == "subchannel-count":
            where["channel"] = faults.offered(vm)
        faults.arm(vm, name, **where)
        code, text = faults.load(vm)
        expect(code == 0, "%s: the drivers do not load: %s", name, text)
        device = vm.disk("data")
        for cpu in range(vm.cpus):
            status, _ = faults.read(vm, device, cpu=cpu)
            expect_equal(status, 0, "%s: dd on CPU %d" % (name, cpu))
        faults.beside(vm, "ide", vm.disk("ide"), name)
        wanted = 0 if name == "subchannel-none" else vm.cpus - 1
        vm.wait_for(lambda n=wanted: vm.storage()["subchannels"] == n,
                    "%s: %d sub-channels are open" % (name, wanted))
        faults.said(vm, mark, name, line, MORE)
        seen.append((name, faults.fired(vm, name) - before))
        faults.disarm(vm)
    # A controller that goes while its driver, and insmod, wait for an answer.
    faults.impatient(vm)
    faults.unload(vm)
    before = faults.fired(vm, "start-silent")
    mark = faults.log_mark(vm)
    faults.arm(vm, "start-silent", channel=faults.offered(vm))
    faults.start(vm, " && ".join("insmod /modules/%s.ko" % m
                                 for m in vm.driver_order()))
    vm.wait_for(lambda: faults.fired(vm, "start-silent") > before,
                "an answer is left out")
    if "async_probe" not in vm.boot["lacks"]:
        faults.beside(vm, "ide", vm.disk("ide"), "start-silent")
    vm.control("reoffer", channel=faults.primary(vm)["id"])
    code, text = faults.finished(vm, "insmod")
    expect(code == 0, "insmod: %s", text)
    faults.works(vm, vm.disk("data"), "after the controller came back")
    faults.said(vm, mark, "start-silent", STARTS)
    faults.afresh(vm)
    faults.works(vm, vm.disk("data"), "after a reload")
    return seen


def host(vm, seen):
    for name, fired in seen:
        expect(fired >= 1, "%s did not fire", name)
