# SPDX-License-Identifier: GPL-2.0-only
"""A controller goes while error handling waits for it: no command is lost."""

import faults
from scenario import expect

GROUP = "fault"
DISKS = ("data",)
MODULES = ("ours",)
CPUS = 2
# Error handling goes on until the controller is gone, and that is at once.
LIMIT = 90


def guest(vm):
    return {"rescind": _rescind(vm), "unbind": _unbind(vm)}


def _stand_still(vm):
    """A read that is lost, and resets that are not answered."""
    device = vm.disk("data")
    faults.impatient(vm, device)
    faults.quiet(vm)
    faults.arm(vm, "drop", disk="data", cdb=faults.READ)
    faults.arm(vm, "drop-reset", count=0)
    before = faults.fired(vm, "drop-reset")
    faults.start(vm, "timeout 180 dd if=%s of=/dev/null bs=4k count=1 "
                 "iflag=direct" % device)
    vm.wait_for(lambda: faults.fired(vm, "drop-reset") > before,
                "a reset that is not answered", 60)


def _rescind(vm):
    """The host takes it back while the reset is waited for."""
    _stand_still(vm)
    vm.control("reoffer", channel=faults.primary(vm)["id"])
    code, _ = faults.finished(vm, "dd", LIMIT)
    faults.disarm(vm)
    faults.works(vm, vm.disk("data", 60), "offered anew")
    return code


def _unbind(vm):
    """The driver lets go of it while a restart waits for the host."""
    _stand_still(vm)
    directory = vm.sh("dirname $(grep -il '{%s}' "
                      "/sys/bus/vmbus/devices/*/device_id)"
                      % faults.primary(vm)["instance"]).strip()
    driver = vm.sh("readlink -f %s/driver" % directory).strip()
    before = faults.fired(vm, "torndown-silent")
    faults.arm(vm, "torndown-silent", count=2)
    vm.wait_for(lambda: faults.fired(vm, "torndown-silent") > before,
                "the channel is closed for a restart", 120)
    name = directory.rsplit("/", 1)[-1]
    code, text = vm.status("printf %%s %s > %s/unbind" % (name, driver), 120)
    expect(code == 0, "unbind: %s", text)
    code, _ = faults.finished(vm, "dd", LIMIT)
    faults.disarm(vm)
    vm.sh("printf %%s %s > %s/bind" % (name, driver), 60)
    faults.works(vm, vm.disk("data", 60), "bound again")
    faults.afresh(vm)
    vm.disk("data")
    return code


def host(vm, seen):
    for what, code in seen.items():
        expect(code not in (0, 124, 137, 143), "%s: expected an error, dd's "
               "exit status is %d", what, code)
