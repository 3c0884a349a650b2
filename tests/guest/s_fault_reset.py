# SPDX-License-Identifier: GPL-2.0-only
"""A controller goes while error handling waits for it: no command is lost."""

import time

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)
MODULES = ("ours",)
CPUS = 2
# Error handling goes on until the controller is gone, and that is at once.
LIMIT = 90
# Longer than the driver waits for an answer of the host's at a time.
HOLD_S = 15


def guest(vm):
    return {"rescind": _rescind(vm), "uncached": _uncached(vm),
            "unbind": _unbind(vm)}


def _stand_still(vm, held=False):
    """A read that is lost, or @held, and resets that are not answered."""
    device = vm.disk("data")
    faults.impatient(vm, device)
    faults.quiet(vm)
    if held:
        vm.control("disk-fault", delay_ms=10 * LIMIT * 1000)
    else:
        faults.arm(vm, "drop", disk="data", cdb=faults.READ)
    faults.arm(vm, "drop-reset", count=0)
    before = faults.fired(vm, "drop-reset")
    faults.start(vm, "timeout 180 dd if=%s of=/dev/null bs=4k count=1 "
                 "iflag=direct" % device)
    vm.wait_for(lambda: faults.fired(vm, "drop-reset") > before,
                "a reset that is not answered", 60)
    vm.control("disk-fault", delay_ms=0)


def _rescind(vm):
    """The host takes it back while the reset is waited for."""
    _stand_still(vm)
    vm.control("reoffer", channel=faults.primary(vm)["id"])
    code, _ = faults.finished(vm, "dd", LIMIT)
    faults.disarm(vm)
    faults.works(vm, vm.disk("data", 60), "offered anew")
    return code


def _uncached(vm):
    """The same with disks that sd has nothing to flush of: their removal waits
    for no command, and is through before error handling is."""
    _cache(vm, "through")
    flushes = vm.storage()["flushes"]
    code = _rescind(vm)
    expect_equal(vm.storage()["flushes"], flushes, "flushes at the removal")
    _cache(vm, "back")
    return code


def _cache(vm, how):
    vm.sh("""
        for f in /sys/class/scsi_disk/*/cache_type; do
            # not every one can be told
            echo "write %s" > $f || :
        done 2>/dev/null
        cat /sys/block/%s/device/scsi_disk*/cache_type \
            /sys/block/%s/device/scsi_disk/*/cache_type 2>/dev/null |
            grep -q "write %s"
        """ % (how, vm.disk("data")[5:], vm.disk("data")[5:], how))


def _unbind(vm):
    """The driver lets go of it while a restart waits for the host, which has
    the command until it takes the controller back."""
    _stand_still(vm, held=True)
    directory = vm.sh("dirname $(grep -il '{%s}' "
                      "/sys/bus/vmbus/devices/*/device_id)"
                      % faults.primary(vm)["instance"]).strip()
    driver = vm.sh("readlink -f %s/driver" % directory).strip()
    channel = faults.primary(vm)["id"]
    vm.mark()
    faults.arm(vm, "close-waits", count=0)
    vm.wait_for(lambda: vm.events("closing"),
                "the channel is closed for a restart", 120)
    vm.sh("(printf %%s %s > %s/unbind; echo > /tmp/unbound) "
          "> /dev/null 2>&1 &" % (directory.rsplit("/", 1)[-1], driver))
    time.sleep(HOLD_S)
    held = vm.status("[ ! -e /tmp/faults-status ] && "
                     "[ ! -e /tmp/unbound ]")[0] == 0
    expect(held, "the command, or the driver, did not wait for the host")
    vm.control("reoffer", channel=channel)
    code, _ = faults.finished(vm, "dd", LIMIT)
    vm.wait_for(lambda: vm.status("[ -e /tmp/unbound ]")[0] == 0,
                "the driver has let go", LIMIT)
    vm.control("disk-fault", release=True)
    faults.disarm(vm)
    faults.works(vm, vm.disk("data", 60), "offered anew")
    faults.afresh(vm)
    vm.disk("data")
    return code


def host(vm, seen):
    for what, code in seen.items():
        expect(code not in (0, 124, 137, 143), "%s: expected an error, dd's "
               "exit status is %d", what, code)
