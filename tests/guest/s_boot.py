# SPDX-License-Identifier: GPL-2.0-only
"""The drivers agree with the host on the versions that the profile demands."""

from profiles import version
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)


def guest(vm):
    vm.unload_drivers()
    vm.mark()
    vm.load_drivers()
    vm.disk("data")
    return vm.sh("ls /sys/bus/vmbus/devices | wc -l; uname -r")


def host(vm, seen):
    devices, release = seen.split()
    expect(int(devices) > 0, "no devices in /sys/bus/vmbus/devices")
    expect_equal(release, vm.boot["release"], "the guest's kernel")

    vcpus = vm.control("vcpus")["vcpus"]
    expect(len(vcpus) == vm.cpus and all("rip" in v for v in vcpus),
           "expected the registers of %d VPs, got %s", vm.cpus, vcpus)
    status = vm.control("status")["vmbus"]
    expect_equal(status["state"], "connected", "state of the connection")
    if not vm.boot["builtin"] or vm.kind == "ours":
        _negotiation(vm, status["version"])
    _demanded(vm, status["version"], vm.profile.vmbus, "VMBus")
    for event in vm.events("storage_version"):
        expect(version(event["requested"]) <= (6, 2),
               "a storage version that does not exist: %s", event)
    _demanded(vm, vm.storage()["version"], vm.profile.storage, "storage")


def _negotiation(vm, agreed):
    """Each try is lower than the one before; the last is accepted."""
    tries = vm.events("version")
    expect(tries, "no version was asked for: %s", vm.events())
    asked = [version(t["requested"]) for t in tries]
    expect(asked == sorted(set(asked), reverse=True),
           "versions were not asked for downwards: %s", tries)
    expect_equal([t["accepted"] for t in tries],
                 [False] * (len(tries) - 1) + [True], "the host's answers")
    expect_equal(tries[-1]["requested"], agreed, "the version agreed upon")


def _demanded(vm, got, highest, what):
    if vm.kind == "ours":
        expect_equal(got, highest, "%s version on %s" % (
            what, vm.profile.name))
    else:
        # The kernel's drivers do not know every version.
        expect(got and version(got) <= version(highest),
               "%s version: expected %s or lower, got %s", what, highest, got)
