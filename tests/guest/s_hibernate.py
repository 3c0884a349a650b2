# SPDX-License-Identifier: GPL-2.0-only
"""Hibernation, which nothing here could come back from, is refused."""

import faults
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
# The kernel's own drivers can hibernate.
MODULES = ("ours",)


def guest(vm):
    device = vm.disk("data")
    vm.sh("echo awake | dd of=%s conv=sync,notrunc oflag=direct 2>&1" % device)
    vm.mark()
    seen = {"can": vm.status("grep -q disk /sys/power/state")[0] == 0,
            "tests": vm.status("[ -e /sys/power/pm_test ]")[0] == 0}
    if seen["can"]:
        # Up to where devices are asked, and one step further.
        if seen["tests"]:
            seen["before"] = _hibernate(vm, "freezer")
            seen["devices"] = _hibernate(vm, "devices")
            vm.sh("echo none > /sys/power/pm_test")
        seen["whole"] = vm.status("echo disk > /sys/power/state", 120)[0]
    faults.works(vm, device, "afterwards")
    vm.sh("echo still awake | dd of=%s conv=sync,notrunc oflag=direct 2>&1"
          % device)
    seen["events"] = [e["what"] for e in vm.events()]
    return seen


def _hibernate(vm, step):
    vm.sh("echo %s > /sys/power/pm_test" % step)
    return vm.status("echo disk > /sys/power/state", 120)[0]


def host(vm, seen):
    if seen["can"]:
        expect(seen["whole"] != 0, "hibernation was not refused")
        if seen["tests"]:
            expect_equal(seen["before"], 0, "up to where devices are asked")
            expect(seen["devices"] != 0, "no device has refused")
    for what in ("close", "unload", "contact"):
        expect(what not in seen["events"], "the host has seen %r: %s", what,
               seen["events"])
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(12), b"still awake\n", "the image")
