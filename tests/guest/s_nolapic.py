# SPDX-License-Identifier: GPL-2.0-only
"""nolapic: no interrupt of the host can come, and the host is left alone."""

from scenario import expect, expect_equal

GROUP = "storage"
MODULES = ("ours",)
NEEDS = ("noapic",)
APPEND = "nolapic"
DRIVERS = False

SAYS = "vector 0x27 of the local APIC does not lead to IRQ 7"


def guest(vm):
    vm.mark()
    seen = []
    for _ in range(2):
        code, _ = vm.status("insmod /modules/hvg_vmbus.ko")
        seen.append((code, vm.kernel_log("hvg_vmbus").splitlines()[-1]))
    left = vm.sh("grep -e hvg_vmbus /proc/interrupts /proc/modules || :")
    return seen, left, vm.events()


def host(vm, seen):
    seen, left, events = seen
    for code, line in seen:
        expect(code != 0, "hvg_vmbus has been loaded without a local APIC")
        expect(SAYS in line, "expected %r, it said %r", SAYS, line)
    expect_equal(left, "", "what is left of it")
    expect_equal(events, [], "what the host has heard of that")
