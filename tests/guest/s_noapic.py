# SPDX-License-Identifier: GPL-2.0-only
"""noapic: the interrupt is the 8259's, so that the hypervisor has to end it.

The 8259 does not end it at the local APIC, and nothing more would come.
"""

import interrupts
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
MODULES = ("ours",)
NEEDS = ("noapic",)
APPEND = "noapic"

MASKED, AUTO_EOI = 1 << 16, 1 << 17
VECTOR = 0x27


def guest(vm):
    seen = [_look(vm)]
    vm.unload_drivers()
    vm.load_drivers()
    return seen + [_look(vm)]


def _look(vm):
    before = vm.storage()
    found = interrupts.use(vm)
    after = vm.storage()
    return found, interrupts.sints(vm), {
        what: after[what] - before[what] for what in ("requests", "errors")}


def host(vm, seen):
    for (irq, count, chip), sints, done in seen:
        expect_equal((irq, chip), (7, "XT-PIC"), "IRQ of hvg_vmbus")
        expect(count > 0, "no interrupt by IRQ %d", irq)
        # With noapic the kernel for x86-64 uses one CPU.
        masked = [MASKED] * (vm.cpus - 1)
        expect_equal(sints, [AUTO_EOI | VECTOR] + masked, "SINT 2 of the VPs")
        expect(done["requests"] >= interrupts.READS,
               "requests that the host got: %s", done)
        expect_equal(done["errors"], 0, "errors in the host's count")
