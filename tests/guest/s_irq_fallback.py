# SPDX-License-Identifier: GPL-2.0-only
"""Where ACPI names no interrupt it is IRQ 7, or IRQ 5 if that is taken."""

import interrupts
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
MODULES = ("ours",)
NEEDS = ("native",)
OPTIONS = ("--no-vmbus-irq",)
DRIVERS = False

ISA_VECTOR = 0x20
SAYS = "ACPI names no interrupt: trying IRQ 7 and 5"


def guest(vm):
    seen = {"free": _load(vm)}
    vm.unload_drivers()
    vm.sh("insmod /modules/hvg_irq_holder.ko irqs=%d" % (1 << 7))
    seen["taken"] = _load(vm)
    vm.unload_drivers()
    vm.sh("rmmod hvg_irq_holder")
    vm.sh("insmod /modules/hvg_irq_holder.ko irqs=%d" % (1 << 7 | 1 << 5))
    vm.mark()
    code, _ = vm.status("insmod /modules/hvg_vmbus.ko")
    seen["none"] = code, vm.kernel_log("hvg_vmbus").splitlines()[-1], \
        vm.events()
    vm.sh("rmmod hvg_irq_holder")
    seen["again"] = _load(vm)
    seen["log"] = vm.kernel_log("hvg_vmbus")
    return seen


def _load(vm):
    vm.load_drivers()
    found = interrupts.use(vm)
    return found, interrupts.sints(vm)


def host(vm, seen):
    for step, irq in ("free", 7), ("taken", 5), ("again", 7):
        (found, count, _), sints = seen[step]
        expect_equal(found, irq, "IRQ of hvg_vmbus, %s" % step)
        expect(count > 0, "no interrupt by IRQ %d", irq)
        expect_equal(sints, [ISA_VECTOR + irq] * vm.cpus,
                     "SINT 2 of the VPs, %s" % step)
    code, line, events = seen["none"]
    expect(code != 0, "hvg_vmbus has been loaded without an interrupt")
    expect("no interrupt of 0xa0 is free: -16" in line, "it said %r", line)
    expect_equal(events, [], "what the host has heard of that")
    expect(SAYS in seen["log"], "expected %r in %s", SAYS, seen["log"])
