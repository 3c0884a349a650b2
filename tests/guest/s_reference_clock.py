# SPDX-License-Identifier: GPL-2.0-only
"""reference_clock=1: the kernel keeps time by the hypervisor's counter."""

import time

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
MODULES = ("ours",)
NEEDS = ("reference_clock",)
DRIVERS = False
# The bus does not go away any more.
ENDS = True
CLOCK = "/sys/devices/system/clocksource/clocksource0/%s_clocksource"
SECONDS = 10


def guest(vm):
    vm.sh("insmod /modules/hvg_vmbus.ko reference_clock=1")
    seen = {"available": vm.sh("cat " + CLOCK % "available").split()}
    vm.sh("echo hyperv_reference > " + CLOCK % "current")
    # It is taken with the next tick.
    vm.wait_for(lambda: vm.sh("cat " + CLOCK % "current").strip() ==
                "hyperv_reference", "the clock to be taken")
    seen["pace"] = _pace(vm)
    vm.load_drivers()
    vm.sh("echo in time | dd of=%s conv=sync,notrunc oflag=direct 2>&1"
          % vm.disk("data"))
    vm.sh("rmmod hvg_storvsc")
    # Not every rmmod says by its status that it has failed.
    vm.status("rmmod hvg_vmbus")
    seen["stays"] = vm.status("[ -d /sys/module/hvg_vmbus ]")[0] == 0
    return seen


def _pace(vm):
    """Seconds that pass in the guest for one of the host's.

    The middle of an exchange is when the guest has looked, to its half.
    """
    def look():
        before = time.monotonic()
        text = vm.sh("cut -d ' ' -f 1 /proc/uptime")
        after = time.monotonic()
        return float(text.split()[0]), (before + after) / 2, after - before

    guest_0, host_0, wide_0 = look()
    time.sleep(SECONDS)
    guest_1, host_1, wide_1 = look()
    return ((guest_1 - guest_0) / (host_1 - host_0),
            (wide_0 + wide_1) / (host_1 - host_0))


def host(vm, seen):
    expect("hyperv_reference" in seen["available"],
           "clocksources of the kernel: %s", seen["available"])
    pace, doubt = seen["pace"]
    expect(abs(pace - 1) < doubt / 2 + 0.02,
           "a second of the host's took the guest %.3f s (give or take %.3f)",
           pace, doubt / 2)
    expect(seen["stays"], "a module that is a clocksource was unloaded")
    expect_equal(vm.control("status")["vmbus"]["state"], "connected",
                 "the connection after that")
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(8), b"in time\n", "the image")
